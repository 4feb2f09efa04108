"""The leader's ear: full silence and nothing less; and what it is told through a cluster."""

import pytest
from replica.cluster import TICK_MS, TIMEOUT_MAX_MS, TIMEOUT_MIN_MS, Cluster

from hikari.replica.session_clock import SessionClock
from hikari_wire import codes


def make() -> SessionClock:
    clock = SessionClock(50)
    clock.lead()
    return clock


def ticks_of(timeout_ms: int) -> int:
    return timeout_ms // TICK_MS


def test_a_session_expires_after_full_silence_and_not_before() -> None:
    clock = make()
    clock.open(1, 500)
    assert [clock.tick() for _ in range(10)] == [[]] * 10
    assert clock.tick() == [1]


def test_a_sign_of_life_grants_the_full_timeout() -> None:
    clock = make()
    clock.open(1, 500)
    for _ in range(30):
        assert [clock.tick() for _ in range(10)] == [[]] * 10
        clock.heard([1, 99], 1)
    assert [clock.tick() for _ in range(11)][-1] == [1]


def test_an_expired_session_is_named_again_until_it_is_closed() -> None:
    clock = make()
    clock.open(1, 500)
    named = [tick for tick in range(40) if clock.tick()]
    assert len(named) == 3
    clock.close(1)
    assert not any(clock.tick() for _ in range(40))


def in_buckets(clock: SessionClock, session: int) -> int:
    return sum(bucket.count(session) for bucket in clock._buckets.values())


def test_however_often_it_is_opened_a_session_is_in_one_bucket() -> None:
    clock = make()
    for _ in range(5):
        clock.open(1, 500)
        clock.tick()
        clock.heard([1], 1)
    assert in_buckets(clock, 1) == 1


def test_a_session_that_is_opened_with_a_shorter_timeout_expires_by_that_one() -> None:
    clock = make()
    clock.open(1, 5_000)
    clock.tick()
    clock.open(1, 500)
    assert [clock.tick() for _ in range(10)] == [[]] * 10
    assert clock.tick() == [1]
    clock.close(1)
    assert not any(clock.tick() for _ in range(200))


def test_a_session_that_is_opened_with_a_longer_timeout_is_given_it() -> None:
    clock = make()
    clock.open(1, 500)
    clock.tick()
    clock.open(1, 5_000)
    assert not any(clock.tick() for _ in range(100))
    assert clock.tick() == [1]


# Through a cluster.


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def alive(cluster: Cluster, session: int) -> list[bool]:
    return [session in m.tree.sessions for m in cluster.members.values() if m.running]


def test_the_timeout_is_negotiated_within_bounds(cluster: Cluster) -> None:
    for asked, given in (
        (0, TIMEOUT_MIN_MS),
        (-5, TIMEOUT_MIN_MS),
        (10_000, 10_000),
        (2**31 - 1, TIMEOUT_MAX_MS),
    ):
        client = cluster.client(cluster.followers[0], asked)
        assert client.response is not None
        assert client.response.timeout_ms == given


def test_a_silent_session_ends_on_all_members_and_its_connection_with_it(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0], 4_000)
    watcher = cluster.client(cluster.followers[1], 40_000)
    cluster.write(client, b"/mine", flags=codes.EPHEMERAL)
    watcher.ask((codes.EXISTS, b"/mine", True))
    cluster.tick(ticks_of(4_000) - 5)
    assert all(alive(cluster, client.session))
    cluster.tick(5 + 10)
    assert not any(alive(cluster, client.session))
    assert client.closed
    assert [m.data(b"/mine") for m in cluster.members.values()] == [None] * 3
    assert [(e.type, e.path) for e in watcher.listen().events] == [(codes.EVENT_DELETED, b"/mine")]


