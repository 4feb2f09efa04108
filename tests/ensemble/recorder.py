"""A raw client that writes down what it asked, when, and what came of it.

It does nothing by itself: no ping, no reconnection, no watch set again. A test says each step, so
that it can say steps which no client library would take.
"""

import contextlib
import select
import socket
import time
from collections import deque
from typing import Any

from attrs import define, field

from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest

OK, FAIL, UNKNOWN = "ok", "fail", "unknown"
REPLY_S = 10.0
"""A reply that takes longer will not come any more."""
SESSION_MS = 8_000
_SPECIAL = {codes.PING: codes.XID_PING, codes.SET_WATCHES: codes.XID_SET_WATCHES}


class Lost(Exception):
    """The connection is gone. What was under way is unknown."""


class Expired(Exception):
    """The ensemble knows no such session (any more)."""


@define(eq=False)
class Operation:
    """One request, and what became of it. `ended` is 0.0 until something did."""

    session: int
    request: tuple[Any, ...]
    invoked: float
    xid: int
    ended: float = 0.0
    outcome: str = UNKNOWN
    zxid: int = 0
    error: int = 0
    value: Any = None


@define
class Event:
    """A watch fired."""

    session: int
    type: int
    path: bytes
    at: float


@define(eq=False)
class Client:
    """One session. `arrived` holds operations and events in the order in which they came."""

    ports: list[int]
    history: list[Operation] = field(factory=list)
    timeout_ms: int = SESSION_MS
    session: int = 0
    password: bytes = bytes(16)
    zxid: int = 0  # the newest seen
    member: int = 0  # connected to; 0: to none
    arrived: list[Operation | Event] = field(factory=list)
    pings: bool = False  # while it waits for an answer, as everybody's clients do
    _socket: socket.socket | None = None
    _frames: Frames = field(factory=lambda: Frames(1 << 26))
    _bodies: deque[bytes] = field(factory=deque)
    _pending: deque[Operation] = field(factory=deque)
    _xid: int = 0

    # ---- the connection

    def open(self, member: int, seconds: float = REPLY_S, zxid_last_seen: int = -1) -> None:
        """Connect to a member, with the session if there is one. Raises Lost, Expired."""
        self.drop()
        seen = self.zxid if zxid_last_seen < 0 else zxid_last_seen
        asked = ConnectRequest(0, seen, self.timeout_ms, self.session, self.password, False)
        try:
            self._socket = socket.create_connection(("127.0.0.1", self.ports[member - 1]), seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(requests.encode_connect(asked))
        except OSError as error:
            self.drop()
            raise Lost(str(error)) from None
        body = self._body(seconds)
        response = replies.decode_connect(body, 0, len(body))
        if not response.session:
            self.drop()
            raise Expired(f"session {self.session:#x}")
        assert self.session in (0, response.session)
        self.session, self.password = response.session, response.password
        self.member = member

    def attach(self, first: int = 1, seconds: float = 20.0, avoid: tuple[int, ...] = ()) -> None:
        """Connect to whichever member takes us, trying `first` first. Raises Expired."""
        deadline = time.monotonic() + seconds
        count = len(self.ports)
        turn = 0
        while True:
            member = (first - 1 + turn) % count + 1
            turn += 1
            if member not in avoid:
                try:
                    self.open(member, seconds=2.0)
                    return
                except Lost:
                    if time.monotonic() > deadline:
                        raise AssertionError("no member takes us") from None
            if turn % count == 0:
                time.sleep(0.01)

    def drop(self) -> None:
        """Close the socket and nothing else; what was under way is unknown."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self.member = None, 0
        now = time.monotonic()
        for operation in self._pending:
            operation.ended = now
        self._pending.clear()
        self._bodies.clear()
        self._frames = Frames(1 << 26)

    def cut(self) -> None:
        """From another thread: break the connection; who uses it finds that out."""
        connection = self._socket
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> Operation:
        """End the session."""
        operation = self.ask((codes.CLOSE_SESSION,))
        self.drop()
        return operation

    # ---- requests

    def send(self, *asked: tuple[Any, ...]) -> list[Operation]:
        """Ask all of it in one packet. Raises Lost."""
        if self._socket is None:
            raise Lost("not connected")
        operations, frames = [], []
        for request in asked:
            self._xid += 1
            xid = _SPECIAL.get(request[0], self._xid)
            frames.append(requests.encode(request, xid))
            operations.append(Operation(self.session, request, time.monotonic(), xid))
        self._pending += operations
        self.history += operations
        try:
            self._socket.sendall(b"".join(frames))
        except OSError as error:
            self.drop()
            raise Lost(str(error)) from None
        return operations

    def receive(self, seconds: float = REPLY_S) -> Operation | Event:
        """The next reply or event. Raises Lost."""
        body = self._body(seconds)
        header = replies.decode_header(body, 0, len(body))
        now = time.monotonic()
        if header.xid == codes.XID_NOTIFICATION:
            seen = replies.decode_notification(body, replies.HEADER_BYTES, len(body))
            event = Event(self.session, seen.type, seen.path, now)
            self.arrived.append(event)
            return event
        operation = self._pending.popleft()
        assert header.xid == operation.xid, f"reply {header.xid} to request {operation.xid}"
        operation.ended, operation.zxid, operation.error = now, header.zxid, header.error
        operation.outcome = FAIL if header.error else OK
        if not header.error:
            op = operation.request[0]
            operation.value = replies.decode_body(op, body, replies.HEADER_BYTES, len(body))
        if header.zxid > 0:
            assert header.zxid >= self.zxid, f"time went back: {header.zxid} after {self.zxid}"
            self.zxid = header.zxid
        self.arrived.append(operation)
        return operation

    def readable(self, seconds: float) -> bool:
        """Whether something has come, or comes within so long."""
        if self._bodies or self._socket is None:
            return True
        return bool(select.select([self._socket], [], [], seconds)[0])

    def finish(self, seconds: float = REPLY_S) -> None:
        """Read until everything that was asked is answered. Raises Lost."""
        while self._pending:
            self.receive(seconds)

    def ask(self, request: tuple[Any, ...], seconds: float = REPLY_S) -> Operation:
        """Ask one thing and wait for its answer. Raises Lost."""
        (operation,) = self.send(request)
        self.finish(seconds)
        return operation

    def ask_all(self, asked: list[tuple[Any, ...]], window: int = 200) -> list[Operation]:
        """Ask many things, so many a packet. Raises Lost."""
        operations: list[Operation] = []
        for first in range(0, len(asked), window):
            operations += self.send(*asked[first : first + window])
            self.finish()
        return operations

    def ping(self) -> None:
        """Say that we live. Raises Lost."""
        self.ask((codes.PING,))

    def wait_closed(self, seconds: float = REPLY_S) -> None:
        """The other side closes this connection; what it still says before is recorded."""
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                self.receive(2 * seconds)
        except Lost:
            pass
        assert time.monotonic() < deadline, "the connection is still open"

    def _body(self, seconds: float) -> bytes:
        if self._bodies:
            return self._bodies.popleft()
        if self._socket is None:
            raise Lost("not connected")
        deadline = time.monotonic() + seconds
        try:
            while not self._bodies:
                left = max(deadline - time.monotonic(), 0.001)
                third = self.timeout_ms / 3000 if self.pings and self.member else left
                self._socket.settimeout(min(left, third))
                try:
                    data = self._socket.recv(1 << 18)
                except TimeoutError:
                    if third >= left:
                        raise
                    self.send((codes.PING,))
                    continue
                if not data:
                    raise ConnectionError("closed by the member")
                buffer, spans = self._frames.feed(data)
                self._bodies += [buffer[at:end] for at, end in spans]
        except OSError as error:
            self.drop()
            raise Lost(str(error)) from None
        return self._bodies.popleft()


# Requests, shortly.


def create(path: bytes, data: bytes = b"", flags: int = codes.PERSISTENT) -> tuple[Any, ...]:
    return (codes.CREATE, path, data, b"", flags)


def set_data(path: bytes, data: bytes, version: int = -1) -> tuple[Any, ...]:
    return (codes.SET_DATA, path, data, version)


def get(path: bytes, watch: bool = False) -> tuple[Any, ...]:
    return (codes.GET_DATA, path, watch)


def exists(path: bytes, watch: bool = False) -> tuple[Any, ...]:
    return (codes.EXISTS, path, watch)


def children(path: bytes, watch: bool = False) -> tuple[Any, ...]:
    return (codes.GET_CHILDREN, path, watch)


def delete(path: bytes) -> tuple[Any, ...]:
    return (codes.DELETE, path, -1)


SYNC = (codes.SYNC, b"/")
