"""Tallies on small outcomes with a known verdict."""

from typing import Any

import pytest

from hikari.testing import tallies
from hikari.testing.tallies import Added, Counted, Grant, Named

NEVER = float("inf")


def said(found: list[Any]) -> str:
    return " | ".join(str(one) for one in found)


def test_a_set_keeps_what_was_acknowledged() -> None:
    tally = tallies.set_of(added=[1, 2], unknown=[3, 4], refused=[5], found=[1, 2, 3])
    assert (tally.violations, tally.recovered, tally.kept) == ([], 1, 2)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([1], "lost: 2"),
        ([1, 2, 2], "doubled: 2 2 times"),
        ([1, 2, 5], "refused, and there: 5"),
        ([1, 2, 9], "never asked for, and there: 9"),
    ],
)
def test_a_set_that_lost_or_won_something(found: list[int], words: str) -> None:
    tally = tallies.set_of(added=[1, 2], unknown=[3], refused=[5], found=found)
    assert said(tally.violations) == f"set: {words}"


def named(number: int, invoked: float, ended: float, czxid: int = 0) -> Named:
    return Named(b"/s-%010d" % number, invoked, ended, czxid)


def test_numbers_are_given_once_and_in_order() -> None:
    good = [named(0, 0, 1, 5), named(1, 0, 2, 6), named(4, 0.5, 3, 9), named(2, 1.5, 3, 7)]
    assert tallies.sequential_names(good) == []
    assert "twice" in said(tallies.sequential_names([*good, named(4, 5, 6)]))
    assert "before the smaller" in said(tallies.sequential_names([*good, named(3, 8, 9)]))
    assert "has 8" in said(tallies.sequential_names([*good, named(5, 3.5, 4, 8)]))


def test_a_counter_stays_between_its_bounds() -> None:
    added = [Added(1, 0, 1), Added(2, 2, 3), Added(5, 4, NEVER)]
    assert (
        tallies.counter(added, [Counted(1, 1.5, 1.6), Counted(3, 2.5, 9), Counted(8, 5, 9)]) == []
    )
    assert "not between 1 and 1" in said(tallies.counter(added, [Counted(0, 1.5, 1.6)]))
    assert "not between 3 and 8" in said(tallies.counter(added, [Counted(9, 5, 6)]))
    again = [Counted(8, 5, 6), Counted(3, 7, 8)]
    assert "went back" in said(tallies.counter(added, again))


def test_a_queue_gives_each_thing_once() -> None:
    assert tallies.queue([1, 2, 3], [4], [1, 4], [2], [3]) == []
    assert said(tallies.queue([1, 2], [], [1, 1], [], [2])) == "queue: twice: 1"
    assert said(tallies.queue([1, 2], [], [1], [], [1, 2])) == "queue: twice: 1"
    assert said(tallies.queue([1, 2], [], [1], [], [])) == "queue: lost: 2"
    assert said(tallies.queue([1], [], [1, 7], [], [])) == "queue: never put: 7"


def test_a_queue_gives_in_turn() -> None:
    assert tallies.in_turn([1, 3, 9], [1, 2, 3]) == []
    assert "2 was put before 3" in said(tallies.in_turn([1, 3, 2], [1, 2, 3]))


def test_a_bank_makes_no_money() -> None:
    assert tallies.bank([{"a": 5, "b": 5}, {"a": 0, "b": 10}], 10) == []
    assert "snapshot 1: 11" in said(tallies.bank([{"a": 5, "b": 5}, {"a": 1, "b": 10}], 10))
    assert "'a' has -1" in said(tallies.bank([{"a": -1, "b": 11}], 10))


def test_a_lock_has_one_holder() -> None:
    good = [Grant("ann", 3, 0, 1), Grant("bob", 5, 1, 4), Grant("ann", 9, 4.5, NEVER)]
    assert tallies.lock(good) == []
    assert "two hold it" in said(tallies.lock([*good, Grant("cid", 11, 5, 6)]))
    assert "two hold it" in said(tallies.lock([Grant("ann", 3, 0, 9), Grant("bob", 5, 1, 2)]))
    assert "not the larger" in said(tallies.lock([Grant("ann", 5, 0, 1), Grant("bob", 3, 2, 3)]))
    assert "granted 2 times" in said(tallies.lock([Grant("ann", 5, 0, 1), Grant("bob", 5, 2, 3)]))
    long = [Grant("ann", 3, 0, 9), Grant("bob", 5, 1, 2), Grant("cid", 7, 3, 4)]
    assert said(tallies.lock(long)).count("two hold it") == 2


def test_a_fence_lets_no_earlier_holder_through() -> None:
    assert tallies.fenced([(0, 3), (1, 3), (2, 7)]) == []
    assert "token 3 at 2" in said(tallies.fenced([(0, 3), (1, 7), (2, 3)]))


def test_watchers_end_with_the_truth() -> None:
    truth = {b"/a": (b"2", 1)}
    assert tallies.watchers({"ann": dict(truth)}, truth) == []
    assert "believes" in said(tallies.watchers({"ann": {b"/a": (b"1", 0)}}, truth))
    assert "believes" in said(tallies.watchers({"ann": {}}, truth))
    assert "/b" in said(tallies.watchers({"ann": {**truth, b"/b": (b"", 0)}}, truth))
