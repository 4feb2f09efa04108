"""Who calls over HTTP: a bounded number at a time, of which no address has more than its share, and
each for a bounded time."""

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from hikari.complaints import Complaints, place

if TYPE_CHECKING:
    from hikari.gateway.door import Door

log = Logger(__name__)

CONNECTIONS_MAX: Final = 64
CONNECTIONS_PER_HOST_MAX: Final = 16
"""Less than all: one address cannot shut the others out."""
REQUEST_S_MAX: Final = 5.0
"""From the connection, or the first byte behind an answer, to the end of the request."""
IDLE_S_MAX: Final = 10.0
"""Between two requests of one connection. Who asks less often connects anew."""
LINGER_S_MAX: Final = 10.0
"""Who has not read what it was told last within this time is cut off."""
BODY_BYTES_MAX: Final = 1 << 10
"""Nobody who may be answered has more to say."""
_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Caller(HTTPChannel):
    """One connection, of which something is awaited at any time but while it is answered: a whole
    request, the next one, or that it reads the end. (A long answer has a patience of its own.)"""

    _port: "Port"
    _host: str
    _deadline: Any = None
    _idle = False  # nothing of the next request is here
    _ended = False  # nothing more is read of it

    def connectionMade(self) -> None:
        super().connectionMade()  # type: ignore[no-untyped-call]
        self._await(REQUEST_S_MAX)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._await(None)
        self._port.gone(self._host)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._idle and (self.requests or self._buffer):
            self._idle = False
            self._await(REQUEST_S_MAX)

    def allContentReceived(self) -> None:
        self._await(None)
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def requestDone(self, request: Any) -> None:
        """It is answered, and what was said meanwhile is looked at now."""
        if self.persistent:
            self._idle = True
            self._await(IDLE_S_MAX)
        super().requestDone(request)  # type: ignore[no-untyped-call]

    def loseConnection(self) -> None:
        self._ended = True
        self._await(LINGER_S_MAX)
        super().loseConnection()  # type: ignore[no-untyped-call]

    def _await(self, seconds: float | None) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None if seconds is None else self._port.later_s(seconds, self._late)

    def _late(self) -> None:
        transport: Any = self.transport
        if self._ended:
            transport.abortConnection()
            return
        if not self._idle:
            self._port.complaints.say(
                peer=place(transport.getPeer()), why=f"no whole request in {REQUEST_S_MAX:g} s"
            )
            transport.write(_LATE)
        self.loseConnection()


class Asked(Request):
    """Twisted keeps any body; we want none, and take a short one."""

    _body_bytes = 0

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if self._body_bytes > BODY_BYTES_MAX:
            transport: Any = self.channel.transport
            transport.abortConnection()
        else:
            super().handleContentChunk(data)  # type: ignore[no-untyped-call]

    def process(self) -> None:
        if self._body_bytes <= BODY_BYTES_MAX:
            self.path = _path(self.path)
            super().process()  # type: ignore[no-untyped-call]


def _path(target: bytes) -> bytes:
    """Of a whole URL too: a server must take both (RFC 9112, 3.2.2)."""
    scheme, mark, rest = target.partition(b"://")
    if not mark or scheme.lower() not in (b"http", b"https"):
        return target
    _, slash, path = rest.partition(b"/")
    return slash + path or b"/"


class Port(Site):
    """Answers whoever there is room for, by one page."""

    noisy = False
    protocol = Caller  # type: ignore[assignment]  # without a way to HTTP/2

    def __init__(self, door: "Door", page: Resource) -> None:
        super().__init__(page, requestFactory=Asked, timeout=None)  # type: ignore[no-untyped-call]
        self.displayTracebacks = False
        self.later_s = door.later_s
        self.complaints = Complaints(log, "HTTP caller {peer} closed: {why}", door.later_s)
        self._hosts: Counter[str] = Counter()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        host = getattr(addr, "host", "")
        why = self._no_room_for(host)
        if why:
            self.complaints.say(peer=place(addr), why=why)
            return None
        self._hosts[host] += 1
        made: Any = super().buildProtocol(addr)  # type: ignore[no-untyped-call]
        made._port, made._host = self, host
        return made

    def _no_room_for(self, host: str) -> str:
        if self._hosts[host] >= CONNECTIONS_PER_HOST_MAX:
            return f"{CONNECTIONS_PER_HOST_MAX} of its address are connected already"
        if self._hosts.total() >= CONNECTIONS_MAX:
            return f"{CONNECTIONS_MAX} callers are connected already"
        return ""

    def gone(self, host: str) -> None:
        """One connection less from there."""
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]

    def log(self, request: Any) -> None:
        """Probes are not worth a line each."""
