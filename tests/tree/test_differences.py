"""What differs between an older tree and a newer one is named, unless requests explain it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tree.chance import UNHURRIED, Step, entries, play
from tree.story import Story

from hikari.store.memory import MemoryRows
from hikari.tree import keys, znode
from hikari.tree.differences import NAMES_MAX, Comparison, Differences, differences, shown
from hikari.tree.rows import RowsDamaged
from hikari.tree.tree import Tree
from hikari.tree.znode import Znode


def compare(old: MemoryRows, new: MemoryRows) -> Differences:
    return differences(old.view(), new.view(), new.get)


def copy(rows: MemoryRows) -> MemoryRows:
    twin = MemoryRows()
    twin.write(dict(rows.scan(b"")))
    return twin


def two(script: list[list[Step]], first: int) -> tuple[MemoryRows, MemoryRows, int]:
    """The rows after the first entries, the rows after all, and the zxid of the former."""
    tree = Tree(MemoryRows(), 1 << 20)
    old, since = copy(tree.rows), 0  # type: ignore[arg-type]
    for index, entry in enumerate(script):
        tree.begin(index + 1, 1000 + 7 * index)
        for step in entry:
            play(tree, step)
        tree.finish()
        tree.settle()
        if index < first:
            old, since = copy(tree.rows), tree.zxid  # type: ignore[arg-type]
    return old, copy(tree.rows), since  # type: ignore[arg-type]


@UNHURRIED
@given(entries, st.integers(0, 12))
def test_what_requests_have_done_is_not_named(script: list[list[Step]], first: int) -> None:
    old, new, _ = two(script, first)
    assert compare(old, new) == Differences()


@UNHURRIED
@given(entries, st.integers(1, 12), st.sampled_from(["data", "owner", "gone"]), st.data())
def test_a_planted_difference_is_named_and_nothing_else(
    script: list[list[Step]], first: int, how: str, data: st.DataObject
) -> None:
    old, new, since = two(script, first)
    untouched = []
    for key, row in new.scan(keys.ZNODE):
        found = znode.from_row(row)
        if max(found.mzxid, found.czxid, found.pzxid) <= since and old.get(key) == row:
            untouched.append(key)
    assume(untouched)
    key = data.draw(st.sampled_from(untouched))
    row = old.get(key)
    assert row is not None
    changed = znode.from_row(row)
    changed.data = (changed.data or b"") + b"!"
    changed.owner += how == "owner"
    changed.stat = None
    old.write({key: None if how == "gone" else changed.row()})
    assert compare(old, new) == Differences(1, [keys.path_of(key)], [])


@UNHURRIED
@given(entries, st.integers(1, 12), st.data())
def test_a_znode_too_many_is_named_where_nothing_was_deleted_since(
    script: list[list[Step]], first: int, data: st.DataObject
) -> None:
    old, new, since = two(script, first)
    calm = []
    for key, row in new.scan(keys.ZNODE):
        if znode.from_row(row).pzxid <= since:
            calm.append(keys.path_of(key))
    assume(calm)
    above = data.draw(st.sampled_from(calm))
    extra = above.rstrip(b"/") + b"/extra/deep"
    old.write({keys.znode_key(extra): Znode(b"", b"", 0, since, 7).row()})
    assert compare(old, new) == Differences(1, [extra], [])


def told(*lines: str) -> Story:
    story = Story()
    for line in ("open ann", "create /a data=1", "create /b", *lines):
        story.run(line, "")
    story.tree.settle()
    return story


def test_an_acl_may_change_but_not_without_its_version_nor_with_something_else() -> None:
    old = told()
    new = told("setacl /a acl=r:world:anyone")
    assert compare(old.rows, new.rows) == Differences()
    row = new.rows.get(keys.znode_key(b"/a"))
    assert row is not None
    for name, value in (("aversion", 0), ("data", b"2"), ("version", 5)):
        wrong = znode.from_row(row)
        setattr(wrong, name, value)
        wrong.stat = None
        new.rows.write({keys.znode_key(b"/a"): wrong.row()})
        assert compare(old.rows, new.rows).paths == [b"/a"], name


@pytest.mark.parametrize(
    "line", ["set /a data=2", "setacl /a acl=r:world:anyone", "create /c", "delete /b"]
)
def test_at_the_same_zxid_everything_that_differs_is_named(line: str) -> None:
    old, new = told("check /a"), told(line)
    found = compare(old.rows, new.rows)
    assert found.count == len(found.paths) > 0
    assert line.split()[1].encode() in found.paths


def test_sessions_are_named_too() -> None:
    old, new = told(), told("open bob", "attach ann", "expire ann")
    assert compare(old.rows, new.rows) == Differences()
    old.rows.write({keys.session_key(1): None})
    assert compare(old.rows, told("open bob").rows) == Differences(1, [], [1])
    row = told("open bob").rows.get(keys.session_key(1))
    assert row is not None
    old.rows.write({keys.session_key(1): row + b"x"})
    assert compare(old.rows, told("open bob").rows) == Differences(1, [], [1])


def test_only_so_many_are_named_but_all_are_counted() -> None:
    old = told(*["create /a/n- data=x sequential"] * 250)
    new = copy(old.rows)
    for key, row in new.scan(keys.children_prefix(b"/a"))[-220:]:
        new.write({key: row[:-1] + b"?"})
    found = compare(old.rows, new)
    assert (found.count, len(found.paths)) == (220, NAMES_MAX)


def test_what_is_no_tree_or_not_the_newer_one_is_refused() -> None:
    old, new = told(), told("set /a data=2")
    with pytest.raises(RowsDamaged):
        compare(new.rows, old.rows)
    for rows in (old.rows, new.rows):
        whole = copy(rows)
        whole.write({keys.META: None})
        with pytest.raises(RowsDamaged):
            compare(whole, new.rows)
        with pytest.raises(RowsDamaged):
            compare(old.rows, whole)


def rewritten(rows: MemoryRows, path: bytes, **fields: object) -> None:
    """A znode's row becomes another."""
    row = rows.get(keys.znode_key(path))
    assert row is not None
    changed = znode.from_row(row)
    for name, value in fields.items():
        setattr(changed, name, value)
    changed.stat = None
    rows.write({keys.znode_key(path): changed.row()})


