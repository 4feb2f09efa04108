"""The pictures of a soak: what members take, and how long a request takes, over time."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hikari_tools.bench.figures import Report
from hikari_tools.bench.plots import GRID, ticks
from hikari_tools.bench.steadiness import Quantity, latencies, taken
from hikari_tools.bench.svg import Drawing, Point
from hikari_tools.bench.table import number

WIDTH_PX, HEIGHT_PX, LEFT_PX, TOP_PX, LEGEND_PX = 640, 300, 70, 34, 18
COLOURS = ("#1b6ac9", "#c9661b", "#3a9a52", "#8a4bc9", "#b8a01b", "#c91b6a", "#555555")
"""One a member; more than seven there are not."""


def draw_soak(windows: Sequence[Report], folder: Path, name: str) -> list[Path]:
    """Write both pictures of what is called so into a folder; give the files. One window is no
    line."""
    if len(windows) < 2:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {"memory": memory(windows), "latency": latency(windows)}
    files = [folder / f"{name}-{what}.svg" for what in pictures]
    for file, picture in zip(files, pictures.values(), strict=True):
        file.write_text(str(picture), encoding="utf-8")
    return files


def memory(windows: Sequence[Report]) -> Drawing:
    """Resident memory of each member, and its files' part of the disk, dashed; from zero on."""
    lines = [*zip(taken("rss_mb", windows), COLOURS, strict=False)]
    dashed = [*zip(taken("disk_mb", windows), COLOURS, strict=False)]
    most = max(one.of(window) for one, _ in lines + dashed for window in windows) * 1.1
    step = 10.0 ** math.floor(math.log10(most))
    step = next(part for part in (step / 5, step / 2, step, step * 2) if most / part <= 8)
    marks = [step * count for count in range(int(most / step) + 1)]
    height = _Height(lambda value: value / most, marks)
    title = "Resident memory, and dashed disk, in MB"
    return _sheet(title, windows, {"": lines, "5 4": dashed}, height)


def latency(windows: Sequence[Report]) -> Drawing:
    """The percentiles of each window, on a logarithmic scale."""
    lines = [*zip(latencies(), COLOURS, strict=False)]
    values = [one.of(window) for one, _ in lines for window in windows]
    low, high = min(values) / 1.3, max(values) * 1.3
    span = math.log(high / low)
    height = _Height(lambda value: math.log(value / low) / span, [*ticks(low, high)])
    return _sheet("Latency of each window, open loop, in µs", windows, {"": lines}, height)


class _Height:
    """How high a value stands, from 0 to 1, and which values have a line of their own."""

    def __init__(self, of: Callable[[float], float], marks: Sequence[float]) -> None:
        self.of, self.marks = of, marks


def _sheet(
    title: str,
    windows: Sequence[Report],
    lines: Mapping[str, Sequence[tuple[Quantity, str]]],
    height: _Height,
) -> Drawing:
    shown = [(one, colour, dashes) for dashes, some in lines.items() for one, colour in some]
    top = TOP_PX + LEGEND_PX * math.ceil(len(shown) / 3) + 10
    bottom, last_s = top + HEIGHT_PX, windows[-1]["at_s"]

    def at(second: float, value: float) -> Point:
        return LEFT_PX + WIDTH_PX * second / last_s, bottom - HEIGHT_PX * height.of(value)

    sheet = Drawing(LEFT_PX + WIDTH_PX + 20, bottom + 44, title)
    sheet.words((10, 20), title, bold=True)
    for mark in height.marks:
        sheet.line([at(0, mark), at(last_s, mark)], GRID)
        text = number(mark).removesuffix(".00").removesuffix(".0")
        sheet.words((LEFT_PX - 6, at(0, mark)[1] + 4), text, "end")
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT_PX + WIDTH_PX * part
        sheet.line([(x, top), (x, bottom)], GRID)
        sheet.words((x, bottom + 16), f"{last_s * part / 60:.1f}", "middle")
    sheet.words((LEFT_PX + WIDTH_PX / 2, bottom + 34), "minutes", "middle")
    for place, (one, colour, dashes) in enumerate(shown):
        x, y = 10 + 230.0 * (place % 3), TOP_PX + LEGEND_PX * (place // 3 + 0.5)
        sheet.line([(x, y), (x + 24, y)], colour, 2, dashes)
        sheet.words((x + 30, y + 4), one.name)
        sheet.line([at(*point) for point in one.series(windows)], colour, 1.5, dashes)
    return sheet
