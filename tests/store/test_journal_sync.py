"""The watermark is never ahead of the journal, and no later than 100 ms behind it on the disk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store.disks import Interposed, killed, records
from store.logs import entries_after, log_of

from hikari.raft.entry import ORIGIN, Entry, Mark
from hikari.raft.journal import HardState
from hikari.store.disk import DiskFailed, DiskStalled
from hikari.store.journal import RocksJournal


class Timer:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def folder(quick_path: Path) -> Path:
    return quick_path / "member"


@pytest.fixture
def journal(folder: Path, timer: Timer) -> Iterator[RocksJournal]:
    journal = RocksJournal(folder, seconds=timer)
    yield journal
    journal.close()


def promised(journal: RocksJournal) -> Mark:
    return journal._watermark.promise.mark


def during(journal: RocksJournal, moment: str, name: str, act: Callable[[], None]) -> None:
    """Have `act` done once, `moment` ("before" or "after") the next database call `name`."""
    database = journal._db

    def once(called: str) -> None:
        if called == name:
            journal._db = database
            act()

    journal._db = Interposed(database, **{moment: once})  # type: ignore[assignment,arg-type]


def test_only_a_sync_promises(journal: RocksJournal) -> None:
    log = log_of(5)
    journal.append(HardState(1, 1), log)
    assert promised(journal) == ORIGIN
    during(journal, "after", "flush_wal", lambda: check(promised(journal) == ORIGIN))
    journal.sync()
    assert journal._watermark.promise == (log[-1].mark, HardState(1, 1), False, False)


def check(truth: bool) -> None:
    assert truth


def test_what_is_appended_during_a_sync_is_not_promised_by_it(journal: RocksJournal) -> None:
    log = log_of(5)
    journal.append(HardState(1, 1), log[:3])
    during(journal, "after", "flush_wal", lambda: journal.append(HardState(2, 0), log[3:]))
    journal.sync()
    assert journal._watermark.promise == (log[2].mark, HardState(1, 1), False, False)
    assert journal.last == log[-1].mark


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_is_replaced_during_a_sync_is_not_promised_by_it(
    journal: RocksJournal, folder: Path, moment: str
) -> None:
    log = log_of(10)
    other = entries_after(log[6].mark, 2, term=2)
    journal.append(None, log)
    during(journal, moment, "flush_wal", lambda: journal.append(None, other))
    journal.sync()
    assert promised(journal) == log[6].mark
    after_crash = RocksJournal(killed(folder))
    assert not after_crash.recovering
    assert after_crash.last == other[-1].mark
    after_crash.close()
    journal.sync()
    assert promised(journal) == other[-1].mark


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sync_under_way_keeps_out_of_a_log_that_is_replaced_twice(
    journal: RocksJournal, moment: str
) -> None:
    log = log_of(10)

    def replace_twice() -> None:
        journal.append(None, entries_after(log[3].mark, 9, term=2))
        journal.append(None, entries_after(journal.entries(6, 6, 0)[0].mark, 9, term=3))

    journal.append(None, log)
    during(journal, moment, "flush_wal", replace_twice)
    journal.sync()
    assert promised(journal) == log[3].mark


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sync_under_way_does_not_promise_what_a_reset_has_thrown_away(
    journal: RocksJournal, folder: Path, moment: str
) -> None:
    journal.append(None, log_of(10))
    snapshot = Mark(7, 5, 99)
    during(journal, moment, "flush_wal", lambda: journal.reset(HardState(5, 0), snapshot, "tree-1"))
    journal.sync()
    assert promised(journal) == snapshot
    after_crash = RocksJournal(killed(folder))
    assert not after_crash.recovering
    assert after_crash.base == after_crash.last == snapshot
    after_crash.close()


def test_no_sync_can_begin_between_the_lowering_and_the_replacement(journal: RocksJournal) -> None:
    log = log_of(4)
    journal.append(None, log)
    journal.sync()
    during(journal, "before", "write", lambda: check(journal._lock.locked()))
    journal.append(None, entries_after(log[1].mark, 1, term=2))


def test_before_entries_are_replaced_the_watermark_is_lowered_on_the_disk_itself(
    journal: RocksJournal,
) -> None:
    log = log_of(10)
    journal.append(None, log)
    journal.sync()

    def lowered() -> None:
        assert promised(journal) == log[4].mark
        assert journal._watermark.secured

    during(journal, "before", "write", lowered)
    journal.append(None, entries_after(log[4].mark, 1, term=2))
    lowered()


def test_a_replacement_behind_the_watermark_leaves_it_alone(journal: RocksJournal) -> None:
    log = log_of(10)
    journal.append(None, log[:5])
    journal.sync()
    journal.append(None, log[5:])
    journal.append(None, entries_after(log[4].mark, 1, term=2))
    assert promised(journal) == log[4].mark


def test_the_watermark_reaches_the_disk_at_most_every_tenth_of_a_second(
    journal: RocksJournal, timer: Timer
) -> None:
    secured = []
    for number, entry in enumerate(log_of(50)):
        timer.now = 200 + number * 0.03
        journal.append(None, [entry])
        journal.sync()
        secured.append(journal._watermark.secured)
    assert secured[0]
    assert 50 / 4 - 1 <= sum(secured) <= 50 / 3


def test_an_idle_journal_secures_its_watermark_when_asked(
    journal: RocksJournal, timer: Timer
) -> None:
    journal.append(None, log_of(1))
    journal.sync()
    assert not journal._watermark.secured  # the opening was this very moment
    journal.secure_watermark()
    assert journal._watermark.secured
    journal.secure_watermark()


def test_a_slow_fsync_of_the_log_is_not_followed_by_one_of_the_watermark(
    journal: RocksJournal, timer: Timer
) -> None:
    """It may be in a turn: the timer has the watermark fsynced elsewhere."""
    log = log_of(2)
    timer.now = 200
    journal.append(None, log[:1])
    during(journal, "before", "flush_wal", lambda: setattr(timer, "now", 200.1))
    journal.sync()
    assert promised(journal) == log[0].mark
    assert not journal._watermark.secured
    journal.secure_watermark()
    assert journal._watermark.secured


def fail(message: str) -> None:
    raise OSError(message)


def append_and_sync(journal: RocksJournal, entries: list[Entry]) -> None:
    journal.append(None, entries)
    journal.sync()


@pytest.mark.parametrize("name", ["write", "flush_wal"])
def test_after_a_failure_of_the_disk_the_journal_refuses_all_further_use(
    journal: RocksJournal, name: str
) -> None:
    log = log_of(3)
    during(journal, "before", name, lambda: fail("No space left on device"))
    with pytest.raises(DiskFailed, match="No space left"):
        append_and_sync(journal, log[:1])
    assert promised(journal) == ORIGIN
    for use in (
        journal.sync,
        journal.secure_watermark,
        journal.recovered,
        lambda: journal.append(None, log[:1]),
        lambda: journal.compact(log[0].mark),
        lambda: journal.reset(HardState(9, 0), Mark(9, 9, 9), "tree-1"),
        lambda: journal.entries(1, 1, 1),
    ):
        with pytest.raises(DiskFailed, match="No space left"):
            use()


def test_a_watermark_that_cannot_be_written_is_a_failure_too(
    journal: RocksJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append(None, log_of(1))
    monkeypatch.setattr("os.pwrite", lambda *arguments: fail("Input/output error"))
    with pytest.raises(DiskFailed, match="Input/output error"):
        journal.sync()
    with pytest.raises(DiskFailed):
        journal.append(None, [])


def test_a_watermark_that_cannot_be_fsynced_is_a_failure_too(
    journal: RocksJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append(None, log_of(1))
    journal.sync()
    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", lambda descriptor: fail("Input/output error"))
        with pytest.raises(DiskFailed, match="Input/output error"):
            journal.secure_watermark()
    with pytest.raises(DiskFailed):
        journal.append(None, [])


def test_a_stalled_write_has_written_nothing_and_may_be_tried_again(journal: RocksJournal) -> None:
    log = log_of(2)
    journal.append(None, log[:1])
    during(journal, "before", "write", lambda: fail("Result incomplete: Write stall"))
    with pytest.raises(DiskStalled):
        journal.append(HardState(3, 0), log[1:])
    assert (journal.last, journal.hard_state) == (log[0].mark, HardState(0, 0))
    journal.append(HardState(3, 0), log[1:])
    assert records(journal) == [entry.record for entry in log]


def test_a_real_stall_of_rocksdb_is_told_from_a_failure(journal: RocksJournal) -> None:
    log = log_of(1)
    journal._db.set_options({"level0_file_num_compaction_trigger": "100"})
    journal._db.set_options({"level0_stop_writes_trigger": "1"})  # there is one from the creation
    with pytest.raises(DiskStalled):
        journal.append(None, log)
    assert journal.last == ORIGIN
    journal._db.set_options({"level0_stop_writes_trigger": "100"})
    journal.append(None, log)
    journal.sync()
