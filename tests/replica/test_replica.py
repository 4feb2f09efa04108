"""The turn, on three members: who answers whom, when, and in which order."""

from typing import Any

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, told_in_order

from hikari.peers.messages import Forward
from hikari.raft.messages import Append, AppendReply
from hikari.replica.proposals import unpack
from hikari_wire import codes


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def requests_in(member: Member, index: int) -> list[Any]:
    """All requests of one entry, in order."""
    payload = member.journal.entries(index, index, 1)[0].payload
    groups = [group for proposal in unpack(payload)[1] for group in unpack(proposal)[2]]
    return [request for group in groups for request in group[3]]


def sent(cluster: Cluster, kind: type, since: int = 0) -> list[tuple[int, int, Any]]:
    return [
        (sender, to, message)
        for sender, to, messages in cluster.network.frames[since:]
        for message in messages
        if type(message) is kind
    ]


def test_one_member_alone_serves() -> None:
    alone = Cluster(1)
    client = alone.client(alone.leader)
    alone.write(client, b"/a", b"1")
    xid = client.ask((codes.GET_DATA, b"/a", False))
    assert client.value(xid)[0] == b"1"


def test_the_member_that_was_asked_answers_once_a_majority_has_the_write(cluster: Cluster) -> None:
    here, there = cluster.followers
    client, bystander = cluster.client(here), cluster.client(there)
    for member in cluster.members.values():
        member.disk.slow = True
    xid = client.create(b"/a")
    cluster.run()
    assert client.error(xid) is None
    cluster.leader.disk.land()
    cluster.run()
    assert client.error(xid) is None, "answered with one copy"
    here.disk.land()
    cluster.run()
    assert client.error(xid) == codes.OK
    assert not bystander.listen().heard
    assert there.data(b"/a") is None, "not durable there: not applied"


def test_a_member_applies_nothing_that_its_own_disk_may_lose(cluster: Cluster) -> None:
    here, there = cluster.followers
    client = cluster.client(here)
    here.disk.slow = True
    xid = client.create(b"/a")
    cluster.run()
    assert there.data(b"/a") == b"", "a majority has it"
    assert client.error(xid) is None
    here.disk.land()
    cluster.run()
    assert client.error(xid) == codes.OK


