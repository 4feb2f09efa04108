"""A leader whose entry is under way gathers what comes, and keeps nobody waiting for long."""

import pytest
from replica.cluster import Cluster, Member
from replica.test_replica import requests_in
from replica.wire import Client
from twisted.internet.task import Clock

from hikari.replica.gathering import GATHER_REQUESTS_MAX, GATHER_S, Gathering
from hikari_wire import codes


class Asked:
    """A Gathering on a clock of its own, and how often it asked for a turn."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.turns = 0
        self.gathering = Gathering(self.clock.seconds, self.clock.callLater, self.turn)

    def turn(self) -> None:
        self.turns += 1
        self.gathering.hold(1, commit=0)


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_nothing_waits_while_nothing_is_under_way(asked: Asked) -> None:
    assert not asked.gathering.hold(1, commit=0)
    asked.gathering.proposed(7)
    assert not asked.gathering.hold(1, commit=7)
    assert not asked.gathering.holds


def test_what_comes_waits_for_the_entry_under_way_but_not_for_ever(asked: Asked) -> None:
    asked.gathering.proposed(7)
    assert asked.gathering.hold(1, commit=6)
    asked.clock.advance(GATHER_S * 0.9)
    assert asked.turns == 0
    asked.clock.advance(GATHER_S * 0.2)
    assert asked.turns == 1
    assert not asked.gathering.holds


def test_many_do_not_wait_nor_do_those_who_become_many(asked: Asked) -> None:
    asked.gathering.proposed(7)
    assert not asked.gathering.hold(GATHER_REQUESTS_MAX, commit=6)
    assert asked.gathering.hold(GATHER_REQUESTS_MAX - 10, commit=6)
    assert not asked.gathering.fills(9)
    assert asked.gathering.fills(1)


def test_who_has_nothing_to_keep_sets_no_clock(asked: Asked) -> None:
    asked.gathering.proposed(7)
    assert not asked.gathering.hold(0, commit=6)
    assert not asked.clock.getDelayedCalls()


def test_a_clock_that_was_set_for_one_entry_gives_the_next_one_its_full_time(asked: Asked) -> None:
    asked.gathering.proposed(7)
    assert asked.gathering.hold(1, commit=6)
    asked.clock.advance(GATHER_S / 2)
    asked.gathering.proposed(8)
    assert asked.gathering.hold(1, commit=7)
    asked.clock.advance(GATHER_S * 0.6)
    assert asked.turns == 0
    asked.clock.advance(GATHER_S * 0.5)
    assert asked.turns == 1


def test_a_clock_that_rings_for_nothing_is_quiet(asked: Asked) -> None:
    asked.gathering.proposed(7)
    assert asked.gathering.hold(1, commit=6)
    asked.gathering.end()
    asked.clock.advance(GATHER_S * 2)
    assert asked.turns == 0
    assert not asked.clock.getDelayedCalls()


# ---- on three members


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def slow_disks(cluster: Cluster) -> None:
    for member in cluster.members.values():
        member.disk.slow = True


def one_under_way(cluster: Cluster, clients: list[Client]) -> tuple[Member, int, list[int]]:
    """The leader, its last entry, and requests that came one poll after another behind it."""
    leader = cluster.leader
    slow_disks(cluster)
    xids = []
    for number, client in enumerate(clients):
        xids.append(client.create(b"/%d" % number))
        cluster.run()
        if number == 0:
            last = leader.raft.log.last.index
    assert leader.raft.log.commit == last - 1
    return leader, last, xids


def test_what_came_while_an_entry_was_under_way_shares_the_next_one(cluster: Cluster) -> None:
    here = cluster.followers[0]
    clients = [cluster.client(member) for member in (cluster.leader, here, cluster.leader, here)]
    leader, last, xids = one_under_way(cluster, clients)
    assert leader.raft.log.last.index == last
    for member in cluster.members.values():
        member.disk.slow = False
        member.disk.land()
    cluster.run()
    assert [client.error(xid) for client, xid in zip(clients, xids, strict=True)] == [codes.OK] * 4
    assert leader.raft.log.last.index == last + 1
    assert len(requests_in(leader, last + 1)) == 3


def test_a_slow_majority_keeps_what_comes_from_the_log_for_two_milliseconds(
    cluster: Cluster,
) -> None:
    clients = [cluster.client(cluster.leader) for _ in range(3)]
    leader, last, _ = one_under_way(cluster, clients)
    cluster.clock.advance(GATHER_S)
    cluster.run()
    assert leader.raft.log.last.index == last + 1
    assert len(requests_in(leader, last + 1)) == 2


def test_what_waits_when_the_leader_is_lost_is_asked_of_the_next_one(cluster: Cluster) -> None:
    here = cluster.followers[0]
    clients = [cluster.client(here) for _ in range(3)]
    leader, _, xids = one_under_way(cluster, clients)
    cluster.stop(leader)
    for member in cluster.members.values():
        member.disk.slow = False
        member.disk.land()
    cluster.elect()
    cluster.until(lambda: all(c.error(x) is not None for c, x in zip(clients, xids, strict=True)))
    assert [client.error(xid) for client, xid in zip(clients, xids, strict=True)] == [codes.OK] * 3


def test_who_asks_alone_never_waits(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    for number in range(5):
        cluster.write(client, b"/%d" % number)
        assert not cluster.leader.replica.gathering.holds


def test_followers_who_are_level_are_told_the_same_object(cluster: Cluster) -> None:
    """So that it is packed once."""
    raft = cluster.leader.raft
    assert raft.propose(b"")
    (one, said), (other, same) = raft.ready().messages
    assert {one, other} == {member.number for member in cluster.followers}
    assert said is same
