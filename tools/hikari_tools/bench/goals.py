"""What Hikari set out to reach, as data, and whether it did."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hikari_tools.bench import cases
from hikari_tools.bench.figures import MEASURES, OURS, TITLES, Figures, figures

OPEN_GOAL_LOAD = 0.5  # of ZooKeeper's maximum


@dataclass(frozen=True)
class Goal:
    """A bound on one measure of some figures."""

    figures: tuple[str, ...]
    measure: str
    bound: float
    least: bool
    """At least so much; else at most."""
    beside: str = "zookeeper"
    """Whose figure ours is divided by; "": ours is held against the bound as it is."""

    def words(self) -> str:
        """As a table has it."""
        unit = f" times {TITLES[self.beside]}'s" if self.beside else MEASURES[self.measure].unit
        return f"at {'least' if self.least else 'most'} {self.bound:.3g}{unit}"


@dataclass(frozen=True)
class Judged:
    """One figure beside its goal."""

    goal: Goal
    figure: str
    ours: float
    theirs: float | None

    @property
    def value(self) -> float | None:
        """What is held against the bound; None if nobody was there to compare with."""
        if not self.goal.beside:
            return self.ours
        return self.ours / self.theirs if self.theirs else None

    @property
    def verdict(self) -> str:
        """`reached`, or by how much not."""
        value, bound = self.value, self.goal.bound
        if value is None:
            return f"{TITLES[self.goal.beside]} was not measured"
        if value >= bound if self.goal.least else value <= bound:
            return "reached"
        if self.goal.least:
            return f"not reached: {1 - value / bound:.0%} too little"
        return f"not reached: {value / bound - 1:.0%} too much"


def _names(some: Iterable[cases.Case]) -> tuple[str, ...]:
    return tuple(case.name for case in some)


def _both(some: Iterable[cases.Case], rate: float, cost: float) -> list[Goal]:
    """At least so many times the operations a second, at most so much of the processor time."""
    names = _names(some)
    return [Goal(names, "ops_per_s", rate, True), Goal(names, "cpu_us", cost, False)]


def _latency(some: Iterable[cases.Case], p50: float, cost: float) -> list[Goal]:
    names = _names(some)
    return [Goal(names, "p50_us", p50, False), Goal(names, "cpu_us", cost, False)]


_WIDE = "16x16 64x16"
_SYNC = _names(cases.STANDING["sync"])
_SCALE = tuple(f"{count} million znodes" for count in (1, 3, 10))
_IDLE = tuple(cases.idling(cases.IDLE, when).name for when in ("after work", "just started"))
_OPEN = tuple(f"{workload} open {OPEN_GOAL_LOAD:.0%}" for workload in ("get", "set", "mixed"))

GOALS = [
    *_both(cases.of("get exists getchildren", _WIDE), 4, 1 / 4),
    *_latency(cases.of("get", "1x1 16x1"), 1 / 2, 1 / 3),
    *_both([*cases.of("set create", _WIDE), *cases.of("set create", _WIDE, cases.LARGE)], 2, 1 / 2),
    *_both(cases.of("set create", "16x1"), 1.3, 0.8),
    *_latency(cases.of("set", "1x1"), 0.8, 1),
    Goal(_names(cases.STANDING["mixed"]), "ops_per_s", 2.5, True),
    Goal(_SYNC, "ops_per_s", 3, True),
    Goal(_SYNC, "ops_per_s", 3, True, "etcd"),
    Goal(_names(cases.STANDING["watches"]), "last_ms", 1 / 2, False),
    Goal(_names(cases.of("churn", "16x1 64x1")), "ops_per_s", 2, True),
    Goal(_IDLE, "memory_mb", 1 / 4, False),
    Goal(_OPEN, "p99_us", 1 / 2, False),
    Goal(_OPEN, "p999_us", 1 / 2, False),
    Goal(_SCALE[-1:], "memory_mb", 600, False, ""),
    Goal(_SCALE, "start_s", 3, False, ""),
    Goal(_SCALE, "ops_per_s", 1, True),
    Goal(_names(cases.STANDING["list"]), "p50_us", 1, False),
    Goal((f"create among {cases.DIRECTORY:,}",), "of_empty", 1.2, False, ""),
]


def judged(reports: Iterable[Mapping[str, Any]]) -> Iterator[Judged]:
    """Hold every goal against what was measured; what was not is left out."""
    found: Figures = figures(reports)
    for goal in GOALS:
        for figure in goal.figures:
            servers = found.get(figure, {})
            ours = servers[OURS].median(goal.measure) if OURS in servers else None
            if ours is None:
                continue
            beside = servers.get(goal.beside)
            yield Judged(goal, figure, ours, beside.median(goal.measure) if beside else None)
