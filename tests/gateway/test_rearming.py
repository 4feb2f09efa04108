"""Setting a hundred thousand watches again: all of it is done, and nobody waits for it."""

from collections.abc import Callable

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari.gateway.rearming import SLICE_PATHS
from hikari_wire import codes

MANY = 20_000
CHANGED = range(0, MANY, 1_000)
OLD_ZXID = 3


def name(number: int) -> bytes:
    return b"/some/path-%06d" % number


@pytest.fixture
def returned(client: Client, other: Client, cluster: Cluster) -> bytes:
    """What a client sends that was away while some znodes came: the frame."""
    cluster.write(other, b"/some")
    for number in CHANGED:
        cluster.write(other, name(number))
    exists = tuple(name(number) for number in range(MANY))
    data = (b"/some", b"/gone")
    return client.frame((codes.SET_WATCHES, OLD_ZXID, data, exists, (b"/some",)), -8)


def everything(cluster: Cluster, client: Client) -> None:
    cluster.run()
    client.listen()


def test_all_of_it_is_done_and_the_answer_comes_last(
    client: Client, other: Client, cluster: Cluster, member: Member, returned: bytes
) -> None:
    client.wire.say(returned)
    everything(cluster, client)
    assert client.story[-1] == codes.XID_SET_WATCHES
    assert client.errors() == [codes.OK]
    told = {(event.type, event.path) for event in client.events}
    created = {(codes.EVENT_CREATED, name(number)) for number in CHANGED}
    changed = {
        *((codes.EVENT_DATA_CHANGED, b"/some"), (codes.EVENT_DELETED, b"/gone")),
        (codes.EVENT_CHILDREN_CHANGED, b"/some"),
    }
    assert created <= told <= created | changed
    assert len(member.door.watches) == MANY + 3 - len(client.events)
    other.ask((codes.CREATE, name(7), b"", b"", 0))
    everything(cluster, client)
    assert client.events[-1].path == name(7)
    assert client.connection.underway_bytes == 0
    assert not client.connection.slots
    assert not client.connection.barred


class Slices:
    """What was put off, one by one: the reactor does one in each of its rounds, a Clock all."""

    def __init__(self, member: Member) -> None:
        self.next: list[Callable[[], None]] = []
        member.door.later_s = lambda seconds, call, *more: self.next.append(call)

    def one(self) -> bool:
        if self.next:
            self.next.pop(0)()
        return bool(self.next)


def test_others_are_served_between_two_slices(
    client: Client, other: Client, member: Member, returned: bytes
) -> None:
    slices = Slices(member)
    client.wire.say(returned)
    count = 0
    while not client.errors():
        before = len(member.door.watches)
        xid = other.ask((codes.EXISTS, b"/", False))
        assert other.error(xid) == codes.OK
        slices.one()
        assert len(member.door.watches) - before <= SLICE_PATHS
        count += 1
    assert count > MANY // SLICE_PATHS


def test_what_changes_between_two_slices_is_told_once(
    client: Client, other: Client, cluster: Cluster, member: Member, returned: bytes
) -> None:
    slices = Slices(member)
    client.wire.say(returned)
    fresh = [number for number in range(MANY) if number % 997 == 1]
    for number in fresh:
        other.ask((codes.CREATE, name(number), b"", b"", 0))
        cluster.run()
        slices.one()
        slices.one()
    while slices.one():
        pass
    everything(cluster, client)
    paths = [event.path for event in client.events if event.type == codes.EVENT_CREATED]
    assert len(paths) == len(set(paths))
    assert {name(number) for number in (*fresh, *CHANGED)} == set(paths)


def test_what_is_asked_behind_it_is_answered_behind_it_in_order(
    client: Client, cluster: Cluster, member: Member, returned: bytes
) -> None:
    asked = [
        (codes.EXISTS, b"/some", False),
        (codes.CREATE, b"/mine", b"", b"", 0),
        (codes.EXISTS, b"/mine", False),
        (codes.AUTH, 0, b"digest", b"a:b"),
        (codes.SYNC, b"/"),
        (codes.WHO_AM_I,),
    ]
    client.wire.say(returned + b"".join(client.frame(one) for one in asked))
    everything(cluster, client)
    assert client.xids() == [codes.XID_SET_WATCHES, *range(1, len(asked) + 1)]
    assert set(client.errors()) == {codes.OK}


def test_behind_a_write_it_waits_for_it(client: Client, cluster: Cluster, returned: bytes) -> None:
    write = client.frame((codes.CREATE, name(5), b"", b"", 0))
    client.wire.say(write + returned + client.frame((codes.EXISTS, b"/some", False)))
    everything(cluster, client)
    assert client.xids() == [1, codes.XID_SET_WATCHES, 2]
    assert client.story[0] == 1
    assert (codes.EVENT_CREATED, name(5)) in client.story


def test_two_of_them_are_done_one_behind_the_other(
    client: Client, cluster: Cluster, member: Member, returned: bytes
) -> None:
    again = returned[:4] + (-9).to_bytes(4, "big", signed=True) + returned[8:]
    client.wire.say(returned + again)
    everything(cluster, client)
    assert client.xids() == [-8, -9]


def test_a_vector_that_lies_is_malformed_and_nothing_more(
    client: Client, other: Client, cluster: Cluster, returned: bytes
) -> None:
    at = returned.index(name(MANY // 2)) - 4
    client.wire.say(returned[:at] + b"\x7f" + returned[at + 1 :])
    everything(cluster, client)
    assert client.errors() == [codes.MARSHALLING_ERROR]
    assert client.error(client.ask((codes.EXISTS, b"/some", False))) == codes.OK
    cluster.write(other, b"/alive")


def test_who_leaves_in_the_midst_leaves_nothing(
    client: Client, cluster: Cluster, member: Member, returned: bytes
) -> None:
    slices = Slices(member)
    client.wire.say(returned)
    for _ in range(5):
        assert slices.one()
    client.wire.die()
    assert not slices.one()
    cluster.run()
    assert len(member.door.watches) == 0
    assert member.door.outstanding == member.door.held_bytes == 0


def test_watches_that_last_are_set_in_slices_too(
    client: Client, other: Client, cluster: Cluster, member: Member
) -> None:
    slices = Slices(member)
    paths = tuple(name(number) for number in range(3_000))
    request = (codes.SET_WATCHES2, OLD_ZXID, (), (), (), paths, (b"/some",))
    client.wire.say(client.frame(request, -8))
    before = len(member.door.watches)
    while slices.one():
        assert len(member.door.watches) - before <= SLICE_PATHS
        before = len(member.door.watches)
    everything(cluster, client)
    assert client.errors() == [codes.OK]
    assert len(member.door.watches) == 3_001
    cluster.write(other, b"/some")
    cluster.write(other, name(2_999))
    assert (codes.EVENT_CREATED, name(2_999)) in client.listen().story


def test_a_small_one_is_answered_at_once(client: Client) -> None:
    client.wire.say(client.frame((codes.SET_WATCHES, 0, (b"/",), (b"/b",), ()), -8))
    assert client.listen().story[-1] == -8
