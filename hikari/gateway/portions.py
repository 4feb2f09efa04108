"""Large replies of all connections: so much in one poll, and whoever would be told more waits for
the next one, in order. Else two hundred who ask for megabytes would keep all others waiting."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

CONNECTION_BYTES_MAX: Final = 1 << 20
"""Of one connection in one poll."""
POLL_BYTES_MAX: Final = 4 << 20
"""Of all of them: some ten milliseconds."""


class Portions:
    """Invariant: while somebody waits or something was told, the next poll is asked for."""

    __slots__ = ("_asked", "_later_s", "_told", "_waiting")

    def __init__(self, later_s: Callable[..., Any]) -> None:
        self._later_s = later_s
        self._asked = False
        self._told = 0  # bytes, in this poll
        self._waiting: deque[Connection] = deque()

    def enough(self, connection: "Connection", more: int, told: int) -> bool:
        """It was told so many bytes more, and so many in this poll. Whether nothing more should be
        made for it now: if it reads, it goes on when others had their turn."""
        self._told += more
        self._ask()
        if connection.deaf or connection.closed:
            return True
        if told < CONNECTION_BYTES_MAX and self._told < POLL_BYTES_MAX:
            return False
        self._waiting.append(connection)
        return True

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            self._later_s(0, self._next)

    def _next(self) -> None:
        self._asked = False
        self._told = 0
        waiting = self._waiting
        for _ in range(len(waiting)):
            if self._told >= POLL_BYTES_MAX:
                break
            waiting.popleft().go_on()
        if waiting:
            self._ask()
