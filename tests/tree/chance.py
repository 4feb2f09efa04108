"""Entries at random, for the tests that compare two ways to apply them.

A step is what a client would ask, with the session it speaks for as a small number: `play` makes
the request of it when it is known which sessions there are.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from hikari.tree import acl
from hikari.tree.cache import weight
from hikari.tree.digest import total
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.tree import Tree
from hikari_wire import acl as raw_acl
from hikari_wire import codes

UNHURRIED = settings(deadline=None)  # what is slow on a busy machine is not wrong
PASSWORD = b"sixteen letters!"
ANN = (b"digest", acl.digest(b"ann:secret"))
IDENTITIES = [(), ((b"ip", b"127.0.0.1"),), ((b"ip", b"127.0.0.1"), ANN)]
READ_ONLY = raw_acl.pack([(codes.PERM_READ, b"world", b"anyone"), (codes.PERM_ALL, *ANN)])
AUTH = raw_acl.pack([(codes.PERM_ALL, b"auth", b"")])

Step = tuple[Any, ...]  # (who, identities, request); sessions are small numbers in it

legal = [b"/a", b"/b", b"/a/c", b"/a/d", b"/a/c/e", b"/a/d/f"]
names = st.sampled_from(legal * 4 + [b"/", b"/a/", b"a", b"/x//y"])
data = st.sampled_from([None, b"", b"data", b"more" * 10])
versions = st.sampled_from([-1] * 6 + [0, 1, 2])
acls = st.sampled_from([raw_acl.OPEN] * 20 + [READ_ONLY, READ_ONLY, AUTH, raw_acl.EMPTY_ACL])
flags = st.sampled_from([0] * 8 + [1] * 4 + [2, 2, 3, 3, 4, 9])
creates = st.tuples(st.sampled_from([codes.CREATE, codes.CREATE2]), names, data, acls, flags)
deletes = st.tuples(st.just(codes.DELETE), names, versions)
sets = st.tuples(st.just(codes.SET_DATA), names, data, versions)
checks = st.tuples(st.just(codes.CHECK), names, versions)
set_acls = st.tuples(st.just(codes.SET_ACL), names, acls, versions)
parts = st.one_of(creates, creates, deletes, sets, checks)
multis = st.tuples(st.just(codes.MULTI), st.lists(parts, max_size=4).map(tuple))
opens = st.just((codes.CREATE_SESSION, 10_000, PASSWORD))
closes = st.just((codes.CLOSE_SESSION,))
attaches = st.tuples(
    st.just(ATTACH),
    st.integers(0, 3),
    st.sampled_from([PASSWORD, b"guess"]),
    st.sampled_from([4_000, 10_000]),
)
expiries = st.tuples(st.just(EXPIRE), st.integers(0, 3), st.sampled_from([0, 1]))

writes = st.tuples(
    st.integers(0, 3),
    st.sampled_from(IDENTITIES),
    st.one_of(creates, creates, creates, deletes, deletes, sets, checks, set_acls, multis, multis),
)
others = st.tuples(
    st.integers(0, 3), st.just(()), st.one_of(opens, closes, attaches, attaches, expiries)
)
steps = st.one_of(*[writes] * 7, others)
# Somebody must be there, and something, for the rest to be about.
prologue = [(0, (), (codes.CREATE_SESSION, 10_000, PASSWORD))] * 2 + [
    (0, (), (codes.CREATE, name, b"", raw_acl.OPEN, flag))
    for name, flag in ((b"/a", 0), (b"/a/c", 0), (b"/a/d", 1), (b"/b", 0))
]
entries = st.lists(st.lists(steps, max_size=6), max_size=12).map(lambda more: [prologue, *more])


def request_of(tree: Tree, step: Step) -> tuple[int, int, tuple[Any, ...]]:
    """The session, its attachment and the request of a step, in this tree, at this moment."""
    who, _, request = step
    sessions = list(tree.sessions.values())
    if request[0] in (ATTACH, EXPIRE):
        if not sessions:
            return 0, 0, (*request[:1], 77, *request[2:])
        session = sessions[request[1] % len(sessions)]
        if request[0] == ATTACH:
            return 0, 0, (ATTACH, session.id, *request[2:])
        return 0, 0, (EXPIRE, session.id, session.attachment - request[2])
    if request[0] == codes.CREATE_SESSION or not sessions:
        return 0, 0, request
    session = sessions[who % len(sessions)]
    return session.id, session.attachment, request


def play(tree: Tree, step: Step) -> Any:
    """Apply one step; what it answered and fired, in a form that can be compared."""
    session, attachment, request = request_of(tree, step)
    error = tree.admit(session, attachment)
    if error:
        answer: Any = tree.refuse(error)
    else:
        answer = tree.apply(request, session, step[1])
        if request[0] in (codes.CREATE_SESSION, ATTACH) and answer[1] is not None:
            answer = (answer[0], answer[1].row())
    fired = list(tree.events)
    tree.events.clear()
    return answer, fired


def dump(tree: Tree) -> list[tuple[bytes, bytes]]:
    tree.settle()
    return tree.rows.scan(b"")


def assert_sound(tree: Tree) -> None:
    """What the tree counts and keeps is what its rows say."""
    young = tree.cache.young
    assert tree.cache.young_bytes == sum(weight(path, znode) for path, znode in young.items())
    for path, znode in young.items():
        assert len(tree.children(path)) == znode.children
        assert tree.listing(path) == Tree(tree.rows, 0).listing(path)
    for session in tree.sessions.values():
        assert len(tree.ephemerals(session)) == session.ephemerals
    assert total(dump(tree)) == tree.sum
