"""Proposals: packed once, remembered until applied, never answered to the wrong one."""

from typing import Any

import pytest

from hikari.replica.proposals import (
    PAYLOAD_BYTES_MAX,
    PROPOSAL_BYTES_MAX,
    Proposals,
    payloads,
    unpack,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Someone:
    def __init__(self) -> None:
        self.closed = False
        self.was_lost = 0

    def replied(self, zxid: int, error: int, result: Any) -> None: ...

    def lost(self) -> None:
        self.was_lost += 1
        self.closed = True

    def gone(self) -> bool:
        return self.closed

    def failed(self, error: Exception) -> None: ...


def group(number: int) -> Any:
    return (number, number, (), [(13, b"/a", -1)])


@pytest.fixture
def proposals() -> Proposals:
    return Proposals(7, 1000, Clock())


def test_a_turns_groups_are_one_proposal_with_the_next_serial(proposals: Proposals) -> None:
    one, other = Someone(), Someone()
    proposals.add(one, group(1), 20)
    proposals.add(other, group(2), 20)
    (packed,) = proposals.pack()
    member, serial, groups = unpack(packed)
    assert (member, serial) == (7, 1001)
    assert [session for session, _, _, _ in groups] == [1, 2]
    assert proposals.answered(1001) == [one, other]
    assert not proposals.waiting()
    assert proposals.pack() == []


def test_much_at_once_is_several_proposals_in_order(proposals: Proposals) -> None:
    for number in range(7):
        proposals.add(Someone(), group(number), PROPOSAL_BYTES_MAX // 2)
    packed = [unpack(one) for one in proposals.pack()]
    assert [serial for _, serial, _ in packed] == list(range(1001, 1001 + len(packed)))
    assert len(packed) > 1
    assert [each[0] for _, _, groups in packed for each in groups] == list(range(7))


def test_who_is_gone_before_the_turn_proposes_nothing(proposals: Proposals) -> None:
    stays, leaves = Someone(), Someone()
    proposals.add(leaves, group(1), 20)
    proposals.add(stays, group(2), 20)
    leaves.closed = True
    (packed,) = proposals.pack()
    assert [session for session, _, _, _ in unpack(packed)[2]] == [2]
    assert proposals.answered(1001) == [stays]


def test_an_older_serial_answers_nobody(proposals: Proposals) -> None:
    proposals.add(Someone(), group(1), 20)
    proposals.pack()
    assert proposals.answered(1000) is None
    assert proposals.answered(1001) is not None
    assert proposals.answered(1001) is None


def test_a_proposal_that_overtakes_another_is_a_defect(proposals: Proposals) -> None:
    for _ in range(2):
        proposals.add(Someone(), group(1), 20)
        proposals.pack()
    with pytest.raises(AssertionError, match="overtaken"):
        proposals.answered(1002)


def test_what_will_never_be_known_is_told_to_those_under_way_and_not_to_those_that_wait(
    proposals: Proposals,
) -> None:
    under_way, waits = Someone(), Someone()
    proposals.add(under_way, group(1), 20)
    proposals.pack()
    proposals.add(waits, group(2), 20)
    proposals.lose()
    assert (under_way.was_lost, waits.was_lost) == (1, 0)
    assert len(proposals.pack()) == 1
    assert proposals.answered(1001) is None, "an entry that survived after all"
    assert proposals.answered(1002) == [waits]


def test_what_is_in_doubt_is_proposed_again_under_a_new_number_before_what_waits(
    proposals: Proposals,
) -> None:
    crowd = [Someone() for _ in range(5)]
    for number in range(3):
        proposals.add(crowd[number], group(number), 20)
        proposals.pack()
    proposals.add(crowd[3], group(3), 20)
    proposals.followed((1, 7), (0, 7))
    proposals.followed((0, 7), (2, 8))
    assert proposals.doubt
    assert not proposals.waiting(), "it could overtake"
    assert not proposals.applied(7), "the term they were handed out in"
    assert proposals.answered(1001) == [crowd[0]], "an entry that survived"
    crowd[1].closed = True
    assert proposals.applied(8)
    proposals.add(crowd[4], group(4), 20)
    (packed,) = proposals.pack()
    _, serial, groups = unpack(packed)
    assert serial == 1004
    assert [session for session, _, _, _ in groups] == [2, 3, 4]
    assert proposals.answered(1002) is None
    assert proposals.answered(1004) == crowd[2:]
    assert [one.was_lost for one in crowd] == [0, 1, 0, 0, 0]


def test_who_has_hung_up_has_nothing_more_proposed_neither_what_was_in_doubt_nor_what_waits(
    proposals: Proposals,
) -> None:
    """His later writes would stand in the log without the earlier ones."""

    class HungUp(Someone):
        def gone(self) -> bool:
            return True

    stays, gone = Someone(), HungUp()
    proposals.add(gone, group(1), 20)
    proposals.pack()
    proposals.add(gone, group(2), 20)
    proposals.add(stays, group(3), 20)
    proposals.followed((1, 7), (2, 8))
    assert proposals.applied(8)
    (packed,) = proposals.pack()
    assert [session for session, _, _, _ in unpack(packed)[2]] == [3]
    assert gone.was_lost


@pytest.mark.parametrize("broken", [False, True])
def test_the_same_leader_again_has_what_it_was_handed_unless_a_link_broke(
    proposals: Proposals, broken: bool
) -> None:
    someone = Someone()
    proposals.add(someone, group(1), 20)
    proposals.pack()
    proposals.followed((1, 7), (0, 7))
    proposals.link_lost(2)
    if broken:
        proposals.link_lost(1)
    proposals.followed((0, 7), (1, 7))
    assert not proposals.doubt
    assert someone.was_lost == broken
    assert proposals.answered(1001) == (None if broken else [someone])


def test_too_much_that_waits_is_shed_from_the_newest_on(proposals: Proposals) -> None:
    crowd = [Someone() for _ in range(10)]
    for number, someone in enumerate(crowd):
        proposals.add(someone, group(number), 1_000)
    proposals.shed(1 << 20)
    assert not any(someone.closed for someone in crowd)
    proposals.shed(5_000)
    assert [someone.was_lost for someone in crowd] == [0] * 3 + [1] * 7, "a group is never free"
    proposals.shed(5_000)
    (packed,) = proposals.pack()
    assert [session for session, _, _, _ in unpack(packed)[2]] == [0, 1, 2]


def test_latency_is_from_packed_to_applied(proposals: Proposals) -> None:
    clock: Any = proposals.seconds
    assert proposals.took_ms == 0
    for took in (0.002, 0.004):
        proposals.add(Someone(), group(1), 20)
        proposals.pack()
        clock.now += took
        proposals.answered(proposals.serial)
        assert round(proposals.took_ms) == round(1000 * took)


def test_an_entry_holds_all_proposals_of_a_turn_unless_they_are_too_many() -> None:
    small = [b"%d" % number for number in range(100)]
    assert [unpack(one) for one in payloads(5, small)] == [(5, tuple(small))]
    large = [bytes(PAYLOAD_BYTES_MAX // 2 + 1)] * 5
    divided = [unpack(one)[1] for one in payloads(5, large)]
    assert sum(len(one) for one in divided) == 5
    assert all(sum(map(len, one)) <= PAYLOAD_BYTES_MAX for one in divided)
    (alone,) = payloads(5, [bytes(PAYLOAD_BYTES_MAX + 1)])
    assert len(unpack(alone)[1]) == 1, "one may be too large alone"
