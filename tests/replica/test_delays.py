"""How long entries are on their way, and followers to be level: measured, one entry a tick."""

from typing import Any

import pytest
from replica.cluster import TICK_MS, Cluster, Member
from replica.wire import Client

from hikari.replica.delays import PATIENCE_TICKS, Delays
from hikari.tally import Tally


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster(3)
    made.tick(3)
    return made


def rest(cluster: Cluster) -> None:
    """Whatever was followed has come to its end, and what is counted from here on is new."""
    cluster.tick(3)
    for member in cluster.members.values():
        delays = member.replica.delays
        for value in vars(delays).values():
            if isinstance(value, Tally):
                value.reset()
        delays.answered.clear()


def pass_ms(cluster: Cluster, ms: float) -> None:
    """Time, but no tick."""
    cluster.run()
    cluster.clock.advance(ms / 1000)


def times(tally: Tally) -> tuple[int, Any]:
    """Wall clocks show whole milliseconds."""
    return tally.count, pytest.approx(tally.total, abs=1)


def held(cluster: Cluster, sender: Member, to: Member, holds: bool = True) -> None:
    link = {(sender.number, to.number)}
    cluster.network.held = cluster.network.held | link if holds else cluster.network.held - link


@pytest.mark.interpreted
def test_each_station_of_an_entry_is_timed(cluster: Cluster) -> None:
    leader, (near, far) = cluster.leader, cluster.followers
    client = cluster.client(leader)
    rest(cluster)
    held(cluster, leader, near)
    held(cluster, leader, far)
    client.create(b"/a")
    pass_ms(cluster, 5)
    held(cluster, leader, near, False)
    held(cluster, near, leader)
    pass_ms(cluster, 2)
    held(cluster, near, leader, False)
    pass_ms(cluster, 3)
    held(cluster, leader, far, False)
    cluster.run()
    delays = leader.replica.delays
    assert times(delays.durable) == (1, 0)
    assert times(delays.committed) == times(delays.applied) == (1, 7)
    assert {peer: times(tally) for peer, tally in delays.answered.items()} == {
        leader.number: (1, 0),
        near.number: (1, 7),
        far.number: (1, 10),
    }
    assert times(delays.arrived) == times(delays.heard) == (0, 0), "a leader has it from the start"
    delays = near.replica.delays
    assert times(delays.arrived) == times(delays.durable) == (1, 5)
    assert times(delays.heard) == times(delays.applied) == (1, 5), "two of three: it knows itself"
    assert times(far.replica.delays.arrived) == times(far.replica.delays.applied) == (1, 10)


@pytest.mark.interpreted
def test_a_slow_disk_is_seen_where_it_is(cluster: Cluster) -> None:
    leader, (slow, other) = cluster.leader, cluster.followers
    client = cluster.client(leader)
    rest(cluster)
    slow.disk.slow = True
    client.create(b"/a")
    pass_ms(cluster, 30)
    slow.disk.slow = False
    slow.disk.land()
    cluster.run()
    assert times(slow.replica.delays.arrived) == (1, 0)
    assert times(slow.replica.delays.durable) == (1, 30)
    assert times(leader.replica.delays.answered[slow.number]) == (1, 30)
    assert times(leader.replica.delays.answered[other.number]) == (1, 0)
    assert times(leader.replica.delays.committed) == (1, 0)


def writes(cluster: Cluster, client: Client, count: int) -> None:
    for number in range(count):
        cluster.write(client, b"/%d-%d" % (cluster.clock.seconds() * 1000, number))


@pytest.mark.interpreted
def test_one_entry_a_tick_is_followed(cluster: Cluster) -> None:
    client = cluster.client(cluster.leader)
    rest(cluster)
    for _ in range(4):
        writes(cluster, client, 10)
        cluster.tick()
    for member in cluster.members.values():
        assert member.replica.delays.applied.count == 4
    assert cluster.leader.replica.delays.committed.count == 4


@pytest.mark.interpreted
def test_an_entry_is_followed_to_its_end_however_long_it_takes(cluster: Cluster) -> None:
    leader, follower = cluster.leader, cluster.followers[0]
    client = cluster.client(leader)
    rest(cluster)
    for other in cluster.followers:
        held(cluster, leader, other)
    client.create(b"/a")
    cluster.run()
    cluster.tick(7)
    client.create(b"/b")
    for other in cluster.followers:
        held(cluster, leader, other, False)
    cluster.run()
    assert times(leader.replica.delays.applied) == (1, 7 * TICK_MS)
    assert times(follower.replica.delays.applied) == (1, 7 * TICK_MS)


