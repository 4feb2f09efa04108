"""Writes what the kernel takes at once, and leaves only the rest to the reactor.

A transport's `write` waits for the next poll, and costs two system calls to ask for it: a peer
would hear of an entry only after our own fsync, a client of its reply one poll later (measured:
a third of the latency of a lone write). Here a frame leaves before `write` returns.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from twisted.internet.interfaces import IPullProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer

HANDED_BYTES: Final = 128 << 10


def _sends(transport: Connection) -> Callable[[bytes], int | None]:
    """`writeSomeData` by two calls less: how many bytes the kernel has taken, or None."""
    send: Callable[[bytes], int] = transport.getHandle().send

    def write(data: bytes) -> int | None:
        try:
            return send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return None

    return write


def kept(data: bytes, lent: bytes) -> tuple[memoryview, ...]:
    """What is to be kept of data that has to wait, if it ends with what is `lent`."""
    if lent:
        own = max(0, len(data) - len(lent))  # what stands before it
        if own and data.endswith(lent):
            return memoryview(data[:own]), memoryview(lent)
        if not own and lent.endswith(data):
            return (memoryview(lent)[len(lent) - len(data) :],)
    return (memoryview(data),)


@implementer(IPullProducer)
class Outlet:
    """The sending side of one transport. Invariant: what was written leaves in that order."""

    __slots__ = ("_at_once", "_drained", "_handed", "_rest", "_transport", "lent", "waiting")

    def __init__(self, transport: Any, drained: Callable[[], None] | None = None) -> None:
        """`drained` is called each time that everything which had to wait has left."""
        self._transport = transport
        self._at_once = getattr(transport, "writeSomeData", None)  # TCP has it, TLS has not
        if isinstance(transport, Connection):
            self._at_once = _sends(transport)
        self._drained = drained
        self._rest: deque[memoryview] = deque()  # what even the transport has not got yet
        self._handed = 0  # bytes that it has
        self.lent = b""
        """What is kept by somebody else, and what is written now ends with: of what has to wait
        of it no copy is kept."""
        self.waiting = 0
        """Bytes that the kernel has not taken yet, up to `HANDED_BYTES` too many."""
        transport.registerProducer(self, False)

    def write(self, data: bytes, last: bool = False) -> None:
        """`last`: the end follows at once."""
        if not self.waiting and self._at_once is not None:
            sent = self._at_once(data)
            if type(sent) is int:  # else the connection is lost, and the transport will find out
                if sent == len(data):
                    return
                data = data[sent:]
        self.waiting += len(data)
        self._rest += kept(data, self.lent)
        if not self._handed:
            self._hand()

    def _hand(self) -> None:
        """Give the transport about what it sends at once: of that it says when it has left."""
        rest, pieces, room = self._rest, [], HANDED_BYTES
        while rest and room:
            piece = rest.popleft()
            if len(piece) > room:
                rest.appendleft(piece[room:])
                piece = piece[:room]
            pieces.append(piece)
            room -= len(piece)
        self._handed = HANDED_BYTES - room
        self._transport.write(b"".join(pieces))

    def close(self) -> None:
        """Close once all that was written has left."""
        self._transport.unregisterProducer()
        if self._rest:
            self._transport.write(b"".join(self._rest))
            self._rest.clear()
        self._transport.loseConnection()

    def resumeProducing(self) -> None:
        """The transport's buffer is empty."""
        handed, self._handed = self._handed, 0
        self.waiting -= handed
        if self._rest:
            self._hand()
        elif handed and self._drained is not None:
            self._drained()

    def stopProducing(self) -> None:
        """The connection is lost; its protocol hears of that itself."""
