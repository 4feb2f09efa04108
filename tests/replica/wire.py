"""A client of one member, and the wire between them: what the kernel would do, in memory."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from hikari.gateway.connection import Connection
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest, ConnectResponse, WatcherEvent

EVERYTHING = 1 << 40


class Wire:
    """A TCP transport, as far as a protocol sees it. `told` is what the other end has received.

    `room` is how many more bytes the kernel takes; what it does not take waits in `buffer`.
    """

    def __init__(self, clock: Clock, host: str = "10.0.0.9", port: int = 4711) -> None:
        self.clock = clock
        self.peer = IPv4Address("TCP", host, port)
        self.protocol: Any = None
        self.producer: Any = None
        self.room = EVERYTHING
        self.told = b""
        self.buffer = bytearray()
        self.inbox: deque[bytes] = deque()  # came while nobody read
        self.paused = False
        self.disconnecting = False
        self.aborted = False
        self.lost = False

    # ---- for the protocol

    def getPeer(self) -> IPv4Address:
        return self.peer

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "10.0.0.1", 2181)

    def setTcpNoDelay(self, enabled: bool) -> None:
        pass

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert not streaming
        assert self.producer is None
        self.producer = producer
        producer.resumeProducing()

    def unregisterProducer(self) -> None:
        self.producer = None

    def writeSomeData(self, data: bytes) -> int:
        assert not self.lost, "a socket that is no more"
        count = min(self.room, len(data), 128 << 10)
        self.room -= count
        self.told += data[:count]
        return count

    def write(self, data: bytes) -> None:
        assert type(data) is bytes
        if not self.lost and not self.disconnecting:
            self.buffer += data
            if self.room:
                self.clock.callLater(0, self.make_room, 0)

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        if not self.lost and not self.disconnecting:
            self.paused = False
            self.clock.callLater(0, self._read)

    def loseConnection(self) -> None:
        if not self.disconnecting and not self.lost:
            self.disconnecting = True
            if not self.buffer:
                self.clock.callLater(0, self.die, ConnectionDone())

    def abortConnection(self) -> None:
        if not self.aborted and not self.lost:
            self.aborted = self.paused = True
            self.clock.callLater(0, self.die, ConnectionAborted())

    # ---- for the test

    def carry(self, protocol: Any) -> None:
        self.protocol = protocol
        protocol.makeConnection(self)

    def say(self, data: bytes) -> None:
        """The other end sends this."""
        self.inbox.append(data)
        self._read()

    def _read(self) -> None:
        while self.inbox and not self.paused and not self.lost and not self.disconnecting:
            self.protocol.dataReceived(self.inbox.popleft())

    def make_room(self, count: int = EVERYTHING) -> None:
        """The other end reads `count` more bytes."""
        self.room += count
        while self.buffer and self.room and not self.aborted:
            taken = bytes(self.buffer[: self.room])
            del self.buffer[: len(taken)]
            self.room -= len(taken)
            self.told += taken
            if not self.buffer and self.producer is not None:
                self.producer.resumeProducing()
        if self.disconnecting and not self.buffer and self.producer is None and not self.lost:
            self.die(ConnectionDone())

    def die(self, reason: Exception | None = None) -> None:
        """The connection is gone, whoever's fault it is."""
        if not self.lost:
            self.lost = self.disconnecting = True
            self.protocol.connectionLost(Failure(reason or ConnectionDone()))


class Client:
    """Speaks to one Connection. What it hears is in `heard` (replies, in order) and `events`."""

    def __init__(self, connection: Connection, wire: Wire) -> None:
        self.connection = connection
        self.wire = wire
        self.xid = 0
        self.response: ConnectResponse | None = None
        self.heard: list[tuple[int, int, int, bytes]] = []  # xid, zxid, error, body
        self.events: list[WatcherEvent] = []
        self.story: list[Any] = []  # replies' xids and events, in the order they came
        self._ops: dict[int, int] = {}
        self._frames = Frames(1 << 30)
        self._read = 0
        wire.carry(connection)

    # ---- speaking

    def hello(
        self,
        timeout_ms: int = 10_000,
        session: int = 0,
        password: bytes = bytes(16),
        seen: int = 0,
        read_only: bool | None = False,
    ) -> None:
        asked = ConnectRequest(0, seen, timeout_ms, session, password, read_only)
        self.wire.say(requests.encode_connect(asked))

    def frame(self, request: tuple[Any, ...], xid: int | None = None) -> bytes:
        """The frame of a request with the next xid, or this one."""
        if xid is None:
            self.xid += 1
            xid = self.xid
        self._ops[xid] = request[0]
        return requests.encode(request, xid)

    def ask(self, *asked: tuple[Any, ...]) -> int:
        """Send requests in one piece; the xid of the last."""
        self.wire.say(b"".join([self.frame(request) for request in asked]))
        return self.xid

    def create(self, path: bytes, data: bytes = b"", flags: int = 0, acl: bytes = b"") -> int:
        return self.ask((codes.CREATE, path, data, acl, flags))

    def ping(self) -> None:
        self.wire.say(self.frame((codes.PING,), codes.XID_PING))

    # ---- listening

    def listen(self) -> "Client":
        """Take in what was said since the last time."""
        said, self.wire.told = self.wire.told, b""
        buf, spans = self._frames.feed(said)
        for at, end in spans:
            if self.response is None:
                self.response = replies.decode_connect(buf, at, end)
                continue
            header = replies.decode_header(buf, at, end)
            body = buf[at + replies.HEADER_BYTES : end]
            if header.xid == codes.XID_NOTIFICATION:
                self.events.append(replies.decode_notification(body, 0, len(body)))
                self.story.append((self.events[-1].type, self.events[-1].path))
            else:
                self.heard.append((*header, body))
                self.story.append(header.xid)
        return self

    @property
    def session(self) -> int:
        self.listen()
        return self.response.session if self.response else 0

    @property
    def closed(self) -> bool:
        return self.wire.lost

    def errors(self) -> list[int]:
        """The error of every reply so far."""
        return [error for _, _, error, _ in self.listen().heard]

    def xids(self) -> list[int]:
        return [xid for xid, _, _, _ in self.listen().heard]

    def error(self, xid: int) -> int | None:
        """What this request was answered; None: nothing yet."""
        return next((error for one, _, error, _ in self.listen().heard if one == xid), None)

    def value(self, xid: int) -> Any:
        """The value that this request was answered with."""
        body, error = next(
            (body, error) for one, _, error, body in self.listen().heard if one == xid
        )
        assert not error, codes.ERROR_NAMES[error]
        return replies.decode_body(self._ops[xid], body, 0, len(body))


def acl_of(*entries: tuple[int, bytes, bytes]) -> bytes:
    from hikari_wire import acl

    return acl.pack(list(entries))


def multi(*parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return (codes.MULTI, parts)


def told_in_order(xids: Sequence[int]) -> bool:
    """Replies come in the order of their requests."""
    return list(xids) == sorted(xids)
