"""One-shot watches."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hikari.watches.table import WatchTable
from hikari_wire import codes

CREATED, DELETED = codes.EVENT_CREATED, codes.EVENT_DELETED
CHANGED, CHILDREN = codes.EVENT_DATA_CHANGED, codes.EVENT_CHILDREN_CHANGED


def test_a_watch_fires_once() -> None:
    table = WatchTable()
    table.add_data(b"/a", "ann")
    assert list(table.fire(CHANGED, b"/a")) == ["ann"]
    assert list(table.fire(CHANGED, b"/a")) == []
    assert len(table) == 0


def test_those_who_watch_are_told_in_the_order_in_which_they_asked() -> None:
    table = WatchTable()
    for watcher in ("cid", "ann", "bob", "ann"):
        table.add_data(b"/a", watcher)
    assert len(table) == 3
    assert list(table.fire(CREATED, b"/a")) == ["cid", "ann", "bob"]


def test_the_data_and_the_children_of_a_znode_are_watched_apart() -> None:
    table = WatchTable()
    table.add_data(b"/a", "ann")
    table.add_child(b"/a", "bob")
    assert list(table.fire(CHILDREN, b"/a")) == ["bob"]
    assert list(table.fire(CHILDREN, b"/a")) == []
    assert list(table.fire(CHANGED, b"/a")) == ["ann"]


def test_who_watches_data_and_children_is_told_of_a_delete_once() -> None:
    table = WatchTable()
    table.add_child(b"/a", "bob")
    table.add_data(b"/a", "ann")
    table.add_child(b"/a", "ann")
    assert list(table.fire(DELETED, b"/a")) == ["ann", "bob"]
    assert (len(table), table.paths, table.watchers) == (0, {}, {})


def test_a_watch_that_did_not_fire_stays_with_its_watcher() -> None:
    table = WatchTable()
    table.add_data(b"/a", "ann")
    table.add_child(b"/a", "ann")
    table.fire(CHANGED, b"/a")
    assert len(table) == 1
    table.drop("ann")
    assert (len(table), table.paths, table.watchers) == (0, {}, {})


def test_who_is_gone_is_told_nothing_and_leaves_nothing() -> None:
    table = WatchTable()
    for watcher in ("ann", "bob"):
        table.add_data(b"/a", watcher)
        table.add_child(b"/a", watcher)
    table.add_data(b"/only", "ann")
    table.drop("ann")
    table.drop("nobody")
    assert list(table.paths) == [b"/a"]
    assert list(table.watchers) == ["bob"]
    assert list(table.fire(DELETED, b"/a")) == ["bob"]


ADD = st.tuples(
    st.sampled_from(["data", "child"]),
    st.sampled_from([b"/a", b"/b"]),
    st.sampled_from(["ann", "bob", "cid"]),
)
FIRE = st.tuples(
    st.just("fire"),
    st.sampled_from([b"/a", b"/b"]),
    st.sampled_from([CREATED, DELETED, CHANGED, CHILDREN]),
)
DROP = st.tuples(st.just("drop"), st.just(b""), st.sampled_from(["ann", "bob", "cid"]))


@given(st.lists(ADD | ADD | FIRE | DROP, max_size=40))
def test_the_table_does_what_a_list_of_watches_would(
    steps: list[tuple[str, bytes, Any]],
) -> None:
    table = WatchTable()
    watches: list[tuple[str, bytes, Any]] = []
    fires = {CREATED: "data", CHANGED: "data", CHILDREN: "child"}
    for step in steps:
        what, path, who = step
        if what == "fire":
            kinds = ["data", "child"] if who == DELETED else [fires[who]]
            fired = [w for kind in kinds for w in watches if w[:2] == (kind, path)]
            watches = [w for w in watches if w not in fired]
            assert list(table.fire(who, path)) == list(dict.fromkeys(w[2] for w in fired))
        elif what == "drop":
            table.drop(who)
            watches = [w for w in watches if w[2] != who]
        else:
            (table.add_data if what == "data" else table.add_child)(path, who)
            if step not in watches:
                watches.append(step)
        assert len(table) == len(watches)
        assert {(p, w) for p, i in table.paths.items() for w in {**i.data, **i.child}} == {
            (p, w) for _, p, w in watches
        }
        assert {(p, w) for w, paths in table.watchers.items() for p in paths} == {
            (p, w) for _, p, w in watches
        }


def test_who_watches_where_is_listed_once_whatever_the_ways() -> None:
    table = WatchTable()
    table.add_data(b"/a", "one")
    table.add_child(b"/a", "one")
    table.add_persistent(b"/a", "two")
    table.add_recursive(b"/a", "one")
    table.add_recursive(b"/b", "three")
    assert table.everyone() == ["one", "two", "three"]
    assert table.everywhere() == [b"/a", b"/b"]
    assert table.watching(b"/a") == ["one", "two"]
    assert table.watching(b"/b") == ["three"]
    assert table.watching(b"/c") == []
    assert len(table) == 5
