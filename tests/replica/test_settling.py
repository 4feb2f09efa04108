"""When a tree is settled: rarely enough that what changes often is written once, and no later than
what memory and the disk can bear."""

from hikari.replica.settling import SETTLE_BYTES, SETTLE_ROWS, SETTLE_TICKS, Settling
from hikari.store.memory import MemoryRows
from hikari.tree.tree import Tree
from hikari_wire import codes


def changed(*names: bytes, cache_bytes_max: int = 1 << 20) -> Tree:
    """A tree with new znodes that nobody settled."""
    tree = Tree(MemoryRows(), cache_bytes_max)
    tree.begin(1, 5)
    for name in names:
        tree.apply((codes.CREATE, name, b"data", b"", 0), 0, ())
    tree.finish()
    return tree


def test_what_changed_is_settled_after_some_ticks() -> None:
    tree, settling = changed(b"/a"), Settling()
    for _ in range(SETTLE_TICKS - 1):
        settling.tick(tree)
        settling.consider(tree, 0)
        assert tree.changed
    settling.tick(tree)
    assert tree.changed, "in a turn, not within a tick"
    settling.consider(tree, 0)
    assert not tree.changed


def test_the_ticks_are_counted_from_the_last_time() -> None:
    tree, settling = changed(b"/a"), Settling()
    for _ in range(SETTLE_TICKS - 1):
        settling.tick(tree)
    settling.consider(tree, SETTLE_BYTES)
    assert not tree.changed
    tree.begin(2, 5)
    tree.apply((codes.SET_DATA, b"/a", b"more", -1), 0, ())
    tree.finish()
    settling.tick(tree)
    settling.consider(tree, SETTLE_BYTES)
    assert tree.changed


def test_many_rows_are_settled_at_once() -> None:
    few = changed(*[b"/%d" % n for n in range(SETTLE_ROWS - 2)])  # and their parent
    Settling().consider(few, 0)
    assert len(few.changed) == SETTLE_ROWS - 1
    many = changed(*[b"/%d" % n for n in range(SETTLE_ROWS - 1)])
    Settling().consider(many, 0)
    assert not many.changed


def test_much_in_the_journal_is_settled_at_once_and_counted_from_there() -> None:
    settling = Settling()
    for log_bytes in (SETTLE_BYTES, 2 * SETTLE_BYTES):
        tree = changed(b"/a")
        settling.consider(tree, log_bytes - 1)
        assert tree.changed
        settling.consider(tree, log_bytes)
        assert not tree.changed


def test_a_full_memory_waits_for_no_tick_but_the_next() -> None:
    tree, settling = changed(b"/a", b"/b", cache_bytes_max=600), Settling()
    settling.consider(tree, 0)
    assert tree.changed
    settling.tick(tree)
    settling.consider(tree, 0)
    assert not tree.changed
    assert not tree.cache.young, "what is settled may be let go of"
