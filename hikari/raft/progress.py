"""The leader's view of one follower."""

from collections import deque
from typing import Final

PROBE: Final = 0  # where the logs part is not known: one Append at a time
REPLICATE: Final = 1  # entries are sent as they come, answers awaited later
SNAPSHOT: Final = 2  # what it needs is compacted: rows are on their way instead

INFLIGHT_BYTES_MAX: Final = 16 << 20
INFLIGHT_APPENDS_MAX: Final = 512
SILENT_BEATS_MAX: Final = 2
"""Who has left more heartbeats unanswered is not asked to lead."""


class Progress:
    """Invariant: 0 <= match < next."""

    __slots__ = (
        "active",
        "appends",
        "bytes",
        "forgotten",
        "joins",
        "match",
        "next",
        "probed",
        "round",
        "rows",
        "silent",
        "state",
        "told_commit",
        "told_durable",
        "told_round",
    )

    def __init__(self, next_index: int) -> None:
        self.match = 0
        self.next = next_index
        self.state = PROBE
        self.probed = False  # PROBE: an Append is out, unanswered
        self.active = True  # was heard since the last check of the quorum
        self.silent = 0  # heartbeats sent since it was heard
        self.round = 0  # the newest read round it answered
        self.told_round = 0
        self.told_commit = 0
        self.told_durable = 0  # it was told that the leader has so much on disk
        self.forgotten = 0  # > 0: it is recovering; only what it said since this round counts
        self.appends: deque[tuple[int, int]] = deque()  # (last index, bytes) unanswered
        self.bytes = 0
        self.joins = 0  # how often it was found to be level, or close, without rows
        self.rows = False  # it is, or was last, sent rows

    def fit(self) -> bool:
        """It could lead: it is whole, it answers, and entries reach it."""
        return self.state == REPLICATE and not self.forgotten and self.silent <= SILENT_BEATS_MAX

    def sent(self, last_index: int, size: int) -> None:
        if self.state == PROBE:
            self.probed = True
            return
        self.next = last_index + 1
        self.appends.append((last_index, size))
        self.bytes += size

    def full(self) -> bool:
        """No more entries may be sent before some are answered, or its rows are there."""
        if self.state == PROBE:
            return self.probed
        if self.state == SNAPSHOT:
            return True
        return self.bytes > INFLIGHT_BYTES_MAX or len(self.appends) >= INFLIGHT_APPENDS_MAX

    def matched(self, index: int) -> None:
        """The follower has everything up to `index`, durably."""
        appends = self.appends
        while appends and appends[0][0] <= index:
            self.bytes -= appends.popleft()[1]
        if index > self.match:
            self.match = index
        if self.next <= index:
            self.next = index + 1
        if self.state != REPLICATE:
            self.become(REPLICATE)

    def refused(self, before: int, hint: int) -> bool:
        """It does not have `before`; look at `hint` next. False if this is old news."""
        if before <= self.match or (self.state == PROBE and before != self.next - 1):
            return False
        self.become(PROBE)
        self.next = max(self.match + 1, min(before, hint + 1))
        return True

    def become(self, state: int) -> None:
        if state == REPLICATE:
            self.joins += not self.rows
            self.rows = False
        elif state == SNAPSHOT:
            self.rows = True
        self.state = state
        self.probed = False
        self.appends.clear()
        self.bytes = 0
        if state == PROBE:
            self.next = self.match + 1

    def forget(self, number: int, next_index: int) -> None:
        """The follower lost entries it had acknowledged: believe nothing of what it said before
        round `number`, which begins now. Its log may join at `next_index`."""
        self.forgotten = number
        self.match = self.round = 0
        self.become(PROBE)
        self.next = next_index
