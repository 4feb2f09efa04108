"""What a connection says before it has a session: four letters, or a connect request."""

from hmac import compare_digest
from socket import MSG_PEEK
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import ISystemHandle

from hikari.gateway.counts import Sizes
from hikari.gateway.isolation import admit, end_as_expired, welcome
from hikari.gateway.telling import Telling
from hikari.gateway.words import WORD_BYTES, WORDS, answer, bytes_of
from hikari.tree.sessions import ATTACH
from hikari_wire import codes
from hikari_wire.jute import Malformed
from hikari_wire.records import ConnectRequest
from hikari_wire.requests import decode_connect

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

CONNECT_BYTES_MAX: Final = 4 << 10
"""A connect request is one of some fifty bytes."""
CONNECT_BYTES: Final = 64
"""About what becomes of it in the log."""


class Handshake:
    """Of one connection, until it has a session. Invariant: once there is something `asked`, and
    something `early` behind it, nothing more is read until the log has answered."""

    __slots__ = ("asked", "connection", "early")

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.asked: ConnectRequest | None = None
        self.early = b""  # what came before there was a session

    @property
    def full(self) -> bool:
        """It waits for an answer with something to say."""
        return self.asked is not None and self.early != b""

    def received(self, data: bytes) -> None:
        """The next bytes of a stranger; what follows its connect request waits."""
        connection = self.connection
        if connection.shut:
            return
        self.early = data = self.early + data if self.early else data
        if self.asked is not None:
            connection.reading()
            return
        if len(data) < WORD_BYTES:
            return
        if data[:WORD_BYTES] in WORDS:
            self._word(data)
            return
        size = int.from_bytes(data[:4], "big", signed=True)
        if not 0 <= size <= CONNECT_BYTES_MAX:
            connection.refuse(f"not a connect request: a frame of {size} bytes")
        elif len(data) >= 4 + size:
            self.early = data[4 + size :]
            self._ask(data, 4, 4 + size)

    def _word(self, data: bytes) -> None:
        """Answered and closed, whatever follows it."""
        connection = self.connection
        size = bytes_of(connection.door, data[:WORD_BYTES])
        if len(data) < size:
            return
        connection.traffic.received += 1
        connection.shut = True
        connection.sizes = Sizes()  # it is told no frames
        connection.telling = Telling(connection, answer(connection.door, data[:size]))
        connection.telling.go_on()

    def _ask(self, data: bytes, at: int, end: int) -> None:
        """Ask the log for a session: a new one, or one that comes from another connection."""
        connection = self.connection
        door = connection.door
        try:
            request = decode_connect(data, at, end)
        except Malformed as error:
            connection.refuse(str(error))
            return
        connection.cancel_deadline()
        connection.traffic.received += 1
        door.counts.asked += 1
        if not door.serving():
            if door.alone and request.read_only:
                admit(connection, request)
                self._early()
            else:
                door.counts.unserved += 1
                connection.refuse("this member has no leader", quietly=True)
            return
        if request.session and has_gone(connection.transport):
            connection.refuse("it has closed already, and may be elsewhere", quietly=True)
            return
        self.asked = request
        if self.early:
            connection.reading()
        if request.zxid_last_seen > door.tree.zxid:  # is it late, or are we?
            door.barrier(self._propose)
        else:
            self._propose()

    def _propose(self) -> None:
        """Nothing may come of it for a client that has seen more than there is: it belongs to
        another ensemble, or this one was begun anew. Nor of a new session if there are too many:
        who opens one and leaves without closing it has it for its whole time-out."""
        connection, request = self.connection, self.asked
        if connection.closed:
            return
        assert request is not None
        door = connection.door
        if request.zxid_last_seen > door.tree.zxid:
            seen, ours = request.zxid_last_seen, door.tree.zxid
            connection.refuse(f"it has seen zxid {seen}, we are at {ours}")
            return
        timeout_ms = door.negotiate(request.timeout_ms)
        if not request.session:
            if len(door.tree.sessions) >= door.sessions_max:
                door.counts.refused += 1
                connection.refuse("too many sessions")
                return
            wish: tuple[Any, ...] = (codes.CREATE_SESSION, timeout_ms, door.new_password())
        elif self._is_guess(request):
            end_as_expired(connection, request)
            return
        else:
            wish = (ATTACH, request.session, request.password, timeout_ms)
        door.propose(connection, [wish], CONNECT_BYTES)

    def _is_guess(self, request: ConnectRequest) -> bool:
        """A password never changes: a wrong one need not trouble the log."""
        known = self.connection.door.tree.sessions.get(request.session)
        return known is not None and not compare_digest(known.password, request.password)

    def answered(self, error: int, session: Any) -> None:
        """What the log says to what was asked."""
        request = self.asked
        assert request is not None
        if error:
            end_as_expired(self.connection, request)
            return
        self.asked = None
        connection = self.connection
        welcome(connection, request, session.timeout_ms, session.id, session.password)
        connection.attached(session)
        connection.door.counts.moved += bool(request.session)
        self._early()

    def _early(self) -> None:
        """What came behind the connect request is a session's, if there is one now."""
        if self.early and self.connection.session:
            self.connection.dataReceived(self.early)


def has_gone(transport: Any) -> bool:
    """Whether the client has closed its end behind its request: it gave this member up while
    it stood still. To take its session now would take it from where it is."""
    if not ISystemHandle.providedBy(transport):
        return False
    socket: Any = transport.getHandle()
    try:
        behind: bytes = socket.recv(1, MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not behind
