"""What a member counts of its clients."""

from math import inf
from typing import Final

from hikari.tally import Tally
from hikari_wire import codes

NOTHING: Final = Tally()
"""Never added to: most connections have nothing to tell of, and need no tally of their own."""


class Traffic:
    """Of one connection, or, as far as that has a meaning, of all that are gone."""

    __slots__ = (
        *("behind", "bytes", "events", "earlier", "last_op", "last_xid", "made_s"),
        *("reads", "received", "sent", "told", "waited", "writes"),
    )

    def __init__(self) -> None:
        self.made_s = 0.0  # on the door's clock: that of ticks
        self.told = (0.0, 0)  # when it was written to last, on the same; the newest zxid then
        self.last_op, self.last_xid = 0, -1  # of what it said
        self.waited = self.behind = 0  # answered out of the log, and behind that, since `flush`
        self.received = self.sent = 0  # frames
        self.events = 0  # of those sent: they answer nothing
        self.bytes = 0  # received
        self.writes = NOTHING  # ms each, from being packed to being applied
        self.reads = NOTHING  # ms, of reads that waited behind a write
        self.earlier = NOTHING  # of both, what the member does not count any more

    def reset(self) -> None:
        self.received = self.sent = self.events = self.bytes = 0
        self.writes = self.reads = self.earlier = NOTHING

    def took(self, ms: float) -> None:
        """What is written now out of the log waited so long, and so did what was behind it."""
        if self.writes is NOTHING:
            self.writes = Tally()
        self.writes.add(ms, self.waited)
        if self.behind:
            if self.reads is NOTHING:
                self.reads = Tally()
            self.reads.add(ms, self.behind)
        self.waited = self.behind = 0

    def latency(self) -> Tally:
        """Of all that waited."""
        all = Tally()
        for tally in (self.earlier, self.reads, self.writes):
            all.merge(tally)
        return all

    def forget_latency(self) -> None:
        """The member counts anew; this connection goes on."""
        self.earlier = self.latency()
        self.writes = self.reads = NOTHING

    def add(self, other: "Traffic") -> None:
        """Its counts."""
        self.received += other.received
        self.sent += other.sent
        self.events += other.events
        self.bytes += other.bytes
        if other.writes is not NOTHING:
            self.writes = self.writes if self.writes is not NOTHING else Tally()
            self.writes.merge(other.writes)
        if other.reads is not NOTHING:
            self.reads = self.reads if self.reads is not NOTHING else Tally()
            self.reads.merge(other.reads)


class Sizes:
    """Of the frames that clients were told, in bytes. Who writes some says so in `bytes`, `last`
    and `told`: there each length once, until there are many, or somebody asks."""

    __slots__ = ("_least", "_most", "bytes", "last", "told")

    def __init__(self) -> None:
        self.bytes = 0  # of all of them together, ever
        self.told: set[int] = set()
        self.reset()

    def reset(self) -> None:
        """But for the sum."""
        self.told.clear()
        self.last = self._most = -1
        self._least: float = inf

    def count(self) -> None:
        """What is in `told`."""
        told = self.told
        told.discard(0)  # a goodbye is none
        if told:
            self._most = max(self._most, max(told))
            self._least = min(self._least, min(told))
            told.clear()

    def range(self) -> tuple[int, int, int]:
        """(last, least, most); -1 each if there are none."""
        self.count()
        return self.last, int(min(self._least, self._most)), self._most


class Counts:
    """Events of connections since the start, which nothing resets."""

    __slots__ = (
        "asked",
        "auth_failed",
        "dropped",
        "fired",
        "moved",
        "refused",
        "strangers",
        "unserved",
        "watch_bytes",
    )

    def __init__(self) -> None:
        self.asked = 0  # for a session
        self.auth_failed = 0
        self.dropped = 0  # connections that ended
        self.moved = 0  # sessions that came from another connection
        self.refused = 0  # connections for which there was no room
        self.strangers = 0  # connections that asked for no session in time
        self.unserved = 0  # connections sent away because there was no leader
        self.watch_bytes = 0  # of frames that told of events
        self.fired: Final = {type: Tally() for type in _EVENTS}  # how many were told of each


_EVENTS: Final = (
    codes.EVENT_CREATED,
    codes.EVENT_DELETED,
    codes.EVENT_DATA_CHANGED,
    codes.EVENT_CHILDREN_CHANGED,
)
