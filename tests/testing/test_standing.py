"""What a member said of its log, and then was not so."""

from types import SimpleNamespace

import pytest

from hikari.raft.entry import ORIGIN, chain
from hikari.raft.messages import Append, AppendReply
from hikari.raft.raft import Raft
from hikari.store.memory import MemoryJournal
from hikari.testing.promises import Violation
from hikari.testing.standing import Standing


def member(number, *terms, term=0):
    """Give a member whose log holds one entry of each of these terms."""
    raft = Raft(number, (1, 2, 3), MemoryJournal(), 0, 16, 2, lambda n: 0)
    for one in terms:
        raft.log.append(chain(raft.log.last, one, b"of %d" % one))
    raft.term = term or max(terms, default=1)
    return SimpleNamespace(number=number, replica=SimpleNamespace(raft=raft))


def reply(sender, term, index, recovering=False):
    return AppendReply(sender, term, 1, True, 0, index, recovering)


def test_who_acknowledges_what_the_leader_has_and_keeps_it_is_fine():
    standing, leader, follower = Standing(), member(1, 1, 2), member(2, 1, 2)
    standing.acknowledges(follower, reply(2, 2, 2), leader)
    standing.keeps(follower)


def test_more_than_the_leader_has_is_not_acknowledged():
    standing, leader, follower = Standing(), member(1, 1, 2), member(2, 1, 2, 2)
    with pytest.raises(Violation, match="acknowledged what its leader has not"):
        standing.acknowledges(follower, reply(2, 2, 3), leader)


def test_another_history_than_the_leaders_is_not_acknowledged():
    standing, leader, follower = Standing(), member(1, 1, 3), member(2, 1, 2, term=3)
    with pytest.raises(Violation, match="acknowledged what its leader has not"):
        standing.acknowledges(follower, reply(2, 3, 2), leader)


def test_what_was_acknowledged_stays_for_as_long_as_the_term():
    standing, leader, follower = Standing(), member(1, 1, 2, 2), member(2, 1, 2, 2)
    standing.acknowledges(follower, reply(2, 2, 3), leader)
    follower.replica.raft.log.cut(3)
    with pytest.raises(Violation, match="what was acknowledged is kept"):
        standing.keeps(follower)
    follower.replica.raft.term = 3
    standing.keeps(follower)


def test_who_lost_its_log_is_told_of_all_that_was_committed():
    standing, lost = Standing(), member(2)
    standing.lost(lost, commit=7)
    told = Append(1, 3, ORIGIN, 7, 1, 0, True, [])
    standing.tells(2, told, 5)
    told.commit, told.forgot = 6, False
    standing.tells(2, told, 5)
    told.forgot = True
    standing.tells(3, told, 5)
    with pytest.raises(Violation, match="who is whole has all it had"):
        standing.tells(2, told, 5)


def test_where_two_decide_what_the_leader_has_on_disk_counts_too():
    standing = Standing()
    standing.lost(member(2), commit=7)
    told = Append(1, 3, ORIGIN, 5, 1, 7, True, [])
    standing.tells(2, told, 3)
    with pytest.raises(Violation, match="who is whole has all it had"):
        standing.tells(2, told, 5)
    told.durable = 6
    with pytest.raises(Violation, match="who is whole has all it had"):
        standing.tells(2, told, 3)
