"""Until when a session surely lives: what an answer says about the moment of its question.

A server counts a session's silence from when it heard of it last. Whatever was answered it heard
when that was sent, or later: so the time-out, counted from there, is never over later here than
at the servers.
"""

from collections import deque
from typing import Final

MARK_S: Final = 0.02
"""How exactly it is known when a request was sent."""


class Vouching:
    """See the module. `since`: the server surely heard of the session then, or later."""

    def __init__(self) -> None:
        self.since = 0.0
        self._counts = True
        self._marks: deque[tuple[int, float]] = deque()  # so many calls were sent, the last then
        self._pings: deque[float] = deque()  # sent then, and not answered

    def begin(self, asked: float, counts: bool) -> None:
        """A connection was granted that was asked for then. `counts`: by a server whose word keeps
        the session alive; not by one that is cut off from those who would expire it."""
        self._counts = counts
        self._marks.clear()
        self._pings.clear()
        self._heard(asked)

    def sent(self, calls: int, now: float) -> None:
        """So many calls were sent on this connection, the last of them just now."""
        if not self._marks or now - self._marks[-1][1] > MARK_S:
            self._marks.append((calls, now))

    def answered(self, calls: int) -> None:
        """So many were answered."""
        marks = self._marks
        while marks and marks[0][0] <= calls:
            self._heard(marks.popleft()[1])

    def pinged(self, now: float) -> None:
        self._pings.append(now)

    def ponged(self) -> None:
        """A ping was answered. Raises IndexError if none was asked."""
        self._heard(self._pings.popleft())

    def _heard(self, when: float) -> None:
        if self._counts and when > self.since:
            self.since = when
