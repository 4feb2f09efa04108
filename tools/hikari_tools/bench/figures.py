"""What the runs of one figure say: medians by measure, and errors."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Report = Mapping[str, Any]

OURS = "hikari"
TITLES = {"hikari": "Hikari", "zookeeper": "ZooKeeper", "etcd": "etcd", "earlier": "earlier"}
NO_RATE = ("watch", "list", "idle")
"""Workloads whose operations a second count what is not measured too, or nothing."""


@dataclass(frozen=True)
class Measure:
    """One thing that a report tells."""

    title: str
    unit: str
    """Behind the number, with its space."""
    more_is_better: bool
    of: Callable[[Report], float | None]


def _rate(report: Report) -> float | None:
    return None if report["workload"] in NO_RATE else report["ops_per_s"]


def _latency(percentile: str) -> Callable[[Report], float | None]:
    return lambda report: report["latency_us"][percentile] if report.get("ops") != 0 else None


def _cost(report: Report) -> float | None:
    return None if report["workload"] == "idle" else report.get("server_cpu_us_per_op")


def _memory(report: Report) -> float | None:
    where = "server_rss_mb" if report["workload"] == "idle" else "memory_mb"
    found: float | None = report.get(where)
    return found


MEASURES = {
    "ops_per_s": Measure("ops/s", "/s", True, _rate),
    "p50_us": Measure("p50", " µs", False, _latency("p50")),
    "p99_us": Measure("p99", " µs", False, _latency("p99")),
    "p999_us": Measure("p99.9", " µs", False, _latency("p99.9")),
    "cpu_us": Measure("CPU an operation", " µs", False, _cost),
    "last_ms": Measure("until the last one", " ms", False, lambda r: r.get("last_ms_median")),
    "memory_mb": Measure("memory of all members", " MB", False, _memory),
    "start_s": Measure("from start to serving", " s", False, lambda r: r.get("start_s")),
    "of_empty": Measure("CPU, beside an empty one's", " times", False, lambda r: r.get("of_empty")),
}
OF_SOME = ("last_ms", "memory_mb", "start_s", "of_empty")
"""Measures that only some figures have."""


@dataclass(frozen=True)
class Figure:
    """All runs of one figure, of one server."""

    reports: Sequence[Report]

    def median(self, measure: str) -> float | None:
        """Of the runs that tell it; None if none does."""
        ended = [report for report in self.reports if "failure" not in report]
        told = [MEASURES[measure].of(report) for report in ended]
        values = [value for value in told if value is not None]
        return statistics.median(values) if values else None

    @property
    def errors(self) -> str:
        """Each by its name and how often; "" if there were none."""
        counts: dict[str, int] = {}
        for report in self.reports:
            rest = {name: report.get(name, 0) for name in ("disconnects", "expired")}
            for name, count in (*report["errors"].items(), *rest.items()):
                counts[name] = counts.get(name, 0) + count
        return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)


Figures = dict[str, dict[str, Figure]]
"""By the figure's name and the server's."""


def figures(reports: Iterable[Report]) -> Figures:
    """Bring the runs of each figure together, in the order in which they were first measured."""
    found: dict[str, dict[str, list[Report]]] = {}
    for report in reports:
        found.setdefault(report["figure"], {}).setdefault(report["label"], []).append(report)
    return {
        name: {label: Figure(runs) for label, runs in servers.items()}
        for name, servers in found.items()
    }


def disturbance(reports: Iterable[Report]) -> str:
    """Say how many cores somebody else used meanwhile: median and worst of all runs."""
    cores = [
        max(0.0, r["machine_cpu_s"] - r["server_cpu_s"] - r["client_cpu_s"]) / window
        for r in reports
        if (window := r.get("observed_s", r["seconds"]))
        and "server_cpu_s" in r
        and r["workload"] != "list"  # its window holds what was prepared too
    ]
    if not cores:
        return "unknown"
    return f"{statistics.median(cores):.2f} cores (median of all runs), {max(cores):.2f} (worst)"
