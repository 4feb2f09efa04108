"""What all clients of a member may ask of it together, and how many of them there may be."""

import pytest
from replica.cluster import Cluster, Member
from replica.wire import EVERYTHING, Client
from twisted.logger import capturedLogs, formatEvent

from hikari_wire import codes

MEGABYTE = 1_000_000


def demand_counted(member: Member) -> None:
    """What the door knows is the sum of what there is."""
    door = member.door
    assert door.outstanding == sum(one.counted for one in door.connections)
    assert door.held_bytes == sum(one.held_bytes for one in door.connections)
    assert sum(door.hosts.values()) == len(door.connections)


# How many.


def test_no_more_connections_from_one_address_than_allowed(
    cluster: Cluster, member: Member
) -> None:
    member.door.connections_per_host_max = 3
    with capturedLogs() as logged:
        crowd = [cluster.dial(member, "10.0.0.1") for _ in range(50)]
        other = cluster.dial(member, "10.0.0.2")
        cluster.tick(40)
    assert [client.closed for client in crowd] == [False] * 3 + [True] * 47
    assert not other.closed
    assert 20 <= len(logged) <= 22, "the first twenty, and how many more there were"
    crowd[0].wire.die()
    assert not cluster.dial(member, "10.0.0.1").closed
    demand_counted(member)


def test_none_of_them_is_remembered_when_all_are_gone(cluster: Cluster, member: Member) -> None:
    member.door.connections_per_host_max = 2
    for number in range(20):
        client = cluster.dial(member, f"10.0.0.{number % 5}")
        cluster.poll()
        if number % 2:
            client.wire.die()
    for connection in list(member.door.connections):
        connection.transport.die()  # type: ignore[union-attr]
    assert not member.door.hosts
    demand_counted(member)


def test_without_a_bound_there_is_none(cluster: Cluster, member: Member) -> None:
    crowd = [cluster.client(member) for _ in range(80)]
    assert not any(client.closed for client in crowd)


def test_no_more_sessions_than_allowed_also_of_those_who_have_left(
    cluster: Cluster, member: Member
) -> None:
    """Whoever has one may come back to it; one that has ended makes room."""
    member.door.sessions_max = 3
    clients = [cluster.client(member) for _ in range(3)]
    clients[0].wire.die()
    with capturedLogs() as logged:
        refused = cluster.dial(member)
        refused.hello()
        cluster.run()
    assert refused.closed
    assert [formatEvent(one) for one in logged] == [
        "client 10.0.0.9:4711 closed: too many sessions"
    ]
    back = cluster.dial(member)
    known = member.tree.sessions[clients[0].session]
    back.hello(session=known.id, password=known.password)
    cluster.run()
    assert back.session == known.id
    clients[1].ask((codes.CLOSE_SESSION,))
    cluster.run()
    assert cluster.client(member).session
    assert len(member.tree.sessions) == 3


# How much under way.


def test_with_too_much_under_way_who_waits_is_not_read_and_the_others_are(
    cluster: Cluster, member: Member
) -> None:
    member.door.outstanding_max = 10
    busy = [cluster.client(member) for _ in range(6)]
    idle = cluster.client(member)
    member.disk.slow = True
    for number in range(30):
        for client in busy:
            client.create(b"/%d-%d" % (busy.index(client), number))
    assert all(client.wire.paused for client in busy[2:])
    assert member.door.outstanding <= 10 + len(busy)
    demand_counted(member)
    xid = idle.ask((codes.EXISTS, b"/", False))
    assert idle.error(xid) == codes.OK
    member.disk.slow = False
    for _ in range(100):
        member.disk.land()
        cluster.run()
    assert [client.errors() for client in busy] == [[codes.OK] * 30] * 6, "nothing is lost"
    assert not any(client.wire.paused for client in busy)
    assert member.door.outstanding == 0
    demand_counted(member)


