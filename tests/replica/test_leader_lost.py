"""Writes under way when the leader is lost: done once, in their order, or their client is told."""

from typing import Any

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client

from hikari.peers.messages import Forward
from hikari.raft.messages import Append, AppendReply
from hikari_wire import codes


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def asked(cluster: Cluster) -> Member:
    """The follower whose clients these are."""
    return cluster.followers[0]


@pytest.fixture
def other(cluster: Cluster) -> Member:
    return cluster.followers[1]


def version(member: Member) -> int:
    znode = member.tree.look(b"/x")
    assert znode is not None
    return znode.version


def change(client: Client) -> int:
    return client.ask((codes.SET_DATA, b"/x", b"", -1))


def forwards(cluster: Cluster) -> int:
    return sum(type(m) is Forward for _, _, several in cluster.network.frames for m in several)


def test_what_the_lost_leader_had_handed_on_is_not_done_twice(
    cluster: Cluster, asked: Member, other: Member
) -> None:
    """It reached a majority, but not the member that waits for it."""
    client, leader = cluster.client(asked), cluster.leader
    cluster.write(client, b"/x")
    cluster.network.held.add((leader.number, asked.number))
    xid = change(client)
    cluster.run()
    assert client.error(xid) is None
    cluster.cut(leader)
    cluster.network.held.clear()
    cluster.elect()
    cluster.run()
    assert client.error(xid) == codes.OK
    assert [version(member) for member in (asked, other)] == [1, 1]
    assert not asked.replica.proposals.waiting()


def test_nothing_is_proposed_again_before_an_entry_of_the_new_term_is_applied(
    cluster: Cluster,
) -> None:
    leader, (heir, asked) = cluster.leader, cluster.followers
    client = cluster.client(asked)
    cluster.write(client, b"/x")
    cluster.network.held.add((asked.number, leader.number))
    xid = change(client)
    cluster.run()

    def drop(sender: int, to: int, what: Any) -> bool:
        """Without its answers the new leader cannot commit, nor it without the leader's word."""
        if type(what) is Append:
            what.durable = 0
        return sender == asked.number and type(what) is AppendReply

    cluster.network.drop = drop
    cluster.cut(leader)
    cluster.network.held.clear()
    count = forwards(cluster)
    cluster.until(lambda: heir.leads and asked.replica.serving)
    later = change(client)
    cluster.tick(3)
    assert asked.replica.proposals.doubt
    assert forwards(cluster) == count
    cluster.network.drop = lambda sender, to, what: False
    cluster.tick(4)
    assert [client.error(one) for one in (xid, later)] == [codes.OK, codes.OK]
    assert version(asked) == 2


def test_what_was_in_doubt_comes_before_what_was_asked_since(
    cluster: Cluster, asked: Member
) -> None:
    client, leader = cluster.client(asked), cluster.leader
    cluster.network.held.add((asked.number, leader.number))
    paths = [b"/%d" % number for number in range(6)]
    xids = []
    for number, path in enumerate(paths):
        xids.append(client.create(path))
        cluster.poll()
        if number == 3:
            cluster.cut(leader)
    cluster.network.held.clear()
    cluster.elect()
    cluster.run()
    assert client.xids() == xids
    assert client.errors() == [codes.OK] * 6
    born = [asked.tree.look(path) for path in paths]
    zxids = [znode.czxid for znode in born if znode is not None]
    assert len(zxids) == 6
    assert zxids == sorted(zxids)


def test_a_leader_that_was_only_silent_does_what_it_was_handed(
    cluster: Cluster, asked: Member
) -> None:
    """Its follower had lost patience, but nobody else; no link broke, so nothing is lost."""
    client, leader = cluster.client(asked), cluster.leader
    cluster.write(client, b"/x")
    term = leader.raft.term
    pairs = {(leader.number, asked.number), (asked.number, leader.number)}
    cluster.network.held |= pairs
    xid = change(client)
    cluster.until(lambda: not asked.raft.leader)
    later = change(client)
    cluster.run()
    assert asked.replica.proposals.doubt
    cluster.network.held.clear()
    cluster.tick(4)
    assert (leader.raft.term, leader.leads) == (term, True)
    assert [client.error(one) for one in (xid, later)] == [codes.OK, codes.OK]
    assert version(asked) == 2


def test_the_same_leader_behind_a_link_that_broke_may_have_missed_some(
    cluster: Cluster, asked: Member
) -> None:
    """Nothing of a later term will ever tell: the client must find out for itself."""
    client, idler, leader = cluster.client(asked), cluster.client(asked), cluster.leader
    cluster.network.held.add((asked.number, leader.number))
    xid = client.create(b"/a")
    cluster.run()
    cluster.network.held.clear()
    cluster.network.lose(asked.number, leader.number)
    asked.replica.peer_lost(leader.number)
    cluster.until(lambda: asked.raft.leader == leader.number)
    cluster.run()
    assert leader.leads
    assert client.closed
    assert client.error(xid) is None
    assert not idler.closed
    cluster.write(idler, b"/b")


def test_who_has_left_meanwhile_is_not_proposed_again(cluster: Cluster, asked: Member) -> None:
    leaver, stayer, leader = cluster.client(asked), cluster.client(asked), cluster.leader
    cluster.network.held.add((asked.number, leader.number))
    leaver.create(b"/left")
    xid = stayer.create(b"/stayed")
    cluster.run()
    cluster.cut(leader)
    leaver.wire.die()
    cluster.network.held.clear()
    cluster.elect()
    cluster.run()
    assert stayer.error(xid) == codes.OK
    assert asked.data(b"/left") is None


def test_a_leader_that_was_replaced_hands_on_what_its_own_clients_asked(cluster: Cluster) -> None:
    leader = cluster.leader
    client = cluster.client(leader)
    cluster.write(client, b"/x")
    cluster.hold(leader)
    xid = change(client)
    cluster.until(lambda: cluster.leader is not leader)
    cluster.network.held.clear()
    cluster.tick(6)
    assert client.error(xid) == codes.OK
    assert version(leader) == 1
    cluster.agree()
