"""What whole members in memory did, under faults and without, is found fine by every judge."""

import time

import pytest
from testing.ideal import Ideal
from testing.recorder import Play

from hikari.testing.agreed import agreed
from hikari.testing.history import Event
from hikari.testing.linear import judge_registers
from hikari.testing.model import Model
from hikari.testing.replay import judge

OPERATIONS = 60_000
RATE_MIN = 20_000  # a second, on a machine that is busy with other things


@pytest.mark.parametrize("seed", range(8))
def test_members_under_faults_keep_every_promise(seed: int) -> None:
    applied, talks = Play(seed + 100).run(600).history
    assert [str(one) for one in judge(applied, talks, at_rest=True)] == []
    assert judge_registers(talks) == ([], [])
    assert sum(len(talk.arrived) for talk in talks) > 20, "too little happened"


def test_members_without_faults_tell_of_every_change() -> None:
    applied, talks = Play(7, clients=8, faults=False).run(900).history
    assert [str(one) for one in judge(applied, talks, at_rest=True)] == []
    assert judge_registers(talks) == ([], [])
    assert sum(type(one) is Event for talk in talks for one in talk.arrived) > 100


@pytest.mark.parametrize("seed", [0, 4, 16])
def test_the_log_is_read_from_a_member_as_it_was_applied(seed: int) -> None:
    play = Play(seed).run(500)
    journals = [member.journal for member in play.cluster.members.values()]
    journal = next(one for one in journals if one.base.index == 0)
    entries = journal.entries(1, journal.last.index, 1 << 40)
    read = list(agreed(entry.payload for entry in entries))
    assert read == play.cluster.logbook.log()
    assert {one.admitted for one in read} == {True, False}, "some came too late"


def test_operations_judged_a_second() -> None:
    ideal = Ideal(1).run(OPERATIONS)
    began = time.process_time()
    found = judge(ideal.applied, ideal.talks, at_rest=True)
    rate = OPERATIONS / (time.process_time() - began)
    model = Model()
    began = time.process_time()
    for one in ideal.applied:
        model.apply(one)
    alone = len(ideal.applied) / (time.process_time() - began)
    print(
        f"\n{rate:,.0f} operations judged a second; the model alone {alone:,.0f} requests a second"
    )
    assert found == []
    assert rate > RATE_MIN
