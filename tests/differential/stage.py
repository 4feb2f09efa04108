"""Plays a script to one server and writes down what each seat hears, step by step.

A *script* is a list of steps, played one after the other; a *seat* is a client that has one
connection and, over time, several sessions. Behind each step every seat syncs, so that all that
the step has caused has arrived: a seat's stream of replies and events is then the same each time.

| step | does |
|---|---|
| `{"seat": k, "ask": [request, …]}` | sends them in one piece, waits for all replies |
| `{"seat": k, "open": how}` | calls again: see `Seat.call`; its old connection stays meanwhile |
| `{"seat": k, "drop": true}` | breaks the connection |
| `{"seat": k, "expire": true}` | breaks it and waits until the session is over |

`/R` in a path stands for the root of this run. A number may be `["seen"]`, the newest zxid that
the seat had heard of when it last called, or `["now"]`.
"""

import socket
import struct
import time
from typing import Any

from differential import shapes

PATIENCE_S = 10.0
"""No reply takes longer."""
TIMEOUT_MS = 30_000
DOOMED_MS = 2_000
"""The time-out of a session that is to expire: a step never takes so long."""
FUTURE = 1 << 61
SYNC = 9
OPEN_ACL = [[31, "world", "anyone"]]
Item = tuple[Any, ...]
Streams = list[list[Item]]
Step = dict[str, Any]


class Gone(Exception):
    """The server has closed the connection."""


