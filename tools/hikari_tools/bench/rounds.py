"""Cases on standing ensembles, the servers in turn."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hikari_tools.bench import etcd_load, load
from hikari_tools.bench.cases import WATCHED, Case
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import BenchError, Peer, hosts, pids
from hikari_tools.bench.scripted import Etcd

_Server = TypeVar("_Server")

WARM_UP_LEVEL = Level(16, 16)
WARM_UP_WORKLOADS = ("mixed", "create", "lock", "multi")
ROOT_OF_WATCHES = Run("idle", Level(1, 1), 0.2, 0, options=("--root", WATCHED, "--keep"))
"""zkload ends if a member does not have what it just created at another."""


@dataclass(frozen=True)
class Plan:
    """How it is measured."""

    seconds: float
    runs: int
    warm_up: float = 1.0
    """Seconds before each run."""


def warm(zkload: Path, peer: Peer, seconds: float) -> None:
    """Let a virtual machine compile what will be measured."""
    for workload in WARM_UP_WORKLOADS if seconds else ():
        run = Run(workload, WARM_UP_LEVEL, seconds / len(WARM_UP_WORKLOADS), warm_up=0)
        load.measure(zkload, run, hosts(peer), peer.name, pids(peer))


def order(servers: Sequence[_Server], number: int) -> list[_Server]:
    """In which order they are measured in this round: who goes first alternates.

    The whole plan is repeated round by round: a disturbance then falls on one run of a figure and
    not on all of one server's.
    """
    return [*servers] if number % 2 == 0 else [*reversed(servers)]


def attempt(figure: str, server: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Give the report of a figure; one that did not come to its end is an error of the figure,
    and not the end of an hour's comparison."""
    try:
        return measure() | {"figure": figure}
    except (BenchError, OSError) as error:
        lost = {"label": server, "figure": figure, "workload": "", "seconds": 0.0}
        return lost | {"failure": str(error), "errors": {"did not finish": 1}}


def a_round(
    zkload: Path, peers: Sequence[Peer], cases: Sequence[Case], plan: Plan, number: int
) -> Iterator[dict[str, Any]]:
    """Run every case once on everybody who can do it; give each report as it comes."""
    for case in cases:
        for peer in order(peers, number):
            if not isinstance(peer, Etcd) or case.workload in etcd_load.BESIDE:
                measure = functools.partial(_measure, zkload, peer, case, plan, number)
                yield attempt(case.name, peer.name, measure)


def _measure(zkload: Path, peer: Peer, case: Case, plan: Plan, number: int) -> dict[str, Any]:
    if isinstance(peer, Etcd):
        return etcd_load.measure(peer, case, plan.seconds)
    if case.workload == "watch":
        load.measure(zkload, ROOT_OF_WATCHES, hosts(peer), peer.name, pids(peer))
    return load.measure(zkload, of_case(case, plan, number), hosts(peer), peer.name, pids(peer))


def of_case(case: Case, plan: Plan, number: int) -> Run:
    """The run of a case in this round."""
    words = ("--value-size", str(case.value_bytes), *case.options)
    return Run(case.workload, case.level, plan.seconds, plan.warm_up, number + 1, words)


def shown(reports: Iterator[dict[str, Any]], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Say each figure as it comes, so that a person can see that it goes on; give them all."""
    kept = []
    for report in reports:
        kept.append(report)
        if "failure" in report:
            say(f"{report['label']:>9}  {report['figure']:<22} {report['failure']}")
            continue
        say(
            f"{report['label']:>9}  {report['figure']:<22} {report['ops_per_s']:>9,.0f} op/s"
            f"  p99 {report['latency_us']['p99']:>9,.0f} µs"
            f"  {report.get('server_cpu_us_per_op', 0):>7.1f} cpu-µs/op"
        )
    return kept
