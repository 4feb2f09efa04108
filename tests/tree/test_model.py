"""The tree against the naive one: the same answers, events, znodes and sessions, always."""

from hypothesis import given
from tree.chance import UNHURRIED, Step, entries, request_of
from tree.naive import Naive

from hikari.store.memory import MemoryRows
from hikari.tree.sessions import Session
from hikari.tree.tree import Tree
from hikari_wire import codes


def step_both(tree: Tree, naive: Naive, step: Step) -> None:
    session, attachment, request = request_of(tree, step)
    if tree.admit(session, attachment):
        tree.refuse(codes.SESSION_EXPIRED)
        naive.zxid += 1
        return
    error, result = tree.apply(request, session, step[1])
    if isinstance(result, Session):
        result = result.attachment
    assert (error, result) == naive.apply(request, session, step[1])
    assert tree.events == naive.events
    assert tree.zxid == naive.zxid
    tree.events.clear()
    naive.events.clear()


@UNHURRIED
@given(entries)
def test_the_tree_does_what_a_naive_one_would(script: list[list[Step]]) -> None:
    tree, naive = Tree(MemoryRows(), 3000), Naive()
    for index, entry in enumerate(script):
        naive.time_ms = 1000 + 7 * index
        tree.begin(index + 1, naive.time_ms)
        for step in entry:
            step_both(tree, naive, step)
        tree.finish()
        if index % 2:
            tree.settle()
    for path, expected in naive.znodes.items():
        found = tree.look(path)
        assert found is not None
        assert found.stat68() == naive.stat68(path)
        assert found.data == expected["data"]
        assert tree.children(path) == naive.children(path)
    for path in (b"/a", b"/b", b"/a/c", b"/a/d", b"/a/c/e", b"/a/", b"a", b"/x//y", b"//"):
        assert (tree.look(path) is None) == (path not in naive.znodes)
    sessions = {session.id: session.attachment for session in tree.sessions.values()}
    assert sessions == {id: attachment for id, (_, attachment) in naive.sessions.items()}
