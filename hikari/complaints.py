"""Log lines that strangers cause: a few of them are told, the rest is counted.

Who is refused a thousand times a second must not fill the disk with it.
"""

from collections.abc import Callable
from typing import Any, Final

WINDOW_S: Final = 10.0
TOLD_MAX: Final = 10
"""In one window."""


class Complaints:
    """`say` writes a line; `later_s(seconds, callable)` is the reactor's timer."""

    def __init__(self, later_s: Callable[..., Any], say: Callable[[str], None]) -> None:
        self._later_s = later_s
        self._say = say
        self._told = 0
        self._untold = 0

    def tell(self, text: str) -> None:
        if not self._told:
            self._later_s(WINDOW_S, self._window_ends)
        if self._told < TOLD_MAX:
            self._told += 1
            self._say(text)
        else:
            self._untold += 1

    def _window_ends(self) -> None:
        untold, self._told, self._untold = self._untold, 0, 0
        if untold:
            self._say(f"{untold} more like these in {WINDOW_S:g} s")
