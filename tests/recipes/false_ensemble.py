"""An ensemble of one member without sockets, and processes on a false clock, in one real process.

What is answered is what Hikari answers: its tree, its watches, its reads. What is false: the
network, whose every frame has a number and can be lost together with its connection, and the time,
which passes only when everybody waits.
"""

import asyncio
import selectors
from collections import deque
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from hikari.gateway.reads import READS
from hikari.store.memory import MemoryRows
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.tree import Tree
from hikari.watches.table import WatchTable
from hikari_client import Client
from hikari_client.aio import AsyncioLoop
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectResponse

LATENCY_S = 0.001


class Stuck(Exception):
    """Everybody waits, and nothing will ever happen."""


class _Skipping(selectors.SelectSelector):
    """Nothing comes from outside: instead of waiting, let the time pass."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self.now += max(0.0, timeout)
        return []


class FalseClockLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


class Process(AsyncioLoop):
    """What one process sees of the world. While it is paused, nothing of it runs: it finds what
    came meanwhile first, and its timers after that."""

    def __init__(self, ensemble: "FalseEnsemble") -> None:
        super().__init__()
        self.ensemble = ensemble
        self.paused = False
        self.alone = False  # nobody can be reached
        self.lines: list[Line] = []
        self._held: list[tuple[int, Callable[[], None]]] = []

    def soon(self, work: Callable[[], None]) -> None:
        super().soon(lambda: self.do(work, 1))

    def at(self, when: float, work: Callable[[], None]) -> asyncio.TimerHandle:
        return super().at(when, lambda: self.do(work, 2))

    def do(self, work: Callable[[], None], rank: int = 0) -> None:
        if self.paused:
            self._held.append((rank, work))
        else:
            work()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        held, self._held = sorted(self._held, key=lambda one: one[0]), []
        for _, work in held:
            self._loop.call_soon(work)

    def open(self, host: str, port: int, tls: Any, listener: Any) -> "Line":
        line = Line(self, listener)
        self.lines.append(line)
        self._loop.call_later(LATENCY_S, line.connect)
        return line

    def cut(self) -> None:
        """All its connections break."""
        for line in self.lines:
            line.cut()


class Line:
    """A connection, both its ends."""

    def __init__(self, process: Process, listener: Any) -> None:
        self.process = process
        self.ensemble = process.ensemble
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._frames = Frames(1 << 20)
        self._there: deque[bytes] = deque()
        self._back: deque[bytes] = deque()
        self.member: Member | None = None
        self.open = True

    def connect(self) -> None:
        if self.open and self.process.alone:
            self.cut()
        elif self.open:
            self.member = Member(self)
            self.process.do(lambda: self.open and self._listener.opened(self))

    def write(self, data: bytes) -> None:
        if self.open:
            self._there.append(data)
            self._loop.call_later(LATENCY_S, self._arrive)

    def _arrive(self) -> None:
        data = self._there.popleft()  # timers of one moment have no order, but a connection has
        if not self.open or self.member is None:
            return
        buf, spans = self._frames.feed(data)
        for at, end in spans:
            if not self.ensemble.passes(self) or not self.open:
                return
            self.member.take(buf, at, end)

    def tell(self, frame: bytes) -> None:
        self._back.append(frame)
        self._loop.call_later(LATENCY_S, self._told)

    def _told(self) -> None:
        frame = self._back.popleft()
        if self.open and self.ensemble.passes(self):
            self.process.do(lambda: self.open and self._listener.received(self, frame))

    def cut(self) -> None:
        if self.open:
            self.close()
            self.process.do(lambda: self._listener.dropped(self, "cut"))

    def close(self) -> None:
        self.open = False
        if self.member is not None:
            self.member.gone()


class Member:
    """The member's end of a connection: as `hikari.gateway.reads` sees one."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.door = line.ensemble
        self.closed = False
        self.of_keeper = self.local = False
        self.identities: tuple[Any, ...] = ()
        self.watched_bytes = 0
        self.session = self.attachment = 0
        self._expiry: asyncio.TimerHandle | None = None

    def gone(self) -> None:
        self.closed = True
        self.door.watches.drop(self)

    def refuse(self, why: str) -> None:
        raise AssertionError(why)

    def take(self, buf: bytes, at: int, end: int) -> None:
        ensemble = self.door
        if not self.session:
            self._greet(requests.decode_connect(buf, at, end))
            return
        ensemble.heard(self.session)
        xid, op = requests.HEADER.unpack_from(buf, at)
        if op in (codes.PING, codes.AUTH):
            self.line.tell(replies.frame(xid, ensemble.tree.zxid, 0))
            return
        request = requests.DECODE[op](buf, at + requests.HEADER.size, end)
        ensemble.asked.append((self.session, request))
        if op == codes.SYNC:
            body = replies.BODY[op](request[1])
            self.line.tell(replies.frame(xid, ensemble.tree.zxid, 0, body))
        elif op in READS:
            self.line.tell(READS[op](self, xid, request))  # type: ignore[arg-type]
        elif ensemble.refusals.get(op):
            self.line.tell(replies.frame(xid, ensemble.tree.zxid, ensemble.refusals[op].pop(0)))
        else:
            error, result = ensemble.apply(request, self.session, self.attachment)
            body = b"" if error else replies.BODY[op](result)
            self.line.tell(replies.frame(xid, ensemble.tree.zxid, error, body))

    def _greet(self, asked: Any) -> None:
        ensemble = self.door
        if asked.session:
            request = (ATTACH, asked.session, asked.password, asked.timeout_ms)
        else:
            request = (codes.CREATE_SESSION, asked.timeout_ms, b"p" * 16)
        error, session = ensemble.apply(request)
        if error:
            self.line.tell(replies.encode_connect(ConnectResponse(0, 0, 0, bytes(16), False)))
            return
        self.session, self.attachment = session.id, session.attachment
        ensemble.timeouts[session.id] = session.timeout_ms / 1000
        ensemble.heard(session.id)
        answer = ConnectResponse(0, session.timeout_ms, session.id, session.password, False)
        self.line.tell(replies.encode_connect(answer))


