"""A member whose tree is not what the others hold is found while it serves, and serves no more."""

from itertools import pairwise
from typing import Any, NoReturn

import pytest
from replica.cluster import Cluster, Member
from replica.test_replica import sent
from twisted.logger import LogLevel, globalLogPublisher

from hikari.peers.messages import Digest
from hikari.replica.digests import BUSY_POINTS, DIGEST_ENTRIES, POINTS_KEPT, Digests, is_due
from hikari.tree import keys
from hikari.tree.differences import Differences, differences
from hikari.tree.tree import Tree
from hikari_wire import codes

EVERY = 8


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hikari.replica.digests.DIGEST_ENTRIES", EVERY)


@pytest.fixture(autouse=True)
def loud() -> Any:
    """What was logged as critical."""
    said: list[str] = []

    def hear(event: Any) -> None:
        if event["log_level"] is LogLevel.critical:
            said.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(hear)
    yield said
    globalLogPublisher.removeObserver(hear)


class Crooked(Tree):
    """Forgets a byte of what is written into /spoilt."""

    __slots__ = ()

    def apply(self, request: Any, session: int, identities: Any) -> Any:
        if request[0] == codes.SET_DATA and request[1] == b"/spoilt":
            request = (*request[:2], request[2][:-1], *request[3:])
        return super().apply(request, session, identities)


def fill(cluster: Cluster, count: int) -> None:
    """So many entries, asked of a member that still serves."""
    client = cluster.client(cluster.leader)
    for _ in range(count):
        cluster.run()
        client.create(b"/n-", b"", codes.PERSISTENT_SEQUENTIAL)
    cluster.run()


def begin(cluster: Cluster) -> None:
    """The last point was just now: the next one is far."""
    client = cluster.client(cluster.leader)
    while cluster.leader.tree.index % EVERY:
        client.create(b"/n-", b"", codes.PERSISTENT_SEQUENTIAL)
        cluster.run()


def spoil(cluster: Cluster, member: Member) -> None:
    """One znode is other on this member than on the rest; nobody knows yet."""
    client = cluster.client(cluster.leader)
    cluster.write(client, b"/spoilt", b"first")
    member.tree.__class__ = Crooked
    client.ask((codes.SET_DATA, b"/spoilt", b"second", -1))
    cluster.run()
    member.tree.__class__ = Tree


def spoil_rows(cluster: Cluster, member: Member) -> None:
    """A row rots where the member keeps it; the znode is used again later."""
    cluster.write(cluster.client(cluster.leader), b"/spoilt", b"first")
    member.tree.settle()
    rot(member, b"/spoilt")
    cluster.write(cluster.client(cluster.leader), b"/spoilt/child")


def rot(member: Member, path: bytes) -> None:
    """The last byte of a settled row is another."""
    key = keys.znode_key(path)
    member.tree.cache.drop(path)
    row = member.rows.get(key)
    assert row is not None
    member.rows.write({key: row[:-1] + bytes((row[-1] ^ 1,))})


def damage(member: Member, path: bytes, data: bytes) -> None:
    """A znode changes in the memory of one member."""
    znode = member.tree.find(path)
    assert znode is not None
    member.tree.touch(path, znode)
    znode.data = data


def counts(members: list[Member]) -> list[int]:
    return [member.replica.digests.mismatches for member in members]


def ensure_one_is_stopped(cluster: Cluster, spoilt: Member, znode: bytes = b"/spoilt") -> None:
    others = [member for member in cluster.members.values() if member is not spoilt]
    assert spoilt.diverged_at
    assert not spoilt.running
    assert not spoilt.door.connections
    assert all(member.running and not member.diverged_at for member in others)
    cluster.elect()
    cluster.write(cluster.client(cluster.leader), b"/goes-on")
    cluster.agree()
    spoilt.tree.settle()
    rows = cluster.leader.rows
    named = differences(spoilt.rows.view(), rows.view(), rows.get)
    assert named == Differences(1, [znode], [])