@pytest.mark.parametrize("at_the_leader", [True, False])
def test_pings_keep_a_session_on_any_member(cluster: Cluster, at_the_leader: bool) -> None:
    member = cluster.leader if at_the_leader else cluster.followers[0]
    client = cluster.client(member, 4_000)
    for _ in range(20):
        cluster.tick(ticks_of(4_000) // 3)
        client.ping()
    assert all(alive(cluster, client.session))
    assert client.errors() == [0] * 20


def test_a_client_that_only_reads_at_a_follower_stays_alive(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0], 4_000)
    for _ in range(10):
        cluster.tick(ticks_of(4_000) // 2)
        client.ask((codes.EXISTS, b"/", False))
    assert all(alive(cluster, client.session))


def test_a_new_leader_grants_everybody_the_full_timeout(cluster: Cluster) -> None:
    old = cluster.leader
    client = cluster.client(cluster.followers[0], 4_000)
    cluster.tick(ticks_of(4_000) - 10)
    cluster.stop(old)
    cluster.elect()
    cluster.tick(ticks_of(4_000) - 10)
    assert all(alive(cluster, client.session))
    cluster.tick(30)
    assert not any(alive(cluster, client.session))


def test_what_was_heard_while_the_link_was_down_is_told_when_it_is_up(cluster: Cluster) -> None:
    follower, leader = cluster.followers[0], cluster.leader
    client = cluster.client(follower, 4_000)
    cluster.tick(ticks_of(4_000) - 20)
    cluster.network.cuts.add((follower.number, leader.number))
    client.ping()
    cluster.tick(8)
    cluster.network.cuts.clear()
    cluster.tick(4)
    left = leader.replica.sessions.deadline[client.session] - leader.replica.sessions.now
    assert left >= ticks_of(4_000) - 4


def ticks_left(cluster: Cluster, session: int) -> int:
    sessions = cluster.leader.replica.sessions
    return sessions.deadline[session] - sessions.now


def test_what_a_member_heard_and_had_not_told_when_it_died_costs_nobody_time(
    cluster: Cluster,
) -> None:
    follower = cluster.followers[0]
    client = cluster.client(follower, 4_000)
    cluster.tick(ticks_of(4_000) - 10)
    client.ping()
    cluster.stop(follower)
    cluster.run()
    assert ticks_left(cluster, client.session) >= ticks_of(4_000)
    cluster.tick(ticks_of(4_000) + 3)
    assert not any(alive(cluster, client.session)), "and then it ends"


def test_it_costs_nobody_time_who_has_just_come_there_either(cluster: Cluster) -> None:
    here, there = cluster.followers
    client = cluster.move(cluster.client(here, 4_000), there)
    cluster.run()
    leader = cluster.leader.replica.sessions
    leader.deadline[client.session] -= 10
    cluster.stop(here)
    assert ticks_left(cluster, client.session) < ticks_of(4_000), "it is no longer there"
    cluster.stop(there)
    assert leader.deadline[client.session] >= leader.now + ticks_of(4_000)


def test_a_link_that_breaks_again_and_again_keeps_nobody_alive(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    client = cluster.client(follower, 4_000)
    for _ in range(2 * ticks_of(4_000)):
        cluster.leader.replica.peer_lost(follower.number)
        cluster.tick()
    assert not any(alive(cluster, client.session))


def test_a_member_that_is_stopped_tells_whom_it_has_heard(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    client = cluster.client(follower, 4_000)
    cluster.tick(ticks_of(4_000) - 10)
    client.ping()
    follower.replica.farewell()
    cluster.run()
    assert ticks_left(cluster, client.session) >= ticks_of(4_000)


def test_only_the_leader_expires(cluster: Cluster) -> None:
    """A follower hears little: its own clock means nothing."""
    client = cluster.client(cluster.leader, 4_000)
    entries = cluster.leader.raft.log.last.index
    for _ in range(10):
        cluster.tick(20)
        client.ping()
    assert cluster.leader.raft.log.last.index == entries
    assert all(alive(cluster, client.session))


def test_leading_again_and_again_leaves_nothing_behind(cluster: Cluster) -> None:
    session = cluster.client(cluster.leader, 40_000).session
    for _ in range(6):
        old = cluster.leader
        cluster.cut(old)
        cluster.elect()
        cluster.heal()
        cluster.tick(4)
    for member in cluster.members.values():
        assert in_buckets(member.replica.sessions, session) == int(member.leads)


def test_an_expiry_that_comes_too_late_is_void(cluster: Cluster) -> None:
    """The session moved between the leader's decision and its turn."""
    client = cluster.client(cluster.followers[0], 4_000)
    moved = cluster.move(client, cluster.leader)
    cluster.leader.replica._expire(client.session)
    cluster.run()
    assert moved.session == client.session
    assert all(alive(cluster, moved.session))


# Opening, moving and closing.


def test_a_wrong_password_and_an_unknown_session_are_answered_as_expired(cluster: Cluster) -> None:
    victim = cluster.client(cluster.leader)
    for session, password in ((victim.session, b"guess"), (victim.session, b""), (12345, b"x")):
        for member in cluster.members.values():
            thief = cluster.dial(member)
            thief.hello(session=session, password=password)
            cluster.run()
            assert len(thief.wire.told) == 4 + 37
            assert thief.session == 0
            assert thief.response is not None
            assert thief.response.timeout_ms == 0
            assert thief.closed
    victim.ask((codes.EXISTS, b"/", False))
    assert victim.errors() == [codes.OK], "and the victim noticed nothing"


def test_a_session_that_is_taken_up_elsewhere_leaves_its_old_connection(cluster: Cluster) -> None:
    here, there = cluster.followers
    old = cluster.client(here)
    cluster.write(old, b"/mine", flags=codes.EPHEMERAL)
    new = cluster.move(old, there)
    cluster.run()
    assert new.session == old.session
    assert old.closed
    cluster.write(new, b"/more", flags=codes.EPHEMERAL)
    assert cluster.leader.tree.sessions[new.session].ephemerals == 2


def test_what_the_old_connection_sent_too_late_is_refused_as_moved(cluster: Cluster) -> None:
    here, there = cluster.followers
    old = cluster.client(here)
    cluster.network.held.add((here.number, cluster.leader.number))
    late = old.create(b"/late")
    cluster.run()
    new = cluster.move(old, there)
    cluster.run()
    assert new.session
    cluster.network.held.clear()
    cluster.tick(2)
    assert [m.data(b"/late") for m in cluster.members.values()] == [None] * 3
    assert old.error(late) in (codes.SESSION_MOVED, None)
    cluster.agree()


def test_a_session_is_taken_up_again_on_the_same_member(cluster: Cluster) -> None:
    member = cluster.followers[0]
    old = cluster.client(member)
    new = cluster.move(old, member)
    cluster.run()
    assert old.closed
    assert not new.closed
    assert member.door.by_session[new.session] is new.connection
    cluster.write(new, b"/a")


def test_a_client_that_has_seen_more_than_we_have_is_turned_away(cluster: Cluster) -> None:
    client = cluster.dial(cluster.leader)
    client.hello(seen=1 << 40)
    cluster.run()
    assert client.closed
    assert client.listen().response is None


def test_closing_deletes_the_ephemerals_in_the_order_of_their_paths(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    watcher = cluster.client(cluster.followers[1])
    paths = [b"/c", b"/a", b"/b"]
    for path in paths:
        cluster.write(client, path, flags=codes.EPHEMERAL)
        watcher.ask((codes.EXISTS, path, True))
    watcher.ask((codes.GET_CHILDREN, b"/", True))
    xid = client.ask((codes.CLOSE_SESSION,))
    cluster.run()
    assert client.error(xid) == codes.OK
    assert client.closed
    deleted = codes.EVENT_DELETED
    assert [(event.type, event.path) for event in watcher.listen().events] == [
        (deleted, b"/a"),
        (codes.EVENT_CHILDREN_CHANGED, b"/"),
        (deleted, b"/b"),
        (deleted, b"/c"),
    ]
    assert not any(alive(cluster, client.session))
    cluster.agree()


def test_a_closed_session_is_forgotten_by_everybody(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    client.ask((codes.EXISTS, b"/a", True))
    client.ask((codes.CLOSE_SESSION,))
    cluster.run()
    door = client.connection.door
    assert not door.connections
    assert not door.by_session
    assert not door.watches.watchers
    assert not door.watches.paths
    assert not door.due
    assert all(not m.replica.sessions.deadline for m in cluster.members.values())


def test_nothing_outlives_the_close_of_its_session(cluster: Cluster) -> None:
    """Create-ephemerals race the close, from the same connection and from a moved one."""
    here, there = cluster.followers
    old = cluster.client(here)
    new = cluster.move(old, there)
    old.create(b"/1", flags=codes.EPHEMERAL)
    cluster.poll()
    old.create(b"/2", flags=codes.EPHEMERAL)
    cluster.run()
    new.ask((codes.CREATE, b"/3", b"", b"", codes.EPHEMERAL), (codes.CLOSE_SESSION,))
    new.create(b"/4", flags=codes.EPHEMERAL)
    cluster.run()
    for member in cluster.members.values():
        assert [member.data(b"/%d" % n) for n in range(1, 5)] == [None] * 4
        assert not member.tree.sessions


@pytest.mark.parametrize("leads", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_nobody_trusts_a_session_on_a_lost_member_that_the_others_have_expired(
    seed: int, leads: bool
) -> None:
    """Two would hold one lock: the client of the lost member, and who took it after the expiry."""
    cluster = Cluster(seed=seed)
    cluster.elect()
    lost = cluster.leader if leads else cluster.followers[seed % 2]
    client = cluster.client(lost, TIMEOUT_MIN_MS)
    third = ticks_of(TIMEOUT_MIN_MS) // 3
    for tick in range(third + seed):
        if tick % third == 0:
            client.ask((codes.PING,))
        cluster.tick()
    cluster.hold(lost)
    others = [member for member in cluster.members.values() if member is not lost]
    for tick in range(400):
        if tick % third == 0 and not client.closed:
            client.ask((codes.PING,))
        cluster.tick()
        if any(client.session not in member.tree.sessions for member in others):
            break
    assert any(client.session not in member.tree.sessions for member in others)
    assert client.closed
