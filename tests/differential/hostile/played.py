"""Sends the rows of `rows` to a server, and writes down what becomes of each: what was
replied (xid, error, bytes of the frame), whether the connection is open or closed behind it, and
which znodes it leaves.
"""

import contextlib
import select
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from differential import servers
from differential.hostile.frames import (
    CREATE,
    FRAME_BYTES_MAX,
    GET_CHILDREN,
    ROOT,
    SYNC,
    Row,
    connect,
    create,
    framed,
    request,
    text,
)
from differential.hostile.rows import rows

SILENCE_S = 2.0
"""Who has said nothing for so long is asked for a sign of life; there are requests that ZooKeeper
does not answer."""
HALF_S = 3.0
"""Who has not closed a connection by then waits for the rest of a frame. (Both give a stranger ten
seconds for all of it.)"""
PATIENCE_S = 20.0
TOGETHER = 24
MARK = 0x6D61726B
HEADER_BYTES = 16


class Answer(NamedTuple):
    """`heard`: "xid error bytes" of each frame; None: not compared. `end`: open or closed."""

    heard: tuple[str, ...] | None
    end: str
    left: tuple[str, ...]


class Line:
    """One connection, cut into frames."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.closed = False

    def send(self, data: bytes) -> None:
        """What the other end does not want is nobody's loss."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def frame(self, within_s: float) -> bytes | None:
        """None: nothing came in time, or the end, which `closed` tells."""
        deadline = time.monotonic() + within_s
        while True:
            if len(self.buffer) >= 4:
                end = 4 + int.from_bytes(self.buffer[:4], "big")
                if len(self.buffer) >= end:
                    frame, self.buffer = self.buffer[4:end], self.buffer[end:]
                    return frame
            left_s = max(0.0, deadline - time.monotonic())
            if not select.select([self.socket], [], [], left_s)[0]:
                return None
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError:
                more = b""
            if not more:
                self.closed = True
                return None
            self.buffer += more

    def ask(self, data: bytes) -> bytes:
        """The reply of somebody who behaves."""
        self.send(data)
        reply = self.frame(PATIENCE_S)
        assert reply is not None, "no answer to what is sound"
        return reply

    def enter(self) -> None:
        """Open a session."""
        self.ask(framed(connect(timeout_ms=30_000)))


def shape(said: bytes) -> tuple[int, bool]:
    """How many frames must be answered, and whether the last is but a part of one."""
    at = count = 0
    while at + 4 <= len(said):
        length = struct.unpack_from(">i", said, at)[0]
        if not 0 <= length <= FRAME_BYTES_MAX:
            return count, False
        if at + 4 + length > len(said):
            return count, True
        at += 4 + length
        count += 1
    return count, at < len(said)


def _brief(frame: bytes, connecting: bool) -> str:
    if connecting:
        protocol, timeout_ms, session = struct.unpack_from(">iiq", frame)
        some = "a session" if session else "no session"
        return f"connected {protocol} {timeout_ms} {some} {len(frame)}"
    if len(frame) < HEADER_BYTES:
        return f"no reply {len(frame)}"
    xid, _, error = struct.unpack_from(">iqi", frame)
    return f"{xid} {error} {len(frame)}"


class Table:
    """All rows on one server."""

    def __init__(self, address: tuple[str, int], rows: list[Row]) -> None:
        self.address, self.rows = address, rows
        self.answers: dict[str, Answer] = {}

    def play(self) -> dict[str, Answer]:
        """By the rows' names. The server must be new."""
        control = Line(self.address)
        control.enter()
        self._make(control)
        numbered = list(enumerate(self.rows))
        halves = [one for one in numbered if shape(one[1].said)[1]]
        whole = [one for one in numbered if not shape(one[1].said)[1]]
        with ThreadPoolExecutor(TOGETHER) as pool:
            heard = dict(pool.map(lambda one: self._row(*one), whole))
        heard |= self._halves(halves)
        control.ask(request(SYNC, text(b"/")))
        answers = {}
        for number, row in numbered:
            said, end = heard[row.name]
            left = _names(control.ask(_list(root(number))))
            answers[row.name] = Answer(None if row.racing else tuple(said), end, left)
        control.socket.close()
        return answers

    def _make(self, control: Line) -> None:
        paths = [ROOT[:2]]
        for number in range(len(self.rows)):
            paths += [root(number), root(number) + b"/kept"]
        for path in paths:
            control.send(request(CREATE, create(path)))
        for _ in paths:
            made = control.frame(PATIENCE_S)
            assert made is not None
            assert _brief(made, False).startswith("1 0 "), made

    def _begin(self, number: int, row: Row) -> Line:
        line = Line(self.address)
        if row.session:
            line.enter()
        line.send(row.said.replace(ROOT, root(number)))
        return line

    def _row(self, number: int, row: Row) -> tuple[str, tuple[list[str], str]]:
        line = self._begin(number, row)
        with line.socket:
            expected, _ = shape(row.said)
            heard = _hear(line, row, expected, SILENCE_S if expected else PATIENCE_S)
            while not line.closed:
                line.send(_list(root(number), MARK))
                reply = line.frame(PATIENCE_S)
                if reply is None:
                    break
                brief = _brief(reply, False)
                if brief.startswith(f"{MARK} 0 "):
                    break
                heard.append(brief)
            assert line.closed or reply is not None, f"{row.name}: no answer and no end"
        return row.name, (heard, "closed" if line.closed else "open")

    def _halves(self, halves: list[tuple[int, Row]]) -> dict[str, tuple[list[str], str]]:
        """All at once: most of it is waiting."""
        lines = [(row, self._begin(number, row)) for number, row in halves]
        until = time.monotonic() + HALF_S
        found = {}
        for row, line in lines:
            with line.socket:
                left_s = max(0.0, until - time.monotonic())
                heard = _hear(line, row, 1 << 30, left_s)
                found[row.name] = heard, "closed" if line.closed else "open"
        return found


def _hear(line: Line, row: Row, expected: int, silence_s: float) -> list[str]:
    """As many answers as there are questions, and the events among them."""
    heard: list[str] = []
    answered = 0
    while answered < expected or not expected:
        frame = line.frame(silence_s)
        if frame is None:
            break
        heard.append(_brief(frame, not row.session and not heard))
        answered += not heard[-1].startswith("-1 ")
    if line.closed and line.buffer:
        heard.append(f"no frame {len(line.buffer)}")
    return heard


def root(number: int) -> bytes:
    """A row's own znode."""
    return b"%s%04d" % (ROOT[:3], number)


def _list(path: bytes, xid: int = 1) -> bytes:
    return request(GET_CHILDREN, text(path) + b"\0", xid)


def _names(reply: bytes) -> tuple[str, ...]:
    if len(reply) < HEADER_BYTES + 4:
        return ("gone",)
    (count,) = struct.unpack_from(">i", reply, HEADER_BYTES)
    names, at = [], HEADER_BYTES + 4
    for _ in range(count):
        (size,) = struct.unpack_from(">i", reply, at)
        name = reply[at + 4 : at + 4 + size].decode("latin-1")
        names.append(name if size < 100 else f"a name of {size}")
        at += 4 + size
    return tuple(sorted(names))


def played(server: Any) -> dict[str, Answer]:
    """What a new server does with all that it survives; it is ended."""
    known = isinstance(server, servers.ZooKeeper)
    try:
        server.start()
        table = Table(server.addresses[0], [row for row in rows() if not (known and row.fatal)])
        return table.play()
    finally:
        server.stop()