def test_what_differs_is_told_but_not_what_was_in_it() -> None:
    old, new = told(), told("create /b/child", "create /c\x07d data=9")
    rewritten(old.rows, b"/a", data=b"secret", owner=77)
    old.rows.write({keys.znode_key(b"/b"): b"no row"})
    first, second = compare(old.rows, new.rows).told
    assert first.startswith("/a: owner was 77, is 0; data was 6 bytes (")
    assert "secret" not in first
    assert second == "/b: it cannot be read: a znode's row of 6 bytes"


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("create /a/child", {"data": b"other"}),
        ("set /a data=2", {"owner": 5}),
        ("set /a data=2", {"children": 3, "creates": 3}),
        ("setacl /a acl=r:world:anyone", {"mtime": 5}),
    ],
)
def test_a_later_request_explains_only_what_it_has_done(line: str, fields: dict[str, int]) -> None:
    old, new = told(), told(line)
    rewritten(old.rows, b"/a", **fields)
    found = compare(old.rows, new.rows)
    assert found.paths == [b"/a"]
    for field in fields:
        assert f"{field} was" in found.told[0]


def test_a_znode_that_was_missing_is_named_though_it_has_changed_since() -> None:
    old, new = told(), told("set /a data=2")
    old.rows.write({keys.znode_key(b"/a"): None})
    found = compare(old.rows, new.rows)
    assert found == Differences(1, [b"/a"], [])
    assert found.told == ["/a: it was not there, and is"]


def test_a_path_takes_one_line_whatever_is_in_it() -> None:
    assert shown("/tee ☕".encode()) == "/tee ☕"
    assert shown(b"/two\nlines\xff") == "/two\\nlines\\\\xff"


def test_a_comparison_goes_on_in_slices() -> None:
    old = told(*["create /a/n- data=x sequential"] * 250)
    new = copy(old.rows)
    rewritten(new, b"/a/n-0000000200", data=b"y")
    comparison = Comparison(old.rows.view(), new.view(), new.get)
    slices = 1
    while not comparison.go_on(1000):
        slices += 1
    assert slices > 30
    assert comparison.found.paths == [b"/a/n-0000000200"]
