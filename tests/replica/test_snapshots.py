"""A member that is too far behind for entries is sent the tree itself."""

from collections.abc import Callable
from typing import Any

import pytest
from replica.cluster import Cluster, Member
from replica.test_replica import sent
from replica.wire import Client

from hikari.raft.entry import Mark
from hikari.raft.messages import Append, Chunk, ChunkReply
from hikari.raft.raft import Raft
from hikari.raft.ready import Ready
from hikari.replica.snapshots import Receiving, Sending, checksum
from hikari.store.memory import MemoryRows
from hikari.tree import keys
from hikari.tree.rows import RowsDamaged
from hikari.tree.tree import Tree
from hikari_wire import codes

CHUNKS_AHEAD = 4


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hikari.replica.snapshots.CHUNK_BYTES", 1_000)
    monkeypatch.setattr("hikari.replica.snapshots.CHUNKS_AHEAD", CHUNKS_AHEAD)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(entries_kept=3, flush_entries=5)


def fill(cluster: Cluster, client: Client, name: bytes, count: int = 40) -> None:
    for number in range(count):
        cluster.write(client, b"/%s%d" % (name, number), bytes(100))


def leave_behind(cluster: Cluster) -> tuple[Client, Member]:
    """A client of the leader, and a stopped follower that misses what the journals have cut."""
    lagging = cluster.followers[0]
    client = cluster.client(cluster.leader)
    fill(cluster, client, b"before", 3)
    cluster.stop(lagging)
    fill(cluster, client, b"missed")
    assert cluster.leader.journal.base.index > lagging.journal.last.index
    return client, lagging


def rows_at(mark: Mark, count: int = 3) -> MemoryRows:
    """The rows of a tree of some znodes, settled at just that entry."""
    rows = MemoryRows()
    tree = Tree(rows, 1 << 20)
    tree.index = mark.index - 1
    tree.begin(mark.index, 0)
    for number in range(count):
        error, _ = tree.apply((codes.CREATE, b"/%03d" % number, bytes(100), (), 0), 0, ())
        assert error == codes.OK
    tree.finish(mark.term, mark.checksum)
    tree.settle()
    return rows


def chunks(cluster: Cluster) -> list[Any]:
    return [message for _, _, message in sent(cluster, Chunk)]


def test_a_member_far_behind_gets_everything_in_chunks(cluster: Cluster) -> None:
    client, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    parts = chunks(cluster)
    assert len(parts) > 5
    assert [part.number for part in parts] == list(range(len(parts)))
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    cluster.write(client, b"/after")
    cluster.agree()
    cluster.write(cluster.client(back), b"/here")
    cluster.agree()
    assert back.journal.tree_name in back.folders


@pytest.mark.interpreted
def test_no_more_than_a_few_chunks_are_under_way(cluster: Cluster) -> None:
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    cluster.network.drop = lambda sender, to, message: type(message) is ChunkReply
    cluster.tick(100)
    assert len(chunks(cluster)) == CHUNKS_AHEAD
    assert back.tree.index < cluster.leader.tree.index


def test_the_restored_member_survives_a_crash_at_once(cluster: Cluster) -> None:
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    cluster.until(lambda: back.journal.base.index > lagging.journal.last.index)
    cluster.stop(back)
    again = cluster.start(back.number)
    assert again.data(b"/missed39") is not None
    cluster.elect()
    cluster.agree()


@pytest.mark.parametrize("after", [1, 2, 5])
def test_an_interrupted_transfer_starts_over(cluster: Cluster, after: int) -> None:
    client, lagging = leave_behind(cluster)
    leader = cluster.leader
    back = cluster.start(lagging.number)
    cluster.until(lambda: any(part.number >= after for part in chunks(cluster)))
    cluster.cut(back, leader)
    old = back.tree.index
    cluster.tick(3)
    assert not leader.replica.sending.sends_to(back.number)
    assert back.tree.index == old, "nothing of ours changes before the end"
    cluster.heal()
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    cluster.write(client, b"/after")
    cluster.agree()
    assert set(back.folders) == {back.journal.tree_name}


