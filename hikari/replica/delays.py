"""How long entries are on their way: from the moment the leader gathered them to each station.

One entry is followed at a time, and at most one a tick, so that the others cost a comparison each.
A slow one is followed to its end: none is left out for being slow.

A leader goes by its own monotonic clock. All others go by the leader's stamp and their own wall
clock, as ZooKeeper's members do: where two clocks differ so do these figures, and what would be
less than nothing is left out. What a follower gets after it was committed it is catching up with:
that says nothing of how long a write takes, and is left out too.
"""

from collections.abc import Callable
from typing import Final

from hikari.raft.leader import Leadership
from hikari.raft.log import RaftLog
from hikari.raft.messages import Append
from hikari.replica.proposals import gathered_ms
from hikari.tally import Tally

PATIENCE_TICKS: Final = 200
"""A leader follows an entry that is applied no longer than this for the sake of a follower that
does not answer."""


class Delays:
    """Of one member. All tallies are in ms, one value an entry that was followed, but `waiting`."""

    def __init__(
        self, member: int, seconds: Callable[[], float], wall_ms: Callable[[], int]
    ) -> None:
        self._member, self._seconds, self._wall_ms = member, seconds, wall_ms
        self.arrived = Tally()  # until a follower has it
        self.durable = Tally()  # until it is on this member's disk, and may be acknowledged
        self.answered: dict[int, Tally] = {}  # the leader: until each member has acknowledged it
        self.committed = Tally()  # the leader: until a majority has
        self.heard = Tally()  # a follower: until it is known here to be committed
        self.applied = Tally()
        self.joined = Tally()  # ms until a follower had all that its new leader had committed
        self.joins = 0  # the leader: how often a follower was brought level by entries
        self.joins_at_once = Tally()  # how many of these in one tick, if any
        self.received = 0  # entries, as a follower
        self.waiting: dict[int, Tally] = {}  # the leader: Appends without an answer, at each tick
        self._leader, self._leads = 0, False
        self._begin()

    def _begin(self) -> None:
        self.following = False
        """There is something to be told by `moved` or `in_tree`."""
        self._index = 0  # of the entry that is followed; 0: none is
        self._since_ms = 0.0
        self._durable = self._committed = self._applied = False  # it is
        self._ticks = 0  # since it was applied
        self.silent: set[int] = set()
        """Those who have not acknowledged it."""
        self._ready = True  # to follow another one: not yet in this tick
        self._joins: dict[int, int] = {}  # by follower, of its Progress
        self._joining_s: float | None = None  # since when it follows; None: it is level
        self._goal = -1  # index; -1: the leader has not told it yet

    def follow(self, leader: int) -> None:
        """This one leads now, or nobody (0)."""
        if leader != self._leader:
            self._begin()
            self._leader, self._leads = leader, leader == self._member
            if leader and not self._leads:
                self.following, self._joining_s = True, self._seconds()

    # ---- an entry's stations

    def gathered(self, index: int, leadership: Leadership | None) -> None:
        """As the leader: it begins its way."""
        if self._ready and self._leads and leadership is not None:
            self._start(index, 1000 * self._seconds())
            self.silent = set(leadership.progress)

    def took(self, message: Append, leader: int) -> None:
        """As a follower of this leader."""
        if message.sender != leader:
            return
        if leader != self._leader:
            self.follow(leader)  # it may be its first word
        entries = message.entries
        if self._joining_s is not None:
            self._goal = message.commit if self._goal < 0 else self._goal
        if entries:
            self.received += len(entries)
            newest = entries[-1]
            if self._ready and newest.index > message.commit and newest.payload:
                stamp_ms, now_ms = gathered_ms(newest.payload), self._wall_ms()
                self._start(newest.index, stamp_ms)
                self._reach(self.arrived, now_ms)

    def _start(self, index: int, since_ms: float) -> None:
        self.following, self._index, self._since_ms = True, index, since_ms
        self._ready = self._durable = self._committed = self._applied = False
        self._ticks = 0

    def _now_ms(self) -> float:
        return 1000 * self._seconds() if self._leads else self._wall_ms()

    def _reach(self, tally: Tally, now_ms: float) -> None:
        if now_ms >= self._since_ms:
            tally.add(now_ms - self._since_ms)

    def _reach_of(self, member: int, now_ms: float) -> None:
        self._reach(self.answered.setdefault(member, Tally()), now_ms)

    def answered_by(self, peer: int, leadership: Leadership | None) -> None:
        """This follower, one of the silent, has acknowledged something, if this member leads."""
        if leadership is not None and leadership.progress[peer].match >= self._index:
            self.silent.discard(peer)
            self._reach_of(peer, self._now_ms())

    def moved(self, log: RaftLog) -> None:
        """It may be durable, or committed, now."""
        index = self._index
        if index and not self._durable and log.durable >= index:
            self._durable = True
            now_ms = self._now_ms()
            self._reach(self.durable, now_ms)
            if self._leads:
                self._reach_of(self._member, now_ms)
        if index and not self._committed and log.commit >= index:
            self._committed = True
            self._reach(self.committed if self._leads else self.heard, self._now_ms())

    def in_tree(self, index: int) -> None:
        """All up to here is applied."""
        if self._index and not self._applied and index >= self._index:
            self._applied = True
            self._reach(self.applied, self._now_ms())
        if self._joining_s is not None and 0 <= self._goal <= index:
            self.joined.add(1000 * (self._seconds() - self._joining_s))
            self._joining_s = None
        self.following = self._joining_s is not None or (self._index > 0 and not self._applied)

    # ---- by tick

    def tick(self, leadership: Leadership | None) -> None:
        """Another entry may be followed, if this one has come to its end."""
        if self._applied:
            self._ticks += 1
            if self._ticks > PATIENCE_TICKS or not self.silent:
                self._index, self._applied, self._ready = 0, False, True
                self.silent = set()
        if leadership is not None:
            self._look_at(leadership)

    def _look_at(self, leadership: Leadership) -> None:
        joined = 0
        for peer, its in leadership.progress.items():
            self.waiting.setdefault(peer, Tally()).add(len(its.appends))
            joined += its.joins - self._joins.get(peer, 0)
            self._joins[peer] = its.joins
        if joined:
            self.joins += joined
            self.joins_at_once.add(joined)
