"""Which subtrees are hot: from events alone, without a server."""

from hikari_client import Event, EventType
from hikari_tools.shell.heat import Heat


def heated(root: str, *paths: str, **options: int) -> Heat:
    heat = Heat(root, **options)
    for path in paths:
        heat.add(Event(EventType.CHANGED, path))
    return heat


def hottest(heat: Heat) -> list[tuple[str, int]]:
    return [(path, one.all) for path, one in heat.hottest(10)]


def test_a_change_counts_in_every_subtree_that_it_is_in() -> None:
    heat = heated("/", "/a/x", "/a/x", "/a/y", "/b")
    assert hottest(heat) == [("/", 4), ("/a", 3), ("/a/x", 2), ("/a/y", 1), ("/b", 1)]
    assert heat.total == 4


def test_where_all_is_below_one_znode_only_the_deepest_is_told() -> None:
    assert hottest(heated("/", *["/a/b/c"] * 3)) == [("/a/b/c", 3)]
    assert hottest(heated("/a", "/a/b/c", "/a/b/d")) == [
        ("/a/b", 2),
        ("/a/b/c", 1),
        ("/a/b/d", 1),
    ]


def test_kinds_are_told_apart_and_a_gap_is_remembered() -> None:
    heat = Heat("/a")
    for kind in (EventType.CREATED, EventType.DELETED, EventType.CHANGED, EventType.CREATED):
        heat.add(Event(kind, "/a"))
    heat.add(Event(EventType.GAP, "/a"))
    [(path, one)] = heat.hottest(10)
    assert (path, one.created, one.changed, one.deleted) == ("/a", 2, 1, 1)
    assert heat.gaps == 1


def test_of_too_many_znodes_the_subtrees_are_counted_all_the_same() -> None:
    heat = heated("/", *[f"/q/{n}" for n in range(100)], paths_max=10)
    assert hottest(heat)[0] == ("/q", 100)
    assert len(heat.hottest(1000)) < 10


def test_only_so_many_are_told() -> None:
    assert len(heated("/", *[f"/{n}" for n in range(100)]).hottest(7)) == 7