def test_a_transfer_that_does_not_move_is_given_up_and_begun_again(cluster: Cluster) -> None:
    client, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    lost: list[Any] = []

    def lose_some(sender: int, to: int, message: Any) -> bool:
        if type(message) is Chunk and message.number == 3 and not lost:
            lost.append(message)
            return True
        return False

    cluster.network.drop = lose_some
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    assert lost
    cluster.write(client, b"/after")
    cluster.agree()


def test_answers_that_found_no_link_are_given_again(cluster: Cluster) -> None:
    """The leader's link may be back before our own (found by the simulator: ten seconds lost)."""
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    lost: list[Any] = []

    def lose_answers(sender: int, to: int, message: Any) -> bool:
        if type(message) is ChunkReply and len(lost) < CHUNKS_AHEAD:
            lost.append(message)
            return True
        return False

    cluster.network.drop = lose_answers
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index, ticks=40)
    assert lost


def test_a_refusal_that_found_no_link_is_said_once_more(cluster: Cluster) -> None:
    """Else the leader waits for an answer to what was sent while there was no room (found by the
    simulator: ten seconds lost)."""
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    back.replica.room.low = True
    lost: list[Any] = []

    def lose_answers(sender: int, to: int, message: Any) -> bool:
        if type(message) is ChunkReply and not lost[CHUNKS_AHEAD:]:
            lost.append(message)
            back.replica.room.low = len(lost) < CHUNKS_AHEAD
            return len(lost) <= CHUNKS_AHEAD
        return False

    cluster.network.drop = lose_answers
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index, ticks=60)
    assert [reply.number for reply in lost] == [-1] * len(lost)


def test_a_damaged_chunk_is_not_believed(cluster: Cluster) -> None:
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    damaged: list[Any] = []

    def damage(sender: int, to: int, message: Any) -> bool:
        if type(message) is Chunk and message.rows and not damaged:
            key, value = message.rows[0]
            damaged.append(key)
            message.rows[0] = (key, value + b"!")
        return False

    cluster.network.drop = damage
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    assert damaged
    cluster.agree()


def test_a_newer_snapshot_replaces_one_under_way() -> None:
    opened: dict[str, MemoryRows] = {}

    def open_rows(name: str) -> MemoryRows:
        opened[name] = MemoryRows()
        return opened[name]

    answers: list[ChunkReply] = []
    work: list[tuple[Callable[[], None], Callable[[], None]]] = []
    receiving = Receiving(2, open_rows, opened.pop, lambda *both: work.append(both))

    def take(*chunks: Chunk) -> list[ChunkReply]:
        """All of them arrive before the thread has done anything."""
        for chunk in chunks:
            receiving.take(chunk, answers.append)
        while work:
            do, back = work.pop(0)
            do()
            back()
        told = answers.copy()
        answers.clear()
        return told

    older, newer = Mark(10, 1, 1), Mark(20, 1, 2)
    rows = rows_at(newer).scan(b"")
    total = checksum(rows)
    first = Chunk(1, 1, older, 0, rows[:3], checksum(rows[:3]), False)
    assert take(first) == [ChunkReply(2, 1, 10, 0)]
    second = Chunk(1, 1, older, 1, rows[3:], total, False)
    begun = Chunk(1, 1, newer, 0, rows, total, False)
    assert take(second, begun) == [ChunkReply(2, 1, 20, 0)]
    assert list(opened) == ["tree-20"]
    assert take(second) == [ChunkReply(2, 1, 10, -1)]
    last = Chunk(1, 1, newer, 1, [], total, True)
    assert take(last, begun) == [ChunkReply(2, 1, 20, 0)], "what is not taken yet is replaced too"
    assert receiving.whole is None
    assert take(last) == [ChunkReply(2, 1, 20, 1)]
    assert receiving.whole is not None
    assert receiving.whole[:2] == (newer, "tree-20")
    assert opened["tree-20"].scan(b"") == rows
    receiving.abandon()
    assert take() == []
    assert not opened


