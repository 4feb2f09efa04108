"""A read-only tree refuses what grows, everywhere alike, and nothing else."""

import pytest

from hikari.store.memory import MemoryRows
from hikari.tree.census import Census
from hikari.tree.space import READ_ONLY, REFUSAL
from hikari.tree.tree import Tree
from hikari_wire import codes

CREATE = (codes.CREATE, b"/b", b"", b"", 0)


@pytest.fixture
def rows():
    return MemoryRows()


@pytest.fixture
def tree(rows):
    tree = Tree(rows, 1 << 20)
    entry(tree, (codes.CREATE, b"/a", b"1", b"", 0))
    entry(tree, (READ_ONLY, 1))
    return tree


def entry(tree, *requests):
    """An entry of these requests; the error of the last."""
    tree.begin(tree.index + 1, tree.time_ms + 1)
    for request in requests:
        error, result = tree.apply(request, 0, ())
    tree.finish()
    tree.events.clear()
    return error, result


@pytest.mark.parametrize(
    "request_",
    [
        CREATE,
        (codes.CREATE2, b"/b", b"", b"", 0),
        (codes.SET_DATA, b"/a", b"2", -1),
        (codes.SET_ACL, b"/a", b"", -1),
        (codes.MULTI, ((codes.DELETE, b"/a", -1), CREATE)),
    ],
    ids=["create", "create2", "setData", "setACL", "multi"],
)
def test_what_grows_is_refused_and_changes_nothing(tree, request_):
    tree.settle()
    before = dict(tree.rows.scan(b"Z"))
    zxid = tree.zxid
    assert entry(tree, request_) == (REFUSAL, None)
    assert tree.zxid == zxid + 1, "it counts as any other"
    tree.settle()
    assert dict(tree.rows.scan(b"Z")) == before


@pytest.mark.parametrize(
    "request_",
    [
        (codes.DELETE, b"/a", -1),
        (codes.CHECK, b"/a", -1),
        (codes.MULTI, ((codes.CHECK, b"/a", -1), (codes.DELETE, b"/a", -1))),
        (codes.CREATE_SESSION, 4000, bytes(16)),
    ],
    ids=["delete", "check", "multi", "session"],
)
def test_what_does_not_grow_goes_on(tree, request_):
    assert entry(tree, request_)[0] == codes.OK


def test_it_ends(tree):
    entry(tree, (READ_ONLY, 0))
    assert entry(tree, CREATE)[0] == codes.OK


def test_it_survives_a_crash_between_any_two_requests(tree, rows):
    tree.settle()
    tree.begin(tree.index + 1, 0)
    tree.apply((READ_ONLY, 0), 0, ())
    tree.settle()
    rows.flush()
    again = Tree(rows.crash(), 1 << 20)
    assert not again.read_only
    assert again.done == 1
    entry(Tree(rows, 1 << 20), CREATE)


def test_it_is_read_back_as_it_was_settled(tree, rows):
    tree.settle()
    rows.flush()
    assert Tree(rows.crash(), 1 << 20).read_only


def test_a_disk_without_room_loses_nothing_and_hides_nothing(tree, rows):
    entry(tree, (READ_ONLY, 0))
    entry(tree, (codes.CREATE, b"/old", b"", b"", 0))
    tree.settle()
    rows.full = True
    entry(tree, (codes.CREATE, b"/new", b"", b"", 0), (codes.DELETE, b"/old", -1))
    entry(tree, (codes.CREATE, b"/new/below", b"", b"", 0))
    assert not tree.settle()
    assert tree.children(b"/") == [b"a", b"new", b"zookeeper"]
    assert tree.children(b"/new") == [b"below"]
    rows.full = False
    assert tree.settle()
    rows.flush()
    assert Tree(rows.crash(), 1 << 20).children(b"/") == [b"a", b"new", b"zookeeper"]


def test_a_tree_that_is_read_only_has_another_digest(rows):
    tree, other = Tree(rows, 1 << 20), Tree(MemoryRows(), 1 << 20)
    for one, value in ((tree, 1), (other, 0)):
        entry(one, (READ_ONLY, value))
        one.finish(1, 7)
    assert tree.digest() != other.digest()
    for one in (tree, other):
        entry(one, (READ_ONLY, 0))
    assert tree.digest() == other.digest()


def test_rows_that_wait_for_room_are_in_the_digest(rows):
    """Its disk may be full when the members compare, and it must not be the odd one for it."""
    tree, other = Tree(rows, 1 << 20), Tree(MemoryRows(), 1 << 20)
    steps = [
        (codes.CREATE, b"/a", b"1", b"", 0),
        (codes.CREATE_SESSION, 4000, bytes(16)),
        (codes.SET_DATA, b"/a", b"2", -1),
        (codes.CREATE, b"/a/b", b"", b"", 0),
        (codes.DELETE, b"/a/b", -1),
    ]
    for number, step in enumerate(steps):
        rows.full = number in (1, 2, 3)
        for one in (tree, other):
            entry(one, step)
        assert tree.digest() == other.digest(), step
    rows.flush()
    census = Census()
    census.count(rows.scan(b""))
    census.demand_whole()


def test_reads_take_no_more_memory_while_the_disk_takes_no_rows():
    """A tree larger than the cache, and a change that cannot be settled: it stays, of the rest no
    more than is allowed."""
    tree = Tree(MemoryRows(), 1 << 20)
    data = bytes(10_000)
    paths = [b"/%03d" % number for number in range(300)]
    for path in paths:
        entry(tree, (codes.CREATE, path, data, b"", 0))
        tree.settle()
    tree.rows.full = True
    entry(tree, (codes.SET_DATA, paths[0], b"new", -1))
    assert not tree.settle()
    for path in paths[1:] * 2:
        assert tree.look(path).data == data
        assert len(tree.cache.young) + len(tree.cache.old) < 100
    assert tree.look(paths[0]).data == b"new"
    tree.rows.full = False
    tree.settle()
    assert Tree(tree.rows, 1 << 20).look(paths[0]).data == b"new"
