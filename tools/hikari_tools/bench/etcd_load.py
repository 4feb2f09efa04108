"""etcd under load, by the bench folder's generator, reported as zkload reports."""

import math
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from hikari_tools.bench.cases import Case
from hikari_tools.bench.load import SPARE_SECONDS, run
from hikari_tools.bench.peers import pids
from hikari_tools.bench.scripted import Etcd

BESIDE = {"get": "serial", "syncget": "range", "set": "put"}
"""Which request of etcd's promises what ours does: the serializable Range may be old, as getData
may; the linearizable one is not, as sync and getData sent together are not."""

TICK = os.sysconf("SC_CLK_TCK")


def fill(peer: Etcd) -> None:
    """Put the one key that the generator asks for: to find nothing would be cheaper."""
    words = ["etcdctl", "--endpoints", f"127.0.0.1:{peer.ports[0]}"]
    subprocess.run(
        [*words, "put", "/zkload/k/0000000001", "x" * 128],
        env=os.environ | {"ETCDCTL_API": "3"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def measure(peer: Etcd, case: Case, seconds: float) -> dict[str, Any]:
    """Do one run and give its report. The generator knows whole seconds only."""
    whole = max(1, math.ceil(seconds))
    ports = ",".join(map(str, peer.ports))
    load = (case.level.connections, case.level.depth, whole, case.value_bytes)
    words = [sys.executable, peer.generator, ports, BESIDE[case.workload], *load, peer.pid_folder]
    before = _used(pids(peer))
    report = run([*map(str, words), peer.name], whole + SPARE_SECONDS)
    after = _used(pids(peer))
    return as_zkload(report, [now - then for now, then in zip(after, before, strict=True)])


def as_zkload(report: dict[str, Any], used: list[float]) -> dict[str, Any]:
    """Name what was found as zkload does; `used` is what `_used` says, the warm-up with it."""
    failed = report.pop("failed")
    observed_s, machine_s, server_s, client_s = used
    return report | {
        "errors": {"FAILED": failed} if failed else {},
        "observed_s": observed_s,
        "machine_cpu_s": machine_s,
        "server_cpu_s": server_s,
        "client_cpu_s": client_s,
    }


def _used(servers: list[int]) -> list[float]:
    """The time, and the processor's: of the machine, of the servers, of what we started."""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    machine = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    busy = sum(int(machine[i]) for i in (0, 1, 2, 5, 6)) / TICK
    of_servers = sum(_processor_s(pid) for pid in servers)
    started = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [uptime, busy, of_servers, started.ru_utime + started.ru_stime]


def _processor_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK
