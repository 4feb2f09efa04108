"""A mixed load that does not end, in windows: what each was like, and what the members took."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hikari_tools.bench import load, standstill
from hikari_tools.bench.afresh import resident_mb
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.openloop import OPEN
from hikari_tools.bench.peers import BenchError, Hikari, hosts, leader, pids

FIGURE, AT_MOST = "soak", "soak at most"
CLOSED = Level(16, 16)
WINDOWS_LEAST = 2  # of one there is no slope
PASSES_AT_MOST = 2
"""Through all znodes, before the windows: by then caches have turned over, and memory is what it
stays (it grew for 14 million operations, not in the 9 million that followed)."""
TIMES_AT_MOST_LEAST = 3
SET_ZNODES = 10_000  # in one window; with each window another of the sets
WATCHED = "/soak/watched"  # stays, as it must be there on every member before anybody watches
WATCH_ROUNDS_A_SECOND = 20  # about as many as take the whole window
ROOTS = (WATCHED, "/soak/locks", "/soak/new")
BESIDE = {
    "lock": (Level(4, 4), ("--rate", "200", "--root", "/soak/locks", "--keep")),
    "create": (Level(4, 16), ("--rate", "500", "--root", "/soak/new", "--fanout", "10")),
    "churn": (Level(1, 1), ()),
    "watch": (Level(50, 1), ("--root", WATCHED, "--keep")),
}
"""What runs beside what is measured, so that everything moves that a member keeps: ephemeral
znodes, znodes that are new and go again, sessions, watches."""


@dataclass(frozen=True)
class Plan:
    """How long, in windows of what length, and of what size."""

    seconds: float
    window_s: float
    load: float
    """Part of the most that is done beside the rest."""
    znodes: int
    value_bytes: int

    @property
    def warm_up(self) -> float:
        """Seconds before what is measured of a window."""
        return self.window_s / 10

    @property
    def sets(self) -> int:
        """The znodes are so many sets, used in turn."""
        return max(1, self.znodes // SET_ZNODES)

    def words(self, number: int) -> tuple[str, ...]:
        """Which znodes this window has, as zkload is told."""
        words = ("--root", f"/soak/set{number % self.sets}", "--keep")
        keys = str(min(self.znodes, SET_ZNODES))
        return (*words, "--keys", keys, "--value-size", str(self.value_bytes))


@dataclass(frozen=True)
class Soak:
    """Three members, say, under that load."""

    zkload: Path
    peer: Hikari
    plan: Plan
    say: Callable[[str], None]

    def run(self) -> Iterator[dict[str, Any]]:
        """Load the znodes, fill the caches and find the most that is done, then give each window's
        report."""
        self._fill()
        rates = []
        for number in range(max(TIMES_AT_MOST_LEAST, PASSES_AT_MOST * self.plan.sets)):
            most = self._measure(Run("mixed", CLOSED, self.plan.window_s / 2), number, AT_MOST)
            rates.append(most["ops_per_s"])
            yield most
        rate = statistics.median(rates) * self.plan.load
        self.say(f"from now on {rate:,.0f} op/s")
        begun, number = time.monotonic(), 0
        while number < WINDOWS_LEAST or time.monotonic() - begun < self.plan.seconds:
            run = Run("mixed", OPEN, self.plan.window_s, options=("--rate", f"{max(rate, 1):.0f}"))
            report = self._measure(run, number, FIGURE)
            yield report | {"at_s": time.monotonic() - begun, "members": self._members()}
            number += 1

    def _fill(self) -> None:
        self.say(f"loading {self.plan.znodes:,} znodes of {self.plan.value_bytes:,} bytes")
        for root in ROOTS:
            self._alone(Run("idle", Level(1, 1), 0.2, 0, options=("--root", root, "--keep")))
        for number in range(self.plan.sets):
            words = (*self.plan.words(number), "--count", "1")
            self._alone(Run("get", CLOSED, 0, 0, options=words))

    def _alone(self, run: Run) -> None:
        load.measure(self.zkload, run, hosts(self.peer), self.peer.name, pids(self.peer))

    def _measure(self, run: Run, number: int, figure: str) -> dict[str, Any]:
        """Do one window of it, with all that runs beside it."""
        words = (*run.options, *self.plan.words(number))
        mixed = Run(run.workload, run.level, run.seconds, self.plan.warm_up, number + 1, words)
        with contextlib.ExitStack() as running:
            still = running.enter_context(standstill.watched(self.peer.home(1)))
            started = [
                running.enter_context(load.started(self._words(one)))
                for one in (mixed, *self._beside(number))
            ]
            seconds_max = run.seconds + self.plan.warm_up + load.SPARE_SECONDS
            report, *others = [load.finish(one, seconds_max) for one in started]
        return report | {
            "figure": figure,
            "disk_still_ms": still and 1000 * still.longest_s,
            "errors": _added([report, *others]),
            "client_cpu_s": report["client_cpu_s"] + sum(one["client_cpu_s"] for one in others),
            "beside": {one["workload"]: one["ops_per_s"] for one in others},
        }

    def _words(self, run: Run) -> list[str]:
        return run.words(self.zkload, hosts(self.peer), self.peer.name, pids(self.peer))

    def _beside(self, number: int) -> Iterator[Run]:
        plan = self.plan
        rounds = ("--rounds", f"{max(1, WATCH_ROUNDS_A_SECOND * plan.window_s):.0f}")
        for workload, (level, words) in BESIDE.items():
            words += rounds if workload == "watch" else ()
            yield Run(workload, level, plan.window_s, plan.warm_up, number + 1, words)

    def _members(self) -> list[dict[str, Any]]:
        leads = leader(self.peer)
        return [
            sample(self.peer.pid(member), self.peer.home(member)) | {"leads": member == leads}
            for member, _ in enumerate(self.peer.ports, 1)
        ]


def _added(reports: Sequence[dict[str, Any]]) -> dict[str, int]:
    """All errors, each under its name and the workload that met it."""
    found: dict[str, int] = {}
    for report in reports:
        rest = {name: report.get(name, 0) for name in ("disconnects", "expired")}
        for name, count in (report["errors"] | rest).items():
            if count:
                found[f"{report['workload']} {name}"] = count
    return found


def sample(pid: int, folder: Path) -> dict[str, float]:
    """What a member takes: memory and disk in MB, and open files."""
    try:
        files = len(os.listdir(f"/proc/{pid}/fd"))
        return {"rss_mb": resident_mb(pid), "disk_mb": disk_mb(folder), "files": files}
    except OSError:
        raise BenchError(f"{folder.name} has gone, in the middle of it") from None


def disk_mb(folder: Path) -> float:
    """What the files of a folder take of the disk. Files come and go meanwhile."""
    blocks = 0
    for home, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                blocks += os.lstat(os.path.join(home, name)).st_blocks
    return blocks * 512 / (1 << 20)
