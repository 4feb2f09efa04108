"""A leader's patience: while its last entry is under way, what comes is gathered for the next one.

An entry costs each member about the same, whatever it holds: frames, a forced write, answers. When
requests come one by one, each in a poll of its own, an entry for each keeps all members busy with
entries. So there is one under way; the next begins when it is committed, or many have gathered, or
when the wait becomes longer than such a commit takes: a far or a slow majority delays nobody more.
Nobody who asks alone ever waits: then nothing is under way.
"""

from collections.abc import Callable
from typing import Final

from attrs import define, field

GATHER_S: Final = 0.002
GATHER_REQUESTS_MAX: Final = 64
"""With so many an entry's own cost is small beside that of what it holds, and waiting for more does
not pay (sets of 128 bytes, 16x16: with 300 a tenth fewer a second). By number, not
by size: those of 1 KiB cost less than twice as much, and 8 KiB were full with seven (64x16: with
60 of them a fifth more a second)."""


@define(eq=False)
class Gathering:
    """Invariant: while it `holds`, the clock will ring, unless somebody has a turn before."""

    seconds: Callable[[], float]
    later_s: Callable[[float, Callable[[], None]], object]
    over: Callable[[], None]  # has a turn
    holds: bool = field(init=False, default=False)  # something waits for the entry under way
    _index: int = field(init=False, default=0)  # that one's
    _until_s: float = field(init=False, default=0.0)
    _requests: int = field(init=False, default=0)  # that wait
    _rings: bool = field(init=False, default=False)

    def proposed(self, index: int) -> None:
        """The entry `index` is under way from now on."""
        self._index = index
        self._until_s = self.seconds() + GATHER_S

    def hold(self, requests: int, commit: int) -> bool:
        """Whether what has gathered is to wait; committed is `commit`."""
        self.holds = False
        if not 0 < requests < GATHER_REQUESTS_MAX or commit >= self._index:
            return False
        left_s = self._until_s - self.seconds()
        if left_s <= 0:
            return False
        self.holds = True
        self._requests = requests
        if not self._rings:
            self._rings = True
            self.later_s(left_s, self._ring)
        return True

    def fills(self, requests: int) -> bool:
        """So many join those that are held. Whether a turn should look at them now."""
        self._requests += requests
        return self._requests >= GATHER_REQUESTS_MAX

    def end(self) -> None:
        """Another leads, or the same in another term: nothing of this is under way."""
        self.holds = False
        self._index = 0

    def _ring(self) -> None:
        self._rings = False
        if not self.holds:
            return
        left_s = self._until_s - self.seconds()
        if left_s > 0:  # it rang for an earlier entry
            self._rings = True
            self.later_s(left_s, self._ring)
        else:
            self.over()
