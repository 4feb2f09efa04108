"""Found by the killing of leaders: elections that took three rounds, for want of a link back."""

from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from hikari.peers.codec import pack
from hikari.peers.link import RETRY_S_MAX, Links
from hikari.peers.messages import Hello

PEER_PORT = 4711


class Transport(StringTransport):
    def setTcpNoDelay(self, enabled: bool) -> None: ...


class Dialled(Clock):
    """A reactor on which nobody answers; it remembers who was dialled, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.dialled: list[tuple[float, Any]] = []
        self.listening: Any = None

    def listenTCP(self, port: int, factory: Any, interface: str = "") -> Any:
        self.listening = factory
        return None

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float) -> None:
        assert port == PEER_PORT
        self.dialled.append((self.seconds(), factory))


def test_a_member_that_is_back_is_dialled_at_once():
    """It has called us; we do not wait for the next of our own attempts."""
    clock = Dialled()
    links = Links(
        clock=clock,
        member=1,
        ensemble="test",
        addresses={2: ("127.0.0.1", PEER_PORT)},
        members_checksum=0,
        on_message=lambda message: None,
        on_lost=lambda peer: None,
    )
    links.start("127.0.0.1", 4712)
    while clock.seconds() < 5:  # it is down
        _, factory = clock.dialled[-1]
        before = len(clock.dialled)
        factory.clientConnectionFailed(None, None)
        while len(clock.dialled) == before:
            clock.advance(0.01)
    clock.dialled[-1][1].clientConnectionFailed(None, None)
    attempts = len(clock.dialled)
    clock.advance(RETRY_S_MAX / 10)
    incoming = clock.listening.buildProtocol(None)
    incoming.makeConnection(Transport())
    incoming.dataReceived(pack([Hello(2, 1, "test", 0)]))
    assert [at for at, _ in clock.dialled[attempts:]] == [clock.seconds()]
    clock.advance(10 * RETRY_S_MAX)
    assert len(clock.dialled) == attempts + 1, "dialled twice"
