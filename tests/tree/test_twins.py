"""Two trees that are told the same are the same, however often they settle, restart or crash."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tree.chance import UNHURRIED, Step, assert_sound, dump, entries, play

from hikari.store.memory import MemoryRows
from hikari.tree.tree import Tree


def run(tree: Tree, script: list[list[Step]]) -> list[Any]:
    """Apply what this tree does not have yet; settle at the end of each entry."""
    said = []
    for entry in script[tree.index :]:
        skip = tree.begin(tree.index + 1, 1000 + 7 * tree.index)
        said += [play(tree, step) for step in entry[skip:]]
        tree.finish()
        tree.settle()
    return said


@UNHURRIED
@given(entries)
def test_a_tree_that_forgets_everything_after_each_request_answers_the_same(
    script: list[list[Step]],
) -> None:
    calm = Tree(MemoryRows(), 1 << 20)
    calm_said = run(calm, script)

    rows = MemoryRows()
    restless_said = []
    for index, entry in enumerate(script):
        for number, step in enumerate(entry):
            tree = Tree(rows, 1)
            assert tree.begin(index + 1, 1000 + 7 * index) == number
            restless_said.append(play(tree, step))
            tree.settle()
        tree = Tree(rows, 1)
        tree.begin(index + 1, 1000 + 7 * index)
        tree.finish()
        tree.settle()

    assert restless_said == calm_said
    assert dump(Tree(rows, 1)) == dump(calm)


@UNHURRIED
@given(entries)
def test_a_tree_that_never_settles_ends_with_the_same_rows(script: list[list[Step]]) -> None:
    calm, lazy = Tree(MemoryRows(), 1 << 20), Tree(MemoryRows(), 1)
    said = run(calm, script)
    lazily = []
    for index, entry in enumerate(script):
        lazy.begin(index + 1, 1000 + 7 * index)
        lazily += [play(lazy, step) for step in entry]
        lazy.finish()
    assert lazily == said
    assert dump(lazy) == dump(calm)
    assert_sound(calm)
    assert_sound(lazy)


@UNHURRIED
@given(entries, st.data())
def test_a_crash_loses_nothing_that_the_journal_brings_back(
    script: list[list[Step]], data: st.DataObject
) -> None:
    calm = Tree(MemoryRows(), 1 << 20)
    run(calm, script)

    rows = MemoryRows()
    tree = Tree(rows, 1 << 20)
    for index, entry in enumerate(script):
        tree.begin(index + 1, 1000 + 7 * index)
        for step in entry:
            play(tree, step)
            if data.draw(st.booleans()):
                tree.settle()
        tree.finish()
        if data.draw(st.booleans()):
            tree.settle()
        if data.draw(st.booleans()):
            rows.flush()
    found = rows.crash(data.draw(st.integers(0, rows.unflushed)))

    replayed = Tree(found, 1 << 20)
    run(replayed, script)
    assert dump(replayed) == dump(calm)
    assert_sound(replayed)
