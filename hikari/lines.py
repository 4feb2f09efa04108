"""The clients' TCP: accepts whoever calls, reads what comes, writes what the kernel takes at once.

A `Line` is a transport and its own outlet. Twisted's transports serve every kind of protocol, and
carry for that a dozen objects each: clients that come and go would pay more for them than for
their sessions, and ten thousand that stay would keep them all (measured: see the figures in
docs/performance.md).
"""

from collections import deque
from itertools import islice
from socket import (
    IPPROTO_TCP,
    MSG_MORE,
    NI_NUMERICHOST,
    NI_NUMERICSERV,
    SHUT_WR,
    SO_LINGER,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
    SocketType,
    getnameinfo,
)
from struct import pack
from sys import intern
from typing import Any, Final, NamedTuple

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import ISystemHandle
from twisted.internet.tcp import Port
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from hikari.outlet import kept

log = Logger()

READ_BYTES: Final = 64 << 10
"""At most so many at once of one line."""
ACCEPTS_MAX: Final = 128
"""At once; whoever waits longer is accepted in the next poll."""
PIECES_MAX: Final = 64
"""So many of those that wait are offered to the kernel at once."""

_DONE: Final = Failure(ConnectionDone())  # type: ignore[no-untyped-call]
_LOST: Final = Failure(ConnectionLost())  # type: ignore[no-untyped-call]
_ABORTED: Final = Failure(ConnectionAborted())  # type: ignore[no-untyped-call]
_RESET_AT_ONCE: Final = pack("ii", 1, 0)


class Place(NamedTuple):
    """Where somebody calls from."""

    host: str
    port: int


