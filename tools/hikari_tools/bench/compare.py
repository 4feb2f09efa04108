"""The two measurements: throughput, latency and processor time; and the outage of a lost leader."""

import datetime
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hikari_tools.bench import load
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import Peer, hosts, kill, leader, pids, wait_for_roles

KILL_AFTER_SECONDS = 4.0  # of writing, so that the outage is seen from both sides
OUTAGE_RUN_SECONDS = 14.0
SETTLE_SECONDS = 3.0  # for a member that came back, to catch up
WARM_UP_LEVEL = Level(16, 16)
WARM_UP_WORKLOADS = ("mixed", "create", "lock", "multi")


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    workloads: Sequence[str]
    levels: Sequence[Level]
    seconds: float
    runs: int
    warm_up: float


def warm(zkload: Path, peer: Peer, seconds: float) -> None:
    """Let a virtual machine compile what will be measured."""
    for workload in WARM_UP_WORKLOADS if seconds else ():
        run = Run(workload, WARM_UP_LEVEL, seconds / len(WARM_UP_WORKLOADS), warm_up=0)
        load.measure(zkload, run, hosts(peer), peer.name, pids(peer))


def compare(zkload: Path, peers: Sequence[Peer], plan: Plan) -> Iterator[dict[str, Any]]:
    """Run the plan, the servers in turn; give each report as it comes.

    The whole plan is repeated, and the server that goes first alternates: a disturbance then
    falls on one run of a figure and not on all of one server's.
    """
    for number in range(plan.runs):
        order = peers if number % 2 == 0 else [*reversed(peers)]
        for workload in plan.workloads:
            for level in plan.levels:
                for peer in order:
                    run = Run(workload, level, plan.seconds, seed=number + 1)
                    yield load.measure(zkload, run, hosts(peer), peer.name, pids(peer))


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


def written(reports: Iterator[dict[str, Any]], out: Path | None) -> Iterator[dict[str, Any]]:
    """Append each report to a file of JSON lines as it passes."""
    for report in reports:
        if out:
            with out.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(report) + "\n")
        yield report


def shown(reports: Iterator[dict[str, Any]], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Say each figure as it comes, so that a person can see that it goes on; give them all."""
    kept = []
    for report in reports:
        kept.append(report)
        say(
            f"{report['label']:>9}  {report['workload']:<11}"
            f" {report['connections']:>3}x{report['depth']:<3} {report['ops_per_s']:>9,.0f} op/s"
            f"  p99 {report['latency_us']['p99']:>9,.0f} µs"
            f"  {report.get('server_cpu_us_per_op', 0):>7.1f} cpu-µs/op"
        )
    return kept


def today() -> str:
    """Give the date for the heading of a report."""
    return datetime.date.today().isoformat()
