"""One test for every sentence of the Raft paper, and of the dissertation, that can be held to.

The sentence is the docstring; its section is in front. The words of the steps are `story.py`'s.
"""

import pytest
from raft.story import ELECTION_TICKS, Member, Story

from hikari.raft.entry import chain
from hikari.raft.journal import JournalDamaged
from hikari.raft.messages import Append, AppendReply, Vote, VoteReply
from hikari.raft.raft import CANDIDATE, FOLLOWER, LEADER, PRE_CANDIDATE, Raft


def play(*lines: str) -> Story:
    story = Story()
    go_on(story, *lines)
    return story


def go_on(story: Story, *lines: str) -> None:
    for line in lines:
        story.run(line, "")


def raft_of(story: Story, number: int) -> Raft:
    raft = story.members[number].raft
    assert raft is not None
    return raft


def log_of(story: Story, number: int) -> str:
    return story.run(f"log {number}", "")


def said(story: Story, kind: type) -> list[tuple[int, int]]:
    """From whom to whom something of that kind is under way."""
    return [(sender, to) for sender, to, message in story.under_way if type(message) is kind]


def hear(story: Story, member: int, message: object) -> list[object]:
    """What the member says to that."""
    raft_of(story, member).step(message)  # type: ignore[arg-type]
    story.under_way = []
    host: Member = story.members[member]
    host.turn()
    return [answer for _, _, answer in story.under_way]


# ---- 5.1 Raft basics


def test_a_newer_term_is_entered() -> None:
    """5.1: If one server's current term is smaller than the other's, then it updates its current
    term to the larger value."""
    story = play("members 3")
    hear(story, 2, AppendReply(1, 9, 0, False, 0, 0, False))
    assert raft_of(story, 2).term == 9


def test_a_leader_of_an_older_term_reverts_to_follower() -> None:
    """5.1: If a candidate or leader discovers that its term is out of date, it immediately
    reverts to follower state."""
    story = play("members 3", "elect 1")
    hear(story, 1, AppendReply(2, 9, 0, False, 0, 0, False))
    assert raft_of(story, 1).role == FOLLOWER


def test_a_candidate_of_an_older_term_reverts_to_follower() -> None:
    """5.1: the same, of a candidate."""
    story = play("members 3", "tick 1 3", "deliver", "deliver 2->1")
    assert raft_of(story, 1).role == CANDIDATE
    hear(story, 1, VoteReply(3, 9, False, False))
    assert raft_of(story, 1).role == FOLLOWER


def test_a_request_of_an_older_term_is_rejected() -> None:
    """5.1: If a server receives a request with a stale term number, it rejects the request."""
    story = play("members 3", "elect 1")
    first = raft_of(story, 2).log.last
    stale = chain(first, 1, b"stale")
    (answer,) = hear(story, 2, Append(3, 1, first, 9, 0, 0, False, [stale]))
    assert isinstance(answer, AppendReply)
    assert (answer.ok, answer.term) == (False, 2)
    assert raft_of(story, 2).log.last == first


# ---- 5.2 Leader election


def test_servers_start_up_as_followers() -> None:
    """5.2: When servers start up, they begin as followers."""
    story = play("members 3")
    assert [raft_of(story, number).role for number in (1, 2, 3)] == [FOLLOWER] * 3


def test_a_leader_sends_heartbeats_to_all() -> None:
    """5.2: Leaders send periodic heartbeats to all followers in order to maintain authority."""
    story = play("members 3", "elect 1", "tick 1 2")
    assert said(story, Append) == [(1, 2), (1, 3)]


def test_a_follower_that_hears_nothing_begins_an_election() -> None:
    """5.2: If a follower receives no communication over the election timeout, then it assumes
    there is no viable leader and begins an election."""
    story = play("members 3", "elect 1", f"tick 2 {2 * ELECTION_TICKS}")
    assert raft_of(story, 2).role == PRE_CANDIDATE
    assert (2, 1) in said(story, Vote)
    assert (2, 3) in said(story, Vote)