def test_the_journal_is_synced_before_the_acknowledgement_leaves(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    client = cluster.client(cluster.leader)
    last = cluster.leader.raft.log.last.index
    follower.disk.slow = True
    client.create(b"/a")
    cluster.run()
    said = [m for sender, _, m in sent(cluster, AppendReply) if sender == follower.number]
    assert max(message.index for message in said if message.ok) == last
    follower.disk.land()
    cluster.run()
    said = [m for sender, _, m in sent(cluster, AppendReply) if sender == follower.number]
    assert max(message.index for message in said if message.ok) == last + 1


@pytest.mark.interpreted
@pytest.mark.parametrize(
    ("slow", "order"),
    [
        # A quick disk has it before the others hear of it, and they hear that, too.
        (False, ["append", "sync", "send", "turn_ended"]),
        (True, ["send", "append", "turn_ended"]),
    ],
)
def test_a_turn_goes_journal_sync_peers_apply_flush(
    slow: bool, order: list[str], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = cluster.leader
    client = cluster.client(leader)
    leader.disk.slow = slow
    story: list[str] = []
    for seam, name in (
        (leader.replica.peers, "send"),
        (leader.journal, "append"),
        (leader.journal, "sync"),
        (leader.door, "turn_ended"),
        (leader.tree, "begin"),
    ):
        monkeypatch.setattr(type(seam), name, traced(story, seam, name))
    client.create(b"/a")
    cluster.poll()
    assert story == order
    story.clear()
    leader.disk.land()
    cluster.run()
    began = story.index("begin")
    assert "turn_ended" in story[began:], "written out after it was applied"
    assert "append" not in story


def traced(story: list[str], seam: Any, name: str) -> Any:
    method = getattr(type(seam), name)

    def noted(self: Any, *arguments: Any) -> Any:
        if self is seam:
            story.append(name)
        return method(self, *arguments)

    return noted


def test_what_many_clients_ask_in_one_turn_is_one_entry_and_one_frame_a_peer(
    cluster: Cluster,
) -> None:
    leader = cluster.leader
    clients = [cluster.client(member) for member in cluster.members.values() for _ in range(5)]
    cluster.tick()
    mine = [client for client in clients if client.connection.door is leader.door]
    before, frames = leader.raft.log.last.index, len(cluster.network.frames)
    for number, client in enumerate(mine):
        client.ask(*[(codes.CREATE, b"/%d-%d" % (number, n), b"", b"", 0) for n in range(3)])
    cluster.poll()
    assert leader.raft.log.last.index == before + 1
    assert len(requests_in(leader, before + 1)) == 15
    new = cluster.network.frames[frames:]
    assert sorted(to for sender, to, _ in new if sender == leader.number) == sorted(
        follower.number for follower in cluster.followers
    )
    cluster.run()
    assert all(client.errors() == [codes.OK] * 3 for client in mine)


def test_a_follower_forwards_a_turn_in_one_frame(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    clients = [cluster.client(follower) for _ in range(5)]
    frames = len(cluster.network.frames)
    for number, client in enumerate(clients):
        client.create(b"/%d" % number)
    cluster.poll()
    forwards = sent(cluster, Forward, frames)
    assert [(sender, to) for sender, to, _ in forwards] == [
        (follower.number, cluster.leader.number)
    ]
    assert len(forwards[0][2].proposals) == 1


def test_replies_are_in_the_order_of_the_requests(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    client.ask(
        (codes.CREATE, b"/a", b"1", b"", 0),
        (codes.GET_DATA, b"/a", False),
        (codes.SYNC, b"/a"),
        (codes.SET_DATA, b"/a", b"2", -1),
        (codes.GET_DATA, b"/a", False),
        (codes.ADD_WATCH, b"/a", 0),
        (codes.DELETE, b"/a", -1),
        (codes.EXISTS, b"/a", False),
    )
    cluster.run()
    assert client.xids() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert client.value(2)[0] == b"1", "a read does not see what was asked after it"
    assert client.value(5)[0] == b"2", "a read sees what was asked before it"
    assert client.error(8) == codes.NO_NODE


def test_zxids_never_go_back_on_a_connection(cluster: Cluster) -> None:
    here, there = (cluster.client(member) for member in cluster.followers)
    for number in range(10):
        here.create(b"/h%d" % number)
        there.create(b"/t%d" % number)
        here.ask((codes.GET_CHILDREN, b"/", True))
        if number % 3 == 0:
            cluster.run()
    cluster.run()
    for client in (here, there):
        zxids = [zxid for _, zxid, _, _ in client.listen().heard]
        assert zxids == sorted(zxids)
        assert told_in_order(client.xids())


def test_an_event_is_heard_before_the_reply_to_what_caused_it(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    client.ask((codes.EXISTS, b"/a", True))
    client.create(b"/a")
    cluster.run()
    assert client.listen().story == [1, (codes.EVENT_CREATED, b"/a"), 2]


def lose_leader(cluster: Cluster) -> tuple[Member, Member]:
    """The leader, cut off from both others, and one of them."""
    leader, follower = cluster.leader, cluster.followers[0]
    cluster.cut(leader)
    return leader, follower


def test_what_the_lost_leader_never_read_is_done_by_the_next(cluster: Cluster) -> None:
    follower = cluster.followers[0]
    writer, opener = cluster.client(follower), cluster.dial(follower)
    reader, idler = cluster.client(follower), cluster.client(follower)
    cluster.hold(cluster.leader)
    writer.create(b"/a")
    opener.hello()
    reader.ask((codes.EXISTS, b"/a", False))
    reader.ask((codes.SYNC, b"/"))
    cluster.run()
    lose_leader(cluster)
    cluster.network.held.clear()
    cluster.elect()
    cluster.run()
    assert writer.errors() == [codes.OK]
    assert opener.listen().session
    assert not reader.closed
    assert reader.errors() == [codes.NO_NODE, codes.OK]
    cluster.write(idler, b"/b")


def test_while_no_leader_is_known_writes_wait_for_one(cluster: Cluster) -> None:
    client = cluster.client(cluster.followers[0])
    lose_leader(cluster)
    xid = client.create(b"/a")
    cluster.run()
    assert client.error(xid) is None
    assert not client.closed
    cluster.elect()
    cluster.run()
    assert client.error(xid) == codes.OK


def test_writes_that_wait_at_several_members_reach_the_new_leader(cluster: Cluster) -> None:
    survivors = cluster.followers
    clients = [cluster.client(member) for member in survivors]
    lose_leader(cluster)
    xids = [client.create(b"/%d" % n) for n, client in enumerate(clients)]
    cluster.elect()
    cluster.run()
    assert [client.error(xid) for client, xid in zip(clients, xids, strict=True)] == [codes.OK] * 2
    for n, client in enumerate(clients):
        cluster.write(client, b"/again%d" % n)


def test_a_member_that_lost_its_leader_for_long_closes_its_clients(cluster: Cluster) -> None:
    leader = cluster.leader
    follower = cluster.followers[0]
    far, near = cluster.client(leader), cluster.client(follower)
    lose_leader(cluster)
    cluster.tick(LEADER_LOST_TICKS_AND_ELECTION)
    assert far.closed
    assert not near.closed
    stranger = cluster.dial(leader)
    stranger.hello()
    cluster.run()
    assert stranger.closed, "no session is opened without a leader"


LEADER_LOST_TICKS_AND_ELECTION = 60 + 2 * 20 + 1


def test_a_follower_whose_own_link_is_down_keeps_its_writes_until_it_is_up(
    cluster: Cluster,
) -> None:
    follower, leader = cluster.followers[0], cluster.leader
    client = cluster.client(follower)
    cluster.network.cuts.add((follower.number, leader.number))
    xid = client.create(b"/a")
    cluster.run()
    assert client.error(xid) is None
    cluster.network.cuts.clear()
    cluster.tick()
    assert client.error(xid) == codes.OK
    cluster.write(client, b"/b")


def test_an_entry_of_an_earlier_life_answers_nobody(cluster: Cluster) -> None:
    follower, leader = cluster.followers[0], cluster.leader
    number = follower.number
    client = cluster.client(follower)
    cluster.network.held |= {(leader.number, member) for member in cluster.voters}
    client.create(b"/before")
    cluster.poll()
    cluster.poll()
    cluster.stop(follower)
    cluster.network.held.clear()
    reborn = cluster.start(number)
    cluster.run()
    cluster.until(lambda: reborn.replica.serving)
    later = cluster.client(reborn)
    xid = later.create(b"/after")
    cluster.run()
    assert reborn.data(b"/before") == b"", "it was agreed all the same"
    assert later.xids() == [xid]
    cluster.agree()


def test_closed_connections_propose_nothing_any_more(cluster: Cluster) -> None:
    client = cluster.client(cluster.leader)
    client.create(b"/a")
    client.wire.die()
    cluster.run()
    assert cluster.leader.data(b"/a") is None


def test_more_than_a_frame_holds_is_forwarded_in_several(cluster: Cluster) -> None:
    """What waited for a leader may be more than one frame on the peer wire may hold."""
    clients = [cluster.client(member) for member in cluster.followers for _ in range(5)]
    lose_leader(cluster)
    for number, client in enumerate(clients):
        for n in range(4):
            client.create(b"/%d-%d" % (number, n), bytes(900_000))
    frames = len(cluster.network.frames)
    cluster.elect()
    cluster.run()
    forwards = [message for _, _, message in sent(cluster, Forward, frames)]
    assert len(forwards) > 1
    assert all(sum(map(len, message.proposals)) <= 8 << 20 for message in forwards)
    assert all(client.errors() == [codes.OK] * 4 for client in clients)


@pytest.mark.interpreted
def test_what_waits_for_a_leader_is_bounded(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hikari.replica.replica.WAITING_BYTES_MAX", 2_100_000)
    follower = cluster.followers[0]
    clients = [cluster.client(follower) for _ in range(10)]
    idler = cluster.client(follower)
    lose_leader(cluster)
    for client in clients:
        client.create(b"/big", bytes(500_000))
        cluster.poll()
    cluster.run()
    closed = [client.closed for client in clients]
    assert closed == [False] * 4 + [True] * 6
    assert not idler.closed
    cluster.elect()
    cluster.run()
    assert [client.errors() for client in clients[:4]] == [[0]] + [[codes.NODE_EXISTS]] * 3


def test_frames_that_arrive_again_change_nothing(cluster: Cluster) -> None:
    client = cluster.client(cluster.leader)
    cluster.write(client, b"/a")
    for sender, to, message in sent(cluster, Append)[-4:]:
        cluster.members[to].replica.message(message)
        assert sender == cluster.leader.number
    cluster.run()
    cluster.write(client, b"/b")
    cluster.agree()


def test_members_that_come_and_go_agree(cluster: Cluster) -> None:
    for round in range(6):
        writers: list[Client] = []
        for member in cluster.members.values():
            writers.append(cluster.client(member))
            writers[-1].create(b"/%d-%d" % (round, member.number), b"x", codes.EPHEMERAL)
        cluster.run()
        victim = cluster.leader if round % 2 else cluster.followers[0]
        for writer in writers:
            writer.create(b"/p%d-%d" % (round, writer.session))
        cluster.stop(victim)
        cluster.elect()
        for member in list(cluster.members.values()):
            if member.running:
                cluster.write(cluster.client(member), b"/q%d-%d" % (round, member.number))
        cluster.start(victim.number)
        cluster.elect()
        cluster.agree()
