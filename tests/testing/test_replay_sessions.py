"""Histories in which a session ends wrongly, or a refusal for want of room is wrong."""

from collections.abc import Callable

import attrs
import pytest
from testing.tale import Tale, named

from hikari_wire import codes
from hikari_wire.codes import CLOSE_SESSION, DELETE, EXISTS, SET_DATA


def refused_without_reason(tale: Tale) -> None:
    one = tale.set(tale.ann, b"/a", b"2")
    log = tale.ideal.applied
    log[-1] = attrs.evolve(log[-1], admitted=False)
    one.error, one.value = codes.SESSION_MOVED, None


def ghost_ephemeral(tale: Tale) -> None:
    tale.create(tale.bob, b"/e", b"", 1)
    seen = tale.ask(tale.ann, EXISTS, b"/e", False)
    tale.ask(tale.bob, CLOSE_SESSION)
    ghost = tale.ask(tale.ann, EXISTS, b"/e", False)
    ghost.error, ghost.value = 0, seen.value


def done_after_the_end(tale: Tale) -> None:
    tale.ask(tale.bob, CLOSE_SESSION)
    tale.ideal.log(tale.bob.session, (SET_DATA, b"/a", b"9", -1))
    tale.unanswered(tale.bob, (SET_DATA, b"/a", b"9", -1))
    tale.bob.ended = tale.ideal.moment()


def expired_while_it_spoke(tale: Tale) -> None:
    tale.ideal.now += 20
    for _ in range(2):
        tale.get(tale.bob, b"/a")
        tale.ideal.now += 3
    tale.create(tale.ann, b"/x")
    tale.expire(tale.bob)
    tale.get(tale.ann, b"/a")
    tale.bob.ended = tale.ideal.moment()


def called_expired_and_was_not(tale: Tale) -> None:
    tale.bob.expired, tale.bob.ended = True, tale.ideal.moment()


def refused_with_room(tale: Tale) -> None:
    tale.refuse(tale.ann, SET_DATA, b"/a", b"2", -1)


def refused_before_there_was_no_room(tale: Tale) -> None:
    tale.refuse(tale.ann, SET_DATA, b"/a", b"2", -1)
    tale.read_only(1)


def refused_when_there_was_room_again(tale: Tale) -> None:
    tale.read_only(1)
    tale.read_only(0)
    tale.get(tale.ann, b"/a")
    tale.refuse(tale.ann, SET_DATA, b"/a", b"2", -1)


def refused_in_the_log_with_room(tale: Tale) -> None:
    one = tale.set(tale.ann, b"/a", b"2")
    one.error, one.value = codes.QUOTA_EXCEEDED, None


def refused_and_done_all_the_same(tale: Tale) -> None:
    one = tale.create(tale.ann, b"/c")
    tale.read_only(1)
    one.error, one.value, one.zxid = codes.QUOTA_EXCEEDED, None, tale.ideal.model.zxid


def delete_refused_for_want_of_room(tale: Tale) -> None:
    tale.read_only(1)
    tale.refuse(tale.ann, DELETE, b"/a", -1)


def growth_without_room(tale: Tale) -> None:
    tale.read_only(1)
    one = tale.create(tale.ann, b"/c")
    one.error, one.value = 0, b"/c"


BAD: list[tuple[Callable[[Tale], None], str]] = [
    (refused_without_reason, "session end"),
    (ghost_ephemeral, "read"),
    (done_after_the_end, "session end"),
    (expired_while_it_spoke, "expiry"),
    (called_expired_and_was_not, "session end"),
    (refused_with_room, "read-only"),
    (refused_before_there_was_no_room, "read-only"),
    (refused_when_there_was_room_again, "read-only"),
    (refused_in_the_log_with_room, "result"),
    (refused_and_done_all_the_same, "session order"),
    (delete_refused_for_want_of_room, "read-only"),
    (growth_without_room, "result"),
]


@pytest.mark.parametrize(("wrong", "promise"), BAD, ids=[wrong.__name__ for wrong, _ in BAD])
def test_what_goes_wrong_is_named(wrong: Callable[[Tale], None], promise: str) -> None:
    assert named(wrong, promise)
