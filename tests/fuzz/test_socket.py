"""Strangers at the ports of real member processes."""

import contextlib
import socket
import sys

import pytest
from ensemble import ensemble as processes
from ensemble.ensemble import Ensemble
from fuzz import siege
from timely import timely

pytestmark = pytest.mark.ensemble

FEW_FILES = ("sh", "-c", 'ulimit -n 300 && exec "$@"', "sh", sys.executable, "-m", "hikari")
BUSY = "\n[journal]\nentries_kept = 100\nflush_entries = 100\n"
"""The databases open files all the time."""
CALLERS = 260


@timely
def test_a_member_under_attack_serves_its_clients(tmp_path):
    figures = siege.lay(tmp_path / "ensemble", frames=8_000, attackers=1, seed=1, patient=False)
    assert figures["received"] >= 8_000
    # What comes behind an opcode that nobody has, or half a proof, is not read.
    assert figures["answered"] > 300, "many were well enough formed to be answered"
    assert len(figures["by_attack"]) >= 8, "every kind of attack took place"


@pytest.mark.parametrize("port", ["client", "peer"])
def test_callers_do_not_use_up_the_files_of_a_member(port, tmp_path, monkeypatch):
    """Its databases need some: who cannot open one ends."""
    monkeypatch.setattr(processes, "PROGRAM", FEW_FILES)
    ensemble = Ensemble(tmp_path / "ensemble", 1, BUSY)
    callers = []
    try:
        ensemble.start()
        client = (ensemble.layout.client(1).host, ensemble.layout.client(1).port)
        peer = (ensemble.layout.peer(1).host, ensemble.layout.peer(1).port)
        judge = siege.Judge(client)
        judge.start()
        for _ in range(CALLERS):
            with contextlib.suppress(ConnectionResetError):  # it is closed as soon as it is seen
                callers.append(socket.create_connection(client if port == "client" else peer, 5))
        enough = len(judge.latencies_s) + 300
        processes.wait_until("writes went on", lambda: len(judge.latencies_s) >= enough, 10)
        ensemble.demand_alive()
        judge.end()
    finally:
        for caller in callers:
            caller.close()
        ensemble.close()
    ensemble.demand_clean_logs()
    assert "Too many open files" not in ensemble.log(1)
    assert "EMFILE" not in ensemble.log(1)
