"""What is logged of strangers' faults: the first of each second, and then how many more there were.

Whoever may connect would fill the disk otherwise, which is the journal's disk too.
"""

from collections.abc import Callable
from typing import Any, Final

from twisted.logger import Logger

COMPLAINTS_MAX: Final = 20
"""In a second, of one kind."""
SECOND: Final = 1.0


class Complaints:
    """One kind of complaint. `log` and `text` are the complainer's, `text` in Twisted's format."""

    def __init__(self, log: Logger, text: str, later_s: Callable[..., Any]) -> None:
        self._log, self._text, self._later_s = log, text, later_s
        self._count = 0  # in this second

    def say(self, **of_what: Any) -> None:
        """Log it, unless there were too many just now."""
        self._count += 1
        if self._count == 1:
            self._later_s(SECOND, self._sum_up)
        if self._count <= COMPLAINTS_MAX:
            self._log.warn(self._text, **of_what)

    def _sum_up(self) -> None:
        unsaid, self._count = self._count - COMPLAINTS_MAX, 0
        if unsaid > 0:
            self._log.warn("and {count} more in this second: {kind}", count=unsaid, kind=self._text)


def place(peer: Any) -> str:
    """Where somebody calls from, as people write it."""
    host, port = getattr(peer, "host", "?"), getattr(peer, "port", 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
