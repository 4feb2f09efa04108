"""A multi of sets and checks that is judged as a whole does what it would do part by part."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree import chance
from tree.chance import IDENTITIES, UNHURRIED, Step, assert_sound, dump, limits, play, prologue

from hikari.store.memory import MemoryRows
from hikari.tree import sets
from hikari.tree.tree import Tree
from hikari_wire import acl, codes

there = st.sampled_from([b"/a", b"/a/c", b"/a/d", b"/b"])
easy = st.one_of(
    st.tuples(st.just(codes.SET_DATA), there, chance.data, chance.versions),
    st.tuples(st.just(codes.SET_DATA), there, chance.data, st.just(-1)),
    st.tuples(st.just(codes.CHECK), there, chance.versions),
)
several = st.one_of(st.lists(easy, max_size=5), st.lists(st.one_of(easy, chance.parts), max_size=5))
multis = st.tuples(
    st.integers(0, 3),
    st.sampled_from(IDENTITIES),
    st.tuples(st.just(codes.MULTI), several.map(tuple)),
)
scripts = st.lists(st.one_of(multis, multis, chance.steps), max_size=20)


@contextmanager
def part_by_part() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets, "judged", lambda *_: None)
        yield


def both(script: list[Step], settling: list[bool]) -> tuple[list[Any], list[Any], Tree, Tree]:
    """What was said and fired, and the trees it was done to: as a whole, and part by part."""
    whole, slow = Tree(MemoryRows(), 1 << 20), Tree(MemoryRows(), 1 << 20)
    said: tuple[list[Any], list[Any]] = [], []
    for index, (step, settle) in enumerate(zip(script, settling, strict=True), 1):
        for tree in (whole, slow):
            tree.begin(index, 1000 + 7 * index)
        said[0].append(play(whole, step))
        with part_by_part():
            said[1].append(play(slow, step))
        for tree in (whole, slow):
            tree.finish()
            if settle:
                tree.settle()
    return *said, whole, slow


@UNHURRIED
@given(st.booleans(), scripts, st.data())
def test_a_multi_judged_as_a_whole_is_the_same_part_by_part(
    limited: bool, script: list[Step], data: st.DataObject
) -> None:
    script = [*prologue, *(limits if limited else ()), *script]
    settling = data.draw(st.lists(st.booleans(), min_size=len(script), max_size=len(script)))
    whole_said, slow_said, whole, slow = both(script, settling)
    assert whole_said == slow_said
    assert whole.cache.young_bytes == slow.cache.young_bytes
    assert dump(whole) == dump(slow)
    assert_sound(whole)
    assert_sound(slow)


@UNHURRIED
@given(scripts)
def test_a_tree_that_nobody_asks_is_the_same(script: list[Step]) -> None:
    asked, unasked = Tree(MemoryRows(), 1 << 20), Tree(MemoryRows(), 1 << 20)
    unasked.asked = False
    for tree in (asked, unasked):
        tree.begin(1, 5)
    for step in (*prologue, *script):
        (error, _), fired = play(asked, step)
        (told, _), heard = play(unasked, step)
        assert (told, heard) == (error, fired)
    assert dump(asked) == dump(unasked)


def filled() -> Tree:
    tree = Tree(MemoryRows(), 1 << 20)
    tree.begin(1, 5)
    for step in prologue:
        play(tree, step)
    return tree


def judged(tree: Tree, *parts: tuple[Any, ...]) -> list[bytes] | None:
    found = sets.judged(tree, parts, ())
    return None if found is None else list(found)


def test_sets_and_checks_that_will_succeed_are_judged_as_a_whole() -> None:
    write, check = codes.SET_DATA, codes.CHECK
    assert judged(filled(), (write, b"/a", b"x", 0), (write, b"/b", None, -1)) == [b"/a", b"/b"]
    assert judged(filled(), (check, b"/b", 0), (write, b"/b", b"x", -1)) == [b"/b"]
    assert judged(filled(), (check, b"/b", 0), (check, b"/b", -1)) == []
    assert judged(filled()) == []


@pytest.mark.parametrize(
    "parts",
    [
        [(codes.SET_DATA, b"/a", b"x", 7)],
        [(codes.SET_DATA, b"/nobody", b"x", -1)],
        [(codes.CHECK, b"/a", 7)],
        [(codes.SET_DATA, b"/a", b"x", -1), (codes.SET_DATA, b"/a", b"y", -1)],
        [(codes.SET_DATA, b"/a", b"x", -1), (codes.CHECK, b"/a", 1)],
        [(codes.SET_DATA, b"/a", b"x", -1), (codes.CREATE, b"/c", b"", acl.OPEN, 0)],
        [(codes.SET_DATA, b"/zookeeper/config", b"x", -1)],
    ],
)
def test_others_go_part_by_part(parts: list[tuple[Any, ...]]) -> None:
    tree = filled()
    before = dump(tree)
    assert judged(tree, *parts) is None
    assert dump(tree) == before
