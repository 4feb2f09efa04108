"""Persistent and recursive watches, beside those that fire once."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hikari.watches.table import WatchTable
from hikari_wire import codes

CREATED, DELETED = codes.EVENT_CREATED, codes.EVENT_DELETED
CHANGED, CHILDREN = codes.EVENT_DATA_CHANGED, codes.EVENT_CHILDREN_CHANGED
KINDS = range(codes.WATCHER_CHILDREN, codes.WATCHER_PERSISTENT_RECURSIVE + 1)


def is_empty(table: WatchTable) -> bool:
    lasting = table.lasting
    kept = (table.paths, table.watchers, lasting.persistent, lasting.recursive, lasting.watchers)
    return not any(kept) and len(table) == 0


def test_a_persistent_watch_hears_all_of_one_path_again_and_again() -> None:
    table = WatchTable()
    table.add_persistent(b"/a", "ann")
    for type in (CREATED, CHANGED, CHILDREN, DELETED) * 2:
        assert list(table.fire(type, b"/a")) == ["ann"]
        assert list(table.fire(type, b"/a/b")) == []
        assert list(table.fire(type, b"/")) == []
    assert len(table) == 1


def test_a_recursive_watch_hears_of_everything_below_but_of_no_lists() -> None:
    table = WatchTable()
    table.add_recursive(b"/a", "ann")
    for path in (b"/a", b"/a/b", b"/a/b/c/d"):
        for type in (CREATED, CHANGED, DELETED):
            assert list(table.fire(type, path)) == ["ann"]
        assert list(table.fire(CHILDREN, path)) == []
    assert list(table.fire(CREATED, b"/ab")) == []
    assert list(table.fire(CREATED, b"/")) == []


def test_a_recursive_watch_of_the_root_hears_of_every_znode() -> None:
    table = WatchTable()
    table.add_recursive(b"/", "ann")
    for path in (b"/", b"/a", b"/a/b"):
        assert list(table.fire(CHANGED, path)) == ["ann"]


def test_who_watches_in_every_way_hears_of_an_event_once() -> None:
    table = WatchTable()
    for add in (table.add_data, table.add_child, table.add_persistent, table.add_recursive):
        add(b"/a", "ann")
    table.add_recursive(b"/", "ann")
    for type in (CHANGED, CHILDREN, DELETED, CREATED):
        assert list(table.fire(type, b"/a")) == ["ann"]
    assert (table.watches, len(table)) == (0, 3), "what fires once is gone, the rest is there"


def test_a_one_shot_watch_on_the_path_of_a_persistent_one_is_spent_by_the_event_of_both() -> None:
    table = WatchTable()
    table.add_data(b"/a", "ann")
    table.add_data(b"/a", "bob")
    table.add_persistent(b"/a", "ann")
    assert list(table.fire(CHANGED, b"/a")) == ["ann", "bob"]
    assert not table.has(codes.WATCHER_DATA, b"/a", "ann")
    assert list(table.fire(CHANGED, b"/a")) == ["ann"]


def test_a_watch_is_one_however_often_it_is_set() -> None:
    table = WatchTable()
    for _ in range(3):
        table.add_persistent(b"/a", "ann")
        table.add_recursive(b"/a", "ann")
    assert len(table) == 2
    assert table.remove(codes.WATCHER_PERSISTENT, b"/a", "ann")
    assert not table.remove(codes.WATCHER_PERSISTENT, b"/a", "ann")
    assert table.remove(codes.WATCHER_PERSISTENT_RECURSIVE, b"/a", "ann")
    assert is_empty(table)


def test_each_kind_is_asked_for_and_taken_back_by_itself() -> None:
    adds = {
        codes.WATCHER_CHILDREN: WatchTable.add_child,
        codes.WATCHER_DATA: WatchTable.add_data,
        codes.WATCHER_PERSISTENT: WatchTable.add_persistent,
        codes.WATCHER_PERSISTENT_RECURSIVE: WatchTable.add_recursive,
    }
    for kind, add in adds.items():
        table = WatchTable()
        add(table, b"/a", "ann")
        others = [one for one in adds if one != kind]
        assert not any(table.has(one, b"/a", "ann") for one in others)
        assert not any(table.remove(one, b"/a", "ann") for one in others)
        assert table.has(codes.WATCHER_ANY, b"/a", "ann")
        assert not table.has(codes.WATCHER_ANY, b"/a", "bob")
        assert not table.has(codes.WATCHER_ANY, b"/", "ann")
        assert table.has(kind, b"/a", "ann")
        assert table.remove(kind, b"/a", "ann")
        assert is_empty(table)


def test_any_takes_back_all_of_a_path_and_nothing_else() -> None:
    table = WatchTable()
    for add in (table.add_data, table.add_child, table.add_persistent, table.add_recursive):
        for path, watcher in ((b"/a", "ann"), (b"/b", "ann"), (b"/a", "bob")):
            add(path, watcher)
    assert table.remove(codes.WATCHER_ANY, b"/a", "ann")
    assert len(table) == 8
    assert list(table.fire(DELETED, b"/a")) == ["bob"]
    assert list(table.fire(DELETED, b"/b")) == ["ann"]


def test_a_kind_that_there_is_not_finds_nothing_and_takes_nothing() -> None:
    table = WatchTable()
    table.add_data(b"/a", "ann")
    table.add_persistent(b"/a", "ann")
    for kind in (-1, 0, 6):
        assert not table.has(kind, b"/a", "ann")
        assert not table.remove(kind, b"/a", "ann")
    assert len(table) == 2


def test_all_that_one_watches_can_be_listed() -> None:
    table = WatchTable()
    table.add_data(b"/once", "ann")
    table.add_recursive(b"/ever", "ann")
    table.add_persistent(b"/hers", "bob")
    assert list(table.watched("ann")) == [b"/once", b"/ever"]
    assert list(table.watched("cid")) == []


PATHS = st.sampled_from([b"/", b"/a", b"/a/b", b"/a/b/c", b"/b"])
WHO = st.sampled_from(["ann", "bob"])
STEPS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from([1, 2, 4, 5]), PATHS, WHO),
    st.tuples(st.just("remove"), st.sampled_from(KINDS), PATHS, WHO),
    st.tuples(st.just("fire"), st.sampled_from([CREATED, DELETED, CHANGED, CHILDREN]), PATHS),
    st.tuples(st.just("drop"), WHO),
)


def beneath(path: bytes, above: bytes) -> bool:
    return above == b"/" or path == above or path.startswith(above + b"/")


class Plain:
    """The same with a set of triples (kind, path, watcher)."""

    def __init__(self) -> None:
        self.all: set[Any] = set()

    def fire(self, type: int, path: bytes) -> set[str]:
        spent = {CHILDREN: {1}, DELETED: {1, 2}}.get(type, {2})
        once = {one for one in self.all if one[0] in spent and one[1] == path}
        self.all -= once
        told = {who for _, _, who in once}
        told |= {who for kind, at, who in self.all if kind == 4 and at == path}
        if type != CHILDREN:
            told |= {who for kind, at, who in self.all if kind == 5 and beneath(path, at)}
        return told

    def remove(self, kind: int, path: bytes, who: str) -> bool:
        gone = {one for one in self.all if one[1:] == (path, who) and kind in (one[0], 3)}
        self.all -= gone
        return bool(gone)


@given(st.lists(STEPS, max_size=40))
def test_it_does_what_a_set_of_watches_would(steps: list[Any]) -> None:
    table, plain = WatchTable(), Plain()
    adds = {1: table.add_child, 2: table.add_data, 4: table.add_persistent, 5: table.add_recursive}
    for step, *about in steps:
        if step == "add":
            kind, path, who = about
            adds[kind](path, who)
            plain.all.add((kind, path, who))
        elif step == "remove":
            assert table.has(*about) == any(
                one[1:] == tuple(about[1:]) and about[0] in (one[0], 3) for one in plain.all
            )
            assert table.remove(*about) == plain.remove(*about)
        elif step == "fire":
            told = list(table.fire(*about))
            assert set(told) == plain.fire(*about)
            assert len(told) == len(set(told))
        else:
            table.drop(about[0])
            plain.all = {one for one in plain.all if one[2] != about[0]}
        assert len(table) == len(plain.all)
    for who in ("ann", "bob"):
        table.drop(who)
    assert is_empty(table)


def test_without_recursive_watches_nobody_looks_at_ancestors() -> None:
    """How many look-ups an event costs does not grow with the depth of its path."""

    class Counted(dict[bytes, Any]):
        looks = 0

        def get(self, *given: Any) -> Any:
            Counted.looks += 1
            return super().get(*given)

    counts = []
    for depth in (1, 5, 50):
        table = WatchTable()
        table.add_persistent(b"/a", "ann")
        table.lasting.persistent = Counted(table.lasting.persistent)
        table.lasting.recursive = Counted()
        Counted.looks = 0
        table.fire(CHANGED, b"/a" * depth)
        counts.append(Counted.looks)
    assert all(one == other for one, other in pairwise(counts))
