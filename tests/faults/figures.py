"""What a campaign found: printed, and appended to a file that the documents quote."""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from hikari.testing.figures import append as add
from hikari.testing.figures import entry


def append(path: Path | None, name: str, figures: dict[str, Any]) -> None:
    """Print one campaign's figures, and add them to a list of JSON objects; None: only print."""
    told = entry(name, figures)
    print(json.dumps(told), flush=True)
    if path is not None:
        add(path, told)


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Half, nearly all, and all were no slower than this."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    places = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "max": -1}
    return {name: round(ordered[place], 3) for name, place in places.items()}


def told(error: BaseException) -> str:
    """What is wrong, and where that was seen. Never nothing: an assertion without words is told
    by its own line."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f"{Path(one.filename).name}:{one.lineno}: " for one in last)
    line = "".join(one.line or "" for one in last)
    return f"{where}{str(error).strip() or f'{type(error).__name__} in {line!r}'}"


class Progress:
    """One line that is written over, if somebody looks at it."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done = what, total, 0
        self._shown = sys.stderr.isatty()

    def step(self, note: str = "") -> None:
        self._done += 1
        if self._shown or not self._done % 100:
            end = "\r" if self._shown else "\n"
            text = f"{self._what} {self._done}/{self._total} {note}"
            print(text, end=end, file=sys.stderr, flush=True)
