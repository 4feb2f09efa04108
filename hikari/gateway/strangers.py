"""Connections that have not asked for a session yet: whoever takes too long is sent away.

One look a tick for all of them: a timer of its own would cost each connection as much as its
handshake.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

HANDSHAKE_S_MAX: Final = 10.0
"""A stranger who has not asked for a session within this time, and a tick, is sent away."""


class Strangers:
    """In batches, by the tick that came after them. Invariant: `connection.unasked` is the batch
    that the connection is in, or None."""

    __slots__ = ("_batches", "_newest")

    def __init__(self) -> None:
        self._newest: dict[Connection, None] = {}
        self._batches: deque[tuple[float, dict[Connection, None]]] = deque()  # and until when

    def came(self, connection: "Connection") -> None:
        """It has all its time, from the next tick on."""
        self._newest[connection] = None
        connection.unasked = self._newest

    def tick(self, now_s: float) -> None:
        batches = self._batches
        if self._newest:
            batches.append((now_s + HANDSHAKE_S_MAX, self._newest))
            self._newest = {}
        while batches and batches[0][0] <= now_s:
            _, late = batches.popleft()
            for connection in list(late):
                connection.keeps_silent()
