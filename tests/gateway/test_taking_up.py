"""Taking a session up again: on what terms, by whom, and what becomes of the older connection."""

import pytest
from replica.cluster import TICK_MS, TIMEOUT_MAX_MS, TIMEOUT_MIN_MS, Cluster
from replica.wire import Client

from hikari.replica.replica import Replica
from hikari_wire import codes


@pytest.fixture
def three() -> Cluster:
    return Cluster(3)


def take_up(cluster: Cluster, client: Client, at: int, **changed: object) -> Client:
    """The session of `client`, on a new connection to member `at`."""
    known = client.listen().response
    assert known is not None
    asked = {"timeout_ms": known.timeout_ms, "session": known.session, "password": known.password}
    again = cluster.dial(cluster.members[at])
    again.hello(**{**asked, **changed})  # type: ignore[arg-type]
    cluster.run()
    again.listen()
    return again


@pytest.mark.parametrize(
    ("asked_ms", "granted_ms"),
    [
        *((-1, TIMEOUT_MIN_MS), (0, TIMEOUT_MIN_MS), (TIMEOUT_MIN_MS + 1, TIMEOUT_MIN_MS + 1)),
        *((TIMEOUT_MAX_MS, TIMEOUT_MAX_MS), (2**31 - 1, TIMEOUT_MAX_MS)),
    ],
)
def test_the_timeout_is_negotiated_at_each_connection(
    three: Cluster, asked_ms: int, granted_ms: int
) -> None:
    client = three.client(three.leader)
    moved = take_up(three, client, three.followers[0].number, timeout_ms=asked_ms)
    assert moved.response is not None
    assert moved.response.timeout_ms == granted_ms
    held = [member.tree.sessions[moved.session].timeout_ms for member in three.members.values()]
    assert held == [granted_ms] * 3
    three.agree()


def test_a_shorter_timeout_at_a_reconnect_is_the_one_that_counts(three: Cluster) -> None:
    client = three.client(three.leader, TIMEOUT_MAX_MS)
    moved = take_up(three, client, three.followers[0].number, timeout_ms=TIMEOUT_MIN_MS)
    three.tick(TIMEOUT_MIN_MS // TICK_MS + 8)
    assert moved.closed
    assert moved.session not in three.leader.tree.sessions


def test_nobody_is_told_that_its_session_has_moved(three: Cluster) -> None:
    """The older connection is closed: its client might take the answer for one about its request
    (ZOOKEEPER-710)."""
    here, there = three.followers
    old = three.client(here)
    three.network.held.add((here.number, three.leader.number))
    for number in range(5):
        old.create(b"/late%d" % number)
    three.run()
    new = three.move(old, there)
    three.run()
    three.network.held.clear()
    three.tick(3)
    assert new.session
    assert old.closed
    assert old.errors() == []


def test_of_two_on_one_member_the_older_is_closed_with_what_it_was_told_before(
    three: Cluster,
) -> None:
    old = three.client(three.leader)
    asked = [old.create(b"/a"), old.create(b"/b")]
    new = three.move(old, three.leader)
    three.run()
    assert [old.error(xid) for xid in asked] == [codes.OK] * 2
    assert old.closed
    assert not new.closed


def proposed_by(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What goes into the log from now on."""
    seen: list[object] = []
    propose = Replica.propose

    def watched(self: Replica, asker: object, group: object, size: int) -> None:
        seen.append(group)
        propose(self, asker, group, size)  # type: ignore[arg-type]

    monkeypatch.setattr(Replica, "propose", watched)
    return seen


@pytest.mark.parametrize("password", [b"", b"guess", bytes(16)])
def test_a_wrong_password_is_called_expired_and_costs_the_log_nothing(
    three: Cluster, monkeypatch: pytest.MonkeyPatch, password: bytes
) -> None:
    client = three.client(three.leader)
    proposed = proposed_by(monkeypatch)
    for member in three.members:
        thief = take_up(three, client, member, password=password)
        assert thief.closed
        assert thief.response is not None
        assert thief.response[:4] == (0, 0, 0, bytes(16))
    assert not proposed
    assert not client.closed
    three.write(client, b"/mine")


@pytest.mark.parametrize("session", [-1, 1 << 40, -(2**63), 2**63 - 1])
def test_an_unknown_session_is_called_expired(three: Cluster, session: int) -> None:
    stranger = take_up(three, three.client(three.leader), 1, session=session)
    assert stranger.closed
    assert stranger.session == 0


def test_who_has_seen_more_than_there_is_gets_no_session_and_takes_none(
    three: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = three.client(three.leader)
    proposed = proposed_by(monkeypatch)
    for session in (0, client.session):
        ahead = take_up(three, client, 1, session=session, seen=1 << 40)
        assert ahead.closed
        assert ahead.response is None
    assert not proposed
    assert not client.closed


def test_who_has_seen_more_than_this_member_has_waits_until_it_has_it(three: Cluster) -> None:
    late = three.followers[0]
    client = three.client(three.leader)
    three.network.held.add((three.leader.number, late.number))
    three.write(client, b"/a")
    moved = three.move(client, late)
    three.run()
    assert not moved.session
    assert not moved.closed
    three.network.held.clear()
    three.tick(10)
    assert moved.session == client.session
    assert late.data(b"/a") == b""