def test_a_candidate_votes_for_itself_in_a_new_term() -> None:
    """5.2: To begin an election, a follower increments its current term. It then votes for
    itself."""
    story = play("members 3", "tick 1 3", "deliver", "deliver 2->1")
    assert raft_of(story, 1).journal.hard_state == (2, 1)


@pytest.mark.parametrize(
    ("size", "yes", "role"), [(3, 1, LEADER), (5, 1, CANDIDATE), (5, 2, LEADER)]
)
def test_a_majority_elects(size: int, yes: int, role: int) -> None:
    """5.2: A candidate wins an election if it receives votes from a majority of the servers in
    the full cluster for the same term."""
    story = play(f"members {size}", "tick 1 3", "deliver", "deliver")
    for voter in range(2, 2 + yes):
        hear(story, 1, VoteReply(voter, 2, True, False))
        hear(story, 1, VoteReply(voter, 2, True, False))  # twice is once
    assert raft_of(story, 1).role == role


def test_one_vote_a_term_first_come_first_served() -> None:
    """5.2: Each server will vote for at most one candidate in a given term, on a
    first-come-first-served basis."""
    story = play("members 3")
    answers = [hear(story, 3, Vote(sender, 2, 1, 1, False)) for sender in (1, 2, 1)]
    assert [answer.granted for (answer,) in answers] == [True, False, True]  # type: ignore[attr-defined]


def test_a_vote_outlives_a_crash() -> None:
    """5.2 and figure 2: votedFor is updated on stable storage before responding."""
    story = play("members 3")
    hear(story, 3, Vote(1, 2, 1, 1, False))
    go_on(story, "crash 3", "restart 3")
    (answer,) = hear(story, 3, Vote(2, 2, 1, 1, False))
    assert answer == VoteReply(3, 2, False, False)


def test_a_candidate_follows_the_leader_of_its_term() -> None:
    """5.2: If the leader's term is at least as large as the candidate's current term, then the
    candidate recognizes the leader as legitimate and returns to follower state."""
    story = play("members 3", "tick 1 3", "deliver", "deliver 2->1")
    hear(story, 1, Append(3, 2, raft_of(story, 1).log.last, 0, 0, 0, False, []))
    assert (raft_of(story, 1).role, raft_of(story, 1).leader) == (FOLLOWER, 3)


def test_time_outs_are_drawn_from_an_interval() -> None:
    """5.2: Election timeouts are chosen randomly from a fixed interval."""
    story = play("members 3", "elect 1", "settle")
    patience = []
    for number in (2, 3):
        ticks = 0
        while raft_of(story, number).role == FOLLOWER:
            raft_of(story, number).tick()
            ticks += 1
        patience.append(ticks)
    assert patience == [ELECTION_TICKS + 3, ELECTION_TICKS + 4]  # one, and the number


# ---- 5.3 Log replication


def test_an_entry_is_sent_to_all_at_once() -> None:
    """5.3: The leader appends the command to its log as a new entry, then issues AppendEntries
    RPCs in parallel to each of the other servers."""
    story = play("members 3", "elect 1", "slow 1", "propose 1 a")
    assert said(story, Append) == [(1, 2), (1, 3)]


def test_an_entry_is_committed_once_a_majority_has_it() -> None:
    """5.3: A log entry is committed once the leader that created the entry has replicated it on
    a majority of the servers."""
    story = play("members 5", "elect 1", "propose 1 a", "deliver 1->2", "deliver 2->1")
    assert raft_of(story, 1).log.commit == 2
    go_on(story, "deliver 1->3", "deliver 3->1")
    assert raft_of(story, 1).log.commit == 3


def test_earlier_entries_are_committed_with_it() -> None:
    """5.3: This also commits all preceding entries in the leader's log, including entries created
    by previous leaders."""
    story = play("members 3", "elect 1", "propose 1 old", "deliver 1->2", "crash 1", "drop")
    go_on(story, "elect 2")
    assert raft_of(story, 2).log.commit == 4
    assert log_of(story, 3) == "1@1 2@2 3@2:old 4@3"


