"""A leader whose disk hangs, or that is told to, lets another lead: what clients see of it."""

import pytest
from replica.cluster import TICK_MS, Cluster
from replica.test_replica import sent

from hikari.config import HEARD_TICKS
from hikari.peers.messages import Heard
from hikari_wire import codes

TIMEOUT_MS = 4_000


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_who_has_nothing_under_way_sees_nothing_of_it(cluster: Cluster) -> None:
    clients = [cluster.client(member) for member in cluster.members.values()]
    old = cluster.leader
    assert old.raft.transfer()
    old.replica.wake()
    cluster.run()
    assert cluster.leader is not old
    for client in clients:
        cluster.write(client, b"/%d" % client.session)
        assert not client.closed
    cluster.agree()


def test_a_write_that_comes_to_the_leader_meanwhile_is_done_by_the_next(cluster: Cluster) -> None:
    old, heir = cluster.leader, cluster.followers[0]
    client = cluster.client(old)
    heir.disk.slow = True
    cluster.write(client, b"/before")
    assert old.raft.transfer(heir.number)
    waiting = client.create(b"/meanwhile")
    cluster.run()
    assert client.error(waiting) is None
    assert old.leads
    heir.disk.slow = False
    heir.disk.land()
    cluster.run()
    assert heir.leads
    assert client.error(waiting) == codes.OK
    cluster.agree()


def test_a_leader_whose_disk_hangs_is_replaced_and_nothing_is_lost(cluster: Cluster) -> None:
    old, there = cluster.leader, cluster.followers[0]
    client, idle = cluster.client(there), cluster.client(old)
    old.disk.slow = True
    cluster.write(client, b"/by-the-others")
    cluster.tick(3)
    assert old.leads, "a disk that is only slow costs nobody its leader"
    old.disk.hangs = True
    cluster.tick()
    assert not old.leads
    cluster.write(client, b"/after")
    assert not client.closed
    assert old.data(b"/by-the-others") is None, "not durable there: not applied"
    cluster.tick(100)
    assert not idle.closed
    old.disk.slow = old.disk.hangs = False
    old.disk.land()
    cluster.agree()
    assert old.data(b"/by-the-others") is not None


def test_a_disk_that_comes_back_in_time_costs_nobody_its_leader(cluster: Cluster) -> None:
    leader = cluster.leader
    client = cluster.client(leader)
    for member in cluster.members.values():
        member.disk.slow = True
    write = client.create(b"/a")
    cluster.run()
    leader.disk.hangs = True
    cluster.tick()
    assert leader.raft.heir, "all disks hang: nobody is level"
    behind = client.create(b"/b")
    cluster.tick()
    leader.disk.hangs = False
    cluster.tick()
    assert not leader.raft.heir
    for member in cluster.members.values():
        member.disk.slow = False
        member.disk.land()
    cluster.run()
    assert leader.leads
    assert [client.error(xid) for xid in (write, behind)] == [codes.OK, codes.OK]


def test_a_leader_that_stood_still_blames_nobody_before_it_has_read(cluster: Cluster) -> None:
    """The ping is in a socket, here or at a follower, when the session's time is over."""
    leader, there = cluster.leader, cluster.followers[0]
    clients = [cluster.client(leader, TIMEOUT_MS), cluster.client(there, TIMEOUT_MS)]
    sessions = leader.replica.sessions
    while min(sessions.deadline.values()) - sessions.now > 1:
        cluster.tick()
    leader.replica.tick(late=True)
    for client in clients:
        client.ping()
    cluster.run()
    cluster.tick(HEARD_TICKS + 1)
    assert all(client.session in leader.tree.sessions for client in clients)
    left = [sessions.deadline[client.session] - sessions.now for client in clients]
    assert min(left) > TIMEOUT_MS // TICK_MS - HEARD_TICKS - 2


def test_a_silent_session_ends_for_all_that(cluster: Cluster) -> None:
    leader = cluster.leader
    client = cluster.client(leader, TIMEOUT_MS)
    for _ in range(5):
        cluster.tick(10)
        leader.replica.tick(late=True)
    cluster.tick(TIMEOUT_MS // TICK_MS)
    assert client.session not in leader.tree.sessions


def test_a_follower_that_stood_still_reports_at_once(cluster: Cluster) -> None:
    there = cluster.followers[0]
    client = cluster.client(there, TIMEOUT_MS)
    cluster.tick(HEARD_TICKS)
    for _ in range(HEARD_TICKS):
        cluster.tick()
        since = len(cluster.network.frames)
        there.replica.tick(late=True)
        client.ping()
        cluster.run()
        cluster.tick()
        assert [m.sessions for _, _, m in sent(cluster, Heard, since)] == [[client.session]]
