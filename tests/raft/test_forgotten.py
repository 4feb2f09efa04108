"""What a leader tells those who have lost their logs."""

from hikari.raft.leader import Leadership
from hikari.raft.log import RaftLog
from hikari.raft.messages import AppendReply
from hikari.store.memory import MemoryJournal


def make_leader():
    """Give the leader, member 1 of three, of a term in which it has committed its first entry."""
    log = RaftLog(MemoryJournal(), 0)
    leader = Leadership.begin(1, 5, log, [2, 3])
    log.durable = 1
    leader.replied(AppendReply(2, 5, 0, True, 0, 1, False))
    assert log.commit == 1
    return leader


def confirm(leader):
    leader.replied(AppendReply(2, 5, leader.round, True, 1, 1, False))


def told(leader):
    """Give whether member 3 is told, now, what makes it whole."""
    return dict(leader.heartbeats())[3].forgot


def test_who_lost_its_log_is_told_what_makes_it_whole_after_a_round():
    leader = make_leader()
    leader.replied(AppendReply(3, 5, 0, False, 0, 0, True))
    assert not told(leader)
    confirm(leader)
    assert told(leader)


def test_after_a_broken_link_it_takes_another_round():
    """It may have been whole under another leader meanwhile, and have lost its log again."""
    leader = make_leader()
    leader.replied(AppendReply(3, 5, 0, False, 0, 0, True))
    leader.heartbeats()
    confirm(leader)
    leader.unreachable(3)
    assert not told(leader)
    confirm(leader)
    assert told(leader)
