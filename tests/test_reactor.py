"""The reactor: a place after each poll, and timers that a wall clock cannot move."""

import socket
import threading
import time

import pytest
from timely import demand_within, timely
from twisted.internet.abstract import FileDescriptor
from twisted.logger import globalLogPublisher

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


@timely
def test_what_is_asked_for_between_polls_does_not_wait_for_a_socket():
    reactor, log = TurnReactor(), []
    reactor.after_poll(lambda: log.append("ran"))
    began = time.monotonic()
    reactor.doIteration(5)
    assert log == ["ran"]
    demand_within(1, time.monotonic() - began, of="s of a poll")


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


@timely
def test_the_longest_turn_is_remembered_and_waiting_is_none():
    reactor = TurnReactor()
    reactor.doIteration(0.3)
    reactor.doIteration(0)
    demand_within(0.2, reactor.turn_s_max, of="s of a turn that only waited")
    reactor.after_poll(lambda: time.sleep(0.03))
    reactor.doIteration(0)
    reactor.doIteration(0)
    reactor.doIteration(0)
    assert reactor.turn_s_max >= 0.03
    demand_within(0.2, reactor.turn_s_max, of="s of a turn")


@pytest.fixture
def running():
    """Runs a reactor until somebody stops it, five seconds at most."""

    def run(reactor):
        guard = threading.Timer(5, reactor.callFromThread, [reactor.stop])
        guard.start()
        try:
            reactor.run(installSignalHandlers=False)
            assert guard.is_alive(), "nobody stopped it"
        finally:
            guard.cancel()

    return run


def test_timers_fire_in_order_also_those_that_were_moved_and_cancelled_ones_never(
    running,
):
    reactor, log = TurnReactor(), []
    reactor.callLater(0.3, log.append, "third")
    reactor.callLater(0.05, log.append, "first")
    moved = reactor.callLater(0.1, log.append, "fourth")
    sooner = reactor.callLater(3, log.append, "second")
    reactor.callLater(0.02, log.append, "never").cancel()
    reactor.callLater(0, moved.reset, 0.6)
    reactor.callLater(0, sooner.reset, 0.15)
    reactor.callLater(1.0, reactor.stop)
    running(reactor)
    assert log == ["first", "second", "third", "fourth"]


def test_a_call_from_a_thread_wakes_a_reactor_that_has_nothing_to_do(running):
    reactor, log = TurnReactor(), []

    def call():
        time.sleep(0.02)
        reactor.callFromThread(log.append, "called")
        reactor.callFromThread(reactor.stop)

    threading.Thread(target=call).start()
    running(reactor)
    assert log == ["called"]


def test_a_timer_that_is_set_while_sockets_are_read_is_not_forgotten(running):
    reactor, log = TurnReactor(), []
    reader = Reader(reactor, log, "one")
    reader.doRead = lambda: (reader.near.recv(100), reactor.callLater(0.01, reactor.stop))
    reactor.callWhenRunning(reader.far.send, b"x")
    running(reactor)
    close(reader)


def test_who_stops_in_a_turn_has_what_is_to_be_done_before_the_end_done(running):
    reactor, log = TurnReactor(), []
    reactor.addSystemEventTrigger("before", "shutdown", log.append, "before the end")
    reactor.callWhenRunning(reactor.after_poll, reactor.stop)
    running(reactor)
    assert log == ["before the end"]


def test_a_turn_that_fails_is_logged_and_the_next_one_runs(running):
    reactor, log, failures = TurnReactor(), [], []

    def note(event):
        if "log_failure" in event:
            failures.append(event["log_failure"].type)

    globalLogPublisher.addObserver(note)
    try:
        reactor.callWhenRunning(reactor.after_poll, lambda: 1 / 0)
        reactor.callLater(0.02, reactor.after_poll, lambda: log.append("ran"))
        reactor.callLater(0.04, reactor.stop)
        running(reactor)
    finally:
        globalLogPublisher.removeObserver(note)
    assert log == ["ran"]
    assert failures == [ZeroDivisionError]
