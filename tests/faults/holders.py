"""Thousands of sessions in one process of their own, which a test commands: each has an ephemeral
and a watch, pings, and comes back as the same session when its connection ends.

They keep counts and no histories. A hundred clients beside them do that: `faults.clients`.
"""

import heapq
import multiprocessing
import random
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define, field
from ensemble.recorder import create, get

from hikari.testing.history import OK, Conversation, Operation
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest

FRAME_BYTES_MAX = 1 << 20
ROUND_S = 0.03
LOOKS = 12
"""So often in a time-out each session is looked after."""
POLL_S = 0.02
PATIENCE_S = 600.0
NO_PASSWORD = bytes(16)
CREATE, GET = 1, 2  # xids
PING = requests.encode((codes.PING,), codes.XID_PING)
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: no port is left waiting

Held = list[tuple[int, float]]
"""Sessions, each with the monotonic moment at which its last answered ping was asked."""


@define
class Counts:
    """What came of connections that ended while their session was held."""

    tries: int = 0  # to attach, to whomever
    lost: int = 0  # connections of a session
    same: int = 0  # attached again, as the same session
    refused: int = 0  # told that it has expired
    other: int = 0  # given another session
    rings: int = 0  # of watches, that were due
    heard: int = 0
    moved: int = 0  # of those due: to a session that had come back since the last
    moved_heard: int = 0
    back_s: list[float] = field(factory=list)

    def told(self) -> dict[str, int]:
        """Figures."""
        return {
            "tries_to_attach": self.tries,
            "connections_lost": self.lost,
            "same_session_again": self.same,
            "refused_as_expired": self.refused,
            "other_session": self.other,
            "rings_due": self.rings,
            "rings_heard": self.heard,
            "rings_due_after_a_return": self.moved,
            "rings_heard_after_a_return": self.moved_heard,
        }


def add(one: Counts, other: Counts) -> Counts:
    """Both together."""
    numbers = [getattr(one, n) + getattr(other, n) for n in Counts.__slots__ if n[0] != "_"]
    return Counts(*numbers)


class Holders:
    """`with Holders(addresses, count, timeout_ms) as holders`. Nothing happens before `hold`."""

    def __init__(
        self, addresses: list[tuple[str, int]], count: int, timeout_ms: int, bell: bytes
    ) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        multitude = _Multitude(addresses, count, timeout_ms, bell)
        self._process = context.Process(target=multitude.run, args=(other,), daemon=True)
        self._process.start()

    def close(self) -> None:
        self._process.kill()
        self._process.join()

    def ask(self, name: str, *rest: Any) -> Any:
        """A command of `_Multitude`, and its answer."""
        self._pipe.send((name, *rest))
        assert self._pipe.poll(PATIENCE_S), f"the holders do not answer {name}"
        return self._pipe.recv()


@define(eq=False)
class _One:
    path: bytes
    number: int
    session: int = 0
    password: bytes = NO_PASSWORD
    zxid: int = 0
    member: int = -1
    sock: socket.socket | None = None
    frames: Any = None
    greeting: bool = False  # the connect request is yet to be sent
    up: bool = False
    made: bool = False  # its ephemeral is there
    watching: bool = False
    rung: bool = False
    moved: bool = False
    silent: bool = False
    since: float = 0.0
    left: float = 0.0
    heard: float = 0.0
    said: float = 0.0
    pinged: float = 0.0  # when the ping was asked that is not answered yet
    alive: float = 0.0  # when the last answered one was


