"""What the journal's seam promises, of RocksDB and of the twin in memory alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from store.logs import entries_after, indexes, log_of

from hikari.raft.entry import ORIGIN, Mark, chain
from hikari.raft.journal import Compacted, HardState
from hikari.store.inspection import record_key
from hikari.store.journal import RocksJournal
from hikari.store.memory import MemoryJournal

AnyJournal = RocksJournal | MemoryJournal
MIB = 1 << 20


class Place:
    """Where one journal is kept, through restarts."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.journal: AnyJournal = self._open() if folder else MemoryJournal()

    def _open(self) -> RocksJournal:
        assert self._folder is not None
        return RocksJournal(self._folder)

    def reopened(self) -> AnyJournal:
        """After a clean end."""
        if isinstance(self.journal, MemoryJournal):
            self.journal = self.journal.crash(keep=self.journal.unsynced)
        else:
            self.journal.close()
            self.journal = self._open()
        return self.journal


@pytest.fixture(params=["rocks", "memory"])
def place(request: pytest.FixtureRequest, quick_path: Path) -> Iterator[Place]:
    place = Place(quick_path / "member" if request.param == "rocks" else None)
    yield place
    place.journal.close()


@pytest.fixture
def journal(place: Place) -> AnyJournal:
    return place.journal


def all_of(journal: AnyJournal) -> list[int]:
    if journal.base == journal.last:
        return []
    return indexes(journal.entries(journal.base.index + 1, journal.last.index, MIB))


def test_a_new_journal_is_at_the_origin(journal: AnyJournal) -> None:
    assert journal.base == journal.last == ORIGIN
    assert journal.hard_state == HardState(0, 0)
    assert not journal.recovering
    assert journal.tree_name == "tree-0"


def test_what_was_appended_is_read_back_byte_for_byte(journal: AnyJournal) -> None:
    log = log_of(20)
    journal.append(HardState(1, 2), log[:1])
    journal.append(None, log[1:])
    assert journal.last == log[-1].mark
    assert journal.hard_state == HardState(1, 2)
    read = journal.entries(1, 20, MIB)
    assert [entry.record for entry in read] == [entry.record for entry in log]
    assert [entry.mark for entry in read] == [entry.mark for entry in log]


def test_everything_is_there_after_a_restart(place: Place) -> None:
    log = log_of(20)
    place.journal.append(HardState(1, 2), log)
    place.journal.sync()
    journal = place.reopened()
    assert (journal.base, journal.last) == (ORIGIN, log[-1].mark)
    assert journal.hard_state == HardState(1, 2)
    assert not journal.recovering
    assert all_of(journal) == list(range(1, 21))


def test_a_vote_needs_no_entry(place: Place) -> None:
    place.journal.append(HardState(7, 3), [])
    place.journal.sync()
    assert place.reopened().hard_state == HardState(7, 3)


def test_entries_are_read_until_their_bytes_are_used_up_but_at_least_one(
    journal: AnyJournal,
) -> None:
    log = log_of(10)
    journal.append(None, log)
    size = len(log[0].record)
    assert indexes(journal.entries(1, 10, 0)) == [1]
    assert indexes(journal.entries(1, 10, size)) == [1]
    assert indexes(journal.entries(1, 10, 3 * size)) == [1, 2, 3]
    assert indexes(journal.entries(4, 6, MIB)) == [4, 5, 6]


def test_new_entries_replace_those_in_their_place_and_behind(place: Place) -> None:
    journal = place.journal
    log = log_of(10)
    journal.append(HardState(1, 0), log)
    journal.sync()
    other = entries_after(log[3].mark, 2, term=2)
    journal.append(HardState(2, 0), other)
    assert journal.last == other[-1].mark
    assert all_of(journal) == [1, 2, 3, 4, 5, 6]
    journal.sync()
    journal = place.reopened()
    assert [e.term for e in journal.entries(1, 6, MIB)] == [1, 1, 1, 1, 2, 2]
    assert journal.last == other[-1].mark
    assert not journal.recovering


def test_the_whole_log_can_be_replaced(place: Place) -> None:
    place.journal.append(None, log_of(3))
    place.journal.sync()
    place.journal.append(None, log_of(1, term=4))
    place.journal.sync()
    assert place.reopened().last == log_of(1, term=4)[0].mark


@pytest.mark.parametrize("wrong", ["gap", "chain", "term"])
def test_an_entry_that_does_not_follow_is_refused(journal: AnyJournal, wrong: str) -> None:
    log = log_of(4, term=3)
    journal.append(None, log[:2])
    entry = {
        "gap": log[3],
        "chain": chain(Mark(2, 3, 12345), 3, b"not ours"),
        "term": chain(log[1].mark, 2, b"older"),
    }[wrong]
    with pytest.raises(AssertionError):
        journal.append(None, [entry])
    assert journal.last == log[1].mark
    assert all_of(journal) == [1, 2]


