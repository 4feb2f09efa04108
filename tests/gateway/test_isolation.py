"""A member that has lost its majority, and those who may read it all the same."""

import pytest
from attrs import evolve
from replica.cluster import ELECTION_TICKS, TICK_MS, TIMEOUT_MIN_MS, Cluster, Member
from replica.wire import Client, multi

from hikari.gateway.words import answer
from hikari_wire import codes, requests
from hikari_wire.records import ConnectRequest


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster(3)
    for member in cluster.members.values():
        member.door.readonly_mode = True
        about = member.door.about
        sessions = evolve(about.config.sessions, readonly_mode=True)
        about.config = evolve(about.config, sessions=sessions)
    cluster.write(cluster.client(cluster.leader), b"/a", b"data")
    return cluster


@pytest.fixture
def alone(cluster: Cluster) -> Member:
    """Cut off from the others, for so long that it knows."""
    member = cluster.followers[0]
    cluster.cut(member)
    cluster.until(lambda: member.door.alone)
    return member


def said(member: Member, word: bytes) -> bytes:
    return b"".join(answer(member.door, word))


def reader(cluster: Cluster, member: Member, **said: object) -> Client:
    client = cluster.dial(member)
    client.hello(**{"read_only": True, **said})  # type: ignore[arg-type]
    cluster.run()
    client.listen()
    return client


def test_who_can_bear_it_reads_and_is_told_that_it_is_read_only(
    cluster: Cluster, alone: Member
) -> None:
    client = reader(cluster, alone)
    assert client.response is not None
    assert client.response.read_only is True
    assert client.value(client.ask((codes.GET_DATA, b"/a", False)))[0] == b"data"
    assert client.value(client.ask((codes.GET_CHILDREN, b"/", False))) == (b"a", b"zookeeper")
    client.ping()
    cluster.run()
    assert client.errors() == [codes.OK] * 3


@pytest.mark.parametrize("read_only", [False, None])
def test_others_are_sent_away(cluster: Cluster, alone: Member, read_only: bool | None) -> None:
    client = reader(cluster, alone, read_only=read_only)
    assert client.closed
    assert client.response is None


def test_nobody_reads_where_it_is_not_configured(cluster: Cluster) -> None:
    member = cluster.followers[0]
    member.door.readonly_mode = False
    cluster.cut(member)
    cluster.tick(100)
    assert not member.door.alone
    assert reader(cluster, member).closed
    assert said(member, b"isro") == b"null"


WRITES = [
    (codes.CREATE, b"/b", b"", b"", 0),
    (codes.CREATE2, b"/b", b"", b"", codes.EPHEMERAL),
    (codes.DELETE, b"/a", -1),
    (codes.SET_DATA, b"/a", b"", -1),
    (codes.SET_ACL, b"/a", b"", -1),
    (codes.CHECK, b"/a", -1),
    multi((codes.CREATE, b"/b", b"", b"", 0)),
    (codes.SYNC, b"/"),
    (codes.RECONFIG, b"", b"", b"", -1),
]


@pytest.mark.parametrize("write", WRITES, ids=lambda write: codes.OP_NAMES[write[0]])
def test_a_write_is_refused_in_its_order_and_never_done(
    cluster: Cluster, alone: Member, write: tuple[int]
) -> None:
    client = reader(cluster, alone)
    read = (codes.EXISTS, b"/a", False)
    client.ask(read, write, read)
    cluster.run()
    assert client.errors() == [codes.OK, codes.NOT_READ_ONLY, codes.OK]
    assert not alone.replica.proposals.waiting()
    cluster.heal()
    cluster.elect()
    cluster.tick(5)
    assert alone.data(b"/a") == b"data"
    assert alone.data(b"/b") is None
    cluster.agree()


def test_a_session_here_is_nobody_elses(cluster: Cluster, alone: Member) -> None:
    client = reader(cluster, alone)
    assert client.session not in alone.tree.sessions
    again = cluster.move(client, cluster.leader)
    cluster.run()
    assert again.closed
    assert again.session == 0


