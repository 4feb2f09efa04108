"""Rows come back as whole batches, in order, or the damage is noticed."""

import random
import shutil
from pathlib import Path

import pytest
from rocksdict import Cache
from store.disks import flip, killed, manifest_of, truncate
from store.processes import child, kill_after

from hikari.store.disk import DiskFailed, FolderInUse
from hikari.store.opening import open_rocks
from hikari.store.rows import BLOCK_CACHE_BYTES, FORMAT_KEY, RocksRows, rows_options
from hikari.tree.rows import RowsDamaged

ROWS = {b"Z%05d" % i: b"%d" % i * (i % 9) for i in range(3000)}


@pytest.fixture
def folder(quick_path: Path) -> Path:
    return quick_path / "tree-0"


@pytest.fixture
def settled(folder: Path) -> Path:
    """A folder with 3,000 rows in its files."""
    rows = RocksRows(folder)
    rows.write(ROWS)
    rows.flush()
    rows.close()
    return folder


def test_flushed_rows_survive_a_restart(settled: Path) -> None:
    rows = RocksRows(settled)
    assert dict(rows.scan(b"")) == ROWS
    rows.close()


def test_what_was_not_flushed_is_lost_as_whole_batches(folder: Path) -> None:
    rows = RocksRows(folder)
    rows.write({b"a": b"1", b"b": b"1"})
    rows.flush()
    rows.write({b"a": b"2", b"b": None, b"c": b"2"})
    after_crash = RocksRows(killed(folder))
    assert after_crash.scan(b"") == [(b"a", b"1"), (b"b", b"1")]
    after_crash.close()
    rows.flush()
    after_crash = RocksRows(killed(folder))
    assert after_crash.scan(b"") == [(b"a", b"2"), (b"c", b"2")]
    after_crash.close()
    rows.close()


def test_a_killed_process_leaves_a_prefix_of_whole_batches(folder: Path) -> None:
    chance = random.Random(3)
    for _ in range(4):
        said = kill_after(child("write_for_ever", folder), chance.randrange(2, 30))
        flushed = int(said[-1].split()[-1])
        rows = RocksRows(folder)
        last = int(rows.get(b"a") or b"0")
        assert last >= flushed
        assert int(rows.get(b"b") or b"0") == last
        assert rows.scan_keys(b"n") == [b"%08d" % n for n in range(1, last + 1)]
        rows.close()


def test_cache_and_filter_are_those_asked_for_at_every_opening(settled: Path) -> None:
    """rocksdict would rather take the options that RocksDB wrote down, where both are missing."""
    rows = RocksRows(settled)
    assert rows._db.property_int_value("rocksdb.block-cache-capacity") == BLOCK_CACHE_BYTES
    rows.write(dict(ROWS))
    rows.flush()
    rows.close()
    log = (settled / "LOG").read_text()
    assert '"filter_size": 0' not in log
    assert '"filter_size": ' in log


# Damage


def test_without_its_format_row_a_folder_is_damaged(settled: Path) -> None:
    options = rows_options(1 << 20, rows_cache())
    db = open_rocks(settled, options, RowsDamaged)
    db.delete(FORMAT_KEY)
    db.close()
    with pytest.raises(RowsDamaged, match="format row is missing"):
        RocksRows(settled)
    db = open_rocks(settled, options, RowsDamaged)
    db.put(FORMAT_KEY, b"hikari rows 2")
    db.close()
    with pytest.raises(RowsDamaged, match="this version knows"):
        RocksRows(settled)


def rows_cache() -> Cache:
    return Cache(1 << 20)


def test_a_folder_with_files_but_without_a_database_is_damaged(folder: Path) -> None:
    folder.mkdir()
    (folder / "LOG").touch()
    with pytest.raises(RowsDamaged):
        RocksRows(folder)


def test_a_folder_is_opened_once_at_a_time(folder: Path) -> None:
    rows = RocksRows(folder)
    with pytest.raises(FolderInUse):
        RocksRows(folder)
    rows.close()


def look_at_everything(folder: Path) -> str:
    """Open, scan, read: "whole" or "damaged", and never a row too few."""
    try:
        rows = RocksRows(folder)
    except RowsDamaged:
        return "damaged"
    results = set()
    for look in (
        lambda: dict(rows.scan(b"")),
        lambda: dict(rows.view().take(10**9)),
        lambda: {b"Z" + key: ROWS[b"Z" + key] for key in rows.scan_keys(b"Z")},
        lambda: {key: rows.get(key) for key in ROWS},
    ):
        try:
            assert look() == ROWS
            results.add("whole")
        except RowsDamaged:
            results.add("damaged")
    rows.close()
    return min(results)


def test_a_bit_turned_over_in_a_file_is_never_a_missing_row(settled: Path) -> None:
    sst = max(settled.glob("*.sst"), key=lambda path: path.stat().st_size)
    size = sst.stat().st_size
    outcomes = []
    for at in range(0, size, size // 150):
        copy = killed(settled)
        flip(copy / sst.name, at, at % 8)
        outcomes.append(look_at_everything(copy))
    assert outcomes.count("damaged") > 50


def test_a_file_cut_short_is_never_a_missing_row(settled: Path) -> None:
    sst = max(settled.glob("*.sst"), key=lambda path: path.stat().st_size)
    size = sst.stat().st_size
    for at in range(0, size, size // 10):
        copy = killed(settled)
        truncate(copy / sst.name, at)
        assert look_at_everything(copy) == "damaged"


def test_a_missing_file_is_damage(settled: Path) -> None:
    max(settled.glob("*.sst"), key=lambda path: path.stat().st_size).unlink()
    with pytest.raises(RowsDamaged):
        RocksRows(settled)


def test_a_manifest_cut_short_never_opens_as_an_empty_folder(settled: Path) -> None:
    """What it may do is take back the last flushes, whole: the settled row then says how far."""
    manifest = manifest_of(settled)
    for size in range(0, manifest.stat().st_size, 9):
        copy = killed(settled)
        truncate(manifest_of(copy), size)
        ssts = set(copy.glob("*.sst"))
        try:
            rows = RocksRows(copy)
        except RowsDamaged:
            assert set(copy.glob("*.sst")) == ssts
        else:
            assert dict(rows.scan(b"")) in ({}, ROWS)
            rows.close()


def test_a_write_that_fails_is_a_failure_of_the_disk(folder: Path) -> None:
    rows = RocksRows(folder)
    rows.write({b"a": b"1"})
    shutil.rmtree(folder)
    with pytest.raises(DiskFailed):
        rows.flush()
    with pytest.raises(DiskFailed):
        rows.write({b"a": b"2"})
    with pytest.raises(DiskFailed):
        rows.close()
    rows.close()
