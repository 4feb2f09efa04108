"""Entries at random, for the tests that compare two ways to apply them.

A step is what a client would ask, with the session it speaks for as a small number: `play` makes
the request of it when it is known which sessions there are.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from hikari.tree import acl, keys
from hikari.tree.cache import weight
from hikari.tree.digest import total
from hikari.tree.ending import COLLECT, DUE, due_key
from hikari.tree.quotas import ENFORCE_QUOTAS
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.tree import Tree
from hikari.tree.znode import from_row
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
containers = st.tuples(st.just(codes.CREATE_CONTAINER), names, data, acls, flags)
ttl_flags = st.sampled_from([5] * 6 + [6, 6, 0, 1])
ttls = st.tuples(
    st.just(codes.CREATE_TTL), names, data, acls, ttl_flags, st.sampled_from([1, 1, 3, 0, 2**40])
)
collects = st.tuples(st.just(COLLECT), names, st.sampled_from([0, 0, 1]))
stats = st.tuples(*[st.sampled_from([-1] * 9 + [0, 1])] * 11)
keepers = st.one_of(
    st.tuples(st.sampled_from([codes.CHECK_NOT_EXISTS, codes.TRY_REMOVE]), names, versions),
    st.tuples(st.just(codes.CREATE_IF_NOT_EXISTS), names, data, acls, flags),
    st.tuples(st.just(codes.CHECK_STAT), names, versions, stats),
    st.tuples(st.just(codes.REMOVE_RECURSIVE), names, st.sampled_from([0, 1, 2, 3, 9])),
)
endings = st.one_of(containers, ttls)
parts = st.one_of(creates, creates, deletes, sets, checks, endings, keepers)
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
    st.one_of(
        *(creates, creates, creates, deletes, deletes, sets, checks, set_acls, multis, multis),
        *(endings, endings, keepers),
    ),
)
others = st.tuples(
    st.integers(0, 3),
    st.just(()),
    st.one_of(opens, closes, attaches, attaches, expiries, collects, collects),
)
steps = st.one_of(*[writes] * 7, others)
# Somebody must be there, and something, for the rest to be about.
prologue = [(0, (), (codes.CREATE_SESSION, 10_000, PASSWORD))] * 2 + [
    (0, (), (codes.CREATE, name, b"", raw_acl.OPEN, flag))
    for name, flag in ((b"/a", 0), (b"/a/c", 0), (b"/a/d", 1), (b"/b", 0))
]
# Or limits on what is there, enforced.
_HARD = b"count=-1,bytes=-1=;byteHardLimit=30;countHardLimit=4"
limits = [
    (0, (), (ENFORCE_QUOTAS, 1)),
    *(
        (0, (), (codes.CREATE, b"/zookeeper/quota" + path, text, raw_acl.OPEN, 0))
        for path, text in (
            *((b"/a", b""), (b"/a/zookeeper_limits", _HARD), (b"/a/zookeeper_stats", b"")),
            *((b"/b", b""), (b"/b/zookeeper_limits", b"count=1"), (b"/b/zookeeper_stats", b"")),
            *((b"/a/c", b""), (b"/a/c/zookeeper_limits", _HARD)),
            (b"/a/c/zookeeper_stats", None),
        )
    ),
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
    if request[0] in (codes.CREATE_SESSION, COLLECT, ENFORCE_QUOTAS) or not sessions:
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
    assert {key for key, _ in tree.rows.scan(DUE)} == due_keys(tree)


def due_keys(tree: Tree) -> set[bytes]:
    """What must wait for its end, as the rows of the znodes have it."""
    found = [(keys.path_of(key), from_row(row)) for key, row in tree.rows.scan(keys.ZNODE)]
    return {due_key(path, one) for path, one in found if one.owner < 0 and not one.children}
