"""Where two of three decide, a follower knows by itself what is committed: what its leader and it
have on disk."""

import pytest
from raft.test_paper import play, raft_of

from hikari.raft.entry import Entry, chain
from hikari.raft.journal import HardState
from hikari.raft.leader import Leadership
from hikari.raft.log import RaftLog
from hikari.raft.messages import Append, AppendReply
from hikari.raft.raft import Raft
from hikari.store.memory import MemoryJournal


def follower(voters: int = 3, recovering: bool = False) -> Raft:
    """Member 2, which has nothing but a term."""
    journal = MemoryJournal()
    journal.append(HardState(2, 1), [])
    journal.sync()
    journal.recovering = recovering
    return Raft(2, list(range(1, voters + 1)), journal, 0, 10, 2, lambda below: 0)


def entries_of(raft: Raft, *terms: int) -> list[Entry]:
    """What could follow the end of its log."""
    made: list[Entry] = []
    last = raft.log.last
    for term in terms:
        made.append(chain(last, term, b"x"))
        last = made[-1].mark
    return made


def take(raft: Raft, term: int, durable: int, entries: list[Entry], **more: int) -> None:
    """Its leader sends these entries and says how much of the log it has on disk itself."""
    sender, commit = more.get("sender", 1), more.get("commit", 0)
    forgot = bool(more.get("forgot"))
    raft.step(Append(sender, term, raft.log.last, commit, 1, durable, forgot, entries))


def write(raft: Raft) -> None:
    ready = raft.ready()
    raft.journal.append(ready.hard_state, ready.entries)
    raft.journal.sync()
    raft.durable(ready.number)


def test_it_commits_what_both_have_on_disk() -> None:
    raft = follower()
    take(raft, 2, 2, entries_of(raft, 2, 2, 2))
    assert raft.log.commit == 0, "it is not on its own disk"
    write(raft)
    assert raft.log.commit == 2, "the third is not on the leader's"
    assert [entry.index for entry in raft.ready().committed] == [1, 2]


def test_the_leader_s_word_may_come_when_it_has_written_long_ago() -> None:
    raft = follower()
    take(raft, 2, 0, entries_of(raft, 2))
    write(raft)
    assert raft.log.commit == 0
    take(raft, 2, 1, [])
    assert raft.log.commit == 1


def test_of_five_two_are_no_majority() -> None:
    raft = follower(voters=5)
    take(raft, 2, 2, entries_of(raft, 2, 2))
    write(raft)
    assert raft.log.commit == 0


def test_an_entry_of_an_older_term_is_not_committed_so() -> None:
    """Raft, 5.4.2 and figure 8: it may be replaced yet, but not once one of this term follows."""
    raft = follower()
    take(raft, 2, 1, entries_of(raft, 1))
    write(raft)
    assert raft.log.commit == 0
    take(raft, 2, 2, entries_of(raft, 2))
    write(raft)
    assert raft.log.commit == 2


def test_what_an_older_leader_had_on_disk_says_nothing_of_the_next_one() -> None:
    raft = follower()
    first = entries_of(raft, 2)
    take(raft, 2, 0, first)
    write(raft)
    rest = entries_of(raft, 2, 2, 2)
    take(raft, 2, 4, rest)
    other = chain(first[0].mark, 3, b"y")
    raft.step(Append(3, 3, first[0].mark, 0, 1, 1, False, [other]))
    write(raft)
    assert raft.log.last == other.mark
    assert raft.log.commit == 1, "the new leader has not written it yet"


def test_before_the_term_is_on_disk_nothing_counts() -> None:
    """It might vote again in a term that it forgets, for somebody who has less."""
    raft = follower()
    take(raft, 3, 0, entries_of(raft, 3))
    ready = raft.ready()
    raft._durable_number, raft.log.durable = ready.number - 1, 1
    take(raft, 3, 1, [])
    assert raft.log.commit == 0
    raft.durable(ready.number)
    assert raft.log.commit == 1


def test_who_has_lost_its_log_does_not_count_itself() -> None:
    raft = follower(recovering=True)
    take(raft, 2, 2, entries_of(raft, 2, 2))
    write(raft)
    assert raft.log.commit == 0


def test_who_has_lost_its_log_may_have_committed_all_that_the_leader_had_told_of() -> None:
    """The leader has heard of no commit behind 1, and yet 3 may have been answered for."""
    raft = follower(recovering=True)
    take(raft, 2, 3, entries_of(raft, 2, 2), commit=1, forgot=1)
    write(raft)
    assert raft.recovering
    take(raft, 2, 3, entries_of(raft, 2), commit=3, forgot=1)
    write(raft)
    assert not raft.recovering


def test_a_read_covers_what_a_follower_may_have_answered_for() -> None:
    story = play("members 3", "elect 1", "propose 1 a", "deliver 1->2", "tick 1 2", "deliver 1->2")
    assert raft_of(story, 2).log.commit == 3
    assert raft_of(story, 1).log.commit == 2, "it has heard nothing yet"
    answers = [story.run(line, "") for line in ("read 3", "settle")]
    assert any("once 3 is applied" in answer for answer in answers)


def leader(others: int) -> Leadership:
    log = RaftLog(MemoryJournal(), 0)
    leading = Leadership.begin(1, 5, log, list(range(2, 2 + others)))
    log.durable = 1
    return leading


@pytest.mark.parametrize(("others", "told"), [(2, []), (4, [2, 3, 4, 5])])
def test_who_knows_what_is_committed_is_not_told(others: int, told: list[int]) -> None:
    leading = leader(others)
    leading.appends()
    for member in range(2, 2 + others):
        leading.replied(AppendReply(member, 5, 0, True, 0, 1, False))
    assert leading.log.commit == 1
    assert [to for to, _ in leading.appends()] == told
    assert leading.quiet()


def test_a_quick_disk_has_it_before_the_others_hear_of_it() -> None:
    story = play("members 3", "elect 1")
    raft = raft_of(story, 1)
    assert raft.propose(b"a")
    ready = raft.ready(quick=True)
    assert ready.entries
    assert not ready.messages
    raft.journal.append(None, ready.entries)
    raft.durable(ready.number)
    said = raft.ready(quick=True).messages
    assert [(to, m.durable, len(m.entries)) for to, m in said] == [(2, 3, 1), (3, 3, 1)]  # type: ignore[union-attr]


def test_the_others_hear_of_it_also_if_the_disk_was_not_so_quick() -> None:
    story = play("members 3", "elect 1")
    raft = raft_of(story, 1)
    assert raft.propose(b"a")
    assert not raft.ready(quick=True).messages
    said = raft.ready(quick=True).messages
    assert [(to, m.durable, len(m.entries)) for to, m in said] == [(2, 2, 1), (3, 2, 1)]  # type: ignore[union-attr]