class Seat:
    """One client. `heard` is what came since it was last taken."""

    def __init__(self, address: tuple[str, int], root: str, number: int) -> None:
        self.address, self.root, self.number = address, root, number
        self.socket: socket.socket | None = None
        self.buffer = b""
        self.session, self.password, self.timeout_ms = 0, "\0" * 16, TIMEOUT_MS
        self.seen = self.then = 0
        self.xid = self.generation = self.calls = 0
        self.heard: list[Item] = []

    # ---- frames

    def _frame(self) -> bytes:
        assert self.socket is not None
        while True:
            if len(self.buffer) >= 4:
                end = 4 + struct.unpack_from(">i", self.buffer)[0]
                if len(self.buffer) >= end:
                    frame, self.buffer = self.buffer[4:end], self.buffer[end:]
                    return frame
            try:
                more = self.socket.recv(1 << 16)
            except TimeoutError:
                self.heard.append(("silence",))
                more = b""
            except ConnectionError:
                more = b""
            if not more:
                raise Gone
            self.buffer += more

    def _send(self, data: bytes) -> None:
        if self.socket is None:
            raise Gone
        try:
            self.socket.sendall(data)
        except ConnectionError:
            raise Gone from None

    def drop(self) -> None:
        """Break the connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _lost(self) -> None:
        self.drop()
        self.heard.append(("closed",))

    # ---- its session

    def call(self, how: dict[str, Any], others: list["Seat"]) -> None:
        """Open a connection. `how` may say: `as` ("new", "mine", a seat's number, or "nobody"),
        `password` ("right", "wrong", or a text or null), `zxid`, `timeout_ms`, `read_only`."""
        who = how.get("as", "mine" if self.session else "new")
        if who == "new" or isinstance(who, int):
            self._end_session(others)
        former, self.socket = self.socket, None
        asked, password, timeout_ms = self.session, self.password, self.timeout_ms
        if who == "new":
            asked, password = 0, "\0" * 16
        elif who == "nobody":
            asked = 0x7766554433221100
        elif isinstance(who, int):
            other = others[who]
            asked, password, timeout_ms = other.session, other.password, other.timeout_ms
        wanted = how.get("password", "right")
        if wanted == "wrong":
            password = "".join(chr(255 - ord(one)) for one in password)
        elif wanted != "right":
            password = wanted
        zxid = {"seen": self.seen, "future": FUTURE}.get(how.get("zxid", 0), 0)
        timeout_ms = how.get("timeout_ms", timeout_ms if asked else TIMEOUT_MS)
        self.buffer = b""
        self.calls += 1
        self.then = self.seen
        try:
            self.socket = socket.create_connection(self.address, PATIENCE_S)
        except ConnectionRefusedError:
            self.heard.append(("refused",))
            return
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            read_only = how.get("read_only", False)
            self._send(shapes.connect(zxid, timeout_ms, asked, password, read_only))
            given = shapes.connected(self._frame())
        except Gone:
            self._lost()
        else:
            self._welcome(asked, wanted, *given)
        if former is not None:
            former.close()

    def _end_session(self, others: list["Seat"]) -> None:
        """Nobody is left behind whose end would come at some time of its own."""
        if not self.session:
            return
        kept = len(self.heard)
        if self.socket is None:
            self.call({"zxid": "seen"}, others)
        if self.socket is not None:
            self.ask([["closeSession"]])
        self.session, self.password = 0, "\0" * 16
        self.drop()
        del self.heard[kept:]

    def _welcome(
        self, asked: int, wanted: str, timeout_ms: int, session: int, password: str, more: str
    ) -> None:
        same = "none" if not session else "same" if session == asked else "new"
        self.heard.append(("connected", timeout_ms, same, len(password), more))
        if not session:
            if asked == self.session and wanted == "right":
                self.session, self.password = 0, "\0" * 16
                self.seen = self.then = 0
            self._await_end()
            return
        if session != self.session:
            self.generation += 1
        self.session, self.timeout_ms, self.password = session, timeout_ms, password

    def _await_end(self) -> None:
        try:
            self.heard.append(("more", self._frame()))
        except Gone:
            self._lost()

    # ---- requests

    def ask(self, requests: list[list[Any]]) -> None:
        """Send all of it, wait for as many replies."""
        frames, expected = [], []
        for request in requests:
            self.xid += 1
            xid = shapes.XIDS.get(request[0], self.xid)
            frames.append(shapes.frame(request, xid))
            expected.append((xid, shapes.opcode(request) if request[0] != "frame" else 0))
        try:
            self._send(b"".join(frames))
            for xid, op in expected:
                self.heard.append(self._reply(xid, op))
            for request in requests:
                if request[0] in ("setWatches", "setWatches2"):
                    self._look_at([path for paths in request[2:5] for path in paths])
            if expected[-1][1] == -11:
                self._await_end()
                self.session, self.password = 0, "\0" * 16
        except Gone:
            self._lost()

    def _look_at(self, paths: list[str]) -> None:
        """Which of the paths that were named this seat may not read: see `allowed`."""
        self._send(shapes.frame(["multiRead", [["getData", path, False] for path in paths]], 0))
        results = self._reply(0, 22)[5]
        refused = [path for path, result in zip(paths, results, strict=False) if -102 in result]
        self.heard.append(("may not read", sorted(set(refused))))

    def _reply(self, expected: int, op: int) -> Item:
        while True:
            data = self._frame()
            xid, zxid, error = shapes.header(data)
            if xid != -1:
                break
            self.heard.append(("event", zxid, error, *shapes.event(data)))
        self.seen = max(self.seen, zxid)
        ours = xid if xid < 0 else "its" if xid == expected else f"{xid - expected:+}"
        body: list[Any] = []
        if not error:
            body = shapes.reply_body(op, data, shapes.HEADER_BYTES)
        elif len(data) > shapes.HEADER_BYTES:
            body = ["behind an error", data[shapes.HEADER_BYTES :].decode("latin-1")]
        return ("reply", shapes.NAMES.get(op, op), ours, zxid, error, body)

    def send_flush(self) -> bool:
        """A sync, whose reply is behind all that was caused so far, at any member. Whether it is
        connected."""
        if self.socket is None:
            return False
        try:
            self._send(shapes.frame(["sync", "/"], 0))
        except Gone:
            self._lost()
            return False
        return True

    def flushed(self) -> None:
        """Hear all up to there."""
        try:
            item = self._reply(0, SYNC)
        except Gone:
            self._lost()
            return
        if item[2] != "its" or item[4]:
            self.heard.append(("instead of a sync", item))


class Stage:
    """One server with its seats."""

    def __init__(self, addresses: list[tuple[str, int]], seats: int, root: str) -> None:
        self.root = root
        self.control = Seat(addresses[0], root, -1)
        self.seats = [
            Seat(addresses[number % len(addresses)], root, number) for number in range(seats)
        ]
        self.sessions: dict[int, str] = {}

    def play(self, script: list[Step]) -> list[Streams]:
        """What each seat heard, for each step. The first is what all seats heard who sat down."""
        self.control.call({}, [])
        self.control.ask([["create", self.root, "", OPEN_ACL, 0]])
        for seat in self.seats:
            seat.call({}, self.seats)
        transcript = [self._take()]
        for step in script:
            calls = [seat.calls for seat in self.seats]
            self._step(self.seats[step["seat"]], step)
            self._flush()
            if calls != [seat.calls for seat in self.seats]:
                self._flush()  # whose session has moved may have been answered before it is closed
            transcript.append(self._take())
            if len(transcript) % 100 == 0 and self.control.send_flush():
                self.control.flushed()
        return transcript

    def _step(self, seat: Seat, step: Step) -> None:
        if "open" in step:
            seat.call(step["open"], self.seats)
            if seat.socket is not None and seat.timeout_ms < TIMEOUT_MS:
                self._mark(seat)
        elif "drop" in step:
            seat.drop()
        elif "expire" in step:
            self._expire(seat)
        else:
            if seat.socket is None:
                seat.call({"zxid": "seen"}, self.seats)
            if seat.socket is None:  # its session was over
                seat.call({}, self.seats)
            if seat.socket is not None:
                seat.ask([self._meant(seat, request) for request in step["ask"]])

    def _meant(self, seat: Seat, value: Any) -> Any:
        """The request with the root and the zxids of this run."""
        if isinstance(value, str):
            return value.replace("/R", self.root)
        if isinstance(value, list):
            if value == ["seen"]:
                return seat.then
            if value == ["now"]:
                return seat.seen
            return [self._meant(seat, part) for part in value]
        if isinstance(value, dict):
            return {name: self._meant(seat, part) for name, part in value.items()}
        return value

    # ---- sessions that expire

    def _marker(self, seat: Seat) -> str:
        return f"{self.root}/doomed-{seat.number}-{seat.generation}"

    def _mark(self, seat: Seat) -> None:
        """An ephemeral by which the end of this session is seen."""
        kept = len(seat.heard)
        seat.ask([["create", self._marker(seat), "", OPEN_ACL, 1]])
        del seat.heard[kept:]

    def _expire(self, seat: Seat) -> None:
        if seat.socket is None or seat.timeout_ms >= TIMEOUT_MS:
            return
        seat.drop()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.control.heard.clear()
            self.control.ask([["exists", self._marker(seat), False]])
            if self.control.heard[-1][4]:
                return
            time.sleep(0.05)
            self._flush()  # or others expire as well
        seat.heard.append(("does not expire",))

    # ---- what they heard

    def _flush(self) -> None:
        for seat in [seat for seat in self.seats if seat.send_flush()]:
            seat.flushed()

    def _take(self) -> Streams:
        for seat in self.seats:
            if seat.session:
                self.sessions.setdefault(seat.session, f"session {seat.number}.{seat.generation}")
        streams = []
        for seat in self.seats:
            streams.append([self._shown(item) for item in seat.heard])
            seat.heard.clear()
        return streams

    def _shown(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(self.root, "/R").replace(self.root[1:], "R")
        if isinstance(value, tuple | list):
            if len(value) == 11 and isinstance(value, tuple):  # a Stat
                owner = value[7]
                return (*value[:7], self.sessions.get(owner, owner and hex(owner)), *value[8:])
            return type(value)(self._shown(part) for part in value)
        return value

    # ---- the end

    def leave(self) -> None:
        """Close all sessions, remove the root as far as that is allowed."""
        for seat in self.seats:
            if seat.session and seat.socket is None:
                seat.call({"zxid": "seen"}, self.seats)
            if seat.socket is not None:
                seat.ask([["closeSession"]])
            seat.drop()
        paths = [self.root, f"/zookeeper/quota{self.root}"]
        for path in paths:
            paths += [f"{path}/{name}" for name in self._children(path)]
        self.control.heard.clear()
        for path in reversed(paths):
            self.control.ask([["delete", path, -1]])
        self.control.ask([["closeSession"]])
        self.control.drop()

    def _children(self, path: str) -> list[str]:
        self.control.heard.clear()
        self.control.ask([["getChildren", path, False]])
        found = self.control.heard[-1]
        return found[5][0] if found[0] == "reply" and not found[4] else []

    def begin(self, shared: tuple[str, ...]) -> list[Item]:
        """How the znodes that all runs share look before a run."""
        self.control.call({}, [])
        self.control.ask([["getData", path, False] for path in shared])
        self.control.ask([["getChildren", path, False] for path in shared])
        heard, self.control.heard = self.control.heard, []
        self.control.ask([["closeSession"]])
        self.control.drop()
        return [(item[4], *_timeless(item[5])) for item in heard[1:]]


def _timeless(fields: list[Any]) -> list[Any]:
    """Without zxids and times."""
    return [
        field[4:10]
        if isinstance(field, tuple)
        else sorted(field)
        if isinstance(field, list)
        else field
        for field in fields
    ]
