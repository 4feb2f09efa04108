"""Disks that are short of room, on three members: who refuses what, who leads, who stands aside."""

import pytest
from replica.cluster import Cluster, Member
from replica.wire import multi, told_in_order

from hikari.replica.room import PATIENCE_TICKS, REPORT_TICKS
from hikari.tree.space import REFUSAL
from hikari_wire import codes

REPORTED = 3 * REPORT_TICKS


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def low(cluster: Cluster, *members: Member, is_low: bool = True) -> None:
    for member in members:
        member.replica.room.low = is_low
    cluster.tick(REPORTED)


def all_say(cluster: Cluster, read_only: bool) -> bool:
    return {m.tree.read_only for m in cluster.members.values() if m.running} == {read_only}


def test_a_majority_without_room_makes_the_tree_read_only_and_with_room_ends_it(
    cluster: Cluster,
) -> None:
    low(cluster, cluster.followers[0])
    assert all_say(cluster, False), "two can go on"
    low(cluster, cluster.followers[1])
    assert all_say(cluster, True)
    low(cluster, cluster.followers[0], is_low=False)
    assert all_say(cluster, False)
    client = cluster.client(cluster.leader)
    cluster.write(client, b"/a")
    cluster.agree()


def test_a_member_that_is_away_has_no_room_to_offer(cluster: Cluster) -> None:
    away, here = cluster.followers
    low(cluster, here)
    cluster.stop(away)
    cluster.tick(PATIENCE_TICKS + REPORTED)
    assert all_say(cluster, True)


def test_members_that_are_away_alone_make_nothing_read_only(cluster: Cluster) -> None:
    cluster.stop(cluster.followers[0])
    cluster.tick(PATIENCE_TICKS + REPORTED)
    assert all_say(cluster, False)


def test_one_member_alone_goes_by_its_own_disk() -> None:
    alone = Cluster(1)
    low(alone, alone.leader)
    assert all_say(alone, True)
    low(alone, alone.leader, is_low=False)
    assert all_say(alone, False)


def test_reads_deletes_sessions_and_expiries_go_on(cluster: Cluster) -> None:
    here, there = cluster.followers
    client, dying = cluster.client(here), cluster.client(there, timeout_ms=4_000)
    cluster.write(client, b"/a", b"1")
    cluster.write(dying, b"/e", flags=codes.EPHEMERAL)
    low(cluster, here, there)
    dying.wire.die()
    new = cluster.client(there)
    for _ in range(40):
        for one in (client, new):
            one.ping()
        cluster.tick(4)
    assert here.data(b"/e") is None, "its session has expired"
    assert client.value(client.ask((codes.GET_DATA, b"/a", False)))[0] == b"1"
    gone = new.ask((codes.DELETE, b"/a", -1))
    cluster.run()
    assert new.error(gone) == codes.OK
    moved = cluster.move(client, there)
    cluster.run()
    assert moved.session == client.session
    cluster.agree()


