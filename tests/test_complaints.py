"""Strangers do not fill the log, and nobody believes that there were none."""

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock
from twisted.logger import Logger, capturedLogs, formatEvent

from hikari.complaints import COMPLAINTS_MAX, Complaints, place


def test_a_flood_is_counted_not_told():
    clock = Clock()
    complaints = Complaints(Logger(), "client {peer} closed: {why}", clock.callLater)
    with capturedLogs() as logged:
        for number in range(10_000):
            complaints.say(peer=number, why="noise")
        clock.advance(1)
        complaints.say(peer="a", why="late noise")
        clock.advance(1)
        clock.advance(100)
    said = [formatEvent(event) for event in logged]
    assert len(said) == COMPLAINTS_MAX + 2
    assert said[0] == "client 0 closed: noise"
    assert said[-2] == "and 9980 more in this second: client {peer} closed: {why}"
    assert said[-1] == "client a closed: late noise"
    assert not clock.getDelayedCalls(), "silence costs nothing"


def test_who_calls_is_told_as_people_write_it():
    assert place(IPv4Address("TCP", "10.0.0.9", 4711)) == "10.0.0.9:4711"
    assert place(IPv6Address("TCP", "::1", 4711)) == "[::1]:4711"
