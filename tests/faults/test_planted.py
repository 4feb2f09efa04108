"""The judges see: members with a planted fault fail, and so does a client that lies."""

from types import SimpleNamespace

import pytest
from faults import judges, workloads
from faults.clients import Client
from faults.folders import new_folder
from faults.planted import program
from faults.scenarios import Scenario

from hikari.tree import keys
from hikari.tree.znode import Znode
from hikari_wire import codes
from hikari_wire.records import Stat

pytestmark = pytest.mark.ensemble

RUNS_MAX = 4
"""A sync that asks nobody was not seen in one of a dozen runs of two seconds."""


@pytest.fixture
def folder():
    with new_folder() as made:
        yield made


@pytest.mark.parametrize(
    ("planted", "workload", "fault", "seconds", "seen"),
    [
        ("stale-sync", "registers", "calm", 2, "sync"),
        ("alone", "sequence", "leader-alone", 4, ""),
        ("dropped-write", "registers", "calm", 2, "replay: "),
        ("double-grant", "locks", "calm", 3, "two hold it"),
        ("early-expiry", "locks", "pause-leader", 4, "expir"),
        ("deaf-watch", "membership", "calm", 2, "watch"),
        ("late-watch", "membership", "calm", 2, "watch"),
    ],
)
def test_a_planted_fault_is_caught(folder, planted, workload, fault, seconds, seen):
    """In one of a few runs: some show themselves only if a member is behind at the right moment."""
    for number in range(RUNS_MAX):
        seed, place = f"planted {number}", folder / str(number)
        verdict = Scenario(
            workload, fault, seed, place, seconds=seconds, program=program(planted)
        ).run()
        if any(seen in failure for failure in verdict.failures):
            break
    assert verdict.failures, verdict.told()
    assert any(seen in failure for failure in verdict.failures), verdict.told()


def test_an_ephemeral_whose_session_is_over_is_a_ghost():
    rows = {keys.znode_key(b"/a"): Znode(b"", b"", 7, 1, 1).row(), keys.session_key(7): b""}
    assert judges.of_ghost_rows([SimpleNamespace(rows=rows)]) == []
    del rows[keys.session_key(7)]
    (said,) = judges.of_ghost_rows([SimpleNamespace(rows=rows)])
    assert "/a" in said


def _invented_value(client, operation):
    if operation.request[0] == codes.GET_DATA and operation.value:
        operation.value = (b"never written", operation.value[1])


def _invented_answer(client, operation):
    """It says of a write that was refused that it was done."""
    if operation.request[0] == codes.SET_DATA and operation.error == codes.BAD_VERSION:
        operation.error, operation.outcome, operation.value = 0, "ok", Stat(*range(11))


def _late_note(client, operation):
    """It swears that it heard the answer before it asked."""
    operation.invoked, operation.ended = operation.ended + 5, operation.ended + 6


@pytest.mark.parametrize("lie", [_invented_value, _invented_answer, _late_note])
def test_a_client_that_lies_is_caught(folder, monkeypatch, lie):
    """One answer in a hundred is not what came."""
    honest, numbers, told = Client._answered, iter(range(1_000_000)), []

    def answered(self):
        if self.conversations[-1].arrived and self._asked is not None:
            last = self.conversations[-1].arrived[-1]
            if last in self._asked and next(numbers) % 20 == 7:
                said = (last.outcome, last.value, last.invoked)
                lie(self, last)
                told.append(said != (last.outcome, last.value, last.invoked))
        honest(self)

    monkeypatch.setattr(Client, "_answered", answered)
    for number in range(RUNS_MAX):
        verdict = Scenario("cas", "calm", "lie", folder / str(number), seconds=2).run()
        if any(told):
            break
    assert any(told), "nobody lied"
    assert any("replay" in failure for failure in verdict.failures), verdict.told()


def test_a_lock_that_two_hold_is_caught_though_the_server_is_right(folder, monkeypatch):
    """Clients that all think they are the first: only what they did under the lock can tell."""

    class Selfish(list):
        def index(self, one):
            return 0

    monkeypatch.setattr(workloads, "_queue", Selfish)
    verdict = Scenario("locks", "calm", "lie", folder, seconds=3).run()
    assert any("two hold it" in failure for failure in verdict.failures), verdict.told()
    assert all(failure.startswith("clients: ") for failure in verdict.failures), verdict.told()


def test_an_honest_run_passes(folder):
    """The same without a lie, or the tests above show nothing."""
    for workload in ("cas", "locks"):
        verdict = Scenario(workload, "calm", "lie", folder / workload, seconds=2).run()
        assert not verdict.failures, verdict.told()
    assert verdict.figures["grants"] > 0
