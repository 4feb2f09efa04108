"""What must be true of a tree and of a history, whatever was killed meanwhile."""

import itertools
from typing import Any

from ensemble.ensemble import Ensemble
from ensemble.recorder import OK, SYNC, Client, Operation, children, get

from hikari_wire import codes

WRITES = {codes.CREATE, codes.SET_DATA, codes.DELETE}
OWN = b"/zookeeper"  # what the server itself made

Tree = dict[bytes, tuple[bytes | None, Any]]


def tree_of(ensemble: Ensemble, member: int, root: bytes = b"/") -> Tree:
    """All of the tree, read through one member after a sync."""
    client = Client(ensemble.ports)
    client.open(member)
    assert client.ask(SYNC).outcome == OK
    found: Tree = {}
    paths = [root]
    while paths:
        answers = client.ask_all([get(path) for path in paths])
        for path, data in zip(paths, answers, strict=True):
            assert data.outcome == OK, path
            found[path] = data.value
        parents = [path for path in paths if found[path][1].num_children]
        answers = client.ask_all([children(path) for path in parents])
        paths = []
        for path, names in zip(parents, answers, strict=True):
            assert names.outcome == OK, path
            assert found[path][1].num_children == len(names.value), path
            paths += [path.rstrip(b"/") + b"/" + name for name in names.value]
        paths = [path for path in paths if path != OWN]
    client.close()
    return found


def same_tree(ensemble: Ensemble, root: bytes = b"/") -> Tree:
    """All running members show the same tree; which."""
    trees = {member: tree_of(ensemble, member, root) for member in ensemble.running}
    first, *others = trees.items()
    for member, other in others:
        different = {
            path
            for path in {*first[1], *other}
            if path != b"/" and first[1].get(path) != other.get(path)
        }
        assert not different, (
            f"members {first[0]} and {member} differ at {sorted(different)[:5]} …"
            f" ({len(different)} in all)"
        )
    return first[1]


def linear_writes(history: list[Operation]) -> None:
    """Acknowledged writes have zxids of their own, and their order agrees with real time."""
    done = [op for op in history if op.outcome == OK and op.request[0] in WRITES]
    done.sort(key=lambda op: op.zxid)
    newest = 0.0
    for before, after in itertools.pairwise(done):
        assert before.zxid != after.zxid, (before, after)
        newest = max(newest, before.invoked)
        assert after.ended > newest, f"{after} was answered before an earlier write was asked"


def created_once(history: list[Operation], tree: Tree, under: bytes) -> int:
    """Every acknowledged create exists under the path that was told, and no create exists twice.
    Data must be unique below `under`. How many unknown ones came to be."""
    paths: dict[bytes | None, list[bytes]] = {}
    for path, (data, _) in tree.items():
        if path.startswith(under):
            paths.setdefault(data, []).append(path)
    survived = 0
    for op in history:
        if op.request[0] != codes.CREATE or not op.request[1].startswith(under):
            continue
        there = paths.get(op.request[2], [])
        if op.outcome == OK:
            assert there == [op.value], f"acknowledged {op}, found at {there}"
        else:
            assert len(there) <= 1, f"created twice: {op} at {there}"
            survived += len(there)
    return survived
