"""The bounded cache."""

from hikari.tree.cache import Cache, weight
from hikari.tree.znode import Znode


def znode(data: bytes = b"") -> Znode:
    return Znode(data, b"", 0, 1, 1)


def full(cache: Cache) -> None:
    """Bring the young generation over its half."""
    cache.put(b"/full", znode(bytes(cache.half)))


def test_what_is_used_survives_and_what_is_not_goes() -> None:
    cache = Cache(20_000)
    used, unused = znode(), znode()
    cache.put(b"/used", used)
    cache.put(b"/unused", unused)
    for _ in range(3):
        full(cache)
        cache.rotate({})
        assert cache.young == {}
        assert cache.promote(b"/used") is used
    assert b"/unused" not in cache.old


def test_nothing_goes_while_there_is_room() -> None:
    cache = Cache(20_000)
    cache.put(b"/a", znode())
    cache.rotate({})
    assert list(cache.young) == [b"/a"]


def test_what_is_not_settled_stays_and_is_not_sorted_out_at_every_look() -> None:
    cache = Cache(20_000)
    changed = {b"/changed": znode(bytes(30_000)), b"/gone": None}
    cache.put(b"/changed", changed[b"/changed"])
    cache.put(b"/other", znode())
    cache.rotate(changed)
    assert cache.young == {b"/changed": changed[b"/changed"]}
    assert list(cache.old) == [b"/other"]
    cache.put(b"/read", znode())
    cache.rotate(changed)
    assert b"/read" in cache.young
    full(cache)
    cache.rotate(changed)
    assert list(cache.young) == [b"/changed"]


def test_what_goes_is_freed_piece_by_piece_as_others_come() -> None:
    cache = Cache(20_000)
    for number in range(10):
        cache.put(b"/%d" % number, znode())
    full(cache)
    cache.rotate({})
    full(cache)
    cache.rotate({})
    assert len(cache.gone) == 11
    for left in (9, 7, 5, 3, 1, 0, 0):
        cache.put(b"/new", znode())
        assert len(cache.gone) == left
    assert all(cache.young.get(path) is None for path in (b"/0", b"/9"))


def test_never_more_than_two_generations_are_held() -> None:
    cache = Cache(200_000)
    for number in range(2_000):
        cache.put(b"/%04d" % number, znode())
        cache.rotate({})
        held = len(cache.young) + len(cache.old) + len(cache.gone)
        assert held * weight(b"/0000", znode()) <= 200_000 + 2_000


def test_what_is_promoted_is_in_one_generation_only() -> None:
    cache = Cache(20_000)
    cache.put(b"/a", znode())
    full(cache)
    cache.rotate({})
    cache.promote(b"/a")
    assert b"/a" in cache.young
    assert b"/a" not in cache.old


def test_what_is_dropped_is_in_neither_generation() -> None:
    cache = Cache(20_000)
    cache.put(b"/a", znode())
    full(cache)
    cache.rotate({})
    cache.drop(b"/a")
    cache.drop(b"/never")
    assert b"/a" not in cache.old


def test_the_weight_is_that_of_what_is_in_it() -> None:
    cache = Cache(1 << 20)
    first = znode(b"four")
    cache.put(b"/a", first)
    cache.put(b"/b", znode(b"five!"))
    cache.resized(first.data, b"longer")
    first.data = b"longer"
    cache.resized(first.data, None)
    first.data = None
    cache.list(b"/a", first, b"names")
    cache.drop(b"/b")
    assert cache.young_bytes == weight(b"/a", first)
    cache.unlist(first)
    assert cache.young_bytes == weight(b"/a", first)
    cache.drop(b"/a")
    assert cache.young_bytes == 0
