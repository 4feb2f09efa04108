"""Nobody can make a member keep more for him than he is allowed, and who is slow is waited for."""

from collections.abc import Callable

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari.gateway.connection import DEAF_BYTES
from hikari.gateway.portions import POLL_BYTES_MAX
from hikari_wire import codes

Dial = Callable[[], Client]
MEGABYTE = 1_000_000


def kept(client: Client) -> int:
    """Bytes that the member keeps for what it has to tell this client."""
    connection = client.connection
    return len(client.wire.buffer) + connection.outlet.waiting + sum(map(len, connection.out))


@pytest.fixture
def big(other: Client, cluster: Cluster) -> bytes:
    cluster.write(other, b"/big", bytes(MEGABYTE))
    return b"/big"


def test_with_too_many_requests_under_way_it_is_not_read(
    client: Client, cluster: Cluster, member: Member
) -> None:
    member.disk.slow = True
    for number in range(300):
        client.create(b"/%d" % number)
    assert client.wire.paused
    assert len(client.connection.slots) <= member.door.requests_max + 1
    member.disk.slow = False
    member.disk.land()
    for _ in range(50):
        cluster.run()
        member.disk.land()
    cluster.run()
    assert client.errors() == [codes.OK] * 300
    assert not client.wire.paused


def test_with_too_many_bytes_under_way_it_is_not_read(
    client: Client, cluster: Cluster, member: Member
) -> None:
    member.disk.slow = True
    for number in range(40):
        client.create(b"/%d" % number, bytes(MEGABYTE))
    assert client.wire.paused
    assert client.connection.underway_bytes < 18 * MEGABYTE
    member.disk.slow = False
    for _ in range(10):
        member.disk.land()
        cluster.run()
    assert client.errors() == [codes.OK] * 40
    assert client.connection.underway_bytes == 0
    assert not client.wire.paused


def test_what_is_never_answered_still_counts(client: Client, cluster: Cluster) -> None:
    """Refused requests leave no bytes under way, and none too few."""
    client.ask(
        (codes.CREATE, b"/a", b"", b"", 0),
        (codes.GET_DATA, b"/a", False),
        (codes.DELETE, b"/none", -1),
        (codes.SYNC, b"/"),
        (codes.GET_DATA, b"/none", False),
    )
    bad = client.frame((codes.CREATE, b"/b", b"", b"", 0))
    client.wire.say((len(bad) - 8).to_bytes(4, "big") + bad[4:-4])
    cluster.run()
    assert client.connection.underway_bytes == 0
    assert len(client.heard or client.errors()) == 6


def test_a_deaf_client_costs_what_it_may_and_no_more(
    client: Client, other: Client, big: bytes, cluster: Cluster, member: Member
) -> None:
    client.wire.room = 0
    for _ in range(50):
        client.ask(*[(codes.GET_DATA, big, False)] * 50)
        assert kept(client) <= member.door.output_bytes_max + 3 * MEGABYTE
    cluster.run()
    assert client.wire.paused
    cluster.write(other, b"/alive")


def test_a_slow_reader_is_waited_for(client: Client, big: bytes, cluster: Cluster) -> None:
    """It asked for far more than may be kept for it, and reads it bit by bit."""
    client.wire.room = 0
    for _ in range(2):
        client.ask(*[(codes.GET_DATA, big, False)] * 15)
    last = client.ask((codes.EXISTS, big, False))
    for _ in range(400):
        client.wire.make_room(100_000)
        client.listen()
        cluster.run()
    assert not client.closed
    assert client.xids() == list(range(1, last + 1))
    assert client.errors() == [codes.OK] * 31
    assert not client.wire.paused


def test_who_asks_for_much_at_once_lets_others_in_between(
    client: Client, other: Client, cluster: Cluster
) -> None:
    """However fast it reads: to make it all in one go would stop everybody."""
    cluster.write(other, b"/some", bytes(20_000))
    last = client.ask(*[(codes.GET_DATA, b"/some", False)] * 500)
    assert 0 < len(client.wire.told) < 2 * MEGABYTE
    cluster.run()
    assert client.xids() == list(range(1, last + 1))
    assert not client.wire.paused


def test_many_who_ask_for_much_at_once_let_others_in_between(
    dial: Dial, other: Client, cluster: Cluster
) -> None:
    """All of them together are told no more in one poll than a few might be: see also
    test_portions, since a false clock does all at once what is to be done at once."""
    cluster.write(other, b"/some", bytes(20_000))
    crowd = [dial() for _ in range(60)]
    for one in crowd:
        one.hello()
    cluster.run()
    for one in crowd:
        one.ask(*[(codes.GET_DATA, b"/some", False)] * 100)  # 120 MB in all
    told = sum(len(one.wire.told) for one in crowd)
    assert told < POLL_BYTES_MAX + len(crowd) * 2 * DEAF_BYTES
    xid = other.ask((codes.EXISTS, b"/some", False))
    assert other.error(xid) == codes.OK
    cluster.run()
    for one in crowd:
        assert one.xids() == list(range(1, 101)), "in order, and all"
        assert not one.wire.paused


