"""Holds what a session tells against what it promises."""

from collections import deque
from typing import Any

from hikari_client.session import DONE, EVENT, FAILED, GAP, STATUS, Call, News
from hikari_client.values import State
from hikari_wire import codes

DIALS_A_SECOND_MAX = 40
"""Three servers, each tried at once and then with growing pauses, and a server that is good for a
second may be tried at once again: a hot loop makes thousands."""


class Judge:
    """
    - A write is applied at most once; told as done, just once; told as surely not done, never.
    - Answers come in the order of the questions; every caller is told exactly once.
    - No read shows a change of which a watch set before it has not told.
    - A watch that fires once does so for the first change, once, or says that it is over; one that
      stays tells every change, or of a gap behind it.
    - The client does not believe in a session that the servers have expired, and asks for no other
      while it believes in one.
    """

    def __init__(self, world: Any) -> None:
        self.world = world
        self.calls: dict[int, Call] = {}
        self.waiting: set[int] = set()
        self.last_done = 0
        self.writes: list[int] = []
        self.never: set[int] = set()
        self.dead: set[int] = set()
        self.state = State.CONNECTING
        self.once: dict[tuple[Any, ...], int] = {}  # registered, not told -> zxid
        self.fired: set[tuple[Any, ...]] = set()
        self.seen: dict[tuple[Any, ...], set[int]] = {}  # by those that stay
        self.covered: dict[tuple[Any, ...], int] = {}  # by a gap, or from before they were armed
        self.gaps: set[tuple[Any, ...]] = set()  # told since the connection
        self.believed = 0
        self.local: set[int] = set()
        self.dials: deque[float] = deque()
        self.connections = 0

    # ---- what the caller and the driver do

    def asked(self, number: int, call: Call) -> None:
        self.calls[number] = call
        self.waiting.add(number)

    def dialled(self) -> None:
        self.dials.append(self.world.now)
        while self.dials[0] < self.world.now - 1:
            self.dials.popleft()
        assert len(self.dials) < DIALS_A_SECOND_MAX, "a hot loop"

    def opened(self) -> None:
        if not self.world.session.credentials[0]:
            gone = self.state in (State.CONNECTING, State.LOST)
            assert gone or self.believed in self.local, "another session beside its own"

    def looks(self) -> None:
        """After anything was told to the session."""
        session = self.world.session.credentials[0]
        assert session not in self.dead, f"{session} was expired before"

    # ---- what the servers do

    def applied(self, data: bytes) -> None:
        number = int(data)
        assert number not in self.writes, f"{number} was written twice"
        assert number not in self.never, f"{number} was told as not done"
        self.writes.append(number)

    def expired(self, session: int) -> None:
        self.dead.add(session)
        if self.world.stalled <= self.world.now:
            self.looks()

    def rearmed(self, path: bytes) -> None:
        """What is read after a gap was told is read behind this."""
        for watcher in self.gaps:
            if watcher[2] == path:
                self.covered[watcher] = self.world.ensemble.zxid

    # ---- what the client is told

    def news(self, news: list[News]) -> None:
        for kind, target, what in news:
            if kind in (DONE, FAILED):
                self.told(kind, target, what)
            elif kind == EVENT:
                self.heard(target, what[2])
            elif kind == GAP:
                self.gap(target)
            elif kind == STATUS:
                self.moved(what)

    def told(self, kind: int, number: int, what: Any) -> None:
        assert number in self.waiting, f"{number} was told twice"
        self.waiting.discard(number)
        call = self.calls[number]
        write = call.request[0] == codes.SET_DATA
        if kind == FAILED:
            if write and not what.maybe_applied:
                assert number not in self.writes, f"{number} was done"
                self.never.add(number)
            return
        assert number > self.last_done, "answers overtook each other"
        self.last_done = number
        if write:
            assert number in self.writes
        elif call.request[0] == codes.GET_DATA:
            self.read(call.request[1], int(what[0]))
        if call.watcher is not None and number not in self.world.given_up:
            self.watched(call.watcher, what)

    def read(self, path: bytes, zxid: int) -> None:
        for watcher, since in self.once.items():
            assert watcher[2] != path or since >= zxid, f"{watcher} was not told of {zxid}"

    def watched(self, watcher: tuple[Any, ...], what: Any) -> None:
        if watcher[0] == "once":
            self.once[watcher] = int(what[0])
        else:
            self.seen[watcher], self.covered[watcher] = set(), what

    def heard(self, watcher: tuple[Any, ...], zxid: int) -> None:
        if watcher[0] == "once":
            assert watcher not in self.fired, f"{watcher} fired twice"
            self.fired.add(watcher)
            assert self.once.pop(watcher, zxid) <= zxid
        else:
            self.seen[watcher].add(zxid)

    def gap(self, watcher: tuple[Any, ...]) -> None:
        if watcher[0] == "once":
            assert watcher not in self.fired, f"{watcher} fired twice"
            self.fired.add(watcher)
            self.once.pop(watcher, None)
        else:
            self.gaps.add(watcher)

    def moved(self, status: Any) -> None:
        before, self.state = self.state, status.state
        if status.state in (State.CONNECTED, State.READ_ONLY):
            self.connections += 1
            self.believed = status.session_id
            self.gaps.clear()
            assert status.session_id not in self.dead
        assert before is not State.CLOSED
        assert before is not self.state

    # ---- the end

    def is_well(self) -> None:
        """After a calm minute."""
        assert self.state is State.CONNECTED, self.state
        assert not self.waiting - self.world.given_up, "somebody waits for ever"
        history = self.world.ensemble.history
        for watcher, since in self.once.items():
            assert history[watcher[2]][-1] <= since, f"{watcher} never fired"
        for watcher, seen in self.seen.items():
            missed = {z for z in history[watcher[2]] if z > self.covered[watcher]} - seen
            assert not missed, f"{watcher} missed {missed}"

    def all_is_told(self) -> None:
        assert not self.waiting - self.world.given_up
        assert not self.once
        assert self.state is State.CLOSED
        assert self.connections
