"""The open loop: everybody is asked as much, and the latency counts from when a request was due."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hikari_tools.bench import load
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import Peer, hosts, pids
from hikari_tools.bench.rounds import Plan, attempt, order

WORKLOADS = ("get", "set", "mixed")
LOADS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Parts of the most that ZooKeeper does."""
CLOSED = Level(64, 16)
OPEN = Level(64, 64)
"""So much room that a stalled server does not slow down who asks."""


class OpenLoop:
    """Rounds of it; what ZooKeeper can do at most is measured in the first."""

    def __init__(self, zkload: Path, plan: Plan, loads: Sequence[float] = LOADS) -> None:
        """Measure nothing yet."""
        self._zkload = zkload
        self._plan = plan
        self._loads = loads
        self._maxima: dict[str, float] = {}

    def round(self, peers: Sequence[Peer], number: int) -> Iterator[dict[str, Any]]:
        """Every workload at every load. Nothing without a ZooKeeper: no load is a part of its."""
        asked = [peer for peer in peers if peer.name != "etcd"]
        zookeeper = next((peer for peer in asked if peer.name == "zookeeper"), None)
        if zookeeper is None:
            return
        for workload in WORKLOADS:
            if workload not in self._maxima:
                run = Run(workload, CLOSED, self._plan.seconds)
                most = self._measure(f"{workload} at most", run, zookeeper)
                yield most
                if "failure" in most:
                    continue
                self._maxima[workload] = most["ops_per_s"]
            for part in self._loads:
                rate = self._maxima[workload] * part
                run = Run(
                    workload, OPEN, self._plan.seconds, options=("--rate", f"{max(rate, 1):.0f}")
                )
                run = dataclasses.replace(run, seed=number + 1)
                for peer in order(asked, number):
                    figure = f"{workload} open {part:.0%}"
                    yield self._measure(figure, run, peer) | {"load": part}

    def _measure(self, figure: str, run: Run, peer: Peer) -> dict[str, Any]:
        run = dataclasses.replace(run, warm_up=self._plan.warm_up)
        asked = functools.partial(load.measure, self._zkload, run, hosts(peer), peer.name)
        return attempt(figure, peer.name, functools.partial(asked, pids(peer)))