@implementer(ISystemHandle)
class Line:
    """One client's socket, until it is closed: ITCPTransport as far as connections need it, and
    what `hikari.outlet.Outlet` is for other transports. Its protocol is told `drained()` each time
    that everything which had to wait has left.

    Invariants: what was written leaves in that order. The reactor reads it while `_reads`, and
    waits for room while something waits."""

    __slots__ = (
        *("_aborted", "_ends", "_peer", "_protocol", "_reactor", "_reads", "_rest", "_socket"),
        *("lent", "waiting"),
    )

    def __init__(self, socket: SocketType, peer: Place, protocol: Any, reactor: Any) -> None:
        self._socket: SocketType | None = socket
        self._peer, self._protocol, self._reactor = peer, protocol, reactor
        self._rest: deque[memoryview] | None = None  # made when something has to wait
        self._aborted = False
        self._ends = False  # closed once all has left
        self._reads = True
        self.lent = b""
        """As `Outlet.lent`."""
        self.waiting = 0
        """Bytes that the kernel has not taken yet."""
        reactor.addReader(self)

    # ---- for its protocol

    def getPeer(self) -> Place:
        return self._peer

    def getHandle(self) -> SocketType | None:
        return self._socket

    def write(self, data: bytes, last: bool = False) -> None:
        """`last`: the end follows at once, and leaves in one packet with it (5 us less)."""
        socket = self._socket
        if socket is None:
            return
        if not self.waiting:
            try:
                sent = socket.send(data, MSG_MORE) if last else socket.send(data)
            except OSError:  # no room; or it is lost, as the reactor will find out
                sent = 0
            if sent == len(data):
                return
            if sent:
                data = data[sent:]
        self._wait(data)

    def _wait(self, data: bytes) -> None:
        if self._rest is None:
            self._rest = deque()
        self._rest += kept(data, self.lent)
        if not self.waiting and not self._aborted:
            self._reactor.addWriter(self)
        self.waiting += len(data)

    def close(self) -> None:
        """Close once all that was written has left: now, if it has."""
        if self.waiting:
            self._ends = True
            self.pauseProducing()
        elif self._socket is not None:
            try:
                self._socket.shutdown(SHUT_WR)  # else what is not read would reset it at once
            except OSError:
                self._lose(_LOST)
            else:
                self._lose(_DONE)

    def abortConnection(self) -> None:
        """Close without a word more, when whoever called this is done."""
        if not self._aborted and self._socket is not None:
            self._aborted = True
            self.pauseProducing()
            self._reactor.removeWriter(self)
            self._reactor.callLater(0, self._reset)

    def _reset(self) -> None:
        if self._socket is not None:
            self._socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET_AT_ONCE)
            self._lose(_ABORTED)

    def pauseProducing(self) -> None:
        if self._reads:
            self._reads = False
            self._reactor.removeReader(self)

    def resumeProducing(self) -> None:
        if not (self._reads or self._ends or self._aborted or self._socket is None):
            self._reads = True
            self._reactor.addReader(self)

    # ---- for the reactor

    def fileno(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:
        return "client"

    def doRead(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)  # type: ignore[union-attr]
        except BlockingIOError:
            return
        except OSError:
            self._lose(_LOST)
            return
        if data:
            self._protocol.dataReceived(data)
        else:
            self._lose(_DONE)

    def doWrite(self) -> None:
        socket, rest = self._socket, self._rest
        if socket is None or rest is None:
            return  # it was lost while it was read, just before
        try:
            sent = socket.sendmsg(islice(rest, PIECES_MAX))
        except BlockingIOError:
            return
        except OSError:
            self._lose(_LOST)
            return
        self.waiting -= sent
        while sent:
            piece = rest.popleft()
            if len(piece) > sent:
                rest.appendleft(piece[sent:])
                break
            sent -= len(piece)
        if not self.waiting:
            self._rest = None
            if self._ends:
                self._lose(_DONE)
            else:
                self._reactor.removeWriter(self)
                self._protocol.drained()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor gives it up."""
        self._lose(reason)

    def _lose(self, reason: Failure) -> None:
        """Whatever it still keeps is let go of at once: nothing of it refers to itself."""
        socket, self._socket = self._socket, None
        if socket is None:
            return
        self._reactor.forget(socket.fileno())
        socket.close()
        protocol, self._protocol = self._protocol, None
        self._rest = None
        protocol.connectionLost(reason)


class LinePort(Port):
    """Where clients call: each gets a Line, and is read in the same breath, for most have said
    something by then."""

    _hosts: dict[str, str]

    def startListening(self) -> None:
        super().startListening()
        self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # whoever is accepted inherits it

    def doRead(self) -> None:
        listening: Any = self.socket
        accept = listening._accept  # `accept` makes of it what costs three times as much
        for _ in range(ACCEPTS_MAX):
            try:
                fd, address = accept()
            except BlockingIOError:
                return
            except OSError:  # too many files, or too little memory: Twisted knows what to do
                super().doRead()  # type: ignore[no-untyped-call]
                return
            socket = SocketType(self.addressFamily, SOCK_STREAM, 0, fd)
            self._begin(socket, address)

    def _begin(self, socket: SocketType, address: tuple[Any, ...]) -> None:
        """Its first words too: what fails in between costs nobody but this client."""
        line = None
        try:
            socket.setblocking(False)
            factory: Any = self.factory
            protocol = factory.buildProtocol(None)
            line = Line(socket, Place(_host(address), address[1]), protocol, self.reactor)
            protocol.makeConnection(line)
            if line._reads:
                line.doRead()
        except Exception:
            log.failure("cannot accept {address}", address=address)
            if line is None:
                socket.close()
            else:
                line.abortConnection()

    def transport(  # type: ignore[override]
        self, socket: Any, protocol: Any, address: Any, server: Any, number: int, reactor: Any
    ) -> Line:
        """For Twisted's own `doRead`."""
        fd = SocketType(self.addressFamily, SOCK_STREAM, 0, socket.detach())
        fd.setblocking(False)
        return Line(fd, Place(_host(address), address[1]), protocol, reactor)


def _host(address: tuple[Any, ...]) -> str:
    """With the name of the network that an address of IPv6 may need to be one."""
    host: str = address[0]
    if len(address) == 4 and address[3]:
        host, _ = getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV)
    return intern(host)
