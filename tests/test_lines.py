"""The clients' TCP, on real sockets."""

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from twisted.internet import protocol
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost

from hikari.lines import Line, LinePort, Place
from hikari.reactor import TurnReactor


class Speaker:
    """Notes what happens to one line."""

    def __init__(self) -> None:
        self.heard = b""
        self.drains = 0
        self.lost: Any = None
        self.hears: Callable[[bytes], object] = lambda data: None

    def makeConnection(self, line: Line) -> None:
        self.line = line

    def dataReceived(self, data: bytes) -> None:
        self.heard += data
        self.hears(data)

    def drained(self) -> None:
        self.drains += 1

    def connectionLost(self, reason: Any) -> None:
        self.lost = reason.type


class Stage(protocol.Factory):
    """A port, and whoever calls it."""

    noisy = False

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.reactor = TurnReactor()
        self.speakers: list[Speaker] = []
        self.next = Speaker
        self.callers: list[socket.socket] = []
        self.port = LinePort(0, self, 50, host, self.reactor)
        self.port.startListening()

    def buildProtocol(self, addr: Any) -> Any:
        self.speakers.append(self.next())
        return self.speakers[-1]

    def call(self, words: bytes = b"") -> socket.socket:
        """A client, who has said something before anybody answers."""
        caller = socket.create_connection(self.port.socket.getsockname()[:2])
        caller.sendall(words)
        caller.settimeout(5)
        self.callers.append(caller)
        return caller

    def until(self, true: Callable[[], Any]) -> None:
        for _ in range(1_000):
            if true():
                return
            self.reactor.runUntilCurrent()
            self.reactor.doIteration(0.01)
        raise AssertionError("it never was so")

    def close(self) -> None:
        for one in [*self.speakers]:
            if one.lost is None:
                one.line.connectionLost(None)  # type: ignore[arg-type]
        for caller in self.callers:
            caller.close()
        for reader in self.reactor.removeAll():
            with suppress(AttributeError):
                reader.connectionLost(None)
        self.reactor._poller.close()


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage()
    yield stage
    for one in stage.speakers:
        monkeypatch.setattr(one, "connectionLost", lambda reason: None)
    stage.close()


def test_who_calls_is_heard_in_the_poll_that_accepts_it(stage: Stage) -> None:
    callers = [stage.call(b"hello %d" % n) for n in range(3)]
    stage.reactor.doIteration(1)
    assert [one.heard for one in stage.speakers] == [b"hello 0", b"hello 1", b"hello 2"]
    for caller, one in zip(callers, stage.speakers, strict=True):
        assert one.line.getPeer() == Place(*caller.getsockname())
        caller.send(b", again")
    stage.until(lambda: all(one.heard.endswith(b"again") for one in stage.speakers))
    callers[1].close()
    stage.until(lambda: stage.speakers[1].lost)
    assert stage.speakers[1].lost is ConnectionDone


def test_what_is_said_is_not_held_up_for_more(stage: Stage) -> None:
    stage.call()
    stage.until(lambda: stage.speakers)
    handle: Any = stage.speakers[0].line.getHandle()
    assert handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_everything_arrives_in_order_and_then_the_end(stage: Stage) -> None:
    data = b"".join(n.to_bytes(4, "big") for n in range(2_000_000))
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    one = stage.speakers[0]
    for at in range(0, len(data), 1_000_003):
        one.line.write(data[at : at + 1_000_003])
    assert one.line.waiting > 0
    ear.setblocking(False)
    heard = bytearray()

    def listen() -> bool:
        with suppress(BlockingIOError):
            heard.extend(ear.recv(1 << 20))
        return len(heard) == len(data)

    stage.until(listen)
    assert bytes(heard) == data
    stage.until(lambda: one.drains)
    assert (one.line.waiting, one.drains) == (0, 1)
    ear.setblocking(True)
    one.line.write(b"last words")
    assert ear.recv(100) == b"last words"
    one.line.close()
    assert one.lost is ConnectionDone, "nothing was left to wait for"
    assert ear.recv(100) == b""


def test_closing_waits_for_what_was_written(stage: Stage) -> None:
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    one = stage.speakers[0]
    one.line.write(bytes(20_000_000))
    one.line.close()
    one.line.close()
    one.line.resumeProducing()
    ear.send(b"more")
    stage.reactor.doIteration(0.01)
    assert one.lost is None
    ear.setblocking(False)
    heard = 0

    def listen() -> bool:
        nonlocal heard
        with suppress(BlockingIOError):
            heard += len(ear.recv(1 << 20))
        return bool(one.lost)

    stage.until(listen)
    assert one.heard == b""
    assert one.drains == 0


