"""The pictures of a comparison: how many times better each figure is, and latency over load."""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hikari_tools.bench.figures import MEASURES, OURS, TITLES, Figures, Report, figures
from hikari_tools.bench.goals import GOALS
from hikari_tools.bench.openloop import WORKLOADS
from hikari_tools.bench.svg import Drawing, Point
from hikari_tools.bench.table import number

COLOURS = {"hikari": "#1b6ac9", "zookeeper": "#c9661b", "etcd": "#3a9a52"}
GRID, INK = "#dddddd", "#333333"
BAR_PX, ROW_GAP_PX, LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 12, 8, 190, 70, 64, 30
BARS_WIDTH_PX = 520
CURVE_WIDTH_PX, CURVE_HEIGHT_PX = 560, 320
RATIOS = {"throughput": "ops_per_s", "latency": "p50_us", "processor": "cpu_us"}
"""The pictures of ratios, and what each is of."""

Bar = tuple[str, str, float]
"""A figure, a peer, and how many times better ours is."""


def draw(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Write all that these reports allow into a folder; give the files."""
    found = figures(reports)
    pictures = {name: ratios(found, measure) for name, measure in RATIOS.items()}
    pictures |= {f"open-{name}": latency_over_load(reports, name) for name in WORKLOADS}
    drawn = []
    for name, picture in pictures.items():
        if picture is not None:
            folder.mkdir(parents=True, exist_ok=True)
            drawn.append(folder / f"{name}.svg")
            drawn[-1].write_text(str(picture), encoding="utf-8")
    return drawn


def bars(found: Figures, measure: str) -> Iterator[Bar]:
    """Every figure that a peer has too. Open loops are left out: their rate is given."""
    for name, servers in found.items():
        ours = servers[OURS].median(measure) if OURS in servers else None
        for peer in ("zookeeper", "etcd"):
            theirs = servers[peer].median(measure) if peer in servers else None
            if ours and theirs and " open " not in name:
                better = ours / theirs if MEASURES[measure].more_is_better else theirs / ours
                yield name, peer, better


def ratios(found: Figures, measure: str) -> Drawing | None:
    """Bars on a logarithmic scale: to the right of 1 ours is better. A mark is the goal."""
    rows = list(bars(found, measure))
    if not rows:
        return None
    low = min(0.5, *(better for *_, better in rows))
    high = max(2.0, *(better for *_, better in rows))
    decades = math.log(high / low)

    def x(better: float) -> float:
        return LEFT_PX + BARS_WIDTH_PX * math.log(better / low) / decades

    names = list(dict.fromkeys(name for name, *_ in rows))
    bottom = TOP_PX + len(rows) * BAR_PX + len(names) * ROW_GAP_PX
    title = f"{MEASURES[measure].title}: how many times better Hikari is; a mark is the goal"
    sheet = Drawing(LEFT_PX + BARS_WIDTH_PX + RIGHT_PX, bottom + BOTTOM_PX, title)
    sheet.words((10, 20), title, bold=True)
    _legend(sheet, ("zookeeper", "etcd"), "beside ")
    for tick in ticks(low, high):
        sheet.line([(x(tick), TOP_PX - 6), (x(tick), bottom)], INK if tick == 1 else GRID)
        sheet.words((x(tick), bottom + 16), f"{tick:g}", "middle")
    y = float(TOP_PX)
    for name in names:
        sheet.words((LEFT_PX - 8, y + BAR_PX - 2), name, "end")
        for _, peer, better in (row for row in rows if row[0] == name):
            sheet.box((min(x(1), x(better)), y), abs(x(better) - x(1)), BAR_PX - 1, COLOURS[peer])
            sheet.words((LEFT_PX + BARS_WIDTH_PX + 8, y + BAR_PX - 2), number(better))
            goal = _goal(name, peer, measure)
            if goal and low <= goal <= high:
                sheet.line([(x(goal), y - 1), (x(goal), y + BAR_PX)], "#000000", 2)
            y += BAR_PX
        y += ROW_GAP_PX
    return sheet


def _goal(figure: str, peer: str, measure: str) -> float | None:
    """As `bars` tells it: how many times better."""
    for goal in GOALS:
        if figure in goal.figures and (goal.beside, goal.measure) == (peer, measure):
            return goal.bound if goal.least else 1 / goal.bound
    return None


def latency_over_load(reports: Iterable[Report], workload: str) -> Drawing | None:
    """p99 and p99.9 of the open loop over how much was asked, both on one sheet."""
    mine = [r for r in reports if r["workload"] == workload and "load" in r]
    found = figures(mine)
    loads = sorted({report["load"] for report in mine})
    if len(loads) < 2:
        return None
    curves = {
        (label, measure): [
            (load, value)
            for load in loads
            if (figure := found[f"{workload} open {load:.0%}"].get(label))
            and (value := figure.median(measure))
        ]
        for label in COLOURS
        for measure in ("p99_us", "p999_us")
    }
    return _curves(f"{workload}: latency over load, open loop", curves)


def _curves(title: str, curves: dict[tuple[str, str], list[Point]]) -> Drawing:
    values = [value for points in curves.values() for _, value in points]
    low, high = min(values) / 1.3, max(values) * 1.3
    top, left, bottom = TOP_PX, 70, TOP_PX + CURVE_HEIGHT_PX

    def at(point: Point) -> Point:
        load, value = point
        height = CURVE_HEIGHT_PX * math.log(value / low) / math.log(high / low)
        return left + CURVE_WIDTH_PX * load, bottom - height

    sheet = Drawing(left + CURVE_WIDTH_PX + 20, bottom + 44, title)
    sheet.words((10, 20), f"{title}; p99, and dashed p99.9, in µs", bold=True)
    _legend(sheet, [label for label in COLOURS if curves[label, "p99_us"]])
    for tick in ticks(low, high):
        sheet.line([at((0, tick)), at((1, tick))], GRID)
        sheet.words((left - 6, at((0, tick))[1] + 4), number(tick).removesuffix(".00"), "end")
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        foot = at((part, low))
        sheet.line([(foot[0], top), foot], GRID)
        sheet.words((foot[0], bottom + 16), f"{part:.0%}", "middle")
    sheet.words((left + CURVE_WIDTH_PX / 2, bottom + 34), "of ZooKeeper's maximum", "middle")
    for (label, measure), points in curves.items():
        if points:
            dashes = "5 4" if measure == "p999_us" else ""
            sheet.line([at(point) for point in points], COLOURS[label], 2, dashes)
    return sheet


def _legend(sheet: Drawing, labels: Iterable[str], before: str = "") -> None:
    for place, label in enumerate(labels):
        x = 10 + 150 * place
        sheet.box((x, 32), 12, 12, COLOURS[label])
        sheet.words((x + 18, 42), f"{before}{TITLES[label]}")


def ticks(low: float, high: float) -> Iterator[float]:
    """1, 2 and 5 of every power of ten between the two."""
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for digit in (1, 2, 5):
            tick = digit * 10.0**power
            if low <= tick <= high:
                yield tick
