"""Whatever happens, what a quota says there is, is there: held against a count of everything."""

import pytest
from hypothesis import given
from tree.chance import UNHURRIED, Step, entries, play

from hikari.store.memory import MemoryRows
from hikari.tree import quotas
from hikari.tree.tree import Tree
from hikari_wire import acl, codes

HARD = b"count=-1,bytes=-1=;byteHardLimit=30;countHardLimit=4"
LIMITS = {b"/a": HARD, b"/a/c": b"count=1", b"/b": HARD}


def limit(tree: Tree, path: bytes, limits: bytes) -> None:
    place = b""
    for name in path.split(b"/")[1:]:
        place += b"/" + name
        create(tree, quotas.QUOTA + place, b"")
    create(tree, quotas.QUOTA + path + b"/zookeeper_limits", limits)
    create(tree, quotas.QUOTA + path + b"/zookeeper_stats", b"")


def create(tree: Tree, path: bytes, data: bytes) -> None:
    tree.apply((codes.CREATE, path, data, acl.OPEN, 0), 0, ())


def stats(tree: Tree, path: bytes) -> tuple[int, int]:
    znode = tree.look(quotas.QUOTA + path + b"/zookeeper_stats")
    assert znode is not None
    numbers = quotas.read(znode.data)
    assert numbers is not None
    return numbers[b"count"], numbers[b"bytes"]


@UNHURRIED
@given(entries)
def test_what_a_quota_counts_is_there(script: list[list[Step]]) -> None:
    tree = Tree(MemoryRows(), 3000)
    tree.begin(1, 1000)
    for path, limits in LIMITS.items():
        limit(tree, path, limits)
    tree.apply((quotas.ENFORCE_QUOTAS, 1), 0, ())
    tree.finish()
    tree.events.clear()
    for index, entry in enumerate(script):
        tree.begin(index + 2, 1000 + 7 * index)
        for step in entry:
            play(tree, step)
        tree.finish()
        if index % 3 == 0:
            tree = reopened(tree)
        below_c = quotas.count_all(tree, b"/a/c")
        assert stats(tree, b"/a/c") == below_c
        within_a = tuple(map(sum, zip(stats(tree, b"/a"), below_c, strict=True)))
        assert within_a == quotas.count_all(tree, b"/a")
        count, size = stats(tree, b"/b")
        assert (count, size) == quotas.count_all(tree, b"/b")
        assert count <= 4
        assert size <= 30


def reopened(tree: Tree) -> Tree:
    tree.settle()
    again = Tree(tree.rows, 3000)
    assert again.quotas == tree.quotas == frozenset(LIMITS)
    assert again.enforces_quotas
    return again


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (b"", {}),
        (b"count=1,bytes=-1", {b"count": 1, b"bytes": -1}),
        (
            b"count=1,bytes=5=;byteHardLimit=9;countHardLimit=7",
            {b"count": 1, b"bytes": 5, b"byteHardLimit": 9, b"countHardLimit": 7},
        ),
        (b"count=1=,bytes=2", {b"count": 1, b"bytes": 2}),
        (b"bytes=3;,", {b"bytes": 3}),
        (b",bytes=3", None),
        (b"count", None),
        (b"count=many", None),
        (b"count=+7", {b"count": 7}),
        (None, None),
    ],
)
def test_limits_are_read_as_zookeeper_reads_them(
    text: bytes | None, numbers: dict[bytes, int] | None
) -> None:
    assert quotas.read(text) == numbers


def test_numbers_are_written_as_zookeeper_writes_them() -> None:
    assert quotas.write({b"bytes": 5, b"count": 2}) == b"count=2,bytes=5"
    written = quotas.write({b"countHardLimit": 7, b"byteHardLimit": 9})
    assert written == b"count=-1,bytes=-1=;byteHardLimit=9;countHardLimit=7"
    assert quotas.write({}) == b"count=-1,bytes=-1"