def test_who_leaves_while_it_is_held_back_counts_no_more(cluster: Cluster, member: Member) -> None:
    """Found by `python -m fuzz crowd`: it was due for a flush, which counted it again."""
    client = cluster.client(member)
    member.disk.slow = True
    for number in range(300):
        client.create(b"/%d" % number)
    assert client.connection.held_back
    client.wire.die()
    client.connection.flush()
    assert member.door.outstanding == 0
    demand_counted(member)


# How many bytes.


def fill(client: Client, size: int) -> None:
    """Most of a frame: it has to be kept until the rest comes."""
    client.wire.say((MEGABYTE).to_bytes(4, "big") + bytes(size))


def test_many_who_hold_little_each_are_bounded_together(
    cluster: Cluster, member: Member, other: Client
) -> None:
    """And the one with the large write at another address is not who pays for it."""
    member.door.clients_bytes_max = 2 * MEGABYTE
    large = cluster.dial(member, "10.0.0.3")
    large.hello()
    cluster.run()
    fill(large, 900_000)
    crowd = [cluster.client(member) for _ in range(40)]
    for client in crowd:
        fill(client, 60_000)
        assert member.door.held_bytes <= 2 * MEGABYTE
        demand_counted(member)
    cluster.run()
    assert any(client.closed for client in crowd)
    assert not large.closed
    assert not other.closed
    cluster.write(other, b"/alive")
    demand_counted(member)


def test_who_does_not_read_counts_too(cluster: Cluster, member: Member, other: Client) -> None:
    cluster.write(other, b"/big", bytes(MEGABYTE))
    member.door.clients_bytes_max = 5 * MEGABYTE
    deaf = [cluster.client(member) for _ in range(10)]
    for client in deaf:
        client.wire.room = 0
        client.ask((codes.GET_DATA, b"/big", False))
        demand_counted(member)
        assert member.door.held_bytes <= 5 * MEGABYTE
    cluster.run()
    left = [client for client in deaf if not client.closed]
    assert 2 <= len(left) <= 5
    for client in left:
        client.wire.make_room(EVERYTHING)
        cluster.run()
        assert client.errors() == [codes.OK]
    assert member.door.held_bytes == 0
    demand_counted(member)


def test_writes_under_way_count_too(cluster: Cluster, member: Member, other: Client) -> None:
    member.door.clients_bytes_max = 3 * MEGABYTE
    member.disk.slow = True
    for number in range(6):
        other.create(b"/%d" % number, bytes(MEGABYTE))
    cluster.poll()
    assert member.door.held_bytes <= 3 * MEGABYTE
    assert other.closed
    demand_counted(member)


def test_watches_of_all_are_bounded_and_who_has_most_pays(
    cluster: Cluster, member: Member, other: Client
) -> None:
    member.door.clients_bytes_max = 512 * 100
    other.ask((codes.EXISTS, b"/other", True))
    crowd = [cluster.client(member) for _ in range(4)]
    for number in range(60):
        for client in crowd:
            if not client.closed:
                client.ask((codes.EXISTS, b"/%d" % number, True))
        assert member.door.watches.watches <= 100
        cluster.run()
    assert any(client.closed for client in crowd)
    assert not other.closed
    cluster.write(other, b"/other")
    assert [event.path for event in other.listen().events] == [b"/other"]
    demand_counted(member)


# Slow senders.


def test_a_byte_a_second_keeps_no_session_alive(cluster: Cluster, member: Member) -> None:
    """Only whole frames are signs of life: who never ends one holds its part for a time-out."""
    slow = cluster.client(member, 4_000)
    slow.wire.say((100_000).to_bytes(4, "big"))
    for _ in range(8):
        slow.wire.say(b"x")
        cluster.tick(20)
    assert slow.closed
    assert slow.session not in member.tree.sessions


@pytest.mark.parametrize("said", [b"\0\0\0\x2c", b"ru", b"\0\0\x01"])
def test_a_byte_a_second_makes_no_handshake_longer(
    cluster: Cluster, member: Member, said: bytes
) -> None:
    slow = cluster.dial(member)
    for byte in said.ljust(12, b"\0"):
        slow.wire.say(bytes([byte]))
        cluster.tick(20)
    assert slow.closed
    assert not member.door.connections