def test_followers_learn_of_a_commit_from_later_appends() -> None:
    """5.3: The leader includes the highest index it knows to be committed in future AppendEntries
    RPCs (including heartbeats)."""
    story = play("members 3", "elect 1", "propose 1 a", "deliver", "deliver", "drop")
    assert raft_of(story, 3).log.commit == 2
    go_on(story, "tick 1 2", "deliver 1->3")
    assert raft_of(story, 3).log.commit == 3


def test_a_follower_without_the_entry_before_refuses() -> None:
    """5.3: If the follower does not find an entry in its log with the same index and term, then it
    refuses the new entries."""
    story = play("members 3", "elect 1")
    before = chain(raft_of(story, 2).log.last, 2, b"unknown")
    (answer,) = hear(story, 2, Append(1, 2, before.mark, 0, 0, 0, False, []))
    assert isinstance(answer, AppendReply)
    assert (answer.ok, answer.index) == (False, 2)


def test_two_entries_of_one_place_and_term_are_the_same() -> None:
    """5.3: If two entries in different logs have the same index and term, then they store the same
    command. Where they do not, a disk has lied: to go on would spread it."""
    story = play("members 3", "elect 1", "propose 1 a", "deliver 1->2")
    first = raft_of(story, 2).log.mark_at(2)
    assert first is not None
    other = chain(first, 2, b"other")
    with pytest.raises(JournalDamaged):
        raft_of(story, 2).step(Append(1, 2, other.mark, 0, 0, 0, False, []))
    with pytest.raises(JournalDamaged):
        raft_of(story, 2).step(Append(1, 2, first, 0, 0, 0, False, [other]))


def test_conflicting_entries_are_overwritten() -> None:
    """5.3: The leader handles inconsistencies by forcing the followers' logs to duplicate its
    own."""
    story = play("members 3", "elect 1", "cut 1", "propose 1 x y z", "elect 2", "cut")
    go_on(story, "tick 2 2", "settle")
    assert log_of(story, 1) == log_of(story, 2) == "1@1 2@2 3@3"


def test_a_leader_never_overwrites_its_own_log() -> None:
    """5.3: A leader never overwrites or deletes entries in its own log."""
    story = play("members 3", "elect 1", "propose 1 a b", "drop")
    hear(story, 1, AppendReply(2, 2, 0, False, 2, 0, False))
    assert log_of(story, 1) == "1@1 2@2 3@2:a 4@2:b"


def test_an_append_that_says_less_than_is_known_cuts_nothing() -> None:
    """Figure 2: If an existing entry conflicts with a new one, delete the existing entry and all
    that follow it: only if it conflicts. A stale message is no conflict."""
    story = play("members 3", "elect 1", "propose 1 a", "again 1->2", "propose 1 b", "settle")
    before = log_of(story, 2)
    first = raft_of(story, 1).log.entries(3, 3, 1)
    mark = raft_of(story, 1).log.mark_at(2)
    assert mark is not None
    hear(story, 2, Append(1, 2, mark, 2, 0, 0, False, first))
    assert log_of(story, 2) == before == "1@1 2@2 3@2:a 4@2:b"


# ---- 5.4 Safety


@pytest.mark.parametrize(
    ("index", "term", "granted"),
    [(3, 2, True), (4, 2, True), (2, 2, False), (9, 1, False), (1, 3, True)],
)
def test_only_an_up_to_date_log_is_voted_for(index: int, term: int, granted: bool) -> None:
    """5.4.1: The voter denies its vote if its own log is more up-to-date than that of the
    candidate."""
    story = play("members 3", "elect 1", "propose 1 a", "settle", "crash 1", "leaderless 2 3")
    (answer,) = hear(story, 2, Vote(3, 5, index, term, False))
    assert answer == VoteReply(2, 5, granted, False)


