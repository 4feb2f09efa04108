"""A setWatches of any length, in slices: a client that comes back with a hundred thousand watches
must not keep all others waiting.

Between two slices everybody has a turn. Nothing is lost by that: a path whose watch is set fires
like any other, and one that is not set yet is looked at later, against the same zxid. The reply
comes behind the last slice, and what the client asked behind it waits, as it does behind a sync.
"""

from typing import TYPE_CHECKING, Any, Final

from hikari.gateway.slot import Slot, ready
from hikari_wire import codes, requests
from hikari_wire.jute import Malformed, read_count, read_long, read_text
from hikari_wire.replies import HEADER

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection
    from hikari.gateway.reads import Read

SLICE_PATHS: Final = 256
"""Between two of them others have their turn: about half a millisecond, or a few from the disk."""
WHOLE_BYTES_MAX: Final = 4 << 10
"""A smaller one is not worth cutting."""

_VECTORS: Final = {codes.SET_WATCHES: 3, codes.SET_WATCHES2: 5}


def _decoder(op: int) -> requests.Decoder:
    """A large one is not decoded: it is (op, buf, at, end), which is no request."""
    decode = requests.DECODE[op]

    def decode_or_not(buf: bytes, at: int, end: int) -> requests.Request:
        return decode(buf, at, end) if end - at <= WHOLE_BYTES_MAX else (op, buf, at, end)

    return decode_or_not


DECODE: Final = requests.DECODE | {op: _decoder(op) for op in _VECTORS}


def sliced(read: "Read") -> "Read":
    """The same, for requests of `DECODE`."""

    def read_sliced(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
        if type(request[1]) is int:
            return read(connection, xid, request)
        Rearming(connection, xid, request, read).begin()
        return b""

    return read_sliced


class Rearming:
    """One large request of one connection. Invariant: `left` more paths of the vector number
    `vector` begin at `at`."""

    __slots__ = ("at", "buf", "connection", "end", "left", "read", "slot", "vector", "zxid")

    def __init__(
        self, connection: "Connection", xid: int, request: tuple[Any, ...], read: "Read"
    ) -> None:
        op, self.buf, self.at, self.end = request
        self.connection, self.read = connection, read
        self.slot = Slot(xid, op, None, self.end - self.at)
        self.zxid = 0
        self.vector = -1
        self.left = 0

    def begin(self) -> None:
        """It takes the place in the order that it was read in: the first."""
        connection = self.connection
        connection.order().appendleft(self.slot)
        connection.underway_bytes += self.slot.size
        connection.expect(1)
        connection.door.later_s(0, self.go_on)

    def go_on(self) -> None:
        """One more slice."""
        connection = self.connection
        if connection.closed:
            return
        try:
            more = self._slice()
        except Malformed:
            self._end(codes.MARSHALLING_ERROR)
        except Exception as error:
            connection.failed(error)
        else:
            if more:
                connection.flush()
                connection.door.later_s(0, self.go_on)
            else:
                self._end(codes.OK)

    def _slice(self) -> bool:
        """Whether there is more."""
        op = self.slot.op
        if self.vector < 0:
            self.zxid, self.at = read_long(self.buf, self.at, self.end)
        while not self.left:
            self.vector += 1
            if self.vector == _VECTORS[op]:
                return False
            self.left, self.at = read_count(self.buf, self.at, self.end, 4)
        paths = []
        for _ in range(min(self.left, SLICE_PATHS)):
            path, self.at = read_text(self.buf, self.at, self.end)
            paths.append(path)
        self.left -= len(paths)
        vectors: list[tuple[bytes, ...]] = [()] * _VECTORS[op]
        vectors[self.vector] = tuple(paths)
        told = self.read(self.connection, self.slot.xid, (op, self.zxid, *vectors))
        if len(told) > HEADER.size:  # events; behind them is the reply to what was no request
            self.connection.out.append(told[: -HEADER.size])
        return True

    def _end(self, error: int) -> None:
        self.slot.read = (ready, (error, b""))
        self.connection.came()
        self.connection.flush()