@pytest.mark.interpreted
def test_who_never_answers_is_not_waited_for_for_ever(cluster: Cluster) -> None:
    leader, (gone, there) = cluster.leader, cluster.followers
    client = cluster.client(leader)
    cluster.stop(gone)
    rest(cluster)
    writes(cluster, client, 1)
    cluster.tick(2)
    writes(cluster, client, 1)
    assert leader.replica.delays.committed.count == 1
    cluster.tick(PATIENCE_TICKS)
    writes(cluster, client, 1)
    delays = leader.replica.delays
    assert delays.committed.count == 2
    assert {peer: tally.count for peer, tally in delays.answered.items()} == {
        leader.number: 2,
        there.number: 2,
    }


def test_what_is_caught_up_with_is_no_delay_of_a_write(cluster: Cluster) -> None:
    leader, late = cluster.leader, cluster.followers[0]
    client = cluster.client(leader)
    cluster.stop(late)
    writes(cluster, client, 20)
    cluster.tick(20)
    late = cluster.start(late.number)
    cluster.heal()
    cluster.until(lambda: late.tree.index == leader.tree.index)
    delays = late.replica.delays
    assert delays.received >= 20
    assert delays.arrived.count == delays.applied.count == 0
    cluster.tick(3)
    writes(cluster, client, 1)
    assert times(delays.arrived) == (1, 0)


def test_a_follower_is_timed_until_it_is_level_and_counted_once(cluster: Cluster) -> None:
    leader, late = cluster.leader, cluster.followers[0]
    client = cluster.client(leader)
    joins = leader.replica.delays.joins
    assert joins == 2, "one for each follower"
    at_once = leader.replica.delays.joins_at_once
    assert at_once.total == joins
    before = at_once.count
    cluster.stop(late)
    writes(cluster, client, 20)
    late = cluster.start(late.number)
    cluster.heal()
    cluster.until(lambda: late.tree.index == leader.tree.index)
    cluster.tick()
    assert leader.replica.delays.joins == joins + 1
    assert (at_once.count, at_once.last) == (before + 1, 1)
    assert late.replica.delays.joined.count == 1
    assert late.replica.delays.joined.total < 10 * TICK_MS


def test_who_is_sent_rows_has_not_joined_by_entries() -> None:
    cluster = Cluster(3, entries_kept=5, flush_entries=5)
    leader, late = cluster.leader, cluster.followers[0]
    client = cluster.client(leader)
    cluster.tick()
    joins = leader.replica.delays.joins
    cluster.stop(late)
    writes(cluster, client, 60)
    cluster.tick(3)
    late = cluster.start(late.number)
    cluster.heal()
    cluster.until(lambda: late.tree.index == leader.tree.index)
    cluster.tick()
    assert leader.replica.sending.begun == leader.replica.sending.at_once.count == 1
    assert leader.replica.delays.joins == joins


@pytest.mark.interpreted
def test_what_is_under_way_to_a_follower_is_looked_at_once_a_tick(cluster: Cluster) -> None:
    leader, slow = cluster.leader, cluster.followers[0]
    client = cluster.client(leader)
    rest(cluster)
    leader.replica.delays.waiting.clear()
    held(cluster, leader, slow)
    writes(cluster, client, 5)
    cluster.tick(2)
    waiting = leader.replica.delays.waiting
    assert {peer: (t.count, t.total) for peer, t in waiting.items()} == {
        slow.number: (2, 10),
        cluster.followers[1].number: (2, 0),
    }


@pytest.mark.interpreted
def test_a_clock_that_is_behind_makes_no_delay_below_nothing(cluster: Cluster) -> None:
    leader, follower = cluster.leader, cluster.followers[0]
    client = cluster.client(leader)
    rest(cluster)
    follower.replica.delays = Delays(follower.number, cluster.clock.seconds, lambda: 1)
    writes(cluster, client, 1)
    delays = follower.replica.delays
    assert delays.received == 1
    assert delays.arrived.count == delays.applied.count == 0


def test_time_without_a_leader_is_time_away(cluster: Cluster) -> None:
    counts = {m.number: m.replica.counts for m in cluster.members.values()}
    assert [c.away.count for c in counts.values()] == [1, 1, 1], "from the start to the first"
    old = cluster.leader
    cluster.stop(old)
    cluster.elect()
    cluster.tick()
    new, other = cluster.leader, cluster.followers[0]
    assert counts[new.number].away.count == counts[other.number].away.count == 2
    assert counts[new.number].away_to_lead.count == 1
    assert counts[other.number].away_to_lead.count == 0