def test_who_waits_for_the_next_poll_may_be_gone_by_then(
    dial: Dial, other: Client, cluster: Cluster
) -> None:
    cluster.write(other, b"/some", bytes(20_000))
    crowd = [dial() for _ in range(10)]
    for one in crowd:
        one.hello()
    cluster.run()
    for one in crowd:
        one.ask(*[(codes.GET_DATA, b"/some", False)] * 500)
    for one in crowd[::2]:
        one.wire.die()
    cluster.run()
    assert all(len(one.xids()) == 500 for one in crowd[1::2])


def test_who_reads_slowly_is_alive(client: Client, big: bytes, cluster: Cluster) -> None:
    """Its pings are not read meanwhile: that it takes what it is told must do."""
    client.wire.room = 0
    client.ask(*[(codes.GET_DATA, big, False)] * 30)
    for _ in range(400):
        client.wire.make_room(100_000)
        client.ping()
        client.listen()
        cluster.tick()
    assert not client.closed
    assert client.errors()[:30] == [codes.OK] * 30
    assert len(client.heard) == 430


def test_a_slow_reader_behind_a_write_is_waited_for(
    client: Client, big: bytes, cluster: Cluster
) -> None:
    client.wire.room = 0
    client.ask((codes.CREATE, b"/a", b"", b"", 0), *[(codes.GET_DATA, big, False)] * 15)
    last = client.ask((codes.SYNC, b"/"), (codes.EXISTS, b"/a", False))
    cluster.run()
    for _ in range(400):
        client.wire.make_room(100_000)
        client.listen()
        cluster.run()
    assert not client.closed
    assert client.xids() == list(range(1, last + 1))
    assert not client.wire.paused
    cluster.write(client, b"/b")


def test_reads_between_writes_of_a_deaf_client_are_bounded(
    client: Client, other: Client, big: bytes, cluster: Cluster, member: Member
) -> None:
    """They cannot be put off: the next write would be seen by them."""
    client.wire.room = 0
    for number in range(3):
        client.ask(
            (codes.CREATE, b"/%d" % number, b"", b"", 0),
            *[(codes.GET_DATA, big, False)] * 20,
            (codes.DELETE, b"/%d" % number, -1),
        )
    cluster.run()
    assert client.closed
    assert kept(client) <= member.door.output_bytes_max + 3 * MEGABYTE
    cluster.write(other, b"/alive")


def test_events_for_a_deaf_client_are_bounded(
    client: Client, other: Client, cluster: Cluster, member: Member
) -> None:
    """They cannot be put off either."""
    path = b"/" + b"p" * 60_000
    cluster.write(other, path)
    client.wire.room = 0
    for _ in range(200):
        client.ask((codes.EXISTS, path, True))
        client.wire.resumeProducing()
        client.wire.paused = False
        other.ask((codes.SET_DATA, path, b"", -1))
        cluster.run()
    assert client.closed
    assert kept(client) <= member.door.output_bytes_max + MEGABYTE
    assert not member.door.watches.watchers


def test_a_deaf_client_whose_session_ended_is_not_waited_for_for_ever(
    client: Client, big: bytes, cluster: Cluster, member: Member
) -> None:
    client.wire.room = 0
    client.ask((codes.GET_DATA, big, False))
    client.ask((codes.GET_DATA, big, False))
    cluster.tick(210)
    assert client.session not in member.tree.sessions
    cluster.tick(600)
    assert client.closed
    assert client.connection not in member.door.connections


def test_a_slow_reader_hears_the_end_of_its_session(
    client: Client, big: bytes, cluster: Cluster
) -> None:
    client.wire.room = 0
    client.ask((codes.GET_DATA, big, False))
    xid = client.frame((codes.CLOSE_SESSION,))
    client.wire.say(xid)
    for _ in range(30):
        client.wire.make_room(100_000)
        cluster.tick()
    assert client.errors() == [codes.OK, codes.OK]
    assert client.closed


def test_who_is_held_back_when_the_leader_is_lost_goes_on_with_the_next() -> None:
    three = Cluster(3)
    follower = three.followers[0]
    client, quiet = three.client(follower), three.client(follower)
    three.hold(three.leader)
    for number in range(300):
        client.create(b"/%d" % number)
    three.run()
    assert client.wire.paused
    three.cut(three.leader)
    three.run()
    assert client.wire.paused
    assert not client.closed
    assert not quiet.closed
    three.elect()
    three.run()
    assert client.errors() == [codes.OK] * 300
    assert not client.wire.paused


def test_what_waits_for_a_leader_holds_its_client_back_and_lets_it_go() -> None:
    three = Cluster(3)
    follower = three.followers[0]
    client = three.client(follower)
    three.cut(three.leader)
    for number in range(300):
        client.create(b"/%d" % number)
    three.run()
    assert client.wire.paused
    assert len(client.connection.slots) <= 101
    three.heal()
    three.elect()
    three.run()
    assert client.errors() == [codes.OK] * 300
    assert not client.wire.paused
