"""Histories in which one watch goes wrong."""

from collections.abc import Callable

import pytest
from testing.tale import Tale, named, swap

from hikari.testing.history import Event, Operation
from hikari_wire import codes


def watched(tale: Tale) -> tuple[Operation, Event]:
    tale.get(tale.bob, b"/a", True)
    tale.get(tale.bob, b"/b", True)
    tale.set(tale.ann, b"/a", b"2")
    tale.set(tale.ann, b"/b", b"2")
    read = tale.get(tale.bob, b"/a")
    return read, next(one for one in tale.bob.arrived if type(one) is Event)


def watch_lost(tale: Tale) -> None:
    tale.bob.arrived.remove(watched(tale)[1])


def watch_lost_at_the_end(tale: Tale) -> None:
    read, event = watched(tale)
    for one in (read, event):
        tale.bob.arrived.remove(one)
    tale.bob.asked.remove(read)


def watch_doubled(tale: Tale) -> None:
    event = watched(tale)[1]
    tale.bob.arrived.insert(tale.bob.arrived.index(event), event)


def watch_fired_again_unarmed(tale: Tale) -> None:
    watched(tale)
    tale.set(tale.ann, b"/a", b"3")
    at = tale.ideal.moment()
    tale.bob.arrived.append(Event(tale.bob.session, codes.EVENT_DATA_CHANGED, b"/a", at))


def watch_early(tale: Tale) -> None:
    """Before the read that armed it was answered."""
    event = watched(tale)[1]
    tale.bob.arrived.remove(event)
    event.at = tale.bob.arrived[-4].ended if len(tale.bob.arrived) > 3 else 1.0
    tale.bob.arrived.insert(len(tale.bob.arrived) - 3, event)


def watch_after_the_data(tale: Tale) -> None:
    read, event = watched(tale)
    swap(tale.bob.arrived, read, event)
    read.ended, event.at = event.at, read.ended


def watches_out_of_order(tale: Tale) -> None:
    watched(tale)
    first, second = (one for one in tale.bob.arrived if type(one) is Event)
    first.path, second.path = second.path, first.path


def watch_of_the_wrong_kind(tale: Tale) -> None:
    watched(tale)[1].type = codes.EVENT_DELETED


def watch_before_its_cause(tale: Tale) -> None:
    event = watched(tale)[1]
    event.at = tale.bob.arrived[0].ended


BAD: list[tuple[Callable[[Tale], None], str]] = [
    (watch_lost, "watch"),
    (watch_lost_at_the_end, "watch"),
    (watch_doubled, "watch"),
    (watch_fired_again_unarmed, "watch"),
    (watch_early, "watch"),
    (watch_after_the_data, "watch"),
    (watches_out_of_order, "watch"),
    (watch_of_the_wrong_kind, "watch"),
    (watch_before_its_cause, "watch"),
]


@pytest.mark.parametrize(("wrong", "promise"), BAD, ids=[wrong.__name__ for wrong, _ in BAD])
def test_what_goes_wrong_is_named(wrong: Callable[[Tale], None], promise: str) -> None:
    assert named(wrong, promise)


def test_the_last_events_may_be_on_their_way_unless_all_is_at_rest() -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    tale.create(tale.ann, b"/b", b"1")
    watch_lost_at_the_end(tale)
    assert tale.judged(at_rest=False) == ["watch"], "the second came without the first"
    tale.bob.arrived = [one for one in tale.bob.arrived if type(one) is not Event]
    assert tale.judged(at_rest=False) == []
    assert tale.judged(at_rest=True) == ["watch"]
