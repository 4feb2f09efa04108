"""What needs ensembles of its own: memory, starts, and trees of millions of znodes.

How much memory a server has depends on what it did before, so each of these begins with nothing.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hikari_tools.bench import load
from hikari_tools.bench.cases import DIRECTORY, IDLE, idling
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import BenchError, Peer, hosts, kill, pids, role
from hikari_tools.bench.rounds import Plan, attempt, order
from hikari_tools.bench.servers import Servers
from hikari_tools.bench.usage import wait_for_rest

LOADING = Level(16, 32)
LOADED_PER_SECOND_LEAST = 1_000  # below that something is wrong, and a run ends
SERVING_SECONDS_MAX = 600.0
POLL_SECONDS = 0.01
NEW_A_ROUND = 10_000_000  # numbers of new znodes in a round: more than any creates
HEAP_GB, HEAP_GB_A_MILLION = 2, 1.4
EMPTY = "create in an empty directory"
IDLE_TIMES = 3  # as long as another run: each session has pinged


def idle(
    zkload: Path, servers: Servers, plan: Plan, sessions: int = IDLE
) -> Iterator[dict[str, Any]]:
    """Sessions that do nothing, of servers that have done nothing else."""
    case = idling(sessions, "just started")
    run = Run(case.workload, case.level, plan.seconds * IDLE_TIMES, plan.warm_up)
    for number in range(plan.runs):
        for name in order(servers.zookeepers, number):
            yield attempt(case.name, name, partial(_idle, zkload, servers, run, name))


def _idle(zkload: Path, servers: Servers, run: Run, name: str) -> dict[str, Any]:
    with servers.running([name]) as (peer,):
        return load.measure(zkload, run, hosts(peer), peer.name, pids(peer))


def directory(
    zkload: Path, servers: Servers, plan: Plan, znodes: int = DIRECTORY
) -> Iterator[dict[str, Any]]:
    """Creates in a directory with so many, beside creates in an empty one: `of_empty`. Not before
    the servers are done with what loading has left to do: merges would count for who comes first.
    """
    full, peers = f"create among {znodes:,}", []
    with servers.running(servers.zookeepers) as started:
        for peer in started:
            servers.say(f"creating {znodes:,} znodes in one directory of {peer.name}")
            loading = partial(_load, zkload, peer, znodes, "--root", "/full")
            loaded = attempt(full, peer.name, loading)
            if "failure" in loaded:
                yield loaded
            else:
                peers.append(peer)
        for pid in [pid for peer in peers for pid in pids(peer)]:
            wait_for_rest(pid)
        for number in range(plan.runs):
            first = znodes + number * NEW_A_ROUND
            for peer in order(peers, number):
                done = {
                    name: attempt(
                        name, peer.name, partial(_create, zkload, peer, plan, root, first)
                    )
                    for name, root in order([(EMPTY, f"/empty{number}"), (full, "/full")], number)
                }
                cost, of_empty = (_cost(done[name]) for name in (full, EMPTY))
                if cost and of_empty:
                    done[full]["of_empty"] = cost / of_empty
                yield from done.values()


def scale(zkload: Path, servers: Servers, plan: Plan, millions: float) -> Iterator[dict[str, Any]]:
    """So many million znodes on one member, which is then killed and started again: `start_s`.

    `memory_mb` is the larger of what it has when all are there and what it has after the start.
    """
    figure, znodes = f"{millions:g} million znodes", round(millions * 1e6)
    heap = f"{HEAP_GB + HEAP_GB_A_MILLION * millions:.0f}g"
    for number in range(plan.runs):
        for name in order(servers.zookeepers, number):
            yield attempt(figure, name, partial(_scale, zkload, servers, name, znodes, heap))


def _scale(zkload: Path, servers: Servers, name: str, znodes: int, heap: str) -> dict[str, Any]:
    with servers.running([name], 1, heap) as (peer,):
        report = _load(zkload, peer, znodes, "--fanout", "1000")
        start_s = _start_again(peer)
        memory_mb = max(report["server_rss_mb"], resident_mb(peer.pid(1)))
    return report | {"start_s": start_s, "memory_mb": memory_mb}


def _load(zkload: Path, peer: Peer, znodes: int, *words: str) -> dict[str, Any]:
    options = ("--count", str(znodes), "--keep", *words)
    run = Run("create", LOADING, znodes / LOADED_PER_SECOND_LEAST, options=options)
    return load.measure(zkload, run, hosts(peer), peer.name, pids(peer))


def _cost(report: dict[str, Any]) -> float:
    """Processor time an operation; 0 if the run did not end."""
    return float(report.get("server_cpu_us_per_op", 0))


def _create(zkload: Path, peer: Peer, plan: Plan, root: str, first: int) -> dict[str, Any]:
    options = ("--root", root, "--first", str(first), "--keep")
    run = Run("create", Level(16, 16), plan.seconds, plan.warm_up, options=options)
    return load.measure(zkload, run, hosts(peer), peer.name, pids(peer))


def _start_again(peer: Peer) -> float:
    """Kill the only member; give the seconds from its start until it serves."""
    kill(peer, 1)
    while role(peer.ports[0]):
        time.sleep(POLL_SECONDS)
    begun = time.monotonic()
    peer.restart(1)
    while not role(peer.ports[0]):
        if time.monotonic() > begun + SERVING_SECONDS_MAX:
            raise BenchError(f"{peer.name} does not serve {SERVING_SECONDS_MAX:.0f} s after a kill")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - begun


def resident_mb(pid: int) -> float:
    """Memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
