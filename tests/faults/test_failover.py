"""Who holds sessions through the loss of leaders: what is counted, and that it sees."""

import time

import pytest
from faults import failover
from faults.failover import Stage
from faults.folders import new_folder
from faults.nets import Loopback
from faults.planted import program

pytestmark = pytest.mark.ensemble

HEAVY, LIGHT = 4, 60
TIMEOUT_MS = 4_000


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(failover, "HOLDERS", HEAVY)
    monkeypatch.setattr(failover, "SILENT_SHARE", 4)


def _stage(folder, **more):
    return Stage(folder, Loopback(3), HEAVY + LIGHT, **{"timeout_ms": TIMEOUT_MS, **more})


def test_all_sessions_come_back_with_their_watches_but_those_that_hang_up_for_good():
    with new_folder() as folder, _stage(folder) as stage:
        leader = stage.leader()
        begun = time.monotonic()
        stage.ensemble.kill(leader)
        stage.outage(begun, leader)
        stage.ring(1)
        stage.ensemble.launch(leader)
        stage.fall_silent()
        told = stage.finish()
    assert told["wrong"] == []
    assert told["expired"] == 0
    assert told["hung_up_for_good"] == told["of_those_forgotten"] == (HEAVY + LIGHT) // 4
    assert told["sessions_held_at_the_end"] == (HEAVY + LIGHT) * 3 // 4
    assert told["connections_lost"] == told["same_session_again"] >= (HEAVY + LIGHT) // 3
    assert told["tries_to_attach"] >= told["same_session_again"]
    assert told["rings_due"] == told["rings_heard"] == HEAVY + LIGHT
    assert told["rings_due_after_a_return"] == told["rings_heard_after_a_return"] > 0


def test_sessions_that_expire_early_are_seen():
    """Of those who only count, too. (They expire after 2 s instead of 20.)"""
    early = {"program": program("early-expiry"), "timeout_ms": 20_000}
    with new_folder() as folder, _stage(folder, **early) as stage:
        stage.run(4.0)
        told = stage.finish()
    assert told["expired"] > HEAVY
    assert any("expired too early" in one for one in told["wrong"]), told
