"""Faults that wait for their moment: they do find it."""

import pytest

from hikari.replica.snapshots import Receiving
from hikari.testing import command
from hikari.testing.plan import Plan
from hikari.testing.scripts import Script
from hikari.testing.simulation import Simulation


@pytest.fixture(scope="module", autouse=True)
def _begun():
    command.begin()


def lived(fault, **knobs):
    """Give the story of three members and two clients that write, with one fault at 2 s."""
    acts = [[0.5, "create", "/r0", 0], *([1 + 0.02 * n, "set", "/r0"] for n in range(400))]
    scripts = [Script(10_000, list(acts)) for _ in range(2)]
    plan = Plan(1, 3, 3_000, knobs=knobs, scripts=scripts, faults=[[2.0, *fault]])
    simulation = Simulation(plan)
    command._telling.append(simulation)
    try:
        simulation.run()
    finally:
        command._telling.pop()
    return [line for _, line in simulation.story]


def leaders(story):
    """Give who said so of itself, in order."""
    return [line[7] for line in story if f"{line[:8]}: {line[:8]} leads" in line]


@pytest.mark.parametrize("asleep", [False, True])
def test_while_a_leader_does_not_notice_another_is_elected_and_one_that_voted_is_wiped(asleep):
    story = lived(["two leaders", asleep, True, 2, 0.5])
    first, second, *_ = leaders(story)
    assert first != second
    wiped = [line[7] for line in story if "killed, and its disk is lost" in line]
    assert len(wiped) == 1
    assert wiped[0] not in (first, second)


def test_a_leader_dies_as_it_speaks():
    story = lived(["last words", "kill", 2.0])
    elected = leaders(story)
    assert len(elected) > 1
    assert f"member {elected[0]} is dead: killed" in story


@pytest.mark.interpreted
def test_a_snapshot_is_interrupted_and_another_begins(monkeypatch):
    begun, take = [], Receiving.take

    def took(self, chunk, answer):
        if chunk.number == 0:
            begun.append(chunk.mark.index)
        take(self, chunk, answer)

    monkeypatch.setattr(Receiving, "take", took)
    lived(["interrupt", 1, 0, 0.5], kept=0, flush_entries=1, chunk_bytes=1)
    assert len(set(begun)) > 1, begun
