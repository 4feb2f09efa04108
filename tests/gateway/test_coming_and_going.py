"""Clients that come and go, over real sockets to a member in memory."""

import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from replica.cluster import Cluster, Member

from hikari.gateway.port import ClientPort
from hikari.lines import LinePort
from hikari.reactor import TurnReactor
from hikari_wire import codes, requests
from hikari_wire.records import ConnectRequest

HELLO = requests.encode_connect(ConnectRequest(0, 0, 10_000, 0, bytes(16), False))
CLOSE = requests.encode((codes.CLOSE_SESSION,), 1)
CONNECTED_BYTES, CLOSED_BYTES = 41, 20


class Street:
    """Where the member lives: its port, and the reactor that has it."""

    def __init__(self, cluster: Cluster, member: Member) -> None:
        self.cluster, self.member = cluster, member
        self.reactor = TurnReactor()
        self.port = LinePort(0, ClientPort(member.door), 50, "127.0.0.1", self.reactor)
        self.port.startListening()

    def call(self, words: bytes) -> socket.socket:
        caller = socket.create_connection(self.port.socket.getsockname())
        caller.sendall(words)
        caller.settimeout(5)
        return caller

    def poll(self) -> None:
        self.reactor.runUntilCurrent()
        self.reactor.doIteration(0)
        self.cluster.poll()

    def until(self, true: Callable[[], Any]) -> None:
        for _ in range(1_000):
            if true():
                return
            self.poll()
        raise AssertionError("it never was so")

    def hear(self, caller: socket.socket, count: int) -> bytes:
        """What it is told, up to so many bytes or the end."""
        caller.setblocking(False)
        heard = bytearray()

        def listen() -> bool:
            with suppress(BlockingIOError):
                more = caller.recv(count - len(heard))
                heard.extend(more)
                return not more or len(heard) == count
            return False

        self.until(listen)
        return bytes(heard)


@pytest.fixture
def street(cluster: Cluster, member: Member) -> Iterator[Street]:
    street = Street(cluster, member)
    yield street
    for connection in list(member.door.connections):
        connection.refuse("the test is over", quietly=True)
    street.poll()
    street.poll()
    street.port.stopListening()
    for reader in street.reactor.removeAll():
        with suppress(AttributeError):
            reader.connectionLost(None)
    street.reactor._poller.close()


def come_and_go(street: Street) -> None:
    caller = street.call(HELLO)
    assert len(street.hear(caller, CONNECTED_BYTES)) == CONNECTED_BYTES
    caller.setblocking(True)
    caller.sendall(CLOSE)
    assert len(street.hear(caller, 100)) == CLOSED_BYTES, "and then the end"
    caller.close()


def test_a_session_is_opened_and_closed(street: Street, member: Member) -> None:
    come_and_go(street)
    assert not member.tree.sessions
    assert not member.door.connections
    assert not member.door.by_session


def test_whoever_has_gone_needs_no_collector(street: Street) -> None:
    """Else clients that come and go would stop the member for tens of milliseconds at a time."""
    come_and_go(street)
    street.call(b"ruok").close()
    street.call(HELLO).close()
    street.call(b"").close()
    street.until(lambda: not street.member.door.connections)
    gc.collect()
    gc.disable()
    try:
        for _ in range(30):
            come_and_go(street)
            street.call(b"ruok").close()
            street.call(HELLO).close()
            street.call(b"").close()
        street.until(lambda: not street.member.door.connections)
        assert gc.collect() < 30
    finally:
        gc.enable()


def test_what_is_said_behind_a_request_for_a_session_is_heard_when_there_is_one(
    street: Street, member: Member
) -> None:
    caller = street.call(HELLO + CLOSE)
    assert len(street.hear(caller, 1_000)) == CONNECTED_BYTES + CLOSED_BYTES
    assert not member.tree.sessions


def test_who_asks_and_says_more_is_read_no_further_until_it_is_answered(
    street: Street, member: Member
) -> None:
    caller = street.call(HELLO + CLOSE)
    street.reactor.doIteration(1)
    (connection,) = member.door.connections
    assert connection.transport not in street.reactor.getReaders()
    assert len(street.hear(caller, 1_000)) == CONNECTED_BYTES + CLOSED_BYTES


def test_who_goes_before_the_log_has_answered_gets_no_session(
    street: Street, member: Member
) -> None:
    """Nobody would ever close it."""
    street.call(HELLO).close()
    street.reactor.doIteration(1)
    assert member.door.counts.asked == 1
    street.until(lambda: not member.door.connections)
    street.poll()
    assert not member.tree.sessions
