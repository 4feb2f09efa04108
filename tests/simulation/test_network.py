"""Simulated kernels ask for a connection as Linux does: again after 1, 3 and 7 s."""

import random

import pytest
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.python.failure import Failure

from hikari.testing.network import Network
from hikari.testing.timeline import Process, Timeline

HERE, THERE = "10.0.0.1", "10.0.0.2"


class Talk(Protocol):
    """Says when it began."""

    def connectionMade(self) -> None:
        self.factory.began()


class Dialled(ClientFactory):
    """Notes when it was connected, or was refused."""

    protocol = Talk

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.connected_s: list[float] = []
        self.failed_s: list[float] = []

    def began(self) -> None:
        self.connected_s.append(round(self.timeline.now, 1))

    def clientConnectionFailed(self, connector: object, reason: Failure) -> None:
        self.failed_s.append(round(self.timeline.now, 1))


class Listening(Factory):
    protocol = Talk
    calls = 0

    def began(self) -> None:
        self.calls += 1


class Hosts:
    """Two hosts, one of which listens. The link between them is cut, both ways."""

    def __init__(self) -> None:
        self.timeline = Timeline(random.Random(1))
        self.network = Network(self.timeline, random.Random(1))
        self.here = Process(self.timeline, "here", HERE)
        self.listening, self.dialled = Listening(), Dialled(self.timeline)
        self.network.listen(Process(self.timeline, "there", THERE), 2181, self.listening)
        self.network.cut(HERE, THERE)
        self.network.cut(THERE, HERE)

    def dial(self, timeout_s: float) -> None:
        self.network.connect(self.here, THERE, 2181, self.dialled, timeout_s)

    def heal(self) -> None:
        self.network.heal(HERE, THERE)
        self.network.heal(THERE, HERE)


@pytest.fixture
def hosts() -> Hosts:
    return Hosts()


@pytest.mark.parametrize(("heals_s", "connected_s"), [(0.5, 1.0), (1.5, 3.0), (3.5, 7.0)])
def test_a_connection_that_nobody_answered_is_asked_for_again(
    hosts: Hosts, heals_s: float, connected_s: float
) -> None:
    hosts.dial(30)
    hosts.timeline.run(heals_s)
    hosts.heal()
    hosts.timeline.run(40.0)
    assert (hosts.dialled.connected_s, hosts.listening.calls) == ([connected_s], 1)


def test_it_is_given_up_in_time_and_never_comes_later(hosts: Hosts) -> None:
    hosts.dial(2)
    hosts.timeline.run(2.5)
    hosts.heal()
    hosts.timeline.run(40.0)
    assert hosts.dialled.failed_s == [2.0]
    assert (hosts.dialled.connected_s, hosts.listening.calls) == ([], 0)


def test_nobody_asks_again_for_a_process_that_has_died(hosts: Hosts) -> None:
    hosts.dial(30)
    hosts.timeline.run(0.5)
    hosts.here.alive = False
    hosts.heal()
    hosts.timeline.run(40.0)
    assert hosts.listening.calls == 0
