"""Barriers: alone, and through a cluster whose leader changes."""

import pytest
from replica.cluster import Cluster
from replica.test_replica import sent

from hikari.raft.messages import Append, ReadReply, ReadRequest
from hikari.replica.barriers import RETRY_TICKS, Barriers
from hikari_wire import codes


class Leader:
    def __init__(self) -> None:
        self.asked: list[int] = []
        self.known = True

    def read(self, context: int) -> bool:
        if self.known:
            self.asked.append(context)
        return self.known


@pytest.fixture
def leader() -> Leader:
    return Leader()


@pytest.fixture
def opened() -> list[str]:
    return []


def test_barriers_of_one_turn_share_a_question(leader: Leader, opened: list[str]) -> None:
    barriers = Barriers(leader.read)
    for name in "abc":
        barriers.add(lambda name=name: opened.append(name))  # type: ignore[misc]
    barriers.send()
    barriers.send()
    assert len(leader.asked) == 1
    barriers.indexed(leader.asked[0], 5)
    barriers.applied(4)
    assert opened == []
    barriers.applied(5)
    assert opened == ["a", "b", "c"]
    barriers.applied(6)
    assert len(opened) == 3


def test_the_answer_to_an_old_question_proves_nothing(leader: Leader, opened: list[str]) -> None:
    barriers = Barriers(leader.read)
    barriers.add(lambda: opened.append("a"))
    barriers.send()
    barriers.again()
    barriers.indexed(leader.asked[0], 5)
    barriers.applied(9)
    assert opened == []
    barriers.send()
    assert leader.asked[1] != leader.asked[0]
    barriers.indexed(leader.asked[1], 5)
    barriers.applied(9)
    assert opened == ["a"]


def test_the_answer_to_a_question_of_an_earlier_life_proves_nothing(leader: Leader) -> None:
    lives = [Barriers(leader.read, first) for first in (1 << 30, 5 << 30)]
    for barriers in lives:
        barriers.add(lambda: None)
        barriers.send()
    assert leader.asked[0] != leader.asked[1]


def test_a_question_that_is_not_answered_is_asked_again(leader: Leader) -> None:
    barriers = Barriers(leader.read)
    barriers.add(lambda: None)
    barriers.send()
    assert [barriers.tick() for _ in range(RETRY_TICKS)] == [False] * RETRY_TICKS
    assert barriers.tick()
    barriers.send()
    assert len(set(leader.asked)) == 2


def test_an_index_that_went_with_its_leader_is_asked_for_anew(
    leader: Leader, opened: list[str]
) -> None:
    barriers = Barriers(leader.read)
    for name in "ab":
        barriers.add(lambda name=name: opened.append(name))  # type: ignore[misc]
        barriers.send()
    barriers.indexed(leader.asked[0], 7)
    barriers.followed()
    barriers.send()
    assert len(leader.asked) == 3
    barriers.indexed(leader.asked[2], 6)
    barriers.applied(6)
    assert opened == ["a", "b"]


def test_without_a_leader_a_barrier_waits(leader: Leader, opened: list[str]) -> None:
    leader.known = False
    barriers = Barriers(leader.read)
    barriers.add(lambda: opened.append("a"))
    barriers.send()
    assert barriers.tick(), "there is something to ask"
    leader.known = True
    barriers.send()
    barriers.indexed(leader.asked[0], 0)
    barriers.applied(0)
    assert opened == ["a"]


# Through a cluster.


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_sync_waits_until_what_was_acknowledged_anywhere_is_here(cluster: Cluster) -> None:
    here, there = cluster.followers
    writer, reader = cluster.client(here), cluster.client(there)
    there.disk.slow = True
    cluster.write(writer, b"/a", b"1")
    stale = reader.ask((codes.EXISTS, b"/a", False))
    assert reader.error(stale) == codes.NO_NODE, "a plain read is of this member's tree"
    reader.ask((codes.SYNC, b"/a"), (codes.GET_DATA, b"/a", False))
    cluster.run()
    assert reader.xids() == [stale]
    there.disk.land()
    cluster.run()
    assert reader.value(stale + 1) == b"/a"
    assert reader.value(stale + 2)[0] == b"1"


def test_many_syncs_share_one_round(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    clients = [cluster.client(follower) for _ in range(10)]
    frames = len(cluster.network.frames)
    for client in clients:
        client.ask((codes.SYNC, b"/a"), (codes.SYNC, b"/b"))
    cluster.run()
    assert all(client.errors() == [0, 0] for client in clients)
    assert len(sent(cluster, ReadRequest, frames)) == 1


def test_the_leader_too_asks_a_majority_before_it_answers_a_sync(cluster: Cluster) -> None:
    client = cluster.client(cluster.leader)
    cluster.tick(3)
    cluster.hold(cluster.leader)
    xid = client.ask((codes.SYNC, b"/"))
    cluster.run()
    assert client.error(xid) is None
    cluster.network.held.clear()
    cluster.run()
    assert client.error(xid) == codes.OK


def test_a_sync_asked_of_a_deposed_leader_waits_for_the_new_one(cluster: Cluster) -> None:
    old = cluster.leader
    reader = cluster.client(old, timeout_ms=40_000)
    survivors = cluster.followers
    writers = [cluster.client(member) for member in survivors]
    cluster.hold(old)
    xid = reader.ask((codes.SYNC, b"/a"), (codes.EXISTS, b"/a", False))
    cluster.until(lambda: any(member.leads for member in survivors))
    writer = next(w for w in writers if not w.closed)
    cluster.write(writer, b"/a")
    assert reader.xids() == []
    assert not reader.closed
    cluster.network.held.clear()
    cluster.until(lambda: reader.xids())
    assert reader.errors() == [codes.OK, codes.OK]
    assert xid == 2


def test_a_lost_question_is_asked_again(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    client = cluster.client(follower)
    lost = []

    def lose_first(sender: int, to: int, message: object) -> bool:
        if isinstance(message, ReadRequest | ReadReply) and len(lost) < 2:
            lost.append(message)
            return True
        return False

    cluster.network.drop = lose_first
    xid = client.ask((codes.SYNC, b"/"))
    cluster.run()
    assert client.error(xid) is None
    cluster.tick(3 * RETRY_TICKS)
    assert client.error(xid) == codes.OK
    assert len(lost) == 2


def test_a_sync_whose_index_went_with_its_leader_waits_for_no_other_write(cluster: Cluster) -> None:
    old = cluster.leader
    follower = cluster.followers[0]
    reader, writer = cluster.client(follower), cluster.client(old)

    def lose_entries(sender: int, to: int, message: object) -> bool:
        return isinstance(message, Append) and bool(message.entries)

    cluster.network.drop = lose_entries
    for n in range(4):  # on the leader's disk, and on no other
        writer.create(b"/%d" % n)
        cluster.tick()
    xid = reader.ask((codes.SYNC, b"/"))
    cluster.run()
    assert reader.error(xid) is None
    cluster.stop(old)
    cluster.network.drop = lambda *_: False
    cluster.elect()
    cluster.tick(5)
    assert reader.error(xid) == codes.OK


def test_a_sync_whose_client_is_gone_is_answered_to_nobody(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    client.ask((codes.SYNC, b"/"))
    client.wire.die()
    cluster.run()
    assert not client.listen().heard
