"""Entries and reads."""

import struct

import pytest
from tree.chance import assert_sound
from tree.counted_rows import CountedRows
from tree.story import Story

from hikari.tree import keys
from hikari.tree.cache import LISTING_BYTES_MAX, Cache
from hikari.tree.rows import RowsDamaged
from hikari.tree.tree import Tree
from hikari.tree.znode import Znode
from hikari_wire import codes


def ustrings(*names: bytes) -> bytes:
    packed = [struct.pack(">I", len(name)) + name for name in names]
    return struct.pack(">I", len(names)) + b"".join(packed)


def test_entries_come_one_after_the_other() -> None:
    tree = Tree(CountedRows(), 1 << 20)
    for wrong in (0, 2):
        with pytest.raises(AssertionError):
            tree.begin(wrong, 0)
    assert tree.begin(1, 0) == 0


def test_time_never_goes_back() -> None:
    story = Story()
    story.run("create /a", "")
    story.run("time 10", "")
    story.run("set /a", "")
    znode = story.tree.look(b"/a")
    assert znode is not None
    assert znode.mtime == 1000


def test_a_restart_in_the_middle_of_an_entry_skips_what_was_settled() -> None:
    rows = CountedRows()
    tree = Tree(rows, 1 << 20)
    assert tree.begin(1, 5) == 0
    tree.apply((codes.CREATE, b"/a", b"", b"", 0), 0, ())
    tree.refuse(codes.SESSION_EXPIRED)
    tree.settle()
    tree.apply((codes.CREATE, b"/lost", b"", b"", 0), 0, ())

    again = Tree(rows, 1 << 20)
    assert (again.index, again.zxid) == (0, 2)
    assert again.begin(1, 5) == 2
    assert again.apply((codes.CREATE, b"/lost", b"", b"", 0), 0, ()) == (codes.OK, b"/lost")
    again.finish()
    assert (again.index, again.zxid, again.done) == (1, 3, 0)


def test_a_group_is_admitted_by_its_session_and_attachment() -> None:
    story = Story()
    story.run("open ann", "")
    tree = story.tree
    assert tree.admit(0, 0) == codes.OK
    assert tree.admit(1, 1) == codes.OK
    assert tree.admit(1, 2) == codes.SESSION_MOVED
    assert tree.admit(2, 2) == codes.SESSION_EXPIRED


def test_the_empty_path_reads_as_the_root() -> None:
    tree = Story().tree
    assert tree.look(b"") is tree.look(b"/")
    assert tree.stat68(b"") == tree.stat68(b"/")
    assert tree.children(b"") == [b"zookeeper"]
    assert tree.listing(b"") == ustrings(b"zookeeper")


def test_reads_in_the_middle_of_an_entry_see_what_was_applied() -> None:
    tree = Tree(CountedRows(), 1 << 20)
    tree.begin(1, 5)
    assert tree.children(b"/none") == []
    assert tree.listing(b"/none") is None
    assert tree.stat68(b"/none") is None
    tree.apply((codes.CREATE, b"/b", b"", b"", 0), 0, ())
    assert tree.children(b"/") == [b"b", b"zookeeper"]
    tree.apply((codes.CREATE, b"/a", b"", b"", 0), 0, ())
    tree.apply((codes.DELETE, b"/b", -1), 0, ())
    assert tree.listing(b"/") == ustrings(b"a", b"zookeeper")
    assert tree.look(b"/b") is None
    tree.finish()


def test_a_listing_is_kept_until_a_child_comes_or_goes() -> None:
    story = Story()
    story.run("create /d", "")
    assert story.tree.listing(b"/d") == ustrings()
    story.run("create /d/x", "")
    assert story.tree.listing(b"/d") == ustrings(b"x")
    story.rows.forget()
    story.run("set /d data=1", "")
    story.run("create /d/x/deeper", "")
    assert story.tree.listing(b"/d") == ustrings(b"x")
    assert story.rows.scans == 0
    story.run("create /d/y", "")
    assert story.tree.listing(b"/d") == ustrings(b"x", b"y")
    story.run("delete /d/x/deeper", "")
    story.run("delete /d/x", "")
    assert story.tree.listing(b"/d") == ustrings(b"y")


