"""A session's other end without a network: answers as a server would, and says what it was told."""

from random import Random
from typing import Any

from hikari_client.session import DONE, EVENT, FAILED, GAP, STATUS, Call, Session
from hikari_client.settings import FRAME_BYTES_MAX, Settings
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest, ConnectResponse, Stat

STAT = Stat(1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1)
ADDRESSES = [("one", 1), ("two", 2), ("three", 3)]


class Stage:
    """A session, a false clock, and the server's end of its connection."""

    def __init__(self, **settings: Any) -> None:
        self.now = 100.0
        self.given_up: set[Any] = set()
        self.session = Session(
            Settings(**settings), ADDRESSES, Random(1), lambda waiter: waiter not in self.given_up
        )
        self.zxid = 10
        self.told: list[tuple[int, Any, Any]] = []
        self.dialled: list[tuple[str, int]] = []
        self.probed: list[tuple[str, int]] = []
        self.connections = 0
        self.xids: list[int] = []
        self.session.start(self.now)
        self.look()

    # ---- the driver's end

    def look(self) -> None:
        self.told += self.session.take_news()
        self.hung_up = self.session.take_hang_up()
        dial = self.session.take_dial()
        if dial is not None:
            self.dialled.append(dial)
        probe = self.session.take_probe()
        if probe is not None:
            self.probed.append(probe)

    def open(self) -> ConnectRequest:
        """The connection is there; what the client said first."""
        self.session.opened(self.now)
        self.frames = Frames(FRAME_BYTES_MAX)
        self.look()
        data = self.session.take_output(self.now)
        buf, [(at, end)] = self.frames.feed(data)
        return requests.decode_connect(buf, at, end)

    def greet(self, session: int = 7, timeout_ms: int = 6000, read_only: bool = False) -> None:
        answer = ConnectResponse(0, timeout_ms, session, b"p" * 16, read_only)
        self.receive(replies.encode_connect(answer))

    def connect(self, session: int = 7) -> None:
        self.open()
        self.greet(session)
        self.connections = len(self.dialled)

    def receive(self, data: bytes) -> None:
        self.session.received(data, self.now)
        self.look()

    def drop(self) -> None:
        self.session.dropped(self.now, "reset")
        self.look()

    def pass_time(self, seconds: float) -> None:
        """Tick as a driver does: at every deadline until then."""
        goal = self.now + seconds
        while (when := self.session.deadline()) <= goal:
            self.now = max(when, self.now)
            self.session.tick(self.now)
            self.look()
            assert self.session.deadline() > self.now, "time would stand still"
        self.now = goal

    def serve(self, seconds: float) -> None:
        """Answer pings for so long."""
        goal = self.now + seconds
        while self.now < goal - 0.01:
            self.pass_time(0.1)
            for request in self.asked():
                assert request == (codes.PING,)
                self.receive(replies.frame(codes.XID_PING, 0, 0))

    # ---- the server's end

    def asked(self) -> list[tuple[Any, ...]]:
        """What was sent since the last time."""
        buf, spans = self.frames.feed(self.session.take_output(self.now))
        found = []
        for at, end in spans:
            xid, op = requests.HEADER.unpack_from(buf, at)
            self.xids.append(xid)
            found.append(requests.DECODE[op](buf, at + requests.HEADER.size, end))
        return found

    def answer(self, op: int, result: Any = None, error: int = 0) -> None:
        """Answer the oldest request."""
        self.zxid += 1
        body = b"" if error else replies.BODY[op](result)
        self.receive(replies.frame(self.xids.pop(0), self.zxid, error, body))

    def event(self, type: int, path: bytes) -> None:
        self.receive(replies.notification(type, codes.STATE_SYNC_CONNECTED, path, 99))

    # ---- the caller

    def ask(self, name: str, request: tuple[Any, ...], watcher: Any = None) -> None:
        self.session.submit(Call(request, name, None, name, watcher))
        self.look()

    def news(self) -> list[str]:
        """What was told since the last time, in words."""
        told, self.told = self.told, []
        words = {
            DONE: lambda to, what: f"{to} done",
            FAILED: lambda to, what: f"{to} {type(what).__name__}{' perhaps' * what.maybe_applied}",
            EVENT: lambda to, what: f"{to} hears {what[0]} {what[1].decode()}",
            GAP: lambda to, what: f"{to} gap {what.decode()}",
            STATUS: lambda to, what: what.state.value,
        }
        return [words[kind](to, what) for kind, to, what in told]


GET = (codes.GET_DATA, b"/a", False)
SET = (codes.SET_DATA, b"/a", b"x", -1)
DATA = (b"x", STAT.pack())