def test_the_last_words_arrive_though_not_all_was_read_that_it_said(stage: Stage) -> None:
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    one = stage.speakers[0]
    one.line.pauseProducing()
    ear.send(b"unread")
    one.line.write(b"last words", last=True)
    one.line.close()
    assert one.lost is ConnectionDone
    assert ear.recv(100) == b"last words"


def test_what_was_lent_is_not_copied(stage: Stage) -> None:
    lent = bytes(range(256)) * 40_000
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    line = stage.speakers[0].line
    line.lent = lent
    line.write(b"before" + lent)
    line.write(b"before" + lent)
    line.lent = b""
    assert line._rest is not None
    assert [piece.obj is lent for piece in line._rest] == [True, False, True]
    ear.setblocking(False)
    heard = bytearray()

    def listen() -> bool:
        with suppress(BlockingIOError):
            heard.extend(ear.recv(1 << 20))
        return len(heard) == 2 * (6 + len(lent))

    stage.until(listen)
    assert heard == 2 * (b"before" + lent)


def test_who_is_cut_off_hears_nothing_more_nor_is_heard(stage: Stage) -> None:
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    one = stage.speakers[0]
    one.line.write(bytes(20_000_000))
    ear.send(b"too late")
    one.line.abortConnection()
    one.line.abortConnection()
    one.line.resumeProducing()
    assert one.lost is None, "whoever called for it is done first"
    stage.until(lambda: one.lost)
    assert one.lost is ConnectionAborted
    assert one.heard == b""
    unread = iter(lambda: ear.recv(1 << 20), b"")
    with pytest.raises(ConnectionResetError):
        list(unread)


def test_one_that_is_not_read_waits_in_the_kernel(stage: Stage) -> None:
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    one = stage.speakers[0]
    one.line.pauseProducing()
    one.line.pauseProducing()
    ear.send(b"abc")
    for _ in range(3):
        stage.reactor.doIteration(0.01)
    assert one.heard == b""
    one.line.resumeProducing()
    one.line.resumeProducing()
    stage.until(lambda: one.heard == b"abc")


@pytest.mark.parametrize("writes", [False, True])
def test_one_that_breaks_is_lost_once(stage: Stage, writes: bool) -> None:
    ear = stage.call()
    stage.until(lambda: stage.speakers)
    one = stage.speakers[0]
    if writes:
        one.line.write(bytes(20_000_000))
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    ear.close()
    stage.until(lambda: one.lost)
    assert one.lost is ConnectionLost
    one.line.write(b"nobody hears this")
    one.line.close()
    one.line.abortConnection()
    assert not stage.reactor.getWriters()


def test_who_fails_at_once_disturbs_no_other(stage: Stage) -> None:
    class Bad(Speaker):
        def dataReceived(self, data: bytes) -> None:
            raise ZeroDivisionError

    stage.next = Bad
    stage.call(b"x")
    stage.until(lambda: stage.speakers)
    stage.next = Speaker
    stage.call(b"y")
    stage.until(lambda: len(stage.speakers) == 2 and stage.speakers[0].lost)
    assert stage.speakers[1].heard == b"y"
    assert stage.speakers[1].lost is None


def test_with_no_file_left_twisteds_way_out_is_taken(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It closes whoever calls, and goes on when there are files again."""
    tried: list[None] = []

    class Full:
        """The listening socket, once with no file left."""

        def __init__(self, listening: Any) -> None:
            self.listening = listening

        def _accept(self) -> Any:
            tried.append(None)
            raise OSError(errno.EMFILE, "Too many open files")

        def __getattr__(self, name: str) -> Any:
            return getattr(self.listening, name)

    real = stage.port.socket
    monkeypatch.setattr(stage.port, "socket", Full(real))
    stage.call(b"hello")
    stage.until(lambda: stage.speakers and stage.speakers[0].heard)
    assert len(tried) >= 1
    assert isinstance(stage.speakers[0].line, Line)
    assert stage.speakers[0].heard == b"hello"
    monkeypatch.setattr(stage.port, "socket", real)


def test_an_address_of_ipv6_is_told_as_people_write_it() -> None:
    try:
        stage = Stage("::1")
    except Exception:  # this machine has none
        pytest.skip("no IPv6 here")
    caller = stage.call(b"x")
    stage.until(lambda: stage.speakers)
    assert stage.speakers[0].line.getPeer().host == "::1"
    caller.close()
    stage.until(lambda: stage.speakers[0].lost)
    stage.close()
