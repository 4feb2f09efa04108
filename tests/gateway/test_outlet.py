"""The sending side of a transport: in memory, and on real sockets."""

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from replica.wire import Wire
from twisted.internet import protocol
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.task import Clock

from hikari.outlet import HANDED_BYTES, Outlet


class Speaker(protocol.Protocol):
    def connectionMade(self) -> None:
        self.drained = 0
        self.lost = False
        self.then: Callable[[], object] = lambda: None
        self.outlet = Outlet(self.transport, self._drained)

    def _drained(self) -> None:
        self.drained += 1
        self.then()

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = True


@pytest.fixture
def wire() -> Wire:
    wire = Wire(Clock())
    wire.carry(Speaker())
    return wire


def test_what_the_kernel_takes_leaves_at_once(wire: Wire) -> None:
    wire.protocol.outlet.write(b"abc")
    assert wire.told == b"abc"
    assert wire.protocol.outlet.waiting == 0
    assert wire.protocol.drained == 0, "nothing had to wait"


def test_what_it_does_not_take_waits_in_order(wire: Wire) -> None:
    outlet = wire.protocol.outlet
    wire.room = 5
    outlet.write(b"0123456")
    outlet.write(b"789")
    wire.make_room(3)
    outlet.write(b"abc")
    assert wire.told == b"01234567"
    wire.make_room()
    assert wire.told == b"0123456789abc"
    assert outlet.waiting == 0
    assert wire.protocol.drained == 1


@pytest.mark.parametrize("room", [1, 1_000, HANDED_BYTES - 1, HANDED_BYTES, 300_000])
def test_what_waits_is_counted_as_it_leaves(wire: Wire, room: int) -> None:
    """Also when it never is all gone."""
    outlet = wire.protocol.outlet
    wire.room = 0
    data = b"".join(n.to_bytes(4, "big") for n in range(250_000))
    for at in range(0, len(data), 70_001):
        outlet.write(data[at : at + 70_001])
    assert outlet.waiting == len(data)
    for _ in range(10):
        wire.make_room(room)
        left = len(data) - len(wire.told)
        assert left <= outlet.waiting <= left + HANDED_BYTES
    wire.make_room()
    assert wire.told == data
    assert (outlet.waiting, wire.protocol.drained) == (0, 1) or room == 300_000


def test_more_may_be_written_when_it_has_drained(wire: Wire) -> None:
    more = [b"second", b"third"]
    wire.protocol.then = lambda: wire.protocol.outlet.write(more.pop(0)) if more else None
    wire.room = 0
    wire.protocol.outlet.write(b"first")
    for size in (5, 6, 5):
        wire.make_room(size)
    assert wire.told == b"firstsecondthird"
    assert wire.protocol.drained == 3


def test_closing_waits_for_what_was_written(wire: Wire) -> None:
    wire.room = 10
    wire.protocol.outlet.write(bytes(500_000))
    wire.protocol.outlet.close()
    wire.protocol.outlet.close()
    assert not wire.lost
    wire.make_room(400_000)
    assert not wire.lost
    wire.make_room()
    assert len(wire.told) == 500_000
    assert wire.lost


def test_on_real_sockets_everything_arrives_in_order() -> None:
    reactor = EPollReactor()  # type: ignore[no-untyped-call]
    speaker = Speaker()
    factory = protocol.ClientFactory()
    factory.noisy = False
    factory.buildProtocol = lambda addr: speaker  # type: ignore[method-assign]
    data = b"".join(n.to_bytes(4, "big") for n in range(2_000_000))
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        reactor.connectTCP("127.0.0.1", listener.getsockname()[1], factory)
        reactor.iterate(0.01)
        ear, _ = listener.accept()
    with closing(ear):
        reactor.iterate(0.01)
        for at in range(0, len(data), 1_000_003):
            speaker.outlet.write(data[at : at + 1_000_003])
        assert speaker.outlet.waiting > 0
        ear.setblocking(False)
        heard = bytearray()
        while len(heard) < len(data):
            reactor.iterate(0)
            with suppress(BlockingIOError):
                heard += ear.recv(1 << 20)
        assert bytes(heard) == data
        reactor.iterate(0.01)
        assert (speaker.outlet.waiting, speaker.drained) == (0, 1)
        speaker.outlet.write(b"last words")
        speaker.outlet.close()
        while not speaker.lost:
            reactor.iterate(0.01)
        assert ear.recv(100) == b"last words"
        assert ear.recv(100) == b""
    for waker in reactor.removeAll():
        waker.connectionLost(None)
    reactor._poller.close()