def test_a_session_of_the_ensemble_is_not_taken_up_here(cluster: Cluster) -> None:
    """Its client would believe in it while the others expire it. It is not called expired: it may
    well live."""
    member = cluster.followers[0]
    client = cluster.client(cluster.leader)
    assert client.response is not None
    cluster.cut(member)
    cluster.until(lambda: member.door.alone)
    again = reader(
        cluster, member, session=client.response.session, password=client.response.password
    )
    assert again.closed
    assert again.response is None


def test_who_has_seen_more_is_sent_on(cluster: Cluster, alone: Member) -> None:
    assert reader(cluster, alone, seen=alone.tree.zxid + 1).response is None
    assert reader(cluster, alone, seen=alone.tree.zxid).session


def test_with_a_leader_back_they_are_disconnected_and_come_back_as_others(
    cluster: Cluster, alone: Member
) -> None:
    client = reader(cluster, alone)
    client.ask((codes.GET_DATA, b"/a", True))
    assert said(alone, b"isro") == b"ro"
    assert b"Mode: read-only\n" in said(alone, b"srvr")
    cluster.heal()
    cluster.elect()
    cluster.tick(5)
    assert client.closed
    assert not alone.door.alone
    assert len(alone.door.watches) == 0
    assert said(alone, b"isro") == b"rw"
    back = reader(cluster, alone)
    assert back.response is not None
    assert back.response.read_only is False
    cluster.write(back, b"/b")
    cluster.agree()


def test_a_silent_reader_is_closed_after_its_timeout(cluster: Cluster, alone: Member) -> None:
    silent = reader(cluster, alone, timeout_ms=TIMEOUT_MIN_MS)
    alive = reader(cluster, alone, timeout_ms=TIMEOUT_MIN_MS)
    for _ in range(8):
        cluster.tick(TIMEOUT_MIN_MS // TICK_MS // 4)
        alive.ping()
    assert silent.closed
    assert not alive.closed


def test_a_reader_that_closes_is_answered_and_leaves_nothing(
    cluster: Cluster, alone: Member
) -> None:
    client = reader(cluster, alone)
    client.ask((codes.GET_DATA, b"/a", True), (codes.CLOSE_SESSION,))
    cluster.run()
    assert client.errors() == [codes.OK] * 2
    assert client.closed
    assert not alone.door.connections
    assert not [call for call in cluster.clock.calls if call.active()]


def test_what_follows_the_handshake_at_once_is_read_too(cluster: Cluster, alone: Member) -> None:
    client = cluster.dial(alone)
    asked = requests.encode_connect(ConnectRequest(0, 0, 10_000, 0, bytes(16), True))
    client.wire.say(asked + client.frame((codes.GET_DATA, b"/a", False)))
    cluster.run()
    assert client.session
    assert client.errors() == [codes.OK]


def test_a_member_that_has_lost_entries_is_read_by_nobody(cluster: Cluster) -> None:
    member = cluster.followers[0]
    cluster.cut(member)
    member.raft.recovering = True
    cluster.tick(200)
    assert not member.door.alone
    assert reader(cluster, member).closed


def test_a_leader_that_lost_its_majority_is_alone_too(cluster: Cluster) -> None:
    leader = cluster.leader
    cluster.cut(leader)
    cluster.until(lambda: leader.door.alone)
    assert reader(cluster, leader).session


@pytest.mark.parametrize("patience", [ELECTION_TICKS // 2, ELECTION_TICKS, 2 * ELECTION_TICKS])
def test_the_time_out_after_which_it_noticed_is_part_of_its_patience(
    cluster: Cluster, patience: int
) -> None:
    leader = cluster.leader
    leader.replica.leader_lost_ticks = patience
    cluster.cut(leader)
    cluster.until(lambda: not leader.leads)
    cluster.tick(max(0, patience - ELECTION_TICKS - 2))
    assert leader.door.alone is (patience <= ELECTION_TICKS)
    cluster.tick()
    assert leader.door.alone
