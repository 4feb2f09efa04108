"""Who calls over HTTP is given some time, and nobody has all the room."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from replica.cluster import Cluster, Member
from twisted.internet import reactor as reactor_
from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport
from twisted.logger import LogLevel, capturedLogs

from hikari.complaints import COMPLAINTS_MAX
from hikari.gateway.callers import (
    CONNECTIONS_MAX,
    CONNECTIONS_PER_HOST_MAX,
    IDLE_S_MAX,
    LINGER_S_MAX,
    REQUEST_S_MAX,
    Port,
)
from hikari.gateway.http import admin_port

reactor: Any = reactor_
GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"


class Line(StringTransport):
    """A connection as the kernel has it, that never reads what it is told unless `reads`."""

    def __init__(self, host: str, reads: bool = True) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", host, 4711))
        self.reads, self.aborted = reads, False

    def loseConnection(self) -> None:
        super().loseConnection()
        if self.reads:
            self.protocol.connectionLost()

    def abortConnection(self) -> None:
        self.aborted = True
        self.protocol.connectionLost()


@pytest.fixture
def port(member: Member) -> Port:
    return admin_port(member.door, "/commands")


def call(port: Port, host: str = "10.0.0.9", reads: bool = True) -> Line | None:
    """A connection from there, if there is room."""
    line = Line(host, reads)
    line.protocol = port.buildProtocol(line.getPeer())
    if line.protocol is None:
        return None
    line.protocol.makeConnection(line)
    return line


def called(port: Port, host: str = "10.0.0.9", reads: bool = True) -> Line:
    line = call(port, host, reads)
    assert line is not None
    return line


def status(line: Line) -> int:
    return int(line.value().split()[1])


@pytest.mark.parametrize(
    "begun", [b"", b"GET /livez HT", GET[:-2], b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n12"]
)
def test_a_request_that_does_not_end_is_not_waited_for(
    port: Port, cluster: Cluster, begun: bytes
) -> None:
    line = called(port)
    line.protocol.dataReceived(begun)
    cluster.clock.advance(REQUEST_S_MAX - 0.1)
    assert not line.disconnecting
    cluster.clock.advance(0.1)
    assert line.disconnecting
    assert status(line) == 408


def test_a_byte_a_second_gains_no_time(port: Port, cluster: Cluster) -> None:
    line = called(port)
    for byte in GET:
        line.protocol.dataReceived(bytes([byte]))
        cluster.clock.advance(1)
        if line.disconnecting:
            break
    assert line.disconnecting
    assert status(line) == 408


def test_who_asks_again_in_time_is_answered_again(port: Port, cluster: Cluster) -> None:
    line = called(port)
    for _ in range(3):
        line.clear()
        line.protocol.dataReceived(GET[:10])
        cluster.clock.advance(REQUEST_S_MAX - 0.1)
        line.protocol.dataReceived(GET[10:])
        assert status(line) == 200
        cluster.clock.advance(IDLE_S_MAX - 0.1)
        assert not line.disconnecting
    line.clear()
    cluster.clock.advance(0.1)
    assert line.disconnecting
    assert not line.value(), "nothing was asked"


def test_what_was_asked_at_once_is_answered_in_order_and_the_rest_has_its_time(
    port: Port, cluster: Cluster
) -> None:
    line = called(port)
    line.protocol.dataReceived(GET + GET + GET[:10])
    assert line.value().count(b"HTTP/1.1 200") == 2
    cluster.clock.advance(REQUEST_S_MAX)
    assert line.disconnecting
    assert b" 408 " in line.value()


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"])
def test_who_does_not_read_is_cut_off(port: Port, cluster: Cluster, more: bytes) -> None:
    line = called(port, reads=False)
    line.protocol.dataReceived(GET[:-2] + more + b"\r\n")
    cluster.clock.advance(0 if more else IDLE_S_MAX)
    assert line.disconnecting
    cluster.clock.advance(LINGER_S_MAX - 0.1)
    assert not line.aborted
    cluster.clock.advance(0.1)
    assert line.aborted


def test_nothing_is_left_to_wait_for_when_a_caller_has_gone(port: Port, cluster: Cluster) -> None:
    before = len(cluster.clock.calls)
    for said in (b"", GET[:10], GET, GET[:-2] + b"Connection: close\r\n\r\n"):
        line = called(port, reads=False)
        line.protocol.dataReceived(said)
        line.protocol.connectionLost()
    assert len(cluster.clock.calls) == before


def test_no_address_has_all_the_room(port: Port, cluster: Cluster) -> None:
    mine = [called(port) for _ in range(CONNECTIONS_PER_HOST_MAX)]
    assert call(port) is None
    hosts = [f"10.0.1.{number}" for number in range(CONNECTIONS_MAX)]
    room = CONNECTIONS_MAX - CONNECTIONS_PER_HOST_MAX
    assert [call(port, host) is not None for host in hosts] == [n < room for n in range(len(hosts))]
    mine[0].loseConnection()
    assert called(port, "10.0.2.1")
    assert call(port) is None, "there is no room at all"
    cluster.clock.advance(REQUEST_S_MAX)
    assert called(port), "those who said nothing are gone"


def test_refusals_are_logged_but_not_each_of_them(port: Port, cluster: Cluster) -> None:
    for _ in range(CONNECTIONS_PER_HOST_MAX):
        called(port)
    with capturedLogs() as logged:
        for _ in range(10 * COMPLAINTS_MAX):
            assert call(port) is None
        cluster.clock.advance(1)
    lines = [event for event in logged if event["log_level"] == LogLevel.warn]
    assert len(lines) == COMPLAINTS_MAX + 1
    assert lines[0]["peer"] == "10.0.0.9:4711"
    assert lines[0]["why"] == f"{CONNECTIONS_PER_HOST_MAX} of its address are connected already"
    assert lines[-1]["count"] == 9 * COMPLAINTS_MAX


def test_a_slow_request_is_logged(port: Port, cluster: Cluster) -> None:
    called(port)
    with capturedLogs() as logged:
        cluster.clock.advance(REQUEST_S_MAX)
    assert [event["why"] for event in logged] == ["no whole request in 5 s"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"http://a:8080/livez", 200),
        (b"HTTP://a/livez?x=1", 200),
        (b"http://a", 404),
        (b"ftp://a/livez", 404),
        (b"/commands/ruok?x=http://a/livez", 200),
    ],
)
def test_a_whole_url_may_be_asked_for(port: Port, target: bytes, expected: int) -> None:
    line = called(port)
    line.protocol.dataReceived(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert status(line) == expected


# ---- over real sockets


@pytest.fixture
def address(port: Port) -> Iterator[tuple[str, int]]:
    listening = reactor.listenTCP(0, port, interface="127.0.0.1")
    host = listening.getHost()
    yield host.host, host.port
    listening.stopListening()


def spin() -> None:
    for _ in range(50):
        reactor.iterate(0.01)


def test_a_healthy_caller_is_answered_while_slow_ones_sit_there(address: tuple[str, int]) -> None:
    slow = []
    for _ in range(CONNECTIONS_MAX):
        slow.append(socket.create_connection(address))
        slow[-1].sendall(GET[:10])
        reactor.iterate(0)
    spin()
    healthy = socket.create_connection(address, source_address=("127.0.0.2", 0))
    healthy.sendall(GET)
    spin()
    healthy.settimeout(0)
    head, _, body = healthy.recv(1 << 16).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["ready"]
    for one in (*slow, healthy):
        one.close()
    spin()
