"""Logs that are written over: what was in them before is never taken for an entry, nor missed."""

from pathlib import Path

import pytest
from store.disks import flip, killed, truncate, wal_of
from store.logs import log_of
from store.test_journal_crash import VOTE, WHOLE, outcomes, sweep

from hikari.store.journal import RocksJournal

LOG = log_of(30)
MEMTABLE_BYTES = 256 * 1024


@pytest.fixture(autouse=True)
def recycled_logs(small_logs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hikari.store.journal.LOGS_RECYCLED", 3)


@pytest.fixture
def crashed(quick_path: Path) -> Path:
    """A member whose log file is an old one, with 30 acknowledged entries at its beginning."""
    folder = quick_path / "member"
    journal = RocksJournal(folder, memtable_bytes=MEMTABLE_BYTES)
    for entry in LOG:
        journal.append(VOTE if entry.index == 1 else None, [entry])
        journal.sync()
    copy = killed(folder, "crashed")
    journal.close()
    return copy


def live_bytes(crashed: Path) -> int:
    """Where in its log the newest entry ends."""
    content = wal_of(crashed).read_bytes()
    return content.rfind(LOG[-1].record) + len(LOG[-1].record)


def test_the_log_does_not_grow_from_the_first_entry_on(crashed: Path) -> None:
    size = wal_of(crashed).stat().st_size
    assert 0 < live_bytes(crashed) < size
    assert size > MEMTABLE_BYTES // 2


def test_the_entries_before_the_old_content_are_found_and_nothing_else(crashed: Path) -> None:
    assert outcomes([crashed]) == {WHOLE}


def test_files_are_used_again_and_again(quick_path: Path) -> None:
    folder = quick_path / "member"
    journal = RocksJournal(folder, memtable_bytes=MEMTABLE_BYTES)
    files = set()
    for entry in log_of(3_000):
        journal.append(None, [entry])
        if entry.index % 100 == 0:
            journal.sync()
            files.add(wal_of(folder).stat().st_ino)
    journal.close()
    assert len(files) <= 5
    again = RocksJournal(folder, memtable_bytes=MEMTABLE_BYTES)
    assert again.last.index == 3_000
    assert not again.recovering
    again.close()


def test_an_entry_lost_from_a_recycled_log_is_missed(crashed: Path) -> None:
    live = live_bytes(crashed)
    found = sweep(crashed, range(1, live, live // 80), truncate)
    assert found == {"recovering"}


def test_a_bit_turned_over_in_a_recycled_log_loses_nothing_in_silence(crashed: Path) -> None:
    live = live_bytes(crashed)

    def turn(path: Path, at: int) -> None:
        flip(path, at, at % 8)

    found = sweep(crashed, range(0, live, live // 120), turn)
    assert "recovering" in found
    assert found <= {"damaged", "recovering", "hung"}


def test_what_is_behind_the_newest_entry_does_not_matter(crashed: Path) -> None:
    live, size = live_bytes(crashed), wal_of(crashed).stat().st_size

    def turn(path: Path, at: int) -> None:
        flip(path, at, at % 8)

    positions = [live + 8, *range(live + 50, size, (size - live) // 40)]
    assert sweep(crashed, positions, truncate) == {WHOLE}
    assert sweep(crashed, positions, turn) <= {WHOLE, "hung"}


def test_entries_that_were_only_half_written_over_old_ones_are_cut(quick_path: Path) -> None:
    """A crash in the middle of a write leaves its beginning, and behind it what was there."""
    folder = quick_path / "member"
    journal = RocksJournal(folder, memtable_bytes=MEMTABLE_BYTES)
    journal.append(VOTE, LOG[:20])
    journal.sync()
    before = wal_of(folder).read_bytes()
    journal.append(None, LOG[20:])
    after = wal_of(folder).read_bytes()
    crashed = killed(folder, "crashed")
    journal.close()
    start = next(at for at in range(len(after)) if before[at] != after[at])
    end = after.rfind(LOG[-1].record) + len(LOG[-1].record)
    for torn in range(start + 1, end, (end - start) // 60):
        copy = killed(crashed, "copy")
        wal_of(copy).write_bytes(after[:torn] + before[torn:])
        opened = RocksJournal(copy, memtable_bytes=MEMTABLE_BYTES)
        assert not opened.recovering
        assert opened.last == LOG[19].mark
        opened.close()
