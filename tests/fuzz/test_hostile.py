"""After each of the corpus a client that behaves is served at once, and nothing is left behind."""

import gc
import tracemalloc

import pytest
from fuzz.hostile import DEAF, HOSTILE, SESSION
from replica.cluster import TICK_MS, Cluster
from replica.wire import Client
from twisted.logger import capturedLogs

from hikari_wire import codes

KEPT_BYTES_MAX = 8 << 20
"""Of all that a stranger said; the znodes that he made, and a frame of his on its way, among it."""
TICKS = 5
"""Between two signs of life of who behaves."""


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(1)
    cluster.leader.door.readonly_mode = True
    cluster.leader.door.frame_bytes_max = 0xFFFFF
    return cluster


def say(cluster: Cluster, stranger: Client, judge: Client, step: object) -> None:
    if isinstance(step, float):
        for _ in range(int(step * 1000) // TICK_MS // TICKS):
            cluster.tick(TICKS)
            judge.ping()
    elif step is SESSION:
        stranger.hello()
        cluster.run()
        assert stranger.session
    elif step is DEAF:
        stranger.wire.room = 0
    elif not stranger.closed:
        assert isinstance(step, bytes)
        stranger.wire.say(step)
        cluster.run()


@pytest.mark.parametrize("name", HOSTILE)
def test_nobody_else_notices(cluster: Cluster, name: str) -> None:
    member = cluster.leader
    judge = cluster.client(member, 40_000)
    cluster.write(judge, b"/judge", b"0")
    stranger = cluster.dial(member, "10.6.6.6")
    gc.collect()
    tracemalloc.start()
    try:
        with capturedLogs() as logged:
            for number, step in enumerate(HOSTILE[name]):
                say(cluster, stranger, judge, step)
                if number % 20 == 0:
                    demand_served(cluster, judge)
            stranger.wire.told = b""
            kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    demand_served(cluster, judge)
    assert kept < KEPT_BYTES_MAX
    assert not [event for event in logged if "log_failure" in event], "no defect, no traceback"
    assert len(logged) <= 3
    refused = stranger.wire.aborted
    assert not refused or logged or "deaf" in name or "reads" in name, "the log says what happened"
    stranger.wire.die()
    cluster.run()
    door = member.door
    assert list(door.connections) == [judge.connection]
    assert len(door.watches) == door.held_bytes == door.outstanding == 0


def demand_served(cluster: Cluster, judge: Client) -> None:
    """In the next turn, without any time passing."""
    assert not judge.closed
    xid = judge.ask((codes.SET_DATA, b"/judge", b"1", -1), (codes.GET_DATA, b"/judge", False))
    cluster.run()
    assert [judge.error(xid - 1), judge.error(xid)] == [codes.OK] * 2
    judge.heard.clear()
