"""The digest that is kept up with every change is the one that a look at all rows would give."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree.chance import IDENTITIES, UNHURRIED, Step, dump, entries, parts, play
from tree.story import Story

from hikari.store.memory import MemoryRows
from hikari.tree import keys
from hikari.tree.digest import MASK, total
from hikari.tree.tree import Tree
from hikari_wire import codes

FAILS = (codes.CHECK, b"/nobody", -1)


def kept_up(tree: Tree) -> bool:
    rows = dump(tree)  # settles
    return tree.sum == total(rows)


@UNHURRIED
@given(entries, st.data())
def test_it_is_what_all_rows_give_wherever_the_tree_settles_restarts_or_is_copied(
    script: list[list[Step]], data: st.DataObject
) -> None:
    tree, lazy = Tree(MemoryRows(), 3000), Tree(MemoryRows(), 1 << 20)
    for index, entry in enumerate(script):
        skip = tree.begin(index + 1, 1000 + 7 * index)
        lazy.begin(index + 1, 1000 + 7 * index)
        assert skip == 0
        for step in entry:
            play(tree, step)
            play(lazy, step)
            then = data.draw(st.sampled_from(["go on"] * 4 + ["settle", "restart", "snapshot"]))
            if then == "settle":
                assert kept_up(tree)
            elif then != "go on":
                tree.settle()
                rows = tree.rows
                if then == "snapshot":
                    rows = MemoryRows()
                    rows.write(dict(dump(tree)))
                tree = Tree(rows, data.draw(st.sampled_from([1, 3000, 1 << 20])))
        tree.finish()
        lazy.finish()
    assert tree.digest() == lazy.digest()
    assert kept_up(tree)
    assert kept_up(lazy)


@UNHURRIED
@given(entries, st.lists(parts, min_size=1, max_size=5), st.booleans())
def test_a_multi_that_fails_leaves_it_alone(
    script: list[list[Step]], tried: list[tuple[object, ...]], settle: bool
) -> None:
    tree = Tree(MemoryRows(), 1 << 20)
    tree.begin(1, 5)
    for step in [step for entry in script for step in entry]:
        play(tree, step)
    if settle:
        tree.settle()
    play(tree, (0, IDENTITIES[2], (codes.MULTI, (*tried, FAILS))))
    assert kept_up(tree)


def story(*lines: str) -> Story:
    told = Story()
    for line in ("open ann", "create /a data=1", "ann: create /e ephemeral", *lines):
        told.run(line, "")
    return told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("set /a data=2", "set /a data=3"),
        ("set /a data=2", "set /a"),
        ("set /a", "set /a null"),
        ("set /a data=2", "setacl /a acl=r:world:anyone"),
        ("setacl /a acl=r:world:anyone", "setacl /a acl=rw:world:anyone"),
        ("create /b", "create /c"),
        ("create /a/b", "create /b"),
        ("create /b", "create /a"),
        ("delete /a", "delete /e"),
        ("open bob", "open bob timeout=9999"),
        ("open bob", "open bif"),
        ("attach ann", "attach ann password=guess"),
        ("ann: close", "ann: delete /e"),
    ],
)
def test_trees_that_differ_in_one_thing_have_different_digests(one: str, other: str) -> None:
    here, there = story(one).tree, story(other).tree
    for tree in (here, there):
        tree.settle()
    assert here.zxid == there.zxid
    assert here.sum != there.sum
    assert here.digest() != there.digest()
    assert story(one).tree.digest() == here.digest()


@pytest.mark.parametrize("differs", ["time 1001", "counts"])
def test_the_digest_covers_the_counts_too(differs: str) -> None:
    here, there = story(), story()
    there.run(differs, "")
    for each in (here, there):
        each.tree.begin(each.tree.index + 1, each.time_ms)
        each.tree.finish()
    assert here.tree.sum == there.tree.sum
    assert (here.tree.digest() == there.tree.digest()) == (differs == "counts")


@pytest.mark.parametrize("settle", [False, True])
def test_what_a_failed_multi_removed_set_or_made_is_where_it_was(settle: bool) -> None:
    told = story("create /b")
    if settle:
        told.tree.settle()
    tried = [(codes.DELETE, b"/b", -1), (codes.CREATE, b"/b", b"x", b"", 0)]
    tried += [(codes.DELETE, b"/b", -1), (codes.SET_DATA, b"/a", b"2", -1)]
    for count in range(len(tried) + 1):
        told.write((codes.MULTI, (*tried[:count], FAILS)))
        assert (told.tree.look(b"/b") is None, told.tree.undo) == (False, None)
    assert kept_up(told.tree)


def test_it_is_that_of_now_and_settles_for_it() -> None:
    told = story("settle", "create /b")
    assert told.tree.digest() != story("settle", "create /c").tree.digest()
    assert told.tree.changed == {}


def test_what_comes_and_goes_leaves_nothing_in_the_sum() -> None:
    told = story()
    told.tree.settle()
    before = told.tree.sum
    for line in ("create /x", "settle", "delete /x", "create /x", "delete /x"):
        told.run(line, "")
    told.run("open bob", "")
    told.run("bob: create /y ephemeral", "")
    told.run("settle", "")
    told.run("bob: close", "")
    told.run("settle", "")
    root = keys.znode_key(b"/")
    assert {key for key, _ in dump(told.tree)} == {key for key, _ in dump(story().tree)}
    # But for the root, which has counted them.
    row, other = told.rows.get(root), story_root()
    assert row is not None
    assert told.tree.sum == (before - total([(root, other)]) + total([(root, row)])) & MASK


def story_root() -> bytes:
    told = story()
    told.tree.settle()
    row = told.rows.get(keys.znode_key(b"/"))
    assert row is not None
    return row


def test_a_row_altered_behind_its_back_is_in_the_sum_once_the_znode_changes() -> None:
    told = story("settle")
    row = told.rows.get(keys.znode_key(b"/a"))
    assert row is not None
    told.rows.write({keys.znode_key(b"/a"): row[:-1] + b"X"})
    tree = Tree(told.rows, 1)
    assert tree.sum != total(told.rows.scan(b"")), "a look at all rows sees it"
    tree.begin(tree.index + 1, 5000)
    tree.apply((codes.CREATE, b"/a/b", b"", b"", 0), 0, ())
    tree.finish()
    told.run("create /a/b", "")
    tree.settle()
    told.tree.settle()
    assert tree.sum != told.tree.sum


def test_it_does_not_depend_on_the_seed_of_the_interpreter() -> None:
    program = (
        "from tree.test_digest import story\n"
        "print(story('create /b data=x', 'delete /a').tree.digest())"
    )
    said = set()
    for seed in ("0", "1", "777"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(run.stdout)
    assert said == {f"{story('create /b data=x', 'delete /a').tree.digest()}\n"}
