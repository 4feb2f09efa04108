"""The leader's broom: containers that are empty and TTL znodes whose time is over.

It reads the rows that say what may be due (`hikari.tree.ending`), some a tick, a round from time
to time, and asks the log to remove each. The entry's time decides; what was used meanwhile stays.
Only what is settled is seen (`hikari.replica.settling`): what is newer waits for the next round.
"""

from typing import Any, Final

from attrs import define, field

from hikari.tree.ending import (
    COLLECT,
    EMPTIED,
    NEVER_USED,
    TTL,
    due_from,
    path_of,
)
from hikari.tree.rows import Rows

MINUTE_MS: Final = 60_000
TICK_MAX: Final = 1_000
"""So many at most are asked for in one entry."""


@define
class Collector:
    """`interval_ticks`: between two rounds. `never_used_ms`: containers that never had a child are
    kept for so long; 0: for ever."""

    tick_ms: int
    interval_ticks: int
    per_minute_max: int
    never_used_ms: int
    _wait: int = field(init=False, default=0)  # ticks until the next round; 0: it is under way
    _credit: float = field(init=False, default=0.0)  # how many may be asked for now
    _after: bytes = field(init=False, default=b"")  # the last key that was read in this round

    def rest(self) -> None:
        """This member does not lead: when it does, the first round begins an interval later."""
        self._wait, self._credit, self._after = self.interval_ticks, 0.0, b""

    def tick(self, rows: Rows, now_ms: int) -> list[tuple[Any, ...]]:
        """One tick passed at the leader, whose clock says `now_ms`. What to ask the log for."""
        if self._wait:
            self._wait -= 1
            return []
        self._credit += self.per_minute_max * self.tick_ms / MINUTE_MS
        count = min(int(self._credit), TICK_MAX)
        if not count:
            return []
        due = self._due(rows, now_ms, count)
        self._credit = min(self._credit - len(due), 1.0)
        if len(due) < count:
            self.rest()
        return [(COLLECT, path, self.never_used_ms) for path in due]

    def _due(self, rows: Rows, now_ms: int, count: int) -> list[bytes]:
        """The next paths of this round, which ends where there are fewer than `count`."""
        due: list[bytes] = []
        for kind, end in self._kinds(now_ms):
            if self._after >= end:
                continue
            for key, _ in rows.page(kind, max(self._after, kind), count - len(due)):
                if key >= end:
                    break
                self._after = key
                due.append(path_of(key))
            if len(due) == count:
                break
        return due

    def _kinds(self, now_ms: int) -> list[tuple[bytes, bytes]]:
        """Each kind, and what its keys must be less than to be due; in the order of the keys."""
        kinds = [(EMPTIED, EMPTIED + b"\xff" * 9), (TTL, due_from(TTL, now_ms))]
        if self.never_used_ms:
            unused_ms = now_ms - self.never_used_ms
            kinds.insert(1, (NEVER_USED, due_from(NEVER_USED, unused_ms)))
        return kinds