@pytest.mark.interpreted
@pytest.mark.parametrize("how", [spoil, spoil_rows])
@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("leads", [False, True])
def test_the_one_that_differs_is_found_at_the_next_point_and_stops(
    size: int, leads: bool, how: Any, loud: list[str]
) -> None:
    cluster = Cluster(size)
    spoilt = cluster.leader if leads else cluster.followers[-1]
    client = cluster.client(spoilt)
    begin(cluster)
    at = spoilt.tree.index
    how(cluster, spoilt)
    assert spoilt.tree.index < at + EVERY
    fill(cluster, EVERY)
    cluster.tick(2)
    assert spoilt.diverged_at == at + EVERY
    client.listen()
    assert client.closed
    ensure_one_is_stopped(cluster, spoilt)
    assert any(line.startswith("the tree HERE is not that of the majority") for line in loud)
    named = f"the tree of member {spoilt.number} is not that of the majority"
    assert any(line.startswith(named) for line in loud)


def test_members_that_agree_say_nothing_and_count(loud: list[str]) -> None:
    cluster = Cluster(3)
    fill(cluster, 10 * EVERY)
    cluster.tick(2)
    for member in cluster.members.values():
        digests = member.replica.digests
        assert digests.compared >= 2 * 10
        assert digests.last_index == member.tree.index // EVERY * EVERY
        assert digests.mismatches == 0
    assert loud == []


@pytest.mark.interpreted
@pytest.mark.parametrize("third_had", ["the same as the leader", "nothing yet"])
def test_one_against_one_is_undecided_until_the_third_returns(
    third_had: str, loud: list[str]
) -> None:
    cluster = Cluster(3)
    if third_had != "nothing yet":
        fill(cluster, EVERY)
    spoilt, third = cluster.followers
    cluster.stop(third)
    spoil(cluster, spoilt)
    fill(cluster, 3 * EVERY)
    cluster.tick(2)
    pair = [cluster.leader, spoilt]
    assert all(member.running and not member.diverged_at for member in pair)
    assert counts(pair) == [counts(pair)[0]] * 2
    assert counts(pair)[0] >= 3
    undecided = [line for line in loud if "no majority tells yet which is right" in line]
    assert len(undecided) == 2, "each of the two said it, and said it once"

    cluster.start(third.number)
    cluster.until(lambda: spoilt.diverged_at)
    ensure_one_is_stopped(cluster, spoilt)


@pytest.mark.interpreted
def test_the_third_decides_against_a_leader_too(loud: list[str]) -> None:
    cluster = Cluster(3)
    spoilt, third = cluster.leader, cluster.followers[0]
    cluster.stop(third)
    spoil(cluster, spoilt)
    fill(cluster, 3 * EVERY)
    cluster.tick(2)
    assert spoilt.running
    cluster.start(third.number)
    cluster.until(lambda: spoilt.diverged_at)
    ensure_one_is_stopped(cluster, spoilt)


def test_a_member_that_was_away_is_judged_by_the_points_it_missed(loud: list[str]) -> None:
    """It applies old entries, and nobody sends their digests again but who sees a difference."""
    cluster = Cluster(3, flush_entries=2)
    away = cluster.followers[0]
    cluster.write(cluster.client(cluster.leader), b"/r", b"right")
    cluster.tick(2)
    fill(cluster, 2)
    cluster.tick(2)
    cluster.stop(away)
    cluster.write(cluster.client(cluster.leader), b"/r/used")
    fill(cluster, 3 * EVERY)
    spoilt = cluster.start(away.number)
    rot(spoilt, b"/r")
    cluster.until(lambda: spoilt.diverged_at, ticks=100)
    ensure_one_is_stopped(cluster, spoilt, b"/r")


def test_two_and_two_and_one_of_five_go_on_loudly(loud: list[str]) -> None:
    cluster = Cluster(5)
    begin(cluster)
    cluster.write(cluster.client(cluster.leader), b"/spoilt", b"first")
    one, two, three = cluster.followers[:3]
    for member, data in ((one, b"other"), (two, b"other"), (three, b"yet another")):
        damage(member, b"/spoilt", data)
    fill(cluster, 2 * EVERY)
    cluster.tick(2)
    assert all(member.running for member in cluster.members.values())
    assert all(count > 0 for count in counts(list(cluster.members.values())))
    assert any("no majority" in line for line in loud)


