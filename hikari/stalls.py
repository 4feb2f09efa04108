"""How long this member stood still: a reactor that does one thing too long does nothing else."""

from collections.abc import Callable

from attrs import define, field


@define
class Stalls:
    """Told of every tick; ticks that come late show what kept the reactor. All in milliseconds.

    `seconds` is a monotonic clock. A stall that falls between two ticks may show as up to one tick
    less than it was.
    """

    tick_ms: int
    seconds: Callable[[], float]
    last_ms: float = 0.0
    """By how much the newest tick was late."""
    longest_ms: float = 0.0
    """By how much the latest of all was."""
    count: int = 0
    """How many ticks were late by a whole tick or more."""
    _ticked_s: float = field(init=False, default=0.0)

    def tick(self) -> float:
        """A tick is here. By how much it is late."""
        now_s = self.seconds()
        if self._ticked_s:
            late_ms = max(0.0, 1000 * (now_s - self._ticked_s) - self.tick_ms)
            self.last_ms = late_ms
            self.longest_ms = max(self.longest_ms, late_ms)
            self.count += late_ms >= self.tick_ms
        self._ticked_s = now_s
        return self.last_ms
