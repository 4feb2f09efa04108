"""Small histories that are good, whatever they look like."""

import pytest
from testing.tale import Tale

from hikari.testing.history import Applied, Event, Operation
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


def test_the_list_of_violations_is_bounded() -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    for _ in range(500):
        tale.get(tale.bob, b"/a").value = None
    found = judge(tale.ideal.applied, tale.ideal.talks)
    assert len(found) == FOUND_MAX + 1
    assert str(found[-1]) == f"more: {500 - FOUND_MAX} further findings are not listed"
