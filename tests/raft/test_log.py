"""The log of one member: what is in memory, what is in the journal, and no difference."""

import random

import pytest

from hikari.raft.entry import ORIGIN, Entry, Mark, chain
from hikari.raft.journal import Compacted
from hikari.raft.log import RaftLog
from hikari.store.memory import MemoryJournal

MIB = 1 << 20


def entries_after(mark: Mark, term: int, count: int) -> list[Entry]:
    entries = []
    for number in range(count):
        entries.append(chain(mark, term, b"%d" % number))
        mark = entries[-1].mark
    return entries


def log_of(count: int, applied: int = 0, term: int = 1) -> RaftLog:
    """A log whose entries are all in the journal."""
    journal = MemoryJournal()
    journal.append(None, entries_after(ORIGIN, term, count))
    journal.sync()
    return RaftLog(journal, applied)


def grow(log: RaftLog, term: int, count: int) -> None:
    for entry in entries_after(log.last, term, count):
        log.append(entry)


def test_memory_and_journal_are_one_log() -> None:
    log = log_of(3)
    grow(log, 2, 2)
    assert [entry.index for entry in log.entries(1, 5, MIB)] == [1, 2, 3]  # as far as one reaches
    assert [entry.index for entry in log.entries(4, 5, MIB)] == [4, 5]
    assert [log.mark_at(index).term for index in range(1, 6)] == [1, 1, 1, 2, 2]  # type: ignore[union-attr]
    assert log.mark_at(6) is None


def test_at_least_one_entry_and_no_more_bytes_than_asked_for() -> None:
    log = log_of(0)
    grow(log, 1, 5)
    size = len(log.tail[0].record)
    assert len(log.entries(1, 5, 1)) == 1
    assert len(log.entries(1, 5, 3 * size)) == 3
    assert len(log.entries(2, 3, MIB)) == 2


def test_what_is_compacted_is_known_to_be() -> None:
    log = log_of(5, applied=5)
    mark = log.mark_at(3)
    assert mark is not None
    log.journal.compact(mark)
    assert log.mark_at(3) == mark
    assert log.mark_at(2) is None
    with pytest.raises(Compacted):
        log.entries(3, 5, MIB)


def test_a_cut_in_memory() -> None:
    log = log_of(2)
    grow(log, 1, 3)
    log.cut(4)
    assert (log.last.index, log.durable) == (3, 2)
    grow(log, 2, 1)
    assert log.last == log.mark_at(4)


def test_a_cut_reaches_into_the_journal() -> None:
    log = log_of(5)
    grow(log, 1, 1)
    log.cut(3)
    assert (log.last, log.durable, log.tail) == (log.mark_at(2), 2, [])
    grow(log, 2, 1)
    assert log.mark_at(3) == log.last
    assert log.mark_at(4) is None


def test_what_is_committed_is_never_cut() -> None:
    log = log_of(5, applied=3)
    with pytest.raises(AssertionError, match="never cut"):
        log.cut(3)


def test_only_what_follows_is_appended() -> None:
    log = log_of(2)
    with pytest.raises(AssertionError):
        log.append(chain(Mark(2, 1, 12345), 1, b""))
    with pytest.raises(AssertionError):
        log.append(chain(ORIGIN, 1, b""))


@pytest.mark.parametrize(
    ("index", "term", "fresh"),
    [(5, 2, True), (6, 2, True), (4, 2, False), (1, 3, True), (99, 1, False)],
)
def test_the_last_term_counts_first_and_then_the_length(index: int, term: int, fresh: bool) -> None:
    assert log_of(5, term=2).up_to_date(index, term) is fresh


def test_a_run_of_a_term_is_found_as_far_as_memory_tells() -> None:
    log = log_of(2)
    grow(log, 1, 2)
    grow(log, 3, 3)
    assert log.first_of_term(7) == 5
    assert log.first_of_term(5) == 5
    assert log.first_of_term(4) == 3  # 1 and 2 are in the journal only


def test_trim_drops_only_what_is_applied_and_durable() -> None:
    log = log_of(0)
    grow(log, 1, 10)
    log.commit = log.applied = 6
    log.durable = 4
    log.trim(0, MIB)
    assert log.tail_first == 5
    assert log.tail_bytes == sum(len(entry.record) for entry in log.tail)


def test_trim_keeps_a_tail_for_followers() -> None:
    log = log_of(0)
    grow(log, 1, 10)
    log.commit = log.applied = log.durable = 10
    log.trim(3, MIB)
    assert log.tail_first == 8
    log.trim(3, MIB)
    assert log.tail_first == 8


def test_trim_keeps_no_more_bytes_than_it_may() -> None:
    log = log_of(0)
    grow(log, 1, 10)
    log.commit = log.applied = log.durable = 10
    log.trim(100, 3 * len(log.tail[0].record))
    assert log.tail_first == 8


def test_restore_starts_behind_the_snapshot() -> None:
    log = log_of(5, applied=2)
    mark = Mark(9, 4, 1234)
    assert isinstance(log.journal, MemoryJournal)
    log.journal.reset(log.journal.hard_state, mark, "tree-9")
    log.restore(mark)
    assert log.last == log.base == log.mark_at(9) == mark
    assert log.commit == log.applied == log.durable == 9


@pytest.mark.parametrize("seed", range(50))
def test_whatever_is_done_it_is_the_log_that_a_list_would_be(seed: int) -> None:
    chance = random.Random(seed)
    log, model, term, written = log_of(0), [ORIGIN], 1, 0
    for _ in range(60):
        match chance.randrange(5):
            case 0 | 1:
                grow(log, term, 1)
                model.append(log.last)
            case 2 if log.last.index > log.commit:
                term += 1
                index = chance.randrange(log.commit, log.last.index) + 1
                log.cut(index)
                grow(log, term, 1)
                model[index:] = [log.last]
                written = min(written, index - 1)
            case 3 if log.last.index > written:
                log.journal.append(None, log.entries(written + 1, log.last.index, MIB))
                log.durable = written = log.last.index
                log.commit = log.applied = chance.randrange(log.commit, log.durable + 1)
            case 4:
                log.trim(chance.randrange(3), MIB)
        assert [log.mark_at(index) for index in range(len(model))] == model
        assert log.last == model[-1]
