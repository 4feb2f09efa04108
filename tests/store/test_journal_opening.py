"""What an opening makes of what it finds."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rocksdict import Rdict
from store.disks import edit_rows, flip, killed, manifest_of, records, truncate, wal_of
from store.logs import entries_after, log_of

from hikari.raft.entry import ORIGIN, Mark, chain
from hikari.raft.journal import HardState, JournalDamaged
from hikari.store.disk import DiskFailed, FolderInUse
from hikari.store.inspection import BASE_KEY, HARD_STATE_KEY, pack_base, record_key
from hikari.store.journal import RocksJournal, journal_options
from hikari.store.opening import open_rocks
from hikari.store.watermark import BLANK, Watermark

LOG = log_of(20)
SYNCED = 12  # of the entries of LOG
WRITTEN = 16


@pytest.fixture
def folder(quick_path: Path) -> Path:
    return quick_path / "member"


@pytest.fixture
def crashed(folder: Path) -> Path:
    """A member that died: entries 1..12 were synced, 13..16 were written."""
    journal = RocksJournal(folder)
    journal.append(HardState(1, 2), LOG[:SYNCED])
    journal.sync()
    for entry in LOG[SYNCED:WRITTEN]:
        journal.append(None, [entry])
    copy = killed(folder, "crashed")
    journal.close()
    return copy


def state(folder: Path) -> tuple[int, bool, int | None]:
    journal = RocksJournal(folder)
    journal.close()
    return journal.last.index, journal.recovering, journal.cut_from


def files(folder: Path) -> dict[str, bytes]:
    """What holds the data; RocksDB's logs of what it did and rocksdict's settings do not."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(("LOG", "rocksdict-config"))
    }


def refusal(folder: Path) -> str:
    """Why the journal cannot be opened; not a byte of it may have changed by the attempt."""
    before = files(folder)
    with pytest.raises(JournalDamaged) as refused:
        RocksJournal(folder)
    assert files(folder) == before
    assert str(folder) in str(refused.value)
    return str(refused.value).replace(str(folder), "")


# A whole journal


def test_entries_that_were_written_but_never_synced_survive_a_kill(crashed: Path) -> None:
    assert state(crashed) == (WRITTEN, False, None)


def test_what_survived_is_promised_from_then_on(crashed: Path) -> None:
    RocksJournal(crashed).close()
    watermark = Watermark.open(crashed / "watermark")
    assert watermark is not None
    assert watermark.promise == (LOG[WRITTEN - 1].mark, HardState(1, 2), False, False)
    watermark.close()


def test_a_folder_is_opened_once_at_a_time(folder: Path) -> None:
    journal = RocksJournal(folder)
    with pytest.raises(FolderInUse, match=str(folder)):
        RocksJournal(folder)
    journal.close()
    RocksJournal(folder).close()


def test_a_folder_is_free_again_after_a_refusal(crashed: Path) -> None:
    shutil.move(crashed / "journal", crashed / "moved")
    refusal(crashed)
    shutil.move(crashed / "moved", crashed / "journal")
    assert state(crashed) == (WRITTEN, False, None)


# A torn tail


def cut_wal(folder: Path, bytes_off: int) -> None:
    wal = wal_of(folder)
    truncate(wal, wal.stat().st_size - bytes_off)


def test_a_tail_that_was_torn_behind_the_watermark_is_left_out(crashed: Path) -> None:
    cut_wal(crashed, 3)
    assert state(crashed) == (WRITTEN - 1, False, None)


def test_an_end_before_the_watermark_makes_the_member_recover(crashed: Path) -> None:
    cut_wal(crashed, wal_of(crashed).stat().st_size - 30)
    journal = RocksJournal(crashed)
    assert journal.recovering
    assert journal.last.index < SYNCED
    assert "entries 1 to 12 are missing" in journal.lost
    journal.close()


def put(index: int, record: bytes) -> Callable[[Rdict], None]:
    return lambda db: db.put(record_key(index), record)


def spoiled(record: bytes) -> bytes:
    return record[:-1] + bytes((record[-1] ^ 1,))


