"""The reactor: a place after each poll, and timers that a wall clock cannot move."""

import socket
import time

from twisted.internet.abstract import FileDescriptor

from hikari.reactor import TurnReactor


class Reader(FileDescriptor):
    """Counts what it reads from one end of a socket pair."""

    def __init__(self, reactor, log, name):
        super().__init__(reactor)
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.log, self.name = log, name
        self.startReading()

    def fileno(self):
        return self.near.fileno()

    def doRead(self):
        self.near.recv(100)
        self.log.append(self.name)
        self.reactor.after_poll(lambda: self.log.append(f"after {self.name}"))

    def logPrefix(self):
        return self.name


def close(*readers):
    for reader in readers:
        reader.stopReading()
        reader.near.close()
        reader.far.close()


def test_what_is_asked_for_in_a_poll_runs_after_all_sockets_of_that_poll():
    reactor, log = TurnReactor(), []
    one, two = Reader(reactor, log, "one"), Reader(reactor, log, "two")
    one.far.send(b"x")
    two.far.send(b"x")
    reactor.doIteration(1)
    assert sorted(log[:2]) == ["one", "two"]
    assert sorted(log[2:]) == ["after one", "after two"]
    close(one, two)


def test_what_is_asked_for_between_polls_does_not_wait_for_a_socket():
    reactor, log = TurnReactor(), []
    reactor.after_poll(lambda: log.append("ran"))
    began = time.monotonic()
    reactor.doIteration(5)
    assert log == ["ran"]
    assert time.monotonic() - began < 1


def test_a_failing_socket_is_dropped_and_disturbs_no_other():
    reactor, log = TurnReactor(), []
    bad, good = Reader(reactor, log, "bad"), Reader(reactor, log, "good")
    bad.doRead = lambda: 1 / 0
    bad.connectionLost = lambda reason: bad.stopReading()
    bad.far.send(b"x")
    good.far.send(b"x")
    reactor.doIteration(1)
    assert log == ["good", "after good"]
    close(bad, good)


def test_timers_do_not_follow_the_wall_clock(monkeypatch):
    reactor = TurnReactor()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert abs(reactor.seconds() - time.monotonic()) < 1
    call = reactor.callLater(60, lambda: None)
    assert abs(call.getTime() - time.monotonic() - 60) < 1


def test_the_longest_turn_is_remembered_and_waiting_is_none():
    reactor = TurnReactor()
    reactor.doIteration(0.05)
    reactor.doIteration(0)
    assert reactor.turn_s_max < 0.02
    reactor.after_poll(lambda: time.sleep(0.03))
    reactor.doIteration(0)
    reactor.doIteration(0)
    reactor.doIteration(0)
    assert 0.03 <= reactor.turn_s_max < 0.2