class FalseEnsemble:
    """See the module. It is also the door of its members."""

    clients_bytes_max = output_bytes_max = 1 << 30

    def __init__(self) -> None:
        self.tree = Tree(MemoryRows(), 1 << 20)
        self.watches = WatchTable()
        self.asked: list[tuple[int, Any]] = []
        self.timeouts: dict[int, float] = {}
        self.loop = asyncio.get_running_loop()
        self.refusals: dict[int, list[int]] = {}  # errors that the next requests of an op get
        self._expiries: dict[int, asyncio.TimerHandle] = {}
        self._victim: Process | None = None
        self._countdown = -1
        self.lost_frames = 0
        self.clients: list[Client] = []

    def client(self, **settings: Any) -> Client:
        """Of a process of its own."""
        chance = Random(len(self.clients))
        made = Client(
            "false:1", Process(self), chance=chance, **{"session_timeout": 6.0, **settings}
        )
        self.clients.append(made)
        return made

    # ---- the network

    def lose_frame(self, process: Any, number: int) -> None:
        """The frame with this number, from now on, is lost, and its connection with it."""
        self._victim, self._countdown = process, number

    def passes(self, line: Line) -> bool:
        if line.process is self._victim and self._countdown >= 0:
            self._countdown -= 1
            if self._countdown < 0:
                self.lost_frames += 1
                line.cut()
                return False
        return True

    # ---- the member

    def apply(
        self, request: tuple[Any, ...], session: int = 0, attachment: int = 0
    ) -> tuple[int, Any]:
        tree = self.tree
        tree.begin(tree.index + 1, round(self.loop.time() * 1000))
        error = tree.admit(session, attachment)
        answer = tree.refuse(error) if error else tree.apply(request, session, ())
        tree.finish()
        for type, path, _ in tree.events:
            for member in self.watches.fire(type, path):
                told = replies.notification(type, codes.STATE_SYNC_CONNECTED, path, tree.zxid)
                member.line.tell(told)  # type: ignore[attr-defined]
        tree.events.clear()
        return answer

    def heard(self, session: int) -> None:
        if session in self._expiries:
            self._expiries[session].cancel()
        self._expiries[session] = self.loop.call_later(self.timeouts[session], self.expire, session)

    def expire(self, session: int) -> None:
        """Nobody has heard of it."""
        found = self.tree.sessions.get(session)
        if found is not None:
            self.apply((EXPIRE, session, found.attachment))
        self._expiries.pop(session).cancel()

    def names(self, path: str) -> list[str]:
        return [name.decode() for name in self.tree.children(path.encode())]

    def count(self, op: int) -> int:
        return sum(request[0] == op for _, request in self.asked)


def play(story: Callable[[FalseEnsemble], Awaitable[Any]], seconds: float = 300.0) -> Any:
    """Run a story of at most so many false seconds."""

    async def run() -> Any:
        ensemble = FalseEnsemble()
        try:
            async with asyncio.timeout(seconds):
                return await story(ensemble)
        finally:
            for client in ensemble.clients:
                process: Any = client.loop
                process.paused = process.alone = False
                await client.close()

    loop = FalseClockLoop()
    try:
        return loop.run_until_complete(run())
    finally:
        while left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.wait(left))
        loop.close()
