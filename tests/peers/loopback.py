"""A reactor whose sockets are wires in memory: connects and listens, and time stands still."""

from typing import Any

from replica.wire import Wire
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.python.failure import Failure


class _Port:
    def __init__(self, loopback: "Loopback", port: int) -> None:
        self.loopback, self.port = loopback, port

    def stopListening(self) -> None:
        self.loopback.ports.pop(self.port)


class Loopback(Clock):
    """IReactorTime and IReactorTCP. `pump` carries what was written to the other ends."""

    def __init__(self) -> None:
        super().__init__()
        self.ports: dict[int, Any] = {}
        self.pairs: list[tuple[Wire, Wire]] = []  # the one who called, the one who was called
        self.calls_at: list[tuple[float, int]] = []  # when which port was called

    def listenTCP(self, port: int, factory: Any, interface: str = "") -> _Port:
        self.ports[port] = factory
        return _Port(self, port)

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float = 30) -> None:
        self.calls_at.append((self.seconds(), port))
        self.callLater(0, self._connect, port, factory)

    def _connect(self, port: int, factory: Any) -> None:
        listening = self.ports.get(port)
        if listening is None:
            factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
            return
        caller, called = Wire(self), Wire(self)
        self.pairs.append((caller, called))
        called.carry(listening.buildProtocol(None))
        caller.carry(factory.buildProtocol(None))

    def call(self, port: int) -> Wire:
        """The test calls a port itself; what it is told is in the wire's `told`."""
        called = Wire(self)
        called.carry(self.ports[port].buildProtocol(None))
        return called

    def pump(self) -> None:
        """Until nothing is under way and nothing is due."""
        for _ in range(1_000):
            self.advance(0)
            moved = False
            for pair in self.pairs:
                for here, there in (pair, pair[::-1]):
                    if here.told and not there.lost:
                        said, here.told = here.told, b""
                        there.say(said)
                        moved = True
                    if here.lost and not here.told and not there.lost:
                        there.die(ConnectionDone())
                        moved = True
            if not moved and not any(c.getTime() <= self.seconds() for c in self.calls):
                return
        raise AssertionError("this never comes to rest")

    def go(self, seconds: float) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds / 0.01)):
            self.advance(0.01)
            self.pump()
