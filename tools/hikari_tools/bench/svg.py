"""Lines, boxes and words as a picture that any browser shows, and a diff of it can be read.

A plotting library would bring tens of megabytes for two kinds of picture, and write another file
for the same figures with each version of itself.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

FONT_PX = 12
Point = tuple[float, float]


class Drawing:
    """A white sheet; the origin is its upper left corner."""

    def __init__(self, width_px: int, height_px: int, title: str) -> None:
        """`title` is for those who cannot see it too."""
        size = f'width="{width_px}" height="{height_px}" viewBox="0 0 {width_px} {height_px}"'
        self._lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif"'
            f' font-size="{FONT_PX}">',
            f"<title>{escape(title)}</title>",
            '<rect width="100%" height="100%" fill="#ffffff"/>',
        ]

    def box(self, at: Point, width: float, height: float, colour: str) -> None:
        """Filled, without a border."""
        x, y = at
        self._add(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f" fill={quoteattr(colour)}/>"
        )

    def line(
        self, points: Sequence[Point], colour: str, width: float = 1, dashes: str = ""
    ) -> None:
        """Through all of the points."""
        listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f" stroke-dasharray={quoteattr(dashes)}" if dashes else ""
        self._add(
            f'<polyline points="{listed}" fill="none" stroke={quoteattr(colour)}'
            f' stroke-width="{width:g}"{dashed}/>'
        )

    def words(self, at: Point, text: str, anchor: str = "start", bold: bool = False) -> None:
        """`anchor`: which end of them stands at the point: start, middle or end."""
        weight = ' font-weight="bold"' if bold else ""
        self._add(
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}"{weight}>'
            f"{escape(text)}</text>"
        )

    def __str__(self) -> str:
        """The file's text."""
        return "\n".join([*self._lines, "</svg>", ""])

    def _add(self, line: str) -> None:
        self._lines.append(line)
