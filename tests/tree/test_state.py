"""Settling, loading, and what each costs."""

import pytest
from tree.counted_rows import CountedRows
from tree.story import Story

from hikari.tree import keys
from hikari.tree.rows import RowsDamaged
from hikari.tree.tree import Tree


def settled(*lines: str) -> Story:
    story = Story()
    for line in lines:
        story.run(line, "")
    story.tree.settle()
    return story


def test_settling_writes_one_batch_with_the_changed_rows_and_the_counts() -> None:
    story = settled("create /a")
    story.run("set /a data=1", "")
    story.run("set /a data=2", "")
    story.rows.forget()
    story.tree.settle()
    assert (story.rows.writes, story.rows.written) == (1, 2)  # /a and M


def test_settling_what_is_settled_writes_nothing() -> None:
    story = settled("create /a")
    story.rows.forget()
    story.tree.settle()
    assert story.rows.writes == 0


def test_an_entry_without_requests_is_settled_too() -> None:
    story = settled()
    story.tree.begin(1, 77)
    story.tree.finish(term=3, checksum=0xFFFFFFFF)
    story.tree.settle()
    tree = Tree(story.rows, 1 << 20)
    assert (tree.index, tree.term, tree.checksum, tree.time_ms) == (1, 3, 0xFFFFFFFF, 77)


def test_a_create_among_many_children_asks_the_disk_no_more_than_among_few() -> None:
    story = settled("create /dir")
    tree, rows = story.tree, story.rows
    costs = {}
    for count in (1, 100_000):
        tree.begin(tree.index + 1, 0)
        while len(rows.scan_keys(keys.children_prefix(b"/dir"))) < count:
            for _ in range(count):
                tree.apply((1, b"/dir/n-", b"", b"", 2), 0, ())
            tree.settle()
        tree.finish()
        tree.settle()
        tree.events.clear()
        rows.forget()
        story.run("create /dir/one", "")
        story.run("delete /dir/one", "")
        tree.settle()
        costs[count] = (rows.gets, rows.scans, rows.writes, rows.written)
    assert costs[1] == costs[100_000] == (1, 0, 1, 3)  # /dir, /dir/one, M


def test_a_create_in_an_empty_znode_does_not_ask_the_disk() -> None:
    story = settled("create /dir")
    story.rows.forget()
    story.run("create /dir/one", "")
    assert story.rows.gets == 0


def test_a_session_without_ephemerals_closes_without_a_scan() -> None:
    story = settled("open ann", "open bob", "bob: create /b ephemeral")
    story.rows.forget()
    story.run("ann: close", "")
    assert story.rows.scans == 0
    story.run("bob: close", "")
    assert (story.rows.scans, story.rows.scanned) == (1, 1)


def test_settled_and_unsettled_ephemerals_end_alike() -> None:
    story = settled("open ann", "ann: create /2 ephemeral", "ann: create /3 ephemeral")
    story.run("ann: create /1 ephemeral", "")
    story.run("delete /3", "")
    story.run("ann: create /4 ephemeral", "")
    story.run("delete /4", "")
    said = story.run("ann: close", "")
    assert said.split("\n")[::2] == ["fires NodeDeleted /1", "fires NodeDeleted /2"]
    story.tree.settle()
    assert story.rows.scan_keys(keys.EPHEMERAL) == []
    assert story.rows.scan_keys(keys.SESSION) == []


def test_a_tree_reopened_with_a_cache_of_nothing_answers_the_same() -> None:
    story = settled("create /a data=1", "create /a/b data=2")
    tree = Tree(story.rows, 0)
    for path, data in ((b"/a", b"1"), (b"/a/b", b"2"), (b"/a", b"1")):
        found = tree.look(path)
        assert found is not None
        assert found.data == data
    assert len(tree.cache.young) + len(tree.cache.old) == 1


def test_rows_of_another_format_are_refused() -> None:
    story = settled()
    meta = story.rows.get(keys.META)
    assert meta is not None
    for wrong in (b"\xff" + meta[1:], meta[:-1]):
        story.rows.write({keys.META: wrong})
        with pytest.raises(RowsDamaged):
            Tree(story.rows, 0)


def test_an_ephemeral_of_no_session_is_damage() -> None:
    rows = CountedRows()
    Tree(rows, 0)
    rows.write({keys.ephemerals_prefix(9) + b"/a": b""})
    with pytest.raises(RowsDamaged):
        Tree(rows, 0)
