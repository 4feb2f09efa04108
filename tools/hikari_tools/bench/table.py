"""Turns figures into Markdown tables, and puts them into a document."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from hikari_tools.bench.figures import (
    MEASURES,
    OF_SOME,
    OURS,
    TITLES,
    Figure,
    Figures,
    Report,
    figures,
)
from hikari_tools.bench.goals import Judged

COMPARED = ["ops_per_s", "p50_us", "p99_us", "p999_us", "cpu_us"]


def goals_table(judged: Iterable[Judged]) -> str:
    """Every goal beside what was measured, and whether it is reached."""
    rows = [
        "| figure | measure | Hikari | beside | ratio | goal | |",
        "|---|---|--:|--:|--:|---|---|",
    ]
    for one in judged:
        measure = MEASURES[one.goal.measure]
        theirs, value = one.theirs, one.value
        ratio = f"{value:.2f}" if one.goal.beside and value is not None else "-"
        cells = [
            *(one.figure, measure.title, f"{number(one.ours)}{measure.unit}"),
            *("-" if theirs is None else f"{number(theirs)}{measure.unit}", ratio),
            *(one.goal.words(), one.verdict),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def figures_table(found: Figures) -> str:
    """Everything that was measured, a row for each server."""
    rows = [
        "| figure | server | ops/s | p50 µs | p99 µs | p99.9 µs | CPU µs/op | besides | errors |",
        "|---|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for name, servers in found.items():
        for label in sorted(servers, key=list(TITLES).index):
            figure = servers[label]
            cells = [name, TITLES[label], *(_cell(figure, measure) for measure in COMPARED)]
            rows.append(f"| {' | '.join([*cells, _besides(figure), figure.errors or '0'])} |")
    return "\n".join(rows)


def _cell(figure: Figure, measure: str) -> str:
    value = figure.median(measure)
    return "-" if value is None else number(value)


def _besides(figure: Figure) -> str:
    return "; ".join(
        f"{MEASURES[name].title}: {number(value)}{MEASURES[name].unit}"
        for name in OF_SOME
        if (value := figure.median(name)) is not None
    )


def number(value: float) -> str:
    """With three digits that say something, or all before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def versions_table(reports: Iterable[Report], now: str = "now", other: str = "earlier") -> str:
    """This version beside an earlier one, or what they are called; who did not run has dashes."""
    rows = [
        f"| figure | ops/s {now} | {other} | ratio | p50 / p99 µs {now} | {other}"
        f" | CPU µs/op {now} | {other} | ratio | errors |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name, servers in figures(reports).items():
        ours, beside = servers.get(OURS), servers.get("earlier")
        errors = [f"{label}: {one.errors}" for label, one in servers.items() if one.errors]
        cells = [name, *_pair(ours, beside, "ops_per_s"), _latency(ours), _latency(beside)]
        cells += [*_pair(ours, beside, "cpu_us"), "; ".join(errors) or "0"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _pair(ours: Figure | None, other: Figure | None, measure: str) -> Iterator[str]:
    """Both, and the ratio."""
    values = [figure.median(measure) if figure else None for figure in (ours, other)]
    yield from ("-" if value is None else number(value) for value in values)
    yield f"{values[0] / values[1]:.2f}" if values[0] is not None and values[1] else "-"


def _latency(figure: Figure | None) -> str:
    return f"{_cell(figure, 'p50_us')} / {_cell(figure, 'p99_us')}" if figure else "-"


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
