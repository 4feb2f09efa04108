"""The life of one member, as far as no other test sees it."""

import random

from hikari.peers.messages import Heard
from hikari.store.rows import RocksRows
from hikari.testing.disk import Disk
from hikari.testing.members import Manners, Member, make_config
from hikari.testing.network import Network
from hikari.testing.timeline import Timeline


def make(timeline, network, number=1, members=1):
    return Member(
        make_config(number, members, 1_000, 1_000),
        timeline,
        network,
        random.Random(3 * number),
        Disk(random.Random(4 * number)),
        Manners(),
    )


def test_a_member_that_is_stopped_tells_the_leader_whom_it_has_heard_since_its_last_report():
    """Found in campaigns: a session of 4 s was expired 3.84 s after its last ping."""
    timeline = Timeline(random.Random(1))
    network = Network(timeline, random.Random(2))
    members = [make(timeline, network, number, 3) for number in (1, 2, 3)]
    for member in members:
        member.start()
    timeline.run(5.0)
    follower = next(member for member in members if not member.leads)
    said = []
    follower.says = lambda member, to, message: said.append((to, message))
    follower.replica.heard.add(77)
    leader = follower.replica.raft.leader
    follower.server.stop()
    assert said == [(leader, Heard(follower.number, [77]))]


def test_a_turn_that_was_asked_for_before_the_stop_comes_to_nothing():
    """Found by stopping members under load: the turn wrote to a store that was closed, and a
    member that had stopped well ended with status 70."""
    timeline = Timeline(random.Random(1))
    network = Network(timeline, random.Random(2))
    member = make(timeline, network)
    member.start()
    timeline.run(1.0)
    assert member.leads
    server = member.server
    left_over = []
    server.reactor.after_poll = left_over.append
    server.replica.tick()
    assert left_over
    server.stop()
    timeline.run(2.0)
    for turn in left_over:
        turn()
    assert member.machine.ended is None


def test_with_the_tree_that_a_snapshot_replaced_goes_nothing_else():
    """Found on damaged disks under load: the next snapshot had begun to come in."""
    timeline = Timeline(random.Random(1))
    network = Network(timeline, random.Random(2))
    member = make(timeline, network)
    member.start()
    timeline.run(1.0)
    server, folder = member.server, member.config.member.data
    old = server.rows
    taken = RocksRows(folder / "tree-8", files=member.disk.files)
    RocksRows(folder / "tree-9", files=member.disk.files)
    server._replant(taken, "tree-8")
    timeline.run(2.0)
    assert member.disk.files.names(folder, "tree-") == ["tree-8", "tree-9"]
    assert str(old.folder) not in member.disk.folders


def test_a_slow_disk_is_not_asked_again_to_secure_the_watermark_before_it_has_answered():
    """Found by the simulator: the questions queued up, and a member came back from a slow disk
    much later than its disk."""
    timeline = Timeline(random.Random(1))
    network = Network(timeline, random.Random(2))
    member = make(timeline, network)
    member.start()
    timeline.run(1.0)
    server, asked = member.server, []
    server.disk.threaded = True
    server.journal_worker.do = asked.append
    timeline.run(3.0)
    assert len(asked) == 1
    asked.pop()()
    timeline.run(3.25)
    assert len(asked) == 1


def test_a_simulated_member_is_whole_when_its_disk_says_so():
    """Found by the simulator in itself: it believed Raft, and the disk had forgotten."""
    timeline = Timeline(random.Random(1))
    network = Network(timeline, random.Random(2))
    member = make(timeline, network)
    member.start()
    timeline.run(1.0)
    assert member.recovered
    for recovering in (True, False):
        member.recovered, member.server.journal.recovering = False, recovering
        member.process.after()
        assert member.recovered is not recovering


def test_the_opening_is_told_of_by_zookeepers_names():
    timeline = Timeline(random.Random(1))
    member = make(timeline, Network(timeline, random.Random(2)))
    member.start()
    timeline.run(1.0)
    server = member.server
    found = server.opening
    for name in ("dbinittime", "startup_snap_load_time", "startup_txns_load_time"):
        assert found[name].count == 1
    parts = found["startup_snap_load_time"].total + found["startup_txns_load_time"].total
    assert parts <= found["dbinittime"].total
    assert found["startup_txns_loaded"].total == 0
    entries = server.journal.last.index
    member.kill()
    member.start()
    timeline.run(1.0)
    assert 0 < member.server.opening["startup_txns_loaded"].total <= entries