def test_what_grows_is_refused_at_the_door_without_the_log(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    cluster.write(client, b"/a")
    low(cluster, *cluster.followers)
    last = cluster.leader.raft.log.last.index
    for request in (
        (codes.CREATE, b"/b", b"", b"", 0),
        (codes.SET_DATA, b"/a", b"2", -1),
        multi((codes.DELETE, b"/a", -1), (codes.CREATE, b"/b", b"", b"", 0)),
    ):
        assert client.error(client.ask(request)) == REFUSAL
    cluster.run()
    assert cluster.leader.raft.log.last.index == last


def test_refusals_keep_the_order_of_the_connection(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    cluster.write(client, b"/a", b"1")
    low(cluster, *cluster.followers)
    before = len(client.listen().heard)
    client.ask(
        (codes.DELETE, b"/a", -1),
        (codes.CREATE, b"/b", b"", b"", 0),
        (codes.EXISTS, b"/a", False),
        (codes.SYNC, b"/"),
        (codes.SET_DATA, b"/a", b"", -1),
        (codes.EXISTS, b"/b", False),
    )
    assert len(client.listen().heard) == before, "all of it waits behind the delete"
    cluster.run()
    heard = client.listen().heard[before:]
    assert told_in_order([xid for xid, _, _, _ in heard])
    assert [error for _, _, error, _ in heard] == [
        codes.OK,
        REFUSAL,
        codes.NO_NODE,
        codes.OK,
        REFUSAL,
        codes.NO_NODE,
    ]


def test_what_was_on_its_way_is_refused_at_apply(cluster: Cluster) -> None:
    here, there = cluster.followers
    client = cluster.client(here)
    leader = cluster.leader
    cluster.tick(REPORTED)
    cluster.network.held = {(leader.number, here.number)}
    for member in (here, there):
        member.replica.room.low = True
    cluster.tick(4)
    assert cluster.leader.tree.read_only
    assert not here.tree.read_only, "it has not heard of it"
    xid = client.create(b"/b")
    cluster.run()
    assert client.error(xid) is None
    cluster.network.held.clear()
    cluster.run()
    assert client.error(xid) == REFUSAL
    cluster.agree()


def test_it_does_not_wait_for_the_next_report(cluster: Cluster) -> None:
    """A disk fills in a second."""
    cluster.tick(REPORTED)
    while cluster.leader.replica.room._now % REPORT_TICKS != 1:
        cluster.tick()
    for follower in cluster.followers:
        follower.replica.room.low = True
    cluster.tick(4)
    assert all_say(cluster, True)


def test_a_restart_and_a_snapshot_keep_it() -> None:
    cluster = Cluster(entries_kept=0, flush_entries=10)
    late = cluster.followers[0]
    client = cluster.client(cluster.leader)
    for n in range(30):
        cluster.write(client, b"/n%d" % n)
    cluster.stop(late)
    low(cluster, *[m for m in cluster.members.values() if m is not late])
    for n in range(30):
        client.ask((codes.DELETE, b"/n%d" % n, -1))
        cluster.tick()
    late = cluster.start(late.number)
    late.replica.room.low = False
    cluster.until(lambda: late.tree.index == cluster.leader.tree.index)
    assert late.tree.read_only
    here = cluster.followers[0]
    cluster.stop(here)
    assert cluster.start(here.number).tree.read_only
    cluster.agree()


def test_a_leader_short_of_room_hands_over_to_one_that_is_not(cluster: Cluster) -> None:
    leader = cluster.leader
    here, there = cluster.followers
    low(cluster, leader, here)
    leader.replica.room.low = False
    low(cluster, leader, here, is_low=False)
    assert cluster.leader is leader, "in a read-only ensemble that would help nobody"
    client = cluster.client(there)
    leader.replica.room.low = True
    cluster.tick(REPORT_TICKS)
    assert cluster.leader is leader, "room may come back soon"
    cluster.tick(PATIENCE_TICKS + REPORT_TICKS)
    assert cluster.leader is not leader
    cluster.write(client, b"/a")
    assert all_say(cluster, False)
    cluster.agree()


def test_a_full_follower_stands_aside_and_catches_up(cluster: Cluster) -> None:
    full, other = cluster.followers
    client, lost = cluster.client(other), cluster.client(full)
    full.replica.room.low = full.replica.room.starved = True
    last = full.raft.log.last.index
    for n in range(20):
        cluster.write(client, b"/n%d" % n)
        cluster.tick(5)
    assert full.raft.log.last.index == last, "it writes nothing"
    assert lost.closed, "its clients look for another"
    assert cluster.leader.raft.term == full.raft.term, "it disturbs nobody"
    full.replica.room.low = full.replica.room.starved = False
    cluster.tick(20)
    cluster.agree()
    assert cluster.client(full).session


def test_a_full_leader_is_replaced_and_comes_back(cluster: Cluster) -> None:
    full = cluster.leader
    client = cluster.client(cluster.followers[0])
    full.replica.room.low = full.replica.room.starved = True
    cluster.until(lambda: any(m.leads and m is not full for m in cluster.members.values()))
    cluster.tick(10)
    cluster.until(lambda: client.closed or client.error(client.create(b"/a")) is None)
    again = cluster.client(cluster.leader)
    cluster.write(again, b"/b")
    full.replica.room.low = full.replica.room.starved = False
    cluster.tick(40)
    assert not full.leads
    cluster.agree()


@pytest.mark.parametrize("ticks", [75, 158])
def test_nobodys_session_ends_because_no_member_had_room_to_serve_it(
    cluster: Cluster, ticks: int
) -> None:
    leader = cluster.leader
    client = cluster.client(cluster.followers[0], timeout_ms=4_000)
    for member in cluster.members.values():
        member.replica.room.low = member.replica.room.starved = True
    cluster.tick(ticks)
    assert client.closed, "and it finds no other"
    for member in cluster.members.values():
        member.replica.room.low = member.replica.room.starved = False
    cluster.tick(20)
    assert cluster.leader is leader
    assert client.session in leader.tree.sessions
    cluster.tick(80)
    assert client.session not in leader.tree.sessions, "but it did not come back"
    cluster.agree()


@pytest.mark.parametrize("starved", [False, True])
def test_no_snapshot_is_taken_in_where_there_is_no_room_and_soon_when_there_is(
    starved: bool,
) -> None:
    cluster = Cluster(entries_kept=0, flush_entries=10)
    late = cluster.followers[0]
    client = cluster.client(cluster.leader)
    cluster.stop(late)
    for n in range(60):
        cluster.write(client, b"/n%d" % n)
        cluster.tick()
    late = cluster.start(late.number)
    late.replica.room.low, late.replica.room.starved = True, starved
    cluster.tick(50)
    assert late.data(b"/n59") is None
    assert list(late.folders) == [late.journal.tree_name], "no half of a tree is left"
    late.replica.room.low = late.replica.room.starved = False
    cluster.until(lambda: late.data(b"/n59") is not None, ticks=40)
    cluster.agree()


def test_a_disk_that_fills_up_during_a_snapshot_leaves_no_half_of_it() -> None:
    cluster = Cluster(entries_kept=0, flush_entries=10)
    late = cluster.followers[0]
    client = cluster.client(cluster.leader)
    cluster.stop(late)
    for n in range(60):
        cluster.write(client, b"/n%d" % n)
        cluster.tick()
    late = cluster.start(late.number)
    opened = late.replica.receiving.open_rows

    def open_full(name: str) -> object:
        rows = opened(name)
        rows.full = True  # type: ignore[attr-defined]
        return rows

    late.replica.receiving.open_rows = open_full  # type: ignore[assignment]
    cluster.tick(50)
    assert list(late.folders) == [late.journal.tree_name]
    late.replica.receiving.open_rows = opened
    cluster.until(lambda: late.data(b"/n59") is not None, ticks=600)
    cluster.agree()


def test_rows_that_find_no_room_wait_in_memory(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    client = cluster.client(follower)
    cluster.write(client, b"/old")
    follower.rows.full = True
    for n in range(5):
        cluster.write(client, b"/n%d" % n)
        cluster.tick()
    listed = client.value(client.ask((codes.GET_CHILDREN, b"/", False)))
    assert list(listed) == [b"n0", b"n1", b"n2", b"n3", b"n4", b"old", b"zookeeper"]
    follower.rows.full = False
    cluster.agree()


def test_room_that_is_short_is_looked_for_in_the_journal() -> None:
    cluster = Cluster(entries_kept=100_000, flush_entries=100_000)
    squeezed: list[int] = []
    for member in cluster.members.values():
        number = member.number
        member.replica.compaction.squeeze = lambda number=number: squeezed.append(number)
    client = cluster.client(cluster.leader)
    for n in range(1_200):
        client.create(b"/n%d" % n)
        cluster.run()
    base = [member.journal.base.index for member in cluster.members.values()]
    assert base == [0, 0, 0]
    low(cluster, *cluster.followers)
    for follower in cluster.followers:
        assert 0 < follower.raft.log.last.index - follower.journal.base.index <= 1_100
        assert squeezed.count(follower.number) == 1, "once, though it stays low"
    assert cluster.leader.journal.base.index == 0
    cluster.agree()
