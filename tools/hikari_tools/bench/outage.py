"""The outage of a lost leader."""

import time
from pathlib import Path
from typing import Any

from hikari_tools.bench import load
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import Peer, hosts, kill, leader, pids, wait_for_roles

KILL_AFTER_SECONDS = 4.0  # of writing, so that the outage is seen from both sides
OUTAGE_RUN_SECONDS = 14.0
SETTLE_SECONDS = 3.0  # for a member that came back, to catch up


def outage_ms(zkload: Path, peer: Peer) -> dict[str, Any]:
    """Kill the leader under writes and give the report: `max_gap_ms` is the outage."""
    wait_for_roles(peer)
    member = leader(peer)
    run = Run(
        "set",
        Level(6, 1),
        OUTAGE_RUN_SECONDS,
        options=("--connect-timeout", "500", "--keep"),
    )
    process = load.start(run.words(zkload, hosts(peer), peer.name, pids(peer)))
    try:
        time.sleep(run.warm_up + KILL_AFTER_SECONDS)
        kill(peer, member)
    finally:
        report = load.finish(process, run.seconds + load.SPARE_SECONDS)
    peer.restart(member)
    wait_for_roles(peer)
    time.sleep(SETTLE_SECONDS)
    return report
