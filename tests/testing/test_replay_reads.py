"""Histories in which one read goes wrong, or one reply."""

from collections.abc import Callable

import pytest
from testing.tale import Tale, named, restat, swap

from hikari_wire.codes import CHECK, GET_CHILDREN, GET_CHILDREN2, GET_DATA, MULTI, SET_DATA, SYNC


def stale_read(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2")
    read = tale.get(tale.bob, b"/a")
    read.value = (b"1", read.value[1])


def read_of_an_older_moment(tale: Tale) -> None:
    old = tale.get(tale.bob, b"/a")
    tale.set(tale.ann, b"/a", b"2")
    read = tale.get(tale.bob, b"/a")
    read.value = old.value


def reads_going_back(tale: Tale) -> None:
    old = tale.get(tale.bob, b"/a")
    tale.set(tale.ann, b"/a", b"2")
    tale.get(tale.bob, b"/a")
    again = tale.get(tale.bob, b"/a")
    again.value, again.zxid = old.value, old.zxid


def reads_going_back_on_another_member(tale: Tale) -> None:
    old = tale.get(tale.bob, b"/a")
    tale.set(tale.ann, b"/a", b"2")
    tale.get(tale.bob, b"/a")
    bob = tale.reconnect(tale.bob)
    again = tale.get(bob, b"/a")
    again.value, again.zxid = old.value, old.zxid


def does_not_see_its_own_write(tale: Tale) -> None:
    before = tale.get(tale.ann, b"/a")
    tale.set(tale.ann, b"/a", b"2")
    read = tale.get(tale.ann, b"/a")
    read.zxid, read.value = before.zxid, before.value


def sees_its_own_later_write(tale: Tale) -> None:
    read = tale.get(tale.ann, b"/a")
    write = tale.set(tale.ann, b"/a", b"2")
    read.zxid = write.zxid
    read.value = (b"2", write.value)


def read_from_the_future(tale: Tale) -> None:
    read = tale.get(tale.bob, b"/a")
    write = tale.set(tale.ann, b"/a", b"2")
    read.zxid = write.zxid
    read.value = (b"2", write.value)


def sync_ignores_a_write(tale: Tale) -> None:
    before = tale.get(tale.bob, b"/a")
    tale.set(tale.ann, b"/a", b"2")
    sync = tale.ask(tale.bob, SYNC, b"/")
    read = tale.get(tale.bob, b"/a")
    sync.zxid = before.zxid
    read.zxid, read.value = before.zxid, before.value


def sync_ignores_what_was_read(tale: Tale) -> None:
    before = tale.get(tale.bob, b"/a")
    unknown = tale.unanswered(tale.ann, (SET_DATA, b"/a", b"2", -1))
    tale.ideal.log(tale.ann.session, unknown.request)
    tale.ann.ended = tale.ideal.moment()
    tale.get(tale.cid, b"/a")
    sync = tale.ask(tale.bob, SYNC, b"/")
    sync.zxid = before.zxid


def wrong_child_count(tale: Tale) -> None:
    restat(tale.ask(tale.ann, GET_CHILDREN2, b"/", False), 9)


def child_missing(tale: Tale) -> None:
    read = tale.ask(tale.ann, GET_CHILDREN, b"/", False)
    read.value = read.value[1:]


def half_a_multi(tale: Tale) -> None:
    """It failed, and its first part was done all the same."""
    tale.ask(tale.ann, MULTI, ((SET_DATA, b"/a", b"2", -1), (CHECK, b"/b", 9)))
    read = tale.get(tale.ann, b"/a")
    read.value = (b"2", read.value[1])


def multi_seen_halfway(tale: Tale) -> None:
    before = tale.get(tale.bob, b"/b").value
    tale.ask(tale.ann, MULTI, ((SET_DATA, b"/a", b"2", -1), (SET_DATA, b"/b", b"2", -1)))
    tale.get(tale.bob, b"/a")
    tale.get(tale.bob, b"/b").value = before


def replies_out_of_order(tale: Tale) -> None:
    swap(tale.bob.arrived, tale.get(tale.bob, b"/a"), tale.get(tale.bob, b"/b"))


def reply_left_out(tale: Tale) -> None:
    lost = tale.get(tale.bob, b"/a")
    tale.get(tale.bob, b"/b")
    tale.bob.arrived.remove(lost)


def never_answered(tale: Tale) -> None:
    tale.unanswered(tale.bob, (GET_DATA, b"/a", False))


BAD: list[tuple[Callable[[Tale], None], str]] = [
    (stale_read, "read"),
    (read_of_an_older_moment, "read"),
    (reads_going_back, "session view"),
    (reads_going_back_on_another_member, "session view"),
    (does_not_see_its_own_write, "session view"),
    (sees_its_own_later_write, "session view"),
    (read_from_the_future, "real time"),
    (sync_ignores_a_write, "sync"),
    (sync_ignores_what_was_read, "sync"),
    (wrong_child_count, "read"),
    (child_missing, "read"),
    (half_a_multi, "read"),
    (multi_seen_halfway, "read"),
    (replies_out_of_order, "reply order"),
    (reply_left_out, "reply order"),
    (never_answered, "answer"),
]


@pytest.mark.parametrize(("wrong", "promise"), BAD, ids=[wrong.__name__ for wrong, _ in BAD])
def test_what_goes_wrong_is_named(wrong: Callable[[Tale], None], promise: str) -> None:
    assert named(wrong, promise)
