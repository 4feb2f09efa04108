"""A multi that fails leaves nothing behind. More of it in testdata/multi.txt."""

from hypothesis import given
from hypothesis import strategies as st
from tree.chance import IDENTITIES, UNHURRIED, assert_sound, dump, parts, play, prologue, steps

from hikari.store.memory import MemoryRows
from hikari.tree.tree import Tree
from hikari_wire import codes

FAILS = (codes.CHECK, b"/nobody", -1)


@UNHURRIED
@given(st.lists(steps, max_size=12), st.lists(parts, max_size=6), st.booleans())
def test_a_failed_multi_changes_nothing_but_the_counts(
    before: list[tuple[object, ...]], tried: list[tuple[object, ...]], settle: bool
) -> None:
    tree, plain = Tree(MemoryRows(), 1 << 20), Tree(MemoryRows(), 1 << 20)
    for each in (tree, plain):
        each.begin(1, 5)
        for step in (*prologue, *before):
            play(each, step)
    if settle:
        tree.settle()
    (error, result), fired = play(tree, (0, IDENTITIES[2], (codes.MULTI, (*tried, FAILS))))
    plain.refuse(codes.NO_NODE)
    assert tree.undo is None
    if tree.sessions:
        assert error in (codes.OK, codes.MARSHALLING_ERROR)  # flags that cannot be read
    if tree.sessions and not error:
        assert {op for op, _, _ in result} == {codes.ERROR}
    assert fired == [] or not tree.sessions
    assert dump(tree) == dump(plain)
    assert_sound(tree)