@pytest.mark.parametrize(("cache_bytes_max", "kept"), [(400_000, True), (100_000, False)])
def test_a_listing_is_kept_if_many_like_it_would_fit_in_memory(
    cache_bytes_max: int, kept: bool
) -> None:
    tree = Tree(CountedRows(), cache_bytes_max)
    tree.begin(1, 5)
    for number in range(10):
        tree.apply((codes.CREATE, b"/%d" % number + b"n" * 1000, b"", b"", 0), 0, ())
    listing = tree.listing(b"/")
    assert listing is not None
    assert 10_000 < len(listing) < 11_000
    root = tree.look(b"/")
    assert root is not None
    assert (root.listing is listing) == kept
    assert tree.listing(b"/") == listing
    assert_sound(tree)


def test_no_listing_is_kept_that_is_too_long_for_any_memory() -> None:
    cache = Cache(1 << 40)
    znode = Znode(b"", b"", owner=0, zxid=1, time_ms=5)
    cache.put(b"/", znode)
    cache.list(b"/", znode, bytes(LISTING_BYTES_MAX + 1))
    assert znode.listing is None
    cache.list(b"/", znode, bytes(LISTING_BYTES_MAX))
    assert znode.listing is not None


def test_a_child_that_is_missing_on_disk_is_damage_and_not_an_answer() -> None:
    story = Story()
    story.run("create /a", "")
    story.tree.settle()
    story.rows.write({keys.znode_key(b"/a"): None})
    with pytest.raises(RowsDamaged):
        story.tree.listing(b"/")


def test_reading_a_tree_larger_than_memory_keeps_memory_bounded() -> None:
    rows = CountedRows()
    tree = Tree(rows, 1 << 20)
    tree.begin(1, 5)
    for number in range(1000):
        tree.apply((codes.CREATE, b"/%03d" % number, bytes(1000), b"", 0), 0, ())
    tree.finish()
    tree.settle()
    tree = Tree(rows, 100_000)
    for number in range(1000):
        assert tree.look(b"/%03d" % number) is not None
        assert tree.cache.young_bytes <= 53_000
    assert len(tree.cache.young) + len(tree.cache.old) < 50


def test_no_znode_is_deeper_than_a_key_can_say() -> None:
    tree = Tree(CountedRows(), 1 << 20)
    tree.begin(1, 5)
    deepest = b"/a" * keys.DEPTH_MAX
    # As if somebody had walked all the way down.
    tree.insert(deepest, Znode(b"", b"", owner=0, zxid=1, time_ms=5))
    made = tree.apply((codes.CREATE, deepest + b"/a", b"", b"", 0), 0, ())
    assert made == (codes.BAD_ARGUMENTS, None)
    assert tree.look(deepest + b"/a") is None


def test_reading_in_the_middle_of_an_entry_lets_go_of_nothing_that_changed() -> None:
    tree = Tree(CountedRows(), 0)
    tree.begin(1, 5)
    tree.apply((codes.CREATE, b"/a", b"1", b"", 0), 0, ())
    for path in (b"/zookeeper", b"/zookeeper/quota", b"/none", b"/a"):
        tree.look(path)
    tree.apply((codes.SET_DATA, b"/a", b"2", 0), 0, ())
    found = tree.look(b"/a")
    assert found is not None
    assert (found.data, found.version) == (b"2", 1)


def test_listing_keeps_the_weight_of_the_cache_true() -> None:
    tree = Tree(CountedRows(), 5000)
    tree.begin(1, 5)
    for number in range(20):
        tree.apply((codes.CREATE, b"/%d" % number, b"", b"", 0), 0, ())
        tree.listing(b"/")
        tree.listing(b"/%d" % number)
        assert_sound(tree)


def test_all_below_a_znode_are_counted_settled_or_not() -> None:
    story = Story()
    for path in ("/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/e", "/ab", "/ab/c", "/a/b/f"):
        story.run(f"create {path}", "")
    counts = {b"/": 11, b"": 11, b"/a": 5, b"/a/b": 3, b"/ab": 1, b"/a/e": 0, b"/none": 0}
    assert {path: story.tree.descendants(path) for path in counts} == counts
    story.rows.full = True
    story.run("delete /a/b/c/d", "")
    story.run("create /a/e/g", "")
    story.run("create /a/e/h", "")
    assert not story.tree.settle()
    assert story.tree.descendants(b"/a") == 6
    assert story.tree.descendants(b"/a/b") == 2
    assert story.tree.children(b"/a/e") == [b"g", b"h"]


def test_a_folder_of_leaves_is_counted_without_reading_it() -> None:
    story = Story()
    story.run("create /folder", "")
    for number in range(50):
        story.run(f"create /folder/{number}", "")
    story.tree.settle()
    story.rows.forget()
    assert story.tree.descendants(b"/folder") == 50
    assert story.rows.scanned == 0
