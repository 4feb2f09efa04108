"""Histories in which one write goes wrong: lost, doubled, out of order, of another result."""

from collections.abc import Callable

import attrs
import pytest
from testing.tale import Tale, named, relog, restat

from hikari_wire import codes
from hikari_wire.codes import CHECK, CREATE, DELETE, MULTI, SET_DATA


def lost_write(tale: Tale) -> None:
    one = tale.set(tale.ann, b"/a", b"2")
    del tale.ideal.applied[one.zxid - 1]


def lost_write_hushed_up(tale: Tale) -> None:
    """The log is whole without it, as if the write had never been."""
    tale.set(tale.ann, b"/a", b"2")
    tale.ideal.applied.pop()


def write_of_another(tale: Tale) -> None:
    one = tale.set(tale.ann, b"/a", b"2")
    log = tale.ideal.applied
    log[one.zxid - 1] = attrs.evolve(log[one.zxid - 1], session=tale.bob.session)


def write_done_twice(tale: Tale) -> None:
    one = tale.create(tale.ann, b"/s-", b"", 2)
    tale.ideal.log(tale.ann.session, one.request)


def unknown_write_done_twice(tale: Tale) -> None:
    one = tale.unanswered(tale.ann, (CREATE, b"/s-", b"", b"", 2))
    for _ in range(2):
        tale.ideal.log(tale.ann.session, one.request)
    tale.ann.ended = tale.ideal.moment()


def unknown_write_done_behind_a_later_one(tale: Tale) -> None:
    one = tale.unanswered(tale.ann, (CREATE, b"/one", b"", b"", 0))
    two = tale.unanswered(tale.ann, (CREATE, b"/two", b"", b"", 0))
    tale.ideal.log(tale.ann.session, two.request)
    tale.ideal.log(tale.ann.session, one.request)
    tale.ann.ended = tale.ideal.moment()


def unknown_write_left_out_before_a_later_one(tale: Tale) -> None:
    tale.unanswered(tale.ann, (CREATE, b"/one", b"", b"", 0))
    two = tale.unanswered(tale.ann, (CREATE, b"/two", b"", b"", 0))
    tale.ideal.log(tale.ann.session, two.request)
    tale.ann.ended = tale.ideal.moment()


def old_connection_after_the_new(tale: Tale) -> None:
    late = tale.unanswered(tale.ann, (CREATE, b"/late", b"", b"", 0))
    ann = tale.reconnect(tale.ann)
    tale.create(ann, b"/new")
    tale.ideal.log(ann.session, late.request)


def spoke_without_attaching(tale: Tale) -> None:
    ann = tale.reconnect(tale.ann, attach=False)
    tale.create(ann, b"/new")


def nobody_asked(tale: Tale) -> None:
    tale.ideal.log(tale.ann.session, (DELETE, b"/a", -1))


def log_against_time(tale: Tale) -> None:
    first = tale.set(tale.ann, b"/a", b"2")
    second = tale.set(tale.bob, b"/b", b"2")
    first.invoked, second.invoked = second.invoked, first.invoked
    first.ended, second.ended = second.ended, first.ended


def double_grant(tale: Tale) -> None:
    """A create of what is there succeeds: two hold the lock."""
    tale.create(tale.ann, b"/lock", b"", 1)
    second = tale.create(tale.bob, b"/lock", b"", 1)
    second.error, second.value = 0, b"/lock"


def number_given_twice(tale: Tale) -> None:
    first = tale.create(tale.ann, b"/s-", b"", 2)
    second = tale.create(tale.bob, b"/s-", b"", 2)
    second.value = first.value


def compare_and_set_of_an_old_version(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2", 0)
    second = tale.set(tale.bob, b"/a", b"3", 0)
    second.error, second.value = 0, tale.get(tale.bob, b"/a").value[1]


def wrong_stat(tale: Tale) -> None:
    restat(tale.set(tale.ann, b"/a", b"2"), 5)


def wrong_error(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2", 9).error = codes.NO_NODE


def write_skew_of_a_multi(tale: Tale) -> None:
    """Each checks what the other sets, and both succeed."""
    tale.ask(tale.ann, MULTI, ((CHECK, b"/a", 0), (SET_DATA, b"/b", b"2", -1)))
    other = tale.ask(tale.bob, MULTI, ((CHECK, b"/b", 0), (SET_DATA, b"/a", b"2", -1)))
    stat = tale.get(tale.cid, b"/b").value[1]
    other.value = ((CHECK, 0, None), (SET_DATA, 0, stat))


def log_with_a_hole(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2")
    del tale.ideal.applied[2]


def log_reordered(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2")
    tale.set(tale.bob, b"/a", b"3")
    count = len(tale.ideal.applied)
    relog(tale, [*range(count - 2), count - 1, count - 2])


BAD: list[tuple[Callable[[Tale], None], str]] = [
    (lost_write, "acknowledged"),
    (lost_write_hushed_up, "acknowledged"),
    (write_of_another, "acknowledged"),
    (write_done_twice, "session order"),
    (unknown_write_done_twice, "session order"),
    (unknown_write_done_behind_a_later_one, "session order"),
    (unknown_write_left_out_before_a_later_one, "session order"),
    (old_connection_after_the_new, "session order"),
    (spoke_without_attaching, "session order"),
    (nobody_asked, "session order"),
    (log_against_time, "real time"),
    (double_grant, "result"),
    (number_given_twice, "result"),
    (compare_and_set_of_an_old_version, "result"),
    (wrong_stat, "result"),
    (wrong_error, "result"),
    (write_skew_of_a_multi, "atomicity"),
    (log_with_a_hole, "log"),
    (log_reordered, "acknowledged"),
]


@pytest.mark.parametrize(("wrong", "promise"), BAD, ids=[wrong.__name__ for wrong, _ in BAD])
def test_what_goes_wrong_is_named(wrong: Callable[[Tale], None], promise: str) -> None:
    assert named(wrong, promise)