def test_entries_of_older_terms_are_not_committed_by_counting() -> None:
    """5.4.2: Raft never commits log entries from previous terms by counting replicas."""
    story = play(
        "members 3", "elect 1", "batch 1", "cut 2 3", "propose 1 old", "crash 1", "restart 1"
    )
    go_on(story, "cut", "leaderless 2 3", "tick 1 11", "deliver", "deliver", "deliver", "deliver")
    assert raft_of(story, 1).role == LEADER
    go_on(story, "deliver 1->2", "deliver 2->1", "deliver 1->2", "drop 1->2", "deliver 2->1")
    assert raft_of(story, 1).leadership.progress[2].match == 3  # type: ignore[union-attr]
    assert raft_of(story, 1).log.commit == 2
    go_on(story, "batch 0", "settle")
    assert raft_of(story, 1).log.commit == 4


# ---- 5.5 and on


def test_appends_that_come_twice_do_no_harm() -> None:
    """5.5: Raft RPCs are idempotent."""
    story = play("members 3", "elect 1", "propose 1 a", "again", "again", "again", "settle")
    assert log_of(story, 2) == log_of(story, 1) == "1@1 2@2 3@2:a"
    assert [raft_of(story, number).log.commit for number in (1, 2, 3)] == [3, 3, 3]


def test_a_snapshot_is_sent_when_the_next_entry_is_gone() -> None:
    """7: The leader must send snapshots when it has already discarded the next log entry that it
    needs to send to a follower."""
    story = play("members 3", "elect 1", "crash 3", "propose 1 a b", "settle", "compact 1 4")
    go_on(story, "restart 3", "tick 1 2", "deliver 1->3")
    assert "it wants a snapshot" in story.run("deliver 3->1", "")


def test_a_log_keeps_what_follows_the_snapshot() -> None:
    """7: If the follower receives a snapshot that describes a prefix of its log, entries following
    the snapshot are still valid and must be retained."""
    story = play("members 3", "elect 1", "propose 1 a", "deliver 1->2", "propose 1 b")
    go_on(story, "deliver 1->3", "deliver 2->1", "drop 1->3", "snapshot 1 3", "deliver 1->3")
    assert log_of(story, 3) == "1@1 2@2 3@2:a 4@2:b"
    assert raft_of(story, 3).log.commit == 3


def test_a_leader_begins_with_an_entry_of_its_own() -> None:
    """8: Raft handles this by having each leader commit a blank no-op entry into the log at the
    start of its term."""
    story = play("members 3", "elect 1")
    assert log_of(story, 1).endswith("2@2")


def test_a_leader_asks_a_majority_before_it_answers_a_read() -> None:
    """8: Raft handles this by having the leader exchange heartbeat messages with a majority of the
    cluster before responding to read-only requests."""
    story = play("members 3", "elect 1", "read 1")
    assert "reads" in story.run("settle", "")
    go_on(story, "cut 1", "read 1")
    assert story.run("settle", "") == ""


def test_whoever_hears_a_leader_ignores_votes() -> None:
    """Dissertation 4.2.3: If a server receives a RequestVote request within the minimum election
    timeout of hearing from a current leader, it does not update its term or grant its vote."""
    story = play("members 3", "elect 1", "tick 1 2", "settle")
    for asked in (1, 2):
        assert hear(story, asked, Vote(3, 9, 99, 9, False)) == []
        assert raft_of(story, asked).term == 2


def test_a_leader_that_hears_no_majority_steps_down() -> None:
    """Dissertation 6.2: A leader steps down if an election timeout elapses without a successful
    round of heartbeats to a majority of its cluster."""
    story = play("members 3", "elect 1", "cut 1", f"tick 1 {2 * ELECTION_TICKS}")
    assert raft_of(story, 1).role == FOLLOWER


def test_nobody_enters_a_term_for_the_asking() -> None:
    """Dissertation 9.6: In the Pre-Vote algorithm, a candidate only increments its term if it first
    learns from a majority of the cluster that they would be willing to grant their votes."""
    story = play("members 3", "elect 1", "cut 3", "tick 3 60", "cut")
    assert raft_of(story, 3).term == 2
    go_on(story, "tick 1 2", "settle")
    assert (raft_of(story, 1).role, raft_of(story, 1).term) == (LEADER, 2)
