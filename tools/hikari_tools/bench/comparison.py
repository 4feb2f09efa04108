"""The whole comparison: which groups, in which order, on which servers."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hikari_tools.bench import afresh, cases, etcd_load
from hikari_tools.bench.cases import Case
from hikari_tools.bench.openloop import OpenLoop
from hikari_tools.bench.peers import BenchError, Peer
from hikari_tools.bench.rounds import Plan, a_round, warm
from hikari_tools.bench.scripted import Etcd
from hikari_tools.bench.servers import Servers

MATRIX_WORKLOADS = ("get", "set", "create", "mixed", "multi")
MATRIX_LEVELS = ("1x1", "16x1", "16x16", "64x16")


@dataclass(frozen=True)
class Comparison:
    """What is compared, and how."""

    cases: Sequence[Case]
    """On ensembles that stand for all of them."""
    groups: Sequence[str]
    """Of those that are more than cases."""
    plan: Plan
    vm_warm_up: float
    """Seconds once, for the Java VMs."""
    millions: Sequence[float]
    """Of znodes, for the group `scale`."""

    def run(self, zkload: Path, servers: Servers) -> Generator[dict[str, Any], None, None]:
        """Do it all; give each report as it comes."""
        if self.cases or "open" in self.groups:
            yield from self._standing(zkload, servers)
        if "idle" in self.groups:
            yield from afresh.idle(zkload, servers, self.plan)
        if "directory" in self.groups:
            yield from afresh.directory(zkload, servers, self.plan)
        if "scale" in self.groups:
            for millions in self.millions:
                yield from afresh.scale(zkload, servers, self.plan, millions)

    def _standing(self, zkload: Path, servers: Servers) -> Iterator[dict[str, Any]]:
        open_loop = OpenLoop(zkload, self.plan)
        if "open" in self.groups and "zookeeper" not in servers.names:
            servers.say("no open loop: its loads are parts of what ZooKeeper does at most")
        with servers.running(servers.names) as peers:
            for peer in peers:
                if peer.name == "zookeeper":
                    servers.say(f"warming up {peer.name}")
                    warm(zkload, peer, self.vm_warm_up)
            for number in range(self.plan.runs):
                for peer in peers if number else ():
                    _without_history(peer)
                yield from a_round(zkload, peers, self.cases, self.plan, number)
                if "open" in self.groups:
                    yield from open_loop.round(peers, number)


def _without_history(peer: Peer) -> None:
    """Start etcd afresh: its reads cost more after a burst of writes, as long as it lives, and
    each round begins with reads."""
    if isinstance(peer, Etcd):
        peer.stop()
        peer.start()
        etcd_load.fill(peer)


def chosen(only: Sequence[str]) -> tuple[list[Case], list[str]]:
    """The cases and the other groups that are asked for; all of them, if none is named."""
    unknown = set(only) - set(cases.GROUPS)
    if unknown:
        there = ", ".join(cases.GROUPS)
        raise BenchError(f"no group is called {', '.join(sorted(unknown))}; there are {there}")
    groups = only or cases.GROUPS
    standing = [
        case for group in cases.STANDING if group in groups for case in cases.STANDING[group]
    ]
    return standing, [group for group in cases.BY_THEMSELVES if group in groups]
