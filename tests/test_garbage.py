"""Python's collector is asked between turns, and has little to look at each time."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from hikari.garbage import LOOKS_AT_MIDDLE, YOUNG_MAX, between_turns
from hikari.reactor import TurnReactor


class Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def only_when_asked() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def knot() -> "weakref.ref[Knot]":
    return weakref.ref(Knot())


def test_after_few_objects_it_does_not_come() -> None:
    garbage = knot()
    between_turns()
    assert garbage() is not None


def test_what_a_turn_left_tied_up_is_found_once_there_is_much_that_is_young() -> None:
    garbage = knot()
    kept = [[] for _ in range(YOUNG_MAX + 1)]
    reactor = TurnReactor()
    reactor.between_turns = between_turns
    reactor.after_poll(lambda: None)
    reactor.doIteration(0)
    assert garbage() is None
    assert gc.get_count()[0] < YOUNG_MAX
    assert kept


def test_what_survived_its_youth_is_looked_at_once_more_and_then_left_alone() -> None:
    tied = Knot()
    kept: list[list[None]] = []
    seen = weakref.ref(tied)

    def look() -> None:
        kept.extend([] for _ in range(YOUNG_MAX + 1))
        between_turns()

    look()
    del tied
    for _ in range(LOOKS_AT_MIDDLE):
        look()
        assert seen() is not None
    look()
    assert seen() is None


def test_what_is_old_is_not_looked_at() -> None:
    old = Knot()
    gc.collect()
    seen = weakref.ref(old)
    del old
    kept: list[list[None]] = []
    for _ in range(3 * LOOKS_AT_MIDDLE):
        kept.extend([] for _ in range(YOUNG_MAX + 1))
        between_turns()
    assert seen() is not None
