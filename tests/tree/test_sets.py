"""A multi of sets and checks that is judged as a whole does what it would do part by part."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree import chance
from tree.chance import IDENTITIES, UNHURRIED, Step, assert_sound, dump, limits, play, prologue

from hikari.store.memory import MemoryRows
from hikari.tree import sets
from hikari.tree.tree import Tree
from hikari_wire import acl, codes

# Who is there besides: one that only Ann may change, and two that end by themselves.
others = [
    (0, (), (codes.CREATE, b"/hers", b"", chance.READ_ONLY, 0)),
    (0, (), (codes.CREATE_CONTAINER, b"/box", b"", acl.OPEN, 4)),
    (0, (), (codes.CREATE_TTL, b"/soon", b"", acl.OPEN, 5, 1 << 30)),
]
there = st.sampled_from([b"/a", b"/a/c", b"/a/d", b"/b"] * 2 + [b"/hers", b"/box", b"/soon"])
versions = st.sampled_from([-1] * 6 + [0, 0, 1, 1, 2])
easy = st.one_of(
    st.tuples(st.just(codes.SET_DATA), there, chance.data, versions),
    st.tuples(st.just(codes.SET_DATA), there, chance.data, st.just(-1)),
    st.tuples(st.just(codes.CHECK), there, versions),
)
several = st.one_of(
    st.lists(easy, min_size=1, max_size=4, unique_by=lambda part: part[1]),
    st.lists(easy, min_size=2, max_size=4),
    st.lists(st.one_of(easy, easy, chance.parts), max_size=4),
)
multis = st.tuples(
    st.integers(0, 1),
    st.sampled_from(IDENTITIES),
    st.tuples(st.just(codes.MULTI), several.map(tuple)),
)
scripts = st.lists(st.one_of(multis, multis, multis, chance.writes), min_size=5, max_size=20)


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


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([False, False, False, True]), scripts, st.data())
def test_a_multi_judged_as_a_whole_is_the_same_part_by_part(
    limited: bool, script: list[Step], data: st.DataObject
) -> None:
    script = [*prologue, *others, *(limits if limited else ()), *script]
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
    for step in (*prologue, *others, *script):
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


def test_of_quotas_only_those_above_count() -> None:
    tree = filled()
    for step in limits:
        play(tree, step)
    play(tree, (0, (), (codes.CREATE, b"/free", b"", acl.OPEN, 0)))
    assert judged(tree, (codes.SET_DATA, b"/free", b"x", -1)) == [b"/free"]
    assert judged(tree, (codes.SET_DATA, b"/a/c", b"x", -1)) is None


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
