"""What a member's tree is at the end, held against what the log makes of the model's: so nothing
goes too early, too late, or in silence, whether or not a client looks."""

from collections.abc import Sequence

from hikari.testing.history import Applied
from hikari.testing.model import Model
from hikari.testing.violation import Findings, Violation
from hikari.tree.tree import Tree
from hikari_wire.records import STAT


def judge_tree(applied: Sequence[Applied], tree: Tree) -> list[Violation]:
    """What differs. `applied`: the whole log, to where this tree is."""
    model, findings = Model(), Findings()
    for one in applied:
        model.apply(one)
    if len(model.znodes) != tree.znodes:
        findings.add("tree", f"{tree.znodes} znodes, and the model has {len(model.znodes)}")
    for path, znode in model.znodes.items():
        found = tree.look(path)
        if found is None:
            findings.add("tree", f"{path!r} is not there")
        elif STAT.unpack(found.stat68()) != znode.seen() or found.data != znode.data:
            findings.add(
                "tree",
                f"{path!r} is {STAT.unpack(found.stat68())} {found.data!r}, not"
                f" {znode.seen()} {znode.data!r}",
            )
        elif (found.acl, found.owner) != (znode.acl, znode.owner):
            findings.add("tree", f"{path!r} has another ACL or owner")
    return findings.all()
