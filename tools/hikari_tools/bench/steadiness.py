"""What a soak says: whether what it began with is what it ended with."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise

from hikari_tools.bench.figures import Report
from hikari_tools.bench.table import number

PARTS = 10
HOUR_S = 3600.0
LATENCIES = ("p50", "p99", "p99.9")
TAKEN = {"rss_mb": ("memory", " MB"), "disk_mb": ("disk", " MB"), "files": ("open files", "")}
"""What is told of each member: its name in a table, and its unit."""
STILL_MS = 50
"""So long is more than a busy disk takes for something."""
Series = Sequence[tuple[float, float]]
"""When, in seconds, and what."""


@dataclass(frozen=True)
class Quantity:
    """Something that should be flat."""

    name: str
    unit: str
    """Behind the number, with its space."""
    of: Callable[[Report], float]
    """What it was at the end of a window."""

    def series(self, windows: Sequence[Report]) -> Series:
        """What it was in each."""
        return [(window["at_s"], self.of(window)) for window in windows]

    def median(self, windows: Sequence[Report]) -> float:
        """Of them all."""
        return statistics.median(map(self.of, windows))


def latencies() -> list[Quantity]:
    """Of what is asked for, from when it was due."""
    return [Quantity(name, " µs", partial(_latency, name)) for name in LATENCIES]


def taken(measure: str, windows: Sequence[Report]) -> list[Quantity]:
    """One of `TAKEN`, of each member."""
    title, unit = TAKEN[measure]
    return [
        Quantity(f"{title}, member {member + 1}", unit, partial(_taken, measure, member))
        for member, _ in enumerate(windows[0]["members"])
    ]


def _latency(name: str, window: Report) -> float:
    return float(window["latency_us"][name])


def _taken(measure: str, member: int, window: Report) -> float:
    return float(window["members"][member][measure])


def _rate(window: Report) -> float:
    return float(window["ops_per_s"])


def parts(windows: Sequence[Report]) -> Iterator[Sequence[Report]]:
    """Tenths of a run, or as many parts as there are windows."""
    count = min(PARTS, len(windows))
    bounds = [len(windows) * part // count for part in range(count + 1)]
    for begin, end in pairwise(bounds):
        yield windows[begin:end]


def slope_an_hour(series: Series) -> float | None:
    """Theil and Sen's: the median of the slopes between all pairs, which a few disturbed windows
    do not move. None for one window."""
    slopes = [(b - a) / (then - now) for (now, a), (then, b) in combinations(series, 2)]
    return statistics.median(slopes) * HOUR_S if slopes else None


def second_half(windows: Sequence[Report]) -> Sequence[Report]:
    """By when the first files were merged."""
    return windows[len(windows) // 2 :]


def parts_table(windows: Sequence[Report]) -> str:
    """Medians of each part, from the first to the last; of the disk's standstills the longest."""
    shown = [Quantity("ops/s", "", _rate), *latencies()]
    for measure in ("rss_mb", "disk_mb"):
        shown += taken(measure, windows)
    heads = ["until minute", *(f"{one.name}{one.unit.replace(' ', ', ')}" for one in shown)]
    heads.append("disk stood still, ms")
    rows = [f"| {' | '.join(heads)} | errors |", f"|{'--:|' * len(heads)}---|"]
    for part in parts(windows):
        values = [number(one.median(part)) for one in shown]
        cells = [f"{part[-1]['at_s'] / 60:.1f}", *values, _stood_still(part), errors(part) or "0"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _stood_still(part: Sequence[Report]) -> str:
    known = [still for one in part if (still := one.get("disk_still_ms")) is not None]
    return f"{max(known):,.0f}" if known else "-"


def slopes_table(windows: Sequence[Report]) -> str:
    """How everything went on in the second half."""
    rows = ["| in the second half | median | slope an hour | of the median |", "|---|--:|--:|--:|"]
    late = second_half(windows)
    for one in [*(one for measure in TAKEN for one in taken(measure, windows)), *latencies()]:
        rows.append(_slope_row(one.name, one, late))
    working = while_disk_works(late)
    if 0 < len(working) < len(late):
        rows += [
            _slope_row(f"{one.name} while the disk works", one, working) for one in latencies()
        ]
    return "\n".join(rows)


def while_disk_works(windows: Sequence[Report]) -> list[Report]:
    """Without those in which it stood still, for whatever reason."""
    return [one for one in windows if (one.get("disk_still_ms") or 0) < STILL_MS]


def _slope_row(name: str, one: Quantity, windows: Sequence[Report]) -> str:
    middle, slope = one.median(windows), slope_an_hour(one.series(windows))
    cells = [name, f"{number(middle)}{one.unit}", "-", "-"]
    if slope is not None:
        cells[2] = f"{'-' if slope < 0 else '+'}{number(abs(slope))}{one.unit}"
        cells[3] = f"{slope / middle:+.1%}" if middle else "-"
    return f"| {' | '.join(cells)} |"


def errors(windows: Sequence[Report]) -> str:
    """All of them by name; "" if there were none."""
    found: dict[str, int] = {}
    for window in windows:
        for name, count in window["errors"].items():
            found[name] = found.get(name, 0) + count
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
