"""What waits for deaf clients is the tree's own copy, where it has one."""

import tracemalloc
from collections.abc import Callable

import pytest
from replica.cluster import Cluster
from replica.wire import Client

from hikari.outlet import HANDED_BYTES, Outlet
from hikari_wire import codes

MEGABYTE = 1_000_000
CROWD = 20


class Told:
    """A transport that takes so much at once, and says nothing of the rest."""

    def __init__(self, room: int) -> None:
        self.room, self.told = room, b""

    def registerProducer(self, producer: Outlet, streaming: bool) -> None:
        self.producer = producer

    def writeSomeData(self, data: bytes) -> int:
        taken = data[: self.room]
        self.room -= len(taken)
        self.told += taken
        return len(taken)

    def write(self, data: bytes) -> None:
        self.told += data


@pytest.mark.parametrize("room", [0, 1, 19, 20, 21, 500_000, 999_999, 1_000_020])
@pytest.mark.parametrize("lent", [bytes(range(250)) * 4_000, b"x" * MEGABYTE, b"", b"short"])
def test_what_is_lent_is_told_as_if_it_were_not(room: int, lent: bytes) -> None:
    data = bytes(20) + bytes(range(250)) * 4_000
    transport = Told(room)
    outlet = Outlet(transport)
    outlet.lent = lent
    outlet.write(data)
    outlet.lent = b""
    outlet.write(b"the end")
    while outlet.waiting:
        outlet.resumeProducing()
    assert transport.told == data + b"the end"


@pytest.mark.parametrize("op", [codes.GET_DATA, codes.GET_CHILDREN])
@pytest.mark.parametrize("behind_a_write", [False, True])
def test_many_deaf_clients_keep_the_same_large_reply_once(
    dial: Callable[[], Client], other: Client, cluster: Cluster, op: int, behind_a_write: bool
) -> None:
    cluster.write(other, b"/large", bytes(MEGABYTE if op == codes.GET_DATA else 1))
    if op == codes.GET_CHILDREN:
        for number in range(300):
            cluster.write(other, b"/large/%d" % number + b"x" * 200)
    crowd = [dial() for _ in range(CROWD)]
    for one in crowd:
        one.hello()
    cluster.run()
    other.ask((op, b"/large", False))
    cluster.run()
    tracemalloc.start()
    for one in crowd:
        one.wire.room = 0
        before = [(codes.SET_DATA, b"/", b"", -1)] if behind_a_write else []
        one.ask(*before, (op, b"/large", False), (op, b"/large", False))
    cluster.run()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    large = 60_000 if op == codes.GET_CHILDREN else MEGABYTE
    assert all(one.connection.outlet.waiting > large for one in crowd)
    assert kept < CROWD * 2 * HANDED_BYTES + large
    for one in crowd:
        one.wire.make_room(1 << 30)
    cluster.run()
    assert {tuple(one.errors()) for one in crowd} == {(0,) * (2 + behind_a_write)}