def test_a_snapshot_brings_the_digest_along(
    monkeypatch: pytest.MonkeyPatch, loud: list[str]
) -> None:
    monkeypatch.setattr("hikari.replica.snapshots.CHUNK_BYTES", 200)
    cluster = Cluster(3, entries_kept=3, flush_entries=5)
    lagging = cluster.followers[0]
    cluster.stop(lagging)
    fill(cluster, 40)
    assert cluster.leader.journal.base.index > lagging.journal.last.index
    back = cluster.start(lagging.number)
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    compared = back.replica.digests.compared
    fill(cluster, 2 * EVERY)
    cluster.tick(2)
    assert back.replica.digests.compared > compared
    assert all(member.running for member in cluster.members.values())
    assert loud == []


def test_a_digest_is_a_message_to_each_other_member_and_no_frame_more_to_the_leader() -> None:
    cluster = Cluster(3)
    before = len(cluster.network.frames)
    fill(cluster, 8 * EVERY)
    cluster.tick(2)
    told = sent(cluster, Digest, before)
    points = {message.index for _, _, message in told}
    assert len(points) >= 8
    assert len(told) == len(points) * 6


# ---- alone


class Ended(Exception):
    pass


def end(index: int) -> NoReturn:
    raise Ended(index)


def alone(voters: int = 3) -> tuple[Digests, list[tuple[int, Digest]]]:
    posted: list[tuple[int, Digest]] = []
    digests = Digests(
        1, range(1, voters + 1), lambda to, message: posted.append((to, message)), end, 0
    )
    return digests, posted


def test_a_majority_of_all_is_needed_not_of_those_that_answered() -> None:
    digests, _ = alone(5)
    digests.reached(EVERY, 7)
    digests.heard(Digest(2, EVERY, 8))
    digests.heard(Digest(3, EVERY, 8))
    with pytest.raises(Ended):
        digests.heard(Digest(4, EVERY, 8))


def test_answers_that_came_before_ours_are_judged_when_we_get_there() -> None:
    digests, _ = alone()
    digests.heard(Digest(2, EVERY, 8))
    digests.heard(Digest(3, EVERY, 8))
    assert digests.compared == 0
    with pytest.raises(Ended):
        digests.reached(EVERY, 7)
    assert (digests.compared, digests.mismatches, digests.last_index) == (2, 2, EVERY)


def test_one_member_has_one_voice() -> None:
    digests, posted = alone()
    digests.reached(EVERY, 7)
    posted.clear()
    for _ in range(3):
        digests.heard(Digest(2, EVERY, 8))
    assert posted == [(2, Digest(1, EVERY, 7))], "told ours once: it may have missed it"
    assert digests.mismatches == 1


def test_who_says_something_else_later_is_heard_anew() -> None:
    digests, _ = alone()
    digests.reached(EVERY, 7)
    digests.heard(Digest(2, EVERY, 8))
    digests.heard(Digest(2, EVERY, 7))  # it was healed, and came by again
    digests.heard(Digest(3, EVERY, 8))
    assert (digests.compared, digests.mismatches) == (3, 2)


@pytest.mark.parametrize(
    "message",
    [
        Digest(9, EVERY, 8),
        Digest(1, EVERY, 8),
        Digest(2, EVERY + 1, 8),
        Digest(2, -EVERY, 8),
        Digest(2, EVERY * (POINTS_KEPT + 1), 8),
        Digest(2, 1 << 62, 8),
    ],
)
def test_what_can_be_no_answer_is_ignored(message: Digest) -> None:
    digests, posted = alone()
    digests.reached(EVERY, 7)
    posted.clear()
    digests.heard(message)
    assert (digests.compared, digests.mismatches) == (0, 0)
    assert posted == []


def test_what_is_remembered_is_bounded() -> None:
    digests, _ = alone()
    for point in range(1, 10 * POINTS_KEPT):
        digests.reached(point * EVERY, point)
        for ahead in range(0, 3 * POINTS_KEPT, 7):
            digests.heard(Digest(2, (point + ahead) * EVERY, point + ahead))
    assert len(digests._answers) <= 2 * POINTS_KEPT + 1
    assert digests.mismatches == 0


def test_a_busy_member_leaves_points_out_but_never_a_thousand_entries() -> None:
    entries = range(100 * EVERY)
    assert [i for i in entries if is_due(i, 1)] == [i for i in entries if i % EVERY == 0]
    busy = [index for index in entries if is_due(index, 1_000)]
    assert {b - a for a, b in pairwise(busy)} == {BUSY_POINTS * EVERY}
    assert busy[0] == 0
    assert BUSY_POINTS * DIGEST_ENTRIES < 1_000
