"""What the turn counts of the log since the start: entries, not requests, as Raft has them."""

from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import Factory, define, field

from hikari.raft.entry import Entry
from hikari.tally import Tally

UNANSWERED_MAX: Final = 4096
"""So many entries of a leader are timed at once; of more, the oldest."""


@define
class LogCounts:
    """`sizes` are the payloads a leader proposed, in bytes, until somebody resets it."""

    proposed: int = field(init=False, default=0)  # as the leader
    committed: int = field(init=False, default=0)  # and applied, as the leader
    followed: int = field(init=False, default=0)  # committed and applied, as a follower
    expired: int = field(init=False, default=0)  # sessions closed for their silence, as the leader
    sizes: Tally = field(init=False, default=Factory(Tally))
    batches: Tally = field(init=False, default=Factory(Tally))  # entries that share a sync
    quorum: Tally = field(init=False, default=Factory(Tally))  # ms from proposed to committed
    elections: Tally = field(init=False, default=Factory(Tally))  # ms each without a known leader
    looked: int = field(init=False, default=0)  # how often there was none
    led_s: float = field(init=False, default=0.0)  # since when this member leads
    _proposed: deque[tuple[int, float]] = field(init=False, default=Factory(deque))  # index, when
    _alone_s: float | None = field(init=False, default=None)  # since when there is no leader

    def propose(self, index: int, size: int, now_s: float) -> None:
        """As the leader: the entry at `index`, of so many bytes."""
        self.proposed += 1
        self.sizes.add(size)
        if len(self._proposed) < UNANSWERED_MAX:
            self._proposed.append((index, now_s))

    def append(self, entries: int) -> None:
        """So many go to the disk together."""
        if entries:
            self.batches.add(entries)

    def commit(self, entries: list[Entry], leads: bool, seconds: Callable[[], float]) -> None:
        """These are committed, as this turn has found."""
        if not leads:
            self.followed += len(entries)
            return
        self.committed += len(entries)
        proposed, last, now_s = self._proposed, entries[-1].index, seconds()
        while proposed and proposed[0][0] <= last:
            self.quorum.add(1000 * (now_s - proposed.popleft()[1]))

    def leader(self, leader: int, member: int, now_s: float) -> None:
        """Another leads now, or nobody; or this member starts, and knows of none."""
        if not leader:
            if self._alone_s is None:
                self._alone_s = now_s
                self.looked += 1
        elif self._alone_s is not None:
            self.elections.add(1000 * (now_s - self._alone_s))
            self._alone_s = None
        self._proposed.clear()
        if leader == member:
            self.led_s = now_s
