"""Links on a real reactor and real sockets: what the kernel does to them cannot be imagined."""

import socket

import pytest_twisted
from twisted.internet import reactor, task

from hikari.peers.link import Links
from hikari.peers.messages import Heard


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Pair:
    """Two members, each listening to the other; `said` and `lost` as each saw it."""

    def __init__(self) -> None:
        ports = {1: free_port(), 2: free_port()}
        self.said: dict[int, list[object]] = {1: [], 2: []}
        self.lost: dict[int, list[int]] = {1: [], 2: []}
        self.links = {
            member: Links(
                clock=reactor,
                member=member,
                ensemble="pair",
                addresses={other: ("127.0.0.1", ports[other])},
                members_checksum=7,
                on_message=self.said[member].append,
                on_lost=self.lost[member].append,
            )
            for member, other in ((1, 2), (2, 1))
        }
        for member, links in self.links.items():
            links.start("127.0.0.1", ports[member])


async def until(true, seconds: float = 5) -> None:
    for _ in range(int(seconds * 200)):
        if true():
            return
        await task.deferLater(reactor, 0.005, lambda: None)
    raise AssertionError("it did not come true in time")


@pytest_twisted.ensureDeferred
async def test_messages_cross_in_order_and_the_death_of_each_link_is_told_once():
    pair = Pair()
    one, two = pair.links[1], pair.links[2]
    await until(lambda: one.linked(2) and two.linked(1))
    for number in range(100):
        one.send([(2, Heard(1, [number]))])
    large = Heard(1, list(range(300_000)))  # more than the kernel takes at once
    one.send([(2, large)])
    await until(lambda: len(pair.said[2]) == 101)
    assert pair.said[2] == [*(Heard(1, [number]) for number in range(100)), large]
    two.stop()
    await until(lambda: pair.lost[1])
    await task.deferLater(reactor, 0.1, lambda: None)
    assert pair.lost[1] == [2, 2], "once for each of the two links"
    assert not one.linked(2)
    one.stop()