class _Multitude:
    def __init__(
        self, addresses: list[tuple[str, int]], count: int, timeout_ms: int, bell: bytes
    ) -> None:
        self.addresses, self.timeout_ms, self.bell = addresses, timeout_ms, bell
        self.timeout_s = timeout_ms / 1000
        self.all = [_One(b"/held/light%d" % number, number) for number in range(count)]
        self.by_number = list(self.all)
        self.by_file: dict[int, _One] = {}
        self.counts = Counts()
        self.ended: Held = []
        self.dials: list[tuple[float, int]] = []  # a heap of moments and numbers
        self.looks: deque[tuple[float, _One]] = deque()
        self.chance = random.Random(count)
        self.watch = requests.encode(get(bell, watch=True), GET)

    def run(self, pipe: Any) -> None:
        self.poll = select.epoll()
        while True:
            self._turn()
            while pipe.poll():
                name, *rest = pipe.recv()
                pipe.send(getattr(self, f"_{name}")(*rest))

    # ---- commands

    def _hold(self, seconds: float) -> bool:
        """Whether all have their session, ephemeral and watch."""
        now, step = time.monotonic(), self.timeout_s / LOOKS
        for number, one in enumerate(self.all):
            heapq.heappush(self.dials, (now + number / 5_000, number))
            self.looks.append((now + step * number / len(self.all), one))
        return self._wait(lambda one: one.made and one.watching, seconds)

    def _scatter(self, seconds: float) -> bool:
        """A third of all drop their connections. Whether all are back."""
        for one in self.chance.sample(self.all, len(self.all) // 3):
            self._drop(one)
        return self._wait(lambda one: one.up and one.watching, seconds)

    def _mark(self) -> None:
        """A ring is about to begin."""
        for one in self.all:
            one.rung = False

    def _heard(self, seconds: float) -> int:
        """How many did not hear the ring, or do not watch again, after so long."""
        self._wait(lambda one: one.rung and one.watching, seconds)
        counts = self.counts
        counts.rings += len(self.all)
        for one in self.all:
            counts.heard += one.rung
            counts.moved += one.moved
            counts.moved_heard += one.moved and one.rung
            one.moved = False
        return sum(not (one.rung and one.watching) for one in self.all)

    def _fall_silent(self, count: int) -> list[int]:
        """The sessions of so many that hang up and do not come back."""
        some = self.chance.sample([one for one in self.all if one.up], count)
        gone = set(map(id, some))
        self.all = [one for one in self.all if id(one) not in gone]
        self.ended += [(one.session, one.alive) for one in some]
        for one in some:
            one.silent = True
            self._drop(one)
        return [one.session for one in some]

    def _tell(self) -> tuple[Counts, Held, list[int]]:
        """All counts; every session that there was; those that are held now."""
        held = [(one.session, one.alive) for one in self.all if one.session]
        return self.counts, self.ended + held, [one.session for one in self.all if one.up]

    def _wait(self, good: Callable[[_One], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        waiting = self.all
        while waiting and time.monotonic() < until:
            self._turn()
            waiting = [one for one in waiting if not good(one)]
        return all(map(good, self.all))

    # ---- the loop

    def _turn(self) -> None:
        for number, mask in self.poll.poll(POLL_S, len(self.by_number)):
            one = self.by_file.get(number)
            if one is None:
                continue
            if one.greeting and mask & select.EPOLLOUT:
                self._greet(one)
            if one.sock is not None and mask & ~select.EPOLLOUT:
                self._hear(one)
        now = time.monotonic()  # behind what came: we may have been asleep ourselves
        while self.dials and self.dials[0][0] <= now:
            self._dial(self.by_number[heapq.heappop(self.dials)[1]])
        while self.looks and self.looks[0][0] <= now:
            _, one = self.looks.popleft()
            self._look_after(one, now)
            self.looks.append((now + self.timeout_s / LOOKS, one))

    def _look_after(self, one: _One, now: float) -> None:
        if one.sock is None:
            return
        if not one.up:
            if now - one.since > self.timeout_s / len(self.addresses):
                self._drop(one)
        elif one.pinged and now - one.heard > 2 * self.timeout_s / 3:
            self._drop(one)
        elif not one.pinged and now - one.said > self.timeout_s / 3:
            one.pinged = now
            self._say(one, PING)

    def _dial(self, one: _One) -> None:
        others = [n for n in range(len(self.addresses)) if n != one.member]
        one.member = self.chance.choice(others or [0])
        one.sock = sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        sock.connect_ex(self.addresses[one.member])
        one.since, one.greeting, one.frames = time.monotonic(), True, Frames(FRAME_BYTES_MAX)
        self.by_file[sock.fileno()] = one
        self.poll.register(sock, select.EPOLLIN | select.EPOLLOUT)

    def _greet(self, one: _One) -> None:
        assert one.sock is not None
        one.greeting = False
        self.poll.modify(one.sock, select.EPOLLIN)
        asked = ConnectRequest(0, one.zxid, self.timeout_ms, one.session, one.password, False)
        self.counts.tries += bool(one.session)
        self._say(one, requests.encode_connect(asked))

    def _say(self, one: _One, data: bytes) -> None:
        assert one.sock is not None
        one.said = time.monotonic()
        try:
            whole = one.sock.send(data) == len(data)
        except OSError:
            whole = False
        if not whole:
            self._drop(one)

    def _drop(self, one: _One) -> None:
        if one.sock is None:
            return
        self.by_file.pop(one.sock.fileno())
        one.sock.close()
        one.sock, one.pinged, one.greeting = None, 0.0, False
        now = time.monotonic()
        if one.up:
            one.up, one.left = False, now
            self.counts.lost += not one.silent
        if one.silent:
            return
        again = now + ROUND_S * (1 + self.chance.random())
        heapq.heappush(self.dials, (again, one.number))

    def _hear(self, one: _One) -> None:
        assert one.sock is not None
        try:
            data = one.sock.recv(1 << 14)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(one)
            return
        one.heard = time.monotonic()
        buffer, spans = one.frames.feed(data)
        connection = one.sock
        for at, end in spans:
            if one.sock is not connection:
                break
            if one.up:
                self._receive(one, buffer, at, end)
            else:
                self._welcome(one, buffer, at, end)

    def _welcome(self, one: _One, buffer: bytes, at: int, end: int) -> None:
        told = replies.decode_connect(buffer, at, end)
        if not told.session:
            self._expired(one)
            return
        if one.session:
            self.counts.same += told.session == one.session
            self.counts.other += told.session != one.session
            self.counts.back_s.append(one.heard - one.left)
            one.moved = True
        one.session, one.password, one.up = told.session, told.password, True
        if not one.made:
            self._say(one, requests.encode(create(one.path, b"", codes.EPHEMERAL), CREATE))
        elif one.watching:
            again = (codes.SET_WATCHES, one.zxid, (self.bell,), (), ())
            self._say(one, requests.encode(again, codes.XID_SET_WATCHES))
        else:
            self._say(one, self.watch)

    def _expired(self, one: _One) -> None:
        self.counts.refused += 1
        self.ended.append((one.session, one.alive))
        one.session, one.password = 0, NO_PASSWORD
        one.made = one.watching = False
        self._drop(one)

    def _receive(self, one: _One, buffer: bytes, at: int, end: int) -> None:
        header = replies.decode_header(buffer, at, end)
        if header.zxid > 0:
            one.zxid = max(one.zxid, header.zxid)
        if header.xid == codes.XID_PING:
            one.alive, one.pinged = one.pinged, 0.0
        elif header.xid == codes.XID_NOTIFICATION:
            one.rung, one.watching = True, False
            self._say(one, self.watch)
        elif header.xid == CREATE:
            one.made = header.error in (codes.OK, codes.NODE_EXISTS)
            self._say(one, self.watch)
        elif header.xid == GET:
            one.watching = header.error == codes.OK


def conversations_of(held: Held) -> list[Conversation]:
    """As much of a history as the judge of expiry wants: each session's last sign of life."""
    made = []
    for session, alive in held:
        asked = [Operation(session, (codes.PING,), alive, 0, alive, OK)] if alive else []
        made.append(Conversation(session, 0, alive, 0, asked=asked))
    return made
