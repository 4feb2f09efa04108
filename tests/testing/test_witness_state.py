"""What the witness holds of a tree: all that its digest tells, and nothing is settled for it."""

from hypothesis import given
from tree.chance import UNHURRIED, Step, entries, play

from hikari.store.memory import MemoryRows
from hikari.testing.witness import state_of, sum_of
from hikari.tree.tree import Tree
from hikari_wire import codes


def played(script: list[list[Step]]) -> Tree:
    tree = Tree(MemoryRows(), 1 << 20)
    for index, entry in enumerate(script, 1):
        tree.begin(index, 1000 + 7 * index)
        for step in entry:
            play(tree, step)
        tree.finish()
    return tree


@UNHURRIED
@given(entries)
def test_its_sum_is_the_one_that_a_settling_leaves(script: list[list[Step]]) -> None:
    tree = played(script)
    unsettled, rows = dict(tree.changed), tree.rows.scan(b"")
    before = state_of(tree)
    assert tree.changed == unsettled
    assert tree.rows.scan(b"") == rows
    tree.settle()
    assert sum_of(tree) == tree.sum == before[-1]
    assert state_of(tree) == before


def test_trees_of_equal_counts_differ_in_it() -> None:
    def tree(data: bytes) -> Tree:
        create = (codes.CREATE, b"/a", data, b"", 0)
        made = Tree(MemoryRows(), 1 << 20)
        made.begin(1, 1000)
        made.apply(create, 0, ())
        made.finish()
        return made

    one, same, other = tree(b"here"), tree(b"here"), tree(b"gone")
    assert state_of(one) == state_of(same)
    assert state_of(one)[:-1] == state_of(other)[:-1]
    assert state_of(one) != state_of(other)