BREAKS = {
    "checksum": (put(14, spoiled(LOG[13].record)), "does not match its checksum"),
    "short": (put(14, b"HKR"), "a record of 3 bytes"),
    "empty": (put(14, b""), "a record of 0 bytes"),
    "index": (put(14, LOG[14].record), "its record is that of entry 15"),
    "chain": (put(14, chain(Mark(13, 1, 7), 1, b"").record), "does not continue the chain"),
    "missing": (lambda db: db.delete(record_key(14)), "it is missing"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_log_is_cut_at_a_break_behind_the_watermark(crashed: Path, name: str) -> None:
    edit_rows(crashed, BREAKS[name][0])
    assert state(crashed) == (13, False, 14)
    assert state(crashed) == (13, False, None)
    journal = RocksJournal(crashed)
    more = entries_after(LOG[12].mark, 1, term=9)
    journal.append(None, more)
    assert records(journal) == [entry.record for entry in LOG[:13] + more]
    journal.close()


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_before_the_watermark_is_damage_and_nothing_is_touched(
    crashed: Path, name: str
) -> None:
    RocksJournal(crashed).close()  # promises all there is
    edit_rows(crashed, BREAKS[name][0])
    message = refusal(crashed)
    assert "/journal: entry 14: " in message
    assert BREAKS[name][1] in message


def test_a_term_that_goes_down_is_damage(folder: Path) -> None:
    journal = RocksJournal(folder)
    log = log_of(3, term=5)
    journal.append(None, log)
    journal.sync()
    journal.close()
    edit_rows(folder, put(3, chain(log[1].mark, 4, b"").record))
    assert "entry 3: its term 4 is before 5" in refusal(folder)


def test_another_log_of_the_same_length_is_not_what_was_promised(crashed: Path) -> None:
    def rewrite(db: Rdict) -> None:
        for entry in log_of(20, term=3):
            db.put(record_key(entry.index), entry.record)

    edit_rows(crashed, rewrite)
    journal = RocksJournal(crashed)
    assert journal.recovering
    assert "entry 12 is not the one that was promised" in journal.lost
    journal.close()


# Recovering


def test_a_recovering_member_stays_so_through_restarts_until_it_is_told(crashed: Path) -> None:
    cut_wal(crashed, wal_of(crashed).stat().st_size - 30)
    assert state(crashed) == (0, True, None)
    journal = RocksJournal(crashed)
    journal.append(None, LOG)
    journal.sync()
    assert journal.recovering
    journal.close()
    assert state(crashed) == (20, True, None)
    journal = RocksJournal(crashed)
    assert not journal.lost
    journal.recovered()
    assert not journal.recovering
    assert journal._watermark.secured
    journal.close()
    assert state(crashed) == (20, False, None)


def test_what_has_come_back_is_durable_before_the_member_is_whole(crashed: Path) -> None:
    cut_wal(crashed, wal_of(crashed).stat().st_size - 30)
    journal = RocksJournal(crashed)
    journal.append(None, LOG)
    journal.recovered()
    assert journal._watermark.promise == (LOG[-1].mark, HardState(1, 2), False, False)
    journal.close()


def test_a_vote_is_not_forgotten_with_the_log_that_held_it(crashed: Path) -> None:
    wal_of(crashed).unlink()
    journal = RocksJournal(crashed)
    assert journal.hard_state == HardState(1, 2)
    assert journal.recovering
    journal.close()


def test_a_vote_without_an_entry_is_not_forgotten_either(folder: Path) -> None:
    journal = RocksJournal(folder)
    journal.append(HardState(41, 3), [])
    journal.sync()
    copy = killed(folder)
    journal.close()
    wal_of(copy).unlink()
    journal = RocksJournal(copy)
    assert journal.hard_state == HardState(41, 3)
    journal.close()
    Watermark.create(copy / "watermark", BLANK).close()
    journal = RocksJournal(copy)
    assert journal.hard_state == HardState(41, 3)  # the opening wrote it down again
    journal.close()


def test_without_its_watermark_a_journal_does_not_know_what_it_has_lost(crashed: Path) -> None:
    (crashed / "watermark").unlink()
    journal = RocksJournal(crashed)
    assert journal.recovering
    assert "watermark is missing" in journal.lost
    assert journal.last.index == WRITTEN
    journal.close()
    assert state(crashed) == (WRITTEN, True, None)


def test_without_its_watermark_a_break_in_the_log_is_damage(crashed: Path) -> None:
    edit_rows(crashed, BREAKS["checksum"][0])
    (crashed / "watermark").unlink()
    assert "entry 14" in refusal(crashed)


# Damage that is refused


def test_both_slots_of_the_watermark_damaged_is_damage(crashed: Path) -> None:
    flip(crashed / "watermark", 20)
    flip(crashed / "watermark", 532)
    assert "/watermark: neither slot" in refusal(crashed)


@pytest.mark.parametrize("key", [BASE_KEY, HARD_STATE_KEY])
def test_a_missing_or_damaged_row_of_our_own_is_damage(crashed: Path, key: bytes) -> None:
    row: list[bytes] = []
    edit_rows(crashed, lambda db: row.append(db.get(key)))
    edit_rows(crashed, lambda db: db.delete(key))
    assert "is missing" in refusal(crashed)
    for bad in (b"", spoiled(row[0])):
        edit_rows(crashed, lambda db, bad=bad: db.put(key, bad))
        assert "does not match its checksum" in refusal(crashed)
    edit_rows(crashed, lambda db: db.put(key, row[0]))
    assert state(crashed) == (WRITTEN, False, None)


def test_the_format_of_a_later_version_is_refused(
    crashed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("hikari.store.inspection.FORMAT", 2)
        edit_rows(crashed, lambda db: db.put(BASE_KEY, pack_base(ORIGIN, "tree-0")))
    assert "format 2; this version knows format 1" in refusal(crashed)


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_lost_database_beside_its_watermark_is_damage(crashed: Path, how: str) -> None:
    shutil.rmtree(crashed / "journal")
    if how == "empty":
        (crashed / "journal").mkdir()
    assert "/journal: it is missing or empty, but" in refusal(crashed)


def test_a_lost_database_beside_a_tree_is_damage(folder: Path) -> None:
    (folder / "tree-3").mkdir(parents=True)
    assert "there is tree-3" in refusal(folder)


def test_a_database_that_rocksdb_takes_for_empty_is_damage(crashed: Path) -> None:
    shutil.rmtree(crashed / "journal")
    options = journal_options()
    options.create_if_missing(True)
    open_rocks(crashed / "journal", options, JournalDamaged).close()
    assert "its base row is missing" in refusal(crashed)


@pytest.mark.parametrize("name", ["CURRENT", "MANIFEST", "sst"])
def test_a_missing_file_of_rocksdb_is_damage(crashed: Path, name: str) -> None:
    RocksJournal(crashed).close()
    for path in list((crashed / "journal").iterdir()):
        if path.name.startswith(name) or path.name.endswith(name):
            path.unlink()
    assert "RocksDB cannot open it" in refusal(crashed)


def test_a_manifest_cut_short_does_not_cost_the_files_it_no_longer_names(crashed: Path) -> None:
    RocksJournal(crashed).close()
    manifest = manifest_of(crashed / "journal")
    truncate(manifest, manifest.stat().st_size - 1)
    ssts = set((crashed / "journal").glob("*.sst"))
    try:
        journal = RocksJournal(crashed)
    except JournalDamaged:
        assert set((crashed / "journal").glob("*.sst")) == ssts
    else:
        assert journal.recovering or journal.last.index == WRITTEN
        journal.close()


@pytest.mark.parametrize("name", BREAKS)
def test_a_record_that_goes_bad_while_the_journal_is_open_is_not_handed_out(
    crashed: Path, name: str
) -> None:
    journal = RocksJournal(crashed)
    BREAKS[name][0](journal._db)
    with pytest.raises(JournalDamaged, match="entry 14: "):
        journal.entries(1, WRITTEN, 1 << 20)
    assert len(journal.entries(1, 13, 1 << 20)) == 13
    journal.close()


# Creation


@pytest.mark.parametrize("left", ["nothing", "watermark", "unfinished journal"])
def test_a_creation_that_was_cut_off_begins_again(folder: Path, left: str) -> None:
    folder.mkdir()
    if left != "nothing":
        Watermark.create(folder / "watermark", BLANK).close()
    if left == "unfinished journal":
        db = Rdict(str(folder / "journal.new"))
        db.close()
    assert state(folder) == (0, False, None)
    assert sorted(path.name for path in folder.iterdir()) == ["journal", "watermark"]


def test_a_member_that_is_told_to_rejoin_begins_anew_but_does_not_vote(crashed: Path) -> None:
    shutil.rmtree(crashed / "journal")
    (crashed / "tree-0").mkdir()
    journal = RocksJournal(crashed, rejoin=True)
    assert journal.recovering
    assert (journal.last, journal.tree_name) == (ORIGIN, "tree-1")
    assert journal.hard_state == HardState(1, 2)
    journal.close()
    assert state(crashed) == (0, True, None)


def test_rejoin_does_not_touch_a_journal_that_is_there(crashed: Path) -> None:
    journal = RocksJournal(crashed, rejoin=True)
    assert (journal.last.index, journal.recovering) == (WRITTEN, False)
    journal.close()


def test_a_journal_of_many_entries_is_verified_quickly(folder: Path) -> None:
    journal = RocksJournal(folder)
    log = log_of(20_000)
    for first in range(0, len(log), 1000):
        journal.append(None, log[first : first + 1000])
    journal.sync()
    journal.close()
    assert state(folder) == (20_000, False, None)


def test_a_close_that_fails_too_does_not_hide_why_the_opening_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by damaged files: after a failed flush RocksDB's close raises its own, bare class."""
    RocksJournal(tmp_path).close()

    class Closing:
        def close(self) -> None:
            raise Exception("Corruption: block checksum mismatch")

    def fail(journal: RocksJournal) -> None:
        journal._db.close()
        journal._db = Closing()  # type: ignore[assignment]
        raise DiskFailed("a flush failed")

    monkeypatch.setattr(RocksJournal, "_make_logs_to_recycle", fail)
    with pytest.raises(DiskFailed, match="a flush failed"):
        RocksJournal(tmp_path)
