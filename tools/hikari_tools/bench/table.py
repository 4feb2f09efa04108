"""Turns the reports of many runs into a Markdown table of medians, and puts it into a document."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Report = Mapping[str, Any]
Figure = tuple[str, str]  # workload and level

OURS = "hikari"
TITLES = {"zookeeper": "ZooKeeper", "earlier": "earlier"}

HEAD = (
    "| workload | level | ops/s Hikari | ops/s {0} | ratio | p50 / p99 µs Hikari"
    " | p50 / p99 µs {0} | CPU µs/op Hikari | CPU µs/op {0} | ratio | errors |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


@dataclass(frozen=True)
class Medians:
    """One figure of one server."""

    ops_per_s: float
    p50_us: float
    p99_us: float
    cpu_us: float
    errors: str

    @classmethod
    def of(cls, reports: Sequence[Report]) -> "Medians":
        """Take the medians of the runs of one figure."""
        return cls(
            ops_per_s=statistics.median(r["ops_per_s"] for r in reports),
            p50_us=statistics.median(r["latency_us"]["p50"] for r in reports),
            p99_us=statistics.median(r["latency_us"]["p99"] for r in reports),
            cpu_us=statistics.median(r.get("server_cpu_us_per_op", 0.0) for r in reports),
            errors=_errors(reports),
        )


def _errors(reports: Iterable[Report]) -> str:
    counts: dict[str, int] = {}
    for report in reports:
        for name, count in report["errors"].items():
            counts[name] = counts.get(name, 0) + count
        for name in ("disconnects", "expired"):
            if report.get(name):
                counts[name] = counts.get(name, 0) + report[name]
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def compare_table(reports: Iterable[Report], other: str = "zookeeper") -> str:
    """Give the table beside `other`; a server that did not run has dashes."""
    figures: dict[Figure, dict[str, list[Report]]] = {}
    for report in reports:
        figure = (report["workload"], f"{report['connections']}x{report['depth']}")
        figures.setdefault(figure, {}).setdefault(report["label"], []).append(report)
    rows = [HEAD.format(TITLES[other])]
    for (workload, level), servers in figures.items():
        ours = Medians.of(servers[OURS]) if OURS in servers else None
        peer = Medians.of(servers[other]) if other in servers else None
        rows.append(_row(workload, level, ours, peer, other))
    return "\n".join(rows)


def _row(workload: str, level: str, ours: Medians | None, peer: Medians | None, other: str) -> str:
    errors = [f"{name}: {m.errors}" for name, m in ((OURS, ours), (other, peer)) if m and m.errors]
    cells = [
        workload,
        level,
        f"{ours.ops_per_s:,.0f}" if ours else "-",
        f"{peer.ops_per_s:,.0f}" if peer else "-",
        f"{ours.ops_per_s / peer.ops_per_s:.2f}" if ours and peer and peer.ops_per_s else "-",
        f"{ours.p50_us:,.0f} / {ours.p99_us:,.0f}" if ours else "-",
        f"{peer.p50_us:,.0f} / {peer.p99_us:,.0f}" if peer else "-",
        f"{ours.cpu_us:,.1f}" if ours else "-",
        f"{peer.cpu_us:,.1f}" if peer else "-",
        f"{ours.cpu_us / peer.cpu_us:.2f}" if ours and peer and peer.cpu_us else "-",
        "; ".join(errors) or "0",
    ]
    return f"| {' | '.join(cells)} |"


def disturbance(reports: Iterable[Report]) -> str:
    """Say how many cores somebody else used meanwhile: median and worst of all runs."""
    cores = [
        max(0.0, (r["machine_cpu_s"] - r["server_cpu_s"] - r["client_cpu_s"]) / r["seconds"])
        for r in reports
        if r.get("seconds") and "server_cpu_s" in r
    ]
    if not cores:
        return "unknown"
    return f"{statistics.median(cores):.2f} cores (median of all runs), {max(cores):.2f} (worst)"


def failover_table(gaps: Mapping[str, Sequence[float]]) -> str:
    """Give the table of the longest times without a successful write, in ms, for each server."""
    rows = [
        "| server | kills | least ms | median ms | longest ms | each |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for name, each in gaps.items():
        least, middle, most = min(each), statistics.median(each), max(each)
        listed = " ".join(f"{gap:.0f}" for gap in each)
        rows.append(
            f"| {name} | {len(each)} | {least:.0f} | {middle:.0f} | {most:.0f} | {listed} |"
        )
    return "\n".join(rows)


def put_into(document: Path, section: str, text: str) -> None:
    """Replace what stands between this section's two marks; a document without them gets both.

    The words around the marks are written by people and stay.
    """
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    old = document.read_text("utf-8") if document.exists() else "# Performance\n"
    before, found, rest = old.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        before, after = old.rstrip("\n") + "\n\n", "\n"
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
