"""Writes what the kernel takes at once, and leaves only the rest to the reactor.

A transport's `write` waits for the next poll, and costs two system calls to ask for it: a peer
would hear of an entry only after our own fsync, a client of its reply one poll later (measured:
a third of the latency of a lone write). Here a frame leaves before `write` returns.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer


@implementer(IPullProducer)
class Outlet:
    """The sending side of one transport. Invariant: what was written leaves in that order."""

    __slots__ = ("_at_once", "_drained", "_transport", "waiting")

    def __init__(self, transport: Any, drained: Callable[[], None] | None = None) -> None:
        """`drained` is called each time that everything which had to wait has left."""
        self._transport = transport
        self._at_once = getattr(transport, "writeSomeData", None)  # TCP has it, TLS has not
        self._drained = drained
        self.waiting = 0
        """Bytes, at most, that the kernel has not taken yet."""
        transport.registerProducer(self, False)

    def write(self, data: bytes) -> None:
        if not self.waiting and self._at_once is not None:
            sent = self._at_once(data)
            if type(sent) is int:  # else the connection is lost, and the transport will find out
                if sent == len(data):
                    return
                data = data[sent:]
        self.waiting += len(data)
        self._transport.write(data)

    def close(self) -> None:
        """Close once all that was written has left."""
        self._transport.unregisterProducer()
        self._transport.loseConnection()

    def resumeProducing(self) -> None:
        """The transport's buffer is empty."""
        if self.waiting:
            self.waiting = 0
            if self._drained is not None:
                self._drained()

    def stopProducing(self) -> None:
        """The connection is lost; its protocol hears of that itself."""