def test_compacted_entries_are_gone_and_the_others_stay(place: Place) -> None:
    journal = place.journal
    log = log_of(10)
    journal.append(None, log)
    journal.sync()
    journal.compact(log[3].mark)
    assert journal.base == log[3].mark
    with pytest.raises(Compacted):
        journal.entries(4, 6, MIB)
    assert all_of(journal) == [5, 6, 7, 8, 9, 10]
    journal.sync()
    journal = place.reopened()
    assert journal.base == log[3].mark
    assert all_of(journal) == [5, 6, 7, 8, 9, 10]
    assert not journal.recovering


def test_no_row_of_a_compacted_entry_stays_on_the_disk(quick_path: Path) -> None:
    journal = RocksJournal(quick_path)
    log = log_of(6)
    journal.append(None, log)
    journal.compact(log[1].mark)
    journal.compact(log[3].mark)
    rows = journal._db
    assert [e.index for e in log if rows.get(record_key(e.index)) is not None] == [5, 6]
    journal.close()


def test_a_journal_can_be_compacted_to_its_end_and_goes_on(place: Place) -> None:
    log = log_of(5)
    place.journal.append(None, log)
    place.journal.sync()
    place.journal.compact(log[-1].mark)
    assert place.journal.base == place.journal.last
    more = entries_after(log[-1].mark, 2)
    place.journal.append(None, more)
    place.journal.sync()
    journal = place.reopened()
    assert all_of(journal) == [6, 7]
    assert not journal.recovering


def test_compacting_to_before_the_base_changes_nothing(journal: AnyJournal) -> None:
    log = log_of(5)
    journal.append(None, log)
    journal.compact(log[3].mark)
    journal.compact(log[1].mark)
    assert journal.base == log[3].mark


def test_a_base_must_be_a_place_of_this_very_log(journal: AnyJournal) -> None:
    journal.append(None, log_of(3))
    with pytest.raises(AssertionError):
        journal.compact(Mark(2, 1, 99))
    with pytest.raises(AssertionError):
        journal.compact(Mark(4, 1, 99))


def test_a_reset_leaves_the_snapshot_alone(place: Place) -> None:
    place.journal.append(HardState(1, 1), log_of(10))
    place.journal.sync()
    snapshot = Mark(500, 3, 77)
    place.journal.reset(HardState(3, 0), snapshot, "tree-4")
    for look in (lambda: place.journal, place.reopened):
        journal = look()
        assert journal.base == journal.last == snapshot
        assert journal.hard_state == HardState(3, 0)
        assert journal.tree_name == "tree-4"
        assert not journal.recovering
        with pytest.raises(Compacted):
            journal.entries(3, 3, MIB)


def test_after_a_reset_the_log_goes_on_behind_the_snapshot(place: Place) -> None:
    place.journal.append(None, log_of(10))
    snapshot = Mark(5, 2, 77)  # of another log: ours had entries that were never committed
    place.journal.reset(HardState(2, 0), snapshot, "tree-1")
    place.journal.append(None, entries_after(snapshot, 2, term=2))
    place.journal.sync()
    journal = place.reopened()
    assert all_of(journal) == [6, 7]
    assert not journal.recovering


def test_a_closed_journal_refuses_work_and_a_second_close_is_nothing(journal: AnyJournal) -> None:
    journal.close()
    journal.close()
    with pytest.raises(ValueError):
        journal.append(None, log_of(1))
    with pytest.raises(ValueError):
        journal.sync()


def test_the_twin_loses_what_was_not_synced() -> None:
    journal = MemoryJournal()
    log = log_of(6)
    journal.append(HardState(1, 1), log[:2])
    journal.sync()
    journal.append(HardState(2, 0), log[2:4])
    journal.append(None, log[4:])
    assert journal.unsynced == 2
    journal = journal.crash(keep=1)
    assert (journal.last, journal.hard_state) == (log[3].mark, HardState(2, 0))
    journal.append(None, log[4:])
    journal = journal.crash()
    assert journal.last == log[3].mark
    assert not journal.recovering


def test_the_twin_that_loses_synced_entries_is_recovering_until_told_otherwise() -> None:
    journal = MemoryJournal()
    log = log_of(6)
    journal.append(None, log)
    journal.sync()
    journal = journal.crash(lose=2)
    assert journal.recovering
    assert journal.last == log[3].mark
    journal.append(None, log[4:])
    journal.sync()
    journal = journal.crash()
    assert journal.recovering
    journal.recovered()
    assert not journal.crash().recovering
