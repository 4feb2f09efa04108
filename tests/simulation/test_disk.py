"""The simulated disk has an end, as a real one has."""

import random
from pathlib import Path

import pytest

from hikari.raft.entry import Mark
from hikari.raft.journal import HardState
from hikari.store.rows import RocksRows
from hikari.store.space import MIB, RESERVE_NAME, Space
from hikari.store.watermark import BLANK, Watermark
from hikari.testing.disk import Disk
from hikari.testing.rocks import RETRY_S
from hikari.tree.rows import RowsFull

HOME = Path("/m1")


@pytest.fixture
def disk() -> Disk:
    disk = Disk(random.Random(1))
    disk.bytes = 256 * MIB
    return disk


def test_rows_take_room_and_deletes_give_it_back(disk: Disk) -> None:
    rows = RocksRows(HOME / "tree-0", files=disk.files)
    empty = disk.free()
    rows.write({b"a": bytes(MIB), b"b": bytes(100)})
    rows.write({b"a": bytes(10)})
    assert disk.free() == empty - 112
    rows.write({b"a": None, b"b": None})
    assert disk.free() == empty
    rows.write({b"c": bytes(MIB)})
    disk.crash(power=True)
    assert disk.free() >= empty - MIB - 1


def test_a_write_beyond_the_end_is_refused_until_there_is_room(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = RocksRows(HOME / "tree-0", files=disk.files)
    disk.others_bytes = disk.free()
    for refused in (lambda: rows.write({b"a": b"1"}), rows.flush, rows.squeeze):
        with pytest.raises(RowsFull):
            refused()
    disk.others_bytes = 0
    with pytest.raises(RowsFull):
        rows.flush()  # RocksDB looks again some time later
    monkeypatch.setattr(disk, "seconds", lambda: RETRY_S)
    rows.write({b"a": b"1"})
    rows.flush()
    rows.squeeze()
    assert rows.get(b"a") == b"1"
    rows.close()


def test_of_two_slots_that_were_not_synced_either_may_outlive_the_power(disk: Disk) -> None:
    old, new = bytes(1024), b"A" * 512 + b"B" * 512
    left = set()
    for number in range(40):
        file = disk.files.create(HOME / f"watermark-{number}", old)
        file.write(new[:512], 0)
        file.write(new[512:], 512)
        disk.crash(power=True)
        left.add(file.read(1024))
    assert left == {a + b for a in (old[:512], new[:512]) for b in (old[512:], new[512:])}


def test_the_sync_of_the_watermark_fails_as_any_other(disk: Disk) -> None:
    watermark = Watermark.create(HOME / "watermark", BLANK, disk.files)
    watermark.raise_to(Mark(1, 1, 1), HardState(1, 1))
    disk.failing = "sync"
    with pytest.raises(OSError, match="Input/output error"):
        watermark.secure()
    assert not watermark.secured


def test_a_reserve_is_held_and_given_up(disk: Disk) -> None:
    space = Space(disk.files, HOME, 64 * MIB, 32 * MIB)
    assert disk.free() == 224 * MIB
    assert disk.files.names(HOME, RESERVE_NAME) == [RESERVE_NAME]
    disk.others_bytes = disk.free()
    for _ in range(40):
        space.look()
    assert (space.low, space.reserved, space.free) == (True, 0, 32 * MIB)
    with pytest.raises(OSError, match="No space left"):
        disk.files.occupy(HOME / "more", 64 * MIB)
    disk.full = True
    space.look()
    assert space.starved