def test_what_was_given_up_is_written_no_further() -> None:
    """On a disk that is slow, the next snapshot would wait behind it."""
    written: list[str] = []

    class Noting(MemoryRows):
        def write(self, batch: dict[bytes, bytes | None]) -> None:
            written.append(self.name)

        def flush(self) -> None:
            written.append(f"{self.name} flushed")

    def open_rows(name: str) -> MemoryRows:
        rows = Noting()
        rows.name = name
        return rows

    work: list[tuple[Callable[[], None], Callable[[], None]]] = []
    receiving = Receiving(2, open_rows, lambda name: None, lambda *both: work.append(both))
    older, newer = Mark(10, 1, 1), Mark(20, 1, 2)
    for chunk in (*tell(rows_at(older).scan(b""), older), tell(rows_at(newer).scan(b""), newer)[0]):
        receiving.take(chunk, lambda reply: None)
    for do, back in work:
        do()
        back()
    assert written == ["tree-20"]


# A snapshot is all of a tree, or it is nothing


def tell(rows: list[tuple[bytes, bytes]], mark: Mark, parts: int = 3) -> list[Chunk]:
    """The chunks of a snapshot, as a sender makes them that has not looked at its rows."""
    told, total, size = [], 0, -(-len(rows) // parts)
    for number in range(parts + 1):
        some = rows[number * size : number * size + size]
        total = checksum(some, total)
        told.append(Chunk(1, 1, mark, number, some, total, not some))
    return told


def take_all(chunks: list[Chunk]) -> tuple[Any, MemoryRows]:
    opened: dict[str, MemoryRows] = {}

    def at_once(work: Callable[[], None], back: Callable[[], None]) -> None:
        work()
        back()

    def open_rows(name: str) -> MemoryRows:
        return opened.setdefault(name, MemoryRows())

    receiving = Receiving(2, open_rows, lambda name: None, at_once)
    for chunk in chunks:
        receiving.take(chunk, lambda reply: None)
    return receiving.whole, opened["tree-20"]


MARK = Mark(20, 1, 2)


def test_a_snapshot_is_taken_if_it_is_all_there() -> None:
    rows = rows_at(MARK, 30).scan(b"")
    whole, kept = take_all(tell(rows, MARK))
    assert whole is not None
    assert kept.scan(b"") == rows


@pytest.mark.parametrize("gone", range(40))
def test_a_snapshot_that_lacks_a_row_is_never_installed(gone: int) -> None:
    """Whatever the sender's scan left out, with checksums that fit."""
    rows = rows_at(MARK, 30).scan(b"")
    del rows[gone % len(rows)]
    whole, kept = take_all(tell(rows, MARK))
    assert whole is None
    assert kept.get(b"M") is None, "the row that would make it a tree is written last"


def test_a_snapshot_without_one_of_its_chunks_is_never_installed() -> None:
    chunks = tell(rows_at(MARK, 30).scan(b""), MARK)
    for gone in range(len(chunks) - 1):
        rest = chunks[:gone] + chunks[gone + 1 :]
        for number, chunk in enumerate(rest):
            chunk.number = number
        assert take_all(rest)[0] is None
        for number, chunk in enumerate(chunks):
            chunk.number = number


def test_the_rows_of_another_index_are_never_installed() -> None:
    rows = rows_at(Mark(19, 1, 2)).scan(b"")
    assert take_all(tell(rows, MARK))[0] is None


def test_who_finds_its_own_tree_incomplete_ships_no_last_chunk() -> None:
    rows = rows_at(MARK, 30)
    (*_, last) = rows.scan_keys(b"Z")
    rows.write({b"Z" + last: None})
    sending = Sending(1, lambda peer: None)
    sending.begin(2, rows.view(), MARK)

    def send_all() -> None:
        while sending.sends_to(2):
            for _, chunk in sending.chunks(1):
                assert not chunk.done
                sending.replied(ChunkReply(2, 1, 20, chunk.number))

    with pytest.raises(RowsDamaged, match="znodes, where there must be"):
        send_all()


def test_a_leader_with_a_rotten_row_spreads_it_to_nobody(cluster: Cluster) -> None:
    """The chunks are whole, and what is in them is not what was written once."""
    _, lagging = leave_behind(cluster)
    key = keys.znode_key(b"/missed7")
    cluster.leader.tree.settle()
    row = cluster.leader.rows.get(key)
    assert row is not None
    cluster.leader.rows.write({key: row[:-1] + b"!"})
    back = cluster.start(lagging.number)
    old = back.tree.index
    with pytest.raises(RowsDamaged):
        cluster.tick(100)
    assert back.tree.index == old
    assert not any(part.done for part in chunks(cluster))


def test_what_is_sent_is_what_was_there_when_it_began() -> None:
    rows = rows_at(Mark(5, 1, 9), 30)
    before = rows.scan(b"")
    ended: list[int] = []
    sending = Sending(1, ended.append)
    sending.begin(2, rows.view(), Mark(5, 1, 9))
    rows.write({key: None for key, _ in before})
    taken: list[Any] = []
    while sending.sends_to(2):
        for _, chunk in sending.chunks(1):
            taken += chunk.rows
            sending.replied(ChunkReply(2, 1, 5, chunk.number))
    assert taken == before
    assert ended == [2]


@pytest.mark.interpreted
def test_a_reply_to_another_transfer_moves_nothing() -> None:
    rows = rows_at(Mark(5, 1, 9), 100)
    sending = Sending(1, lambda peer: None)
    sending.begin(2, rows.view(), Mark(5, 1, 9))
    for _ in range(CHUNKS_AHEAD):
        assert len(sending.chunks(1)) == 1, "one a turn"
    assert sending.chunks(1) == []
    for stray in (ChunkReply(2, 1, 4, 3), ChunkReply(3, 1, 5, 3)):
        sending.replied(stray)
    assert sending.chunks(1) == []
    assert sending.lowest() == 5


def test_the_clients_of_the_restored_member_are_sent_away(cluster: Cluster) -> None:
    """Their watches may have missed changes."""
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    client = cluster.dial(back)
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    assert client.closed
    assert back.door.tree is back.tree
    cluster.write(cluster.client(back), b"/again")


def test_who_asked_before_the_snapshot_is_not_waited_for_after_it(cluster: Cluster) -> None:
    """A proposal that came back inside the snapshot is answered by no entry."""
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    cluster.network.drop = lambda sender, to, message: type(message) is Chunk
    cluster.until(lambda: back.replica.serving)
    client = cluster.dial(back)
    client.hello(40_000)  # is in the leader's log, and will be in the next snapshot
    cluster.run()
    cluster.network.drop = lambda sender, to, message: False
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    assert cluster.leader.tree.sessions, "it is in there"
    assert client.closed
    for number in range(3):
        cluster.write(cluster.client(back), b"/later%d" % number)
    cluster.agree()


@pytest.mark.interpreted
def test_what_was_about_to_be_applied_is_forgotten_when_a_snapshot_replaces_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries are handed out a few at a time: some may still wait when the last chunk comes."""
    lagging = cluster.followers[0]
    client = cluster.client(cluster.leader)
    fill(cluster, client, b"before", 5)
    cluster.cut(lagging)
    fill(cluster, client, b"missed")
    last = lagging.journal.last.index
    handed = lagging.journal.entries(last, last, 1)
    ready = Raft.ready

    def with_something_left(raft: Raft, quick: bool) -> Ready:
        given = ready(raft, quick)
        if any(type(chunk) is Chunk and chunk.done for chunk in given.chunks):
            given.committed += handed
            handed.clear()
        return given

    monkeypatch.setattr(Raft, "ready", with_something_left)
    cluster.heal()
    cluster.until(lambda: lagging.tree.index == cluster.leader.tree.index)
    assert not handed
    cluster.agree()


def test_sessions_that_ended_meanwhile_are_forgotten(cluster: Cluster) -> None:
    lagging = cluster.followers[0]
    client = cluster.client(cluster.leader)
    gone = cluster.client(cluster.leader)
    stays = cluster.client(cluster.leader, 40_000)
    cluster.run()
    assert gone.session in lagging.replica.sessions.through
    cluster.cut(lagging)
    gone.ask((codes.CLOSE_SESSION,))
    fill(cluster, client, b"missed")
    fresh = cluster.client(cluster.leader, 40_000)
    cluster.heal()
    cluster.until(lambda: lagging.tree.index == cluster.leader.tree.index)
    assert chunks(cluster)
    assert gone.session not in lagging.tree.sessions
    assert gone.session not in lagging.replica.sessions.through
    assert {stays.session, fresh.session} <= set(lagging.tree.sessions)


def test_the_log_is_not_cut_under_a_transfer(cluster: Cluster) -> None:
    client, lagging = leave_behind(cluster)
    leader = cluster.leader
    back = cluster.start(lagging.number)
    cluster.network.drop = lambda sender, to, message: (
        type(message) is ChunkReply and message.number > 2
    )
    cluster.until(lambda: any(part.number >= 4 for part in chunks(cluster)))
    mark = leader.replica.sending.lowest()
    assert mark is not None
    fill(cluster, client, b"more")
    assert leader.journal.base.index <= mark
    cluster.network.drop = lambda sender, to, message: False
    cluster.cut(back, leader)
    cluster.heal()
    cluster.until(lambda: back.tree.index == leader.tree.index)
    fill(cluster, client, b"most")
    assert leader.journal.base.index > mark
    cluster.agree()


def test_a_member_a_little_behind_is_sent_entries(cluster: Cluster) -> None:
    lagging = cluster.followers[0]
    client = cluster.client(cluster.leader)
    cluster.cut(lagging)
    fill(cluster, client, b"few", 2)
    cluster.heal()
    cluster.until(lambda: lagging.tree.index == cluster.leader.tree.index)
    assert not chunks(cluster)
    assert sent(cluster, Append)


def test_a_member_that_has_it_all_but_for_its_slow_disk_is_not_sent_it_again_and_again(
    cluster: Cluster,
) -> None:
    """What it holds is not acknowledged yet, and the leader's journal has gone on."""
    client = cluster.client(cluster.leader)
    slow, leader = cluster.followers[0], cluster.leader
    slow.disk.slow = True
    fill(cluster, client, b"more", 12)
    cluster.tick()
    assert leader.journal.base.index > slow.raft.log.durable
    cluster.network.lose(leader.number, slow.number)
    leader.replica.peer_lost(slow.number)
    cluster.tick(40)
    assert len(chunks(cluster)) <= 40
    slow.disk.slow = False
    slow.disk.land()
    cluster.until(lambda: slow.tree.index == leader.tree.index)
    cluster.agree()


@pytest.mark.interpreted
def test_a_log_that_comes_as_far_meanwhile_keeps_what_it_has(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the rows are made durable the entries come too, and are acknowledged."""
    _, lagging = leave_behind(cluster)
    back = cluster.start(lagging.number)
    held: list[tuple[Callable[[], None], Callable[[], None]]] = []
    back.replica.receiving.aside = lambda *both: held.append(both)

    def let_go() -> None:
        for do, after in held:
            do()
            after()
        held.clear()

    while not any(part.done for part in chunks(cluster)):
        let_go()
        cluster.tick()
    let_go()
    assert back.replica.receiving.whole is not None
    mark = back.replica.receiving.whole[0]
    asked: list[Mark] = []

    def has_it(self: Raft, mark: Mark) -> bool:
        asked.append(mark)
        return False

    old = back.journal.base
    with monkeypatch.context() as while_it_has:
        while_it_has.setattr(Raft, "wants", has_it)
        cluster.poll()
    assert asked[0] == mark
    assert back.replica.receiving.whole is None
    assert back.journal.base == old
    let_go()
    assert set(back.folders) == {back.journal.tree_name}
    back.replica.receiving.aside = back._aside
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    cluster.agree()
