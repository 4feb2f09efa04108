"""Small histories with a known verdict: each begins well, and then one thing in it goes wrong."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from testing.ideal import Ideal

from hikari.testing.history import FAIL, Applied, Event, Operation
from hikari.testing.replay import judge
from hikari.testing.violation import FOUND_MAX
from hikari_wire import codes
from hikari_wire.codes import (
    CHECK,
    CLOSE_SESSION,
    CREATE,
    CREATE2,
    DELETE,
    EXISTS,
    GET_ACL,
    GET_CHILDREN,
    GET_CHILDREN2,
    GET_DATA,
    MULTI,
    MULTI_READ,
    SET_DATA,
    SET_WATCHES,
    SYNC,
)

EXPIRE, ATTACH, READ_ONLY = -13, -12, -20
PASSWORD = b"p" * 16


class Tale:
    """A good history of three sessions, to be told wrongly."""

    def __init__(self) -> None:
        self.ideal = Ideal(1, clients=3)
        self.ann, self.bob, self.cid = self.ideal.talks

    def ask(self, who: Any, *request: Any) -> Operation:
        return self.ideal.ask(who, tuple(request))

    def create(self, who: Any, path: bytes, data: bytes = b"", flags: int = 0) -> Operation:
        return self.ask(who, CREATE, path, data, b"", flags)

    def set(self, who: Any, path: bytes, data: bytes, version: int = -1) -> Operation:
        return self.ask(who, SET_DATA, path, data, version)

    def get(self, who: Any, path: bytes, watch: bool = False) -> Operation:
        return self.ask(who, GET_DATA, path, watch)

    def expire(self, who: Any) -> None:
        attachment = self.ideal.model.sessions[who.session].attachment
        self.ideal.log(0, (EXPIRE, who.session, attachment))
        self.ideal.tell()

    def read_only(self, on: int) -> None:
        self.ideal.log(0, (READ_ONLY, on))

    def refuse(self, who: Any, *request: Any) -> Operation:
        """For want of room, at the door: the log never sees it."""
        one = self.unanswered(who, tuple(request))
        one.zxid, one.ended = self.ideal.model.zxid, self.ideal.moment()
        one.error, one.outcome = codes.QUOTA_EXCEEDED, FAIL
        who.arrived.append(one)
        return one

    def unanswered(self, who: Any, request: tuple[Any, ...]) -> Operation:
        one = Operation(who.session, request, self.ideal.moment(), len(who.asked) + 1)
        who.asked.append(one)
        return one

    def reconnect(self, who: Any, member: int = 2, attach: bool = True) -> Any:
        who.ended = self.ideal.moment()
        if attach:
            self.ideal.log(0, (ATTACH, who.session, PASSWORD, 10_000))
        seen = max([one.zxid for one in who.arrived if type(one) is Operation], default=0)
        talk = attrs.evolve(
            who, member=member, began=self.ideal.moment(), seen=seen, ended=0.0, asked=[],
            arrived=[],
        )  # fmt: skip
        self.ideal.talks.append(talk)
        for watchers in self.ideal.watches.values():
            if who in watchers:
                watchers.remove(who)
        return talk

    def judged(self, at_rest: bool = True, **named: Any) -> list[str]:
        found = judge(self.ideal.applied, self.ideal.talks, at_rest=at_rest, **named)
        assert all(len(str(one).splitlines()) == 1 for one in found)
        return sorted({one.promise for one in found})


def restat(one: Operation, place: int, by: int = 1) -> None:
    """Another number in the Stat of its answer."""
    alone = type(one.value[0]) is int
    stat = list(one.value if alone else one.value[-1])
    stat[place] += by
    one.value = tuple(stat) if alone else (*one.value[:-1], tuple(stat))


def swap(things: list[Any], one: Any, other: Any) -> None:
    a, b = things.index(one), things.index(other)
    things[a], things[b] = other, one


def relog(tale: Tale, order: list[int]) -> None:
    """The log in another order, its zxids numbered anew."""
    log = tale.ideal.applied
    log[:] = [attrs.evolve(log[old], zxid=new + 1) for new, old in enumerate(order)]


# ---- good ones


def test_nothing_at_all_is_fine() -> None:
    assert judge([], []) == []


def test_a_little_of_everything_is_fine() -> None:
    tale = Tale()
    ann, bob, cid = tale.ann, tale.bob, tale.cid
    tale.create(ann, b"/a", b"1")
    tale.ask(bob, CREATE2, b"/a/b", None, b"", 1)
    tale.ask(bob, GET_CHILDREN2, b"/a", True)
    tale.create(cid, b"/a/s-", b"", 2)
    tale.get(cid, b"/a", True)
    tale.ask(cid, MULTI, ((CHECK, b"/a", 0), (SET_DATA, b"/a", b"2", 0)))
    tale.ask(cid, MULTI, ((SET_DATA, b"/a", b"3", -1), (DELETE, b"/no", -1)))
    tale.set(ann, b"/a", b"4", 7)
    tale.ask(ann, GET_ACL, b"/a")
    tale.ask(ann, MULTI_READ, ((GET_DATA, b"/a", False), (GET_CHILDREN, b"/no", False)))
    tale.ask(ann, SYNC, b"/")
    tale.ask(bob, CLOSE_SESSION)
    tale.ask(ann, EXISTS, b"/a/b", True)
    assert tale.judged() == []


def test_what_was_never_answered_may_be_in_the_log_or_not() -> None:
    tale = Tale()
    one = (CREATE, b"/one", b"", b"", 0)
    tale.unanswered(tale.ann, one)
    tale.ideal.log(tale.ann.session, one)
    tale.unanswered(tale.ann, (CREATE, b"/two", b"", b"", 0))
    tale.ann.ended = tale.ideal.moment()
    tale.ask(tale.bob, GET_CHILDREN, b"/", False)
    assert tale.judged() == []


def test_what_came_too_late_and_was_refused_is_fine() -> None:
    tale = Tale()
    late = (CREATE, b"/late", b"", b"", 0)
    tale.unanswered(tale.ann, late)
    ann = tale.reconnect(tale.ann)
    tale.create(ann, b"/new")
    zxid = len(tale.ideal.applied) + 1
    tale.ideal.applied.append(Applied(zxid, ann.session, late, 2_000, admitted=False))
    tale.ideal.model.apply(tale.ideal.applied[-1])
    tale.ask(ann, EXISTS, b"/late", False)
    assert tale.judged() == []


def test_watches_named_again_on_another_member_are_fine() -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a")
    tale.create(tale.ann, b"/b")
    tale.get(tale.bob, b"/a", True)
    tale.get(tale.bob, b"/b", True)
    bob = tale.reconnect(tale.bob)
    tale.set(tale.ann, b"/a", b"1")
    missed = Event(bob.session, codes.EVENT_DATA_CHANGED, b"/a", tale.ideal.moment())
    bob.arrived.append(missed)
    one = Operation(bob.session, (SET_WATCHES, bob.seen, (b"/a", b"/b"), (), ()), 0.0, 9)
    one.invoked = one.ended = tale.ideal.moment()
    one.zxid, one.outcome = tale.ideal.model.zxid, "ok"
    bob.asked.append(one)
    bob.arrived.append(one)
    tale.ideal.watches[False, b"/b"] = [bob]
    tale.set(tale.ann, b"/b", b"1")
    assert tale.judged() == []
    bob.arrived.remove(missed)
    assert tale.judged() == ["watch"], "and not told what was missed is not"


def test_a_session_is_expired_after_silence() -> None:
    tale = Tale()
    tale.create(tale.bob, b"/e", b"", 1)
    tale.ideal.now += 11
    tale.create(tale.ann, b"/x")
    tale.expire(tale.bob)
    tale.ask(tale.ann, EXISTS, b"/e", False)
    tale.bob.ended, tale.bob.expired = tale.ideal.moment(), True
    assert tale.judged() == []


def test_growth_refused_for_want_of_room_is_fine() -> None:
    tale = Tale()
    ann, bob = tale.ann, tale.bob
    tale.create(ann, b"/a", b"1")
    tale.read_only(1)
    assert tale.create(ann, b"/b").error == codes.QUOTA_EXCEEDED, "in the log"
    tale.refuse(ann, CREATE, b"/c", b"", b"", 0)
    tale.refuse(bob, MULTI, ((CHECK, b"/a", 0), (SET_DATA, b"/a", b"2", 0)))
    assert not tale.ask(ann, MULTI, ((CHECK, b"/a", 0), (DELETE, b"/a", 0))).error
    tale.get(bob, b"/a")
    tale.read_only(0)
    assert not tale.create(ann, b"/d").error
    assert tale.judged() == []


def test_what_was_refused_at_the_door_may_be_told_after_the_end_of_that() -> None:
    """It waits for its turn on its connection."""
    tale = Tale()
    tale.create(tale.ann, b"/a")
    tale.read_only(1)
    asked = tale.ideal.moment()
    tale.ask(tale.ann, DELETE, b"/a", -1)
    tale.read_only(0)
    late = tale.refuse(tale.ann, CREATE, b"/c", b"", b"", 0)
    late.invoked = asked
    assert tale.judged() == []


def test_who_asks_the_same_again_is_refused_at_the_door_with_the_same_zxid() -> None:
    tale = Tale()
    tale.read_only(1)
    request = (CREATE, b"/a", b"", b"", 0)
    assert tale.ask(tale.ann, *request).zxid == tale.refuse(tale.ann, *request).zxid
    assert tale.judged() == []


@pytest.mark.parametrize("short", [True, False])
def test_what_was_never_answered_may_have_been_refused_at_the_door(short: bool) -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a")
    if short:
        tale.read_only(1)
    tale.unanswered(tale.ann, (CREATE, b"/b", b"", b"", 0))
    tale.unanswered(tale.ann, (DELETE, b"/a", -1))
    tale.ideal.log(tale.ann.session, (DELETE, b"/a", -1))
    tale.ann.ended = tale.ideal.moment()
    tale.read_only(0)
    assert tale.judged() == ([] if short else ["session order"])


# ---- bad ones: (what goes wrong, the promises it breaks)


def stale_read(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2")
    read = tale.get(tale.bob, b"/a")
    read.value = (b"1", read.value[1])


def read_of_an_older_moment(tale: Tale) -> None:
    old = tale.get(tale.bob, b"/a")
    tale.set(tale.ann, b"/a", b"2")
    read = tale.get(tale.bob, b"/a")
    read.value = old.value


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


def refused_without_reason(tale: Tale) -> None:
    one = tale.set(tale.ann, b"/a", b"2")
    log = tale.ideal.applied
    log[-1] = attrs.evolve(log[-1], admitted=False)
    one.error, one.value = codes.SESSION_MOVED, None


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


def log_against_time(tale: Tale) -> None:
    first = tale.set(tale.ann, b"/a", b"2")
    second = tale.set(tale.bob, b"/b", b"2")
    first.invoked, second.invoked = second.invoked, first.invoked
    first.ended, second.ended = second.ended, first.ended


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


def wrong_child_count(tale: Tale) -> None:
    restat(tale.ask(tale.ann, GET_CHILDREN2, b"/", False), 9)


def wrong_error(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2", 9).error = codes.NO_NODE


def child_missing(tale: Tale) -> None:
    read = tale.ask(tale.ann, GET_CHILDREN, b"/", False)
    read.value = read.value[1:]


def half_a_multi(tale: Tale) -> None:
    """It failed, and its first part was done all the same."""
    tale.ask(tale.ann, MULTI, ((SET_DATA, b"/a", b"2", -1), (CHECK, b"/b", 9)))
    read = tale.get(tale.ann, b"/a")
    read.value = (b"2", read.value[1])


def write_skew_of_a_multi(tale: Tale) -> None:
    """Each checks what the other sets, and both succeed."""
    tale.ask(tale.ann, MULTI, ((CHECK, b"/a", 0), (SET_DATA, b"/b", b"2", -1)))
    other = tale.ask(tale.bob, MULTI, ((CHECK, b"/b", 0), (SET_DATA, b"/a", b"2", -1)))
    stat = tale.get(tale.cid, b"/b").value[1]
    other.value = ((CHECK, 0, None), (SET_DATA, 0, stat))


def multi_seen_halfway(tale: Tale) -> None:
    before = tale.get(tale.bob, b"/b").value
    tale.ask(tale.ann, MULTI, ((SET_DATA, b"/a", b"2", -1), (SET_DATA, b"/b", b"2", -1)))
    tale.get(tale.bob, b"/a")
    tale.get(tale.bob, b"/b").value = before


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


def replies_out_of_order(tale: Tale) -> None:
    swap(tale.bob.arrived, tale.get(tale.bob, b"/a"), tale.get(tale.bob, b"/b"))


def reply_left_out(tale: Tale) -> None:
    lost = tale.get(tale.bob, b"/a")
    tale.get(tale.bob, b"/b")
    tale.bob.arrived.remove(lost)


def never_answered(tale: Tale) -> None:
    tale.unanswered(tale.bob, (GET_DATA, b"/a", False))


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


def log_with_a_hole(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2")
    del tale.ideal.applied[2]


def log_reordered(tale: Tale) -> None:
    tale.set(tale.ann, b"/a", b"2")
    tale.set(tale.bob, b"/a", b"3")
    count = len(tale.ideal.applied)
    relog(tale, [*range(count - 2), count - 1, count - 2])


BAD: list[tuple[Callable[[Tale], None], str]] = [
    (stale_read, "read"),
    (read_of_an_older_moment, "read"),
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
    (refused_without_reason, "session end"),
    (reads_going_back, "session view"),
    (reads_going_back_on_another_member, "session view"),
    (does_not_see_its_own_write, "session view"),
    (sees_its_own_later_write, "session view"),
    (log_against_time, "real time"),
    (read_from_the_future, "real time"),
    (sync_ignores_a_write, "sync"),
    (sync_ignores_what_was_read, "sync"),
    (double_grant, "result"),
    (number_given_twice, "result"),
    (compare_and_set_of_an_old_version, "result"),
    (wrong_stat, "result"),
    (wrong_child_count, "read"),
    (wrong_error, "result"),
    (child_missing, "read"),
    (half_a_multi, "read"),
    (write_skew_of_a_multi, "atomicity"),
    (multi_seen_halfway, "read"),
    (watch_lost, "watch"),
    (watch_lost_at_the_end, "watch"),
    (watch_doubled, "watch"),
    (watch_fired_again_unarmed, "watch"),
    (watch_early, "watch"),
    (watch_after_the_data, "watch"),
    (watches_out_of_order, "watch"),
    (watch_of_the_wrong_kind, "watch"),
    (watch_before_its_cause, "watch"),
    (replies_out_of_order, "reply order"),
    (reply_left_out, "reply order"),
    (never_answered, "answer"),
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
    (log_with_a_hole, "log"),
    (log_reordered, "acknowledged"),
]


@pytest.mark.parametrize(("wrong", "promise"), BAD, ids=[wrong.__name__ for wrong, _ in BAD])
def test_what_goes_wrong_is_named(wrong: Callable[[Tale], None], promise: str) -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    tale.create(tale.ann, b"/b", b"1")
    assert tale.judged() == []
    wrong(tale)
    assert promise in tale.judged()


def test_the_list_of_violations_is_bounded() -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    for _ in range(500):
        tale.get(tale.bob, b"/a").value = None
    found = judge(tale.ideal.applied, tale.ideal.talks)
    assert len(found) == FOUND_MAX + 1
    assert str(found[-1]) == f"more: {500 - FOUND_MAX} further findings are not listed"


def test_the_last_events_may_be_on_their_way_unless_all_is_at_rest() -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    tale.create(tale.ann, b"/b", b"1")
    watch_lost_at_the_end(tale)
    assert tale.judged(at_rest=False) == ["watch"], "the second came without the first"
    tale.bob.arrived = [one for one in tale.bob.arrived if type(one) is not Event]
    assert tale.judged(at_rest=False) == []
    assert tale.judged(at_rest=True) == ["watch"]
