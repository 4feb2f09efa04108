"""A snapshot of many small znodes: neither who sends it nor who takes it in stands still.

HIKARI_SNAPSHOT_ZNODES=1000000 makes it as large as that.
"""

import os
import time

import pytest
from ensemble.ensemble import Ensemble, wait_until
from ensemble.recorder import OK, Client, create, exists, set_data
from ensemble.test_slow_disk import stood_still_ms
from timely import demand_within, timely

from hikari_wire import codes

pytestmark = pytest.mark.ensemble

ZNODES = int(os.environ.get("HIKARI_SNAPSHOT_ZNODES", "20000"))
PARENTS = 20
IN_A_MULTI = 100
WINDOW = 20
SHORT_LOG = "[journal]\nentries_kept = 5\nflush_entries = 5\n"
STALL_MS_MAX = 200
"""Found: at most 50."""
WAIT_S = 600.0


def fill(ensemble: Ensemble) -> None:
    """Create them, a hundred in a transaction."""
    client = Client(ensemble.ports, timeout_ms=30_000)
    client.open(ensemble.leader())
    client.ask(create(b"/p"))
    client.ask_all([create(b"/p/%d" % n) for n in range(PARENTS)])
    for first in range(0, ZNODES, IN_A_MULTI * WINDOW):
        multis = [
            (codes.MULTI, tuple(create(b"/p/%d/n-%d" % (n % PARENTS, n), b"x" * 60) for n in some))
            for some in (
                range(at, min(at + IN_A_MULTI, ZNODES))
                for at in range(first, min(first + IN_A_MULTI * WINDOW, ZNODES), IN_A_MULTI)
            )
        ]
        assert all(op.outcome == OK for op in client.ask_all(multis)), first
        client.history.clear()
        client.arrived.clear()
    for n in range(50):  # till the journals have cut what the third one needs
        assert client.ask(set_data(b"/p", b"%d" % n)).outcome == OK
        time.sleep(0.02)
    client.close()


@timely
def test_nobody_stands_still_for_a_big_snapshot(make, capsys):
    """With what is read and written by clients meanwhile, on the leader."""
    ensemble = make(settings=SHORT_LOG)
    behind = ensemble.followers()[0]
    others = [number for number in ensemble.numbers if number != behind]
    ensemble.kill(behind)
    fill(ensemble)
    ensemble.terminate(*others)
    for number in others:
        ensemble.launch(number)
    leader = ensemble.leader(WAIT_S)
    goal = ensemble.zxid(leader)
    client = Client(ensemble.ports)
    client.open(leader)
    began = time.monotonic()
    ensemble.launch(behind)
    slowest = 0.0

    def caught_up() -> bool:
        nonlocal slowest
        asked = client.ask(exists(b"/p"))
        slowest = max(slowest, asked.ended - asked.invoked)
        return ensemble.zxid(behind) >= goal

    wait_until("it has everything", caught_up, WAIT_S)
    took = time.monotonic() - began
    home = ensemble.layout.home(behind)
    assert [tree.name for tree in home.glob("tree-*")] != ["tree-0"], "it was sent entries"
    there = Client(ensemble.ports)
    there.open(behind)
    last = there.ask(exists(b"/p/%d/n-%d" % ((ZNODES - 1) % PARENTS, ZNODES - 1)))
    assert last.outcome == OK
    assert there.ask(exists(b"/p/0")).value.num_children == -(-ZNODES // PARENTS)
    ensemble.terminate(*ensemble.numbers)
    sender, receiver = stood_still_ms(ensemble, leader), stood_still_ms(ensemble, behind)
    with capsys.disabled():
        print(
            f"\na snapshot of {ZNODES} znodes in {took:.1f} s: longest turn and latest tick of the"
            f" sender {sender[0]} and {sender[1]} ms, of the receiver {receiver[0]} and"
            f" {receiver[1]} ms; a client of the sender waited at most {1000 * slowest:.0f} ms"
        )
    demand_within(STALL_MS_MAX, *sender, *receiver, of="ms that a member stood still")
