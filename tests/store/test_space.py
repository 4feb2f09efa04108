"""When a disk is short of room, and what the reserve does about it."""

import os
from pathlib import Path
from random import Random

import pytest
from store.logs import log_of

from hikari.store.files import OS_FILES
from hikari.store.journal import RocksJournal
from hikari.store.space import (
    CALM_LOOKS,
    FLOOR_BYTES,
    LOW_BYTES_MIN,
    MIB,
    OPEN_BYTES,
    RESUME_BYTES,
    STARVED_BYTES,
    Room,
    Space,
    missing_to_open,
)
from hikari.testing.disk import Disk as SimulatedDisk


class Disk:
    """A disk of which others use `used` bytes. Fulfils `hikari.store.space.Rooms`."""

    def __init__(self, total, used=0):
        self.total, self.used, self.held = total, used, 0

    def room(self, folder):
        return Room(max(0, self.total - self.used - self.held), self.total)

    def occupied(self, path):
        return self.held

    def occupy(self, path, size):
        free = self.total - self.used
        if size > free:
            self.held = max(self.held, free)
            raise OSError("No space left on device")
        self.held = size


@pytest.fixture
def disk():
    return Disk(4096 * MIB)


@pytest.fixture
def space(disk, tmp_path):
    return Space(disk, tmp_path, 256 * MIB, 64 * MIB)


def rest(space):
    """Nothing happens for a second."""
    for _ in range(CALM_LOOKS + 1):
        space.look()


def leave(disk, free):
    disk.used = disk.total - disk.held - free


def test_a_disk_with_room_gives_the_reserve_and_is_not_low(space, disk):
    assert disk.held == space.reserved == 64 * MIB
    assert not space.low
    assert not space.starved


def test_a_small_disk_is_asked_for_less(tmp_path):
    small = Space(Disk(416 * MIB), tmp_path, 1 << 30, 64 * MIB)
    assert small.reserve_bytes == 52 * MIB
    assert small.low_bytes == LOW_BYTES_MIN
    assert not small.low
    large = Space(Disk(1 << 40), tmp_path, 1 << 30, 64 * MIB)
    assert large.low_bytes == 1 << 30


@pytest.mark.parametrize("total", [192, 256, 320, 384])
def test_on_a_very_small_disk_that_others_have_filled_it_can_still_be_opened(total, tmp_path):
    disk = Disk(total * MIB)
    space = Space(disk, tmp_path, 1 << 30, 64 * MIB)
    assert space.reserved == 48 * MIB
    leave(disk, 0)
    rest(space)
    assert missing_to_open(disk, tmp_path) == 0


def test_the_reserve_takes_a_quarter_of_a_disk_and_no_more(tmp_path):
    assert Space(Disk(128 * MIB), tmp_path, 1 << 30, 64 * MIB).reserve_bytes == 32 * MIB
    assert Space(Disk(256 * MIB), tmp_path, 1 << 30, 8 * MIB).reserve_bytes == 8 * MIB, "as asked"


def test_it_is_low_below_the_mark_and_until_well_above(space, disk):
    leave(disk, space.low_bytes)
    space.look()
    assert not space.low
    leave(disk, space.low_bytes - 1)
    space.look()
    assert space.low
    leave(disk, space.low_bytes + MIB)
    space.look()
    assert space.low, "a little room is no relief: it would go to and fro"
    leave(disk, space.low_bytes * 9 // 8)
    space.look()
    assert not space.low


def test_the_reserve_keeps_the_floor_free_until_it_is_gone(space, disk):
    leave(disk, FLOOR_BYTES)
    rest(space)
    for held in (56 * MIB, 40 * MIB, 16 * MIB, 0):
        disk.used += space.reserved - held
        rest(space)
        assert space.free == FLOOR_BYTES
        assert space.reserved == held
    disk.used += 20 * MIB
    rest(space)
    assert space.free < STARVED_BYTES
    assert space.starved


def test_who_fills_the_disk_and_stops_gets_little_of_the_reserve(space, disk):
    for free in range(200, 0, -5):
        leave(disk, free * MIB)
        space.look()
        assert space.reserved == 64 * MIB
    assert space.starved, "it waits for the end of that, and writes nothing meanwhile"
    leave(disk, 0)
    rest(space)
    assert not space.starved
    assert space.free == FLOOR_BYTES
    assert space.reserved == 64 * MIB - FLOOR_BYTES


def test_it_recovers_by_itself_and_takes_the_reserve_again(space, disk):
    disk.used, disk.held, space.reserved = disk.total, 0, 0
    space.look()
    assert space.starved
    leave(disk, STARVED_BYTES)
    space.look()
    assert space.starved, "one block more is not enough to begin again"
    leave(disk, RESUME_BYTES)
    space.look()
    assert not space.starved
    assert space.low
    leave(disk, 1024 * MIB)
    space.look()
    assert not space.low
    assert disk.held == space.reserved == 64 * MIB


def test_the_reserve_is_not_taken_if_that_alone_would_make_it_low(space, disk):
    disk.used, disk.held, space.reserved = disk.total, 0, 0
    space.look()
    leave(disk, space.low_bytes * 9 // 8 + 10 * MIB)
    space.look()
    assert disk.held == 0
    assert space.low


def test_an_opening_takes_the_reserve_before_it_waits(disk, tmp_path):
    disk.held = 64 * MIB
    leave(disk, OPEN_BYTES)
    assert missing_to_open(disk, tmp_path) == 0
    assert disk.held == 64 * MIB
    leave(disk, OPEN_BYTES - 10 * MIB)
    assert missing_to_open(disk, tmp_path) == 0
    assert disk.held == 54 * MIB
    disk.held = 0
    leave(disk, OPEN_BYTES - 1)
    assert missing_to_open(disk, tmp_path) == 1


def test_the_reserve_holds_blocks_of_a_real_disk(tmp_path):
    path = tmp_path / "reserve"
    assert OS_FILES.occupied(path) == 0
    OS_FILES.occupy(path, 3 * MIB)
    assert OS_FILES.occupied(path) >= 3 * MIB
    assert os.stat(path).st_size == 3 * MIB
    OS_FILES.occupy(path, MIB)
    assert MIB <= OS_FILES.occupied(path) < 2 * MIB
    OS_FILES.occupy(path, 0)
    assert OS_FILES.occupied(path) == 0


def test_the_room_of_a_folder_that_is_not_there_yet_is_known(tmp_path):
    there = OS_FILES.room(tmp_path)
    assert OS_FILES.room(tmp_path / "not" / "there").total == there.total > there.free > 0


def test_a_journal_on_a_full_disk_is_closed_and_has_all_it_had():
    """RocksDB cannot flush its last rows then: they are in its log."""
    disk = SimulatedDisk(Random(1))
    journal = RocksJournal(Path("/m"), files=disk.files)
    journal.append(None, log_of(10))
    journal.sync()
    disk.full = True
    journal.close()
    disk.full = False
    again = RocksJournal(Path("/m"), files=disk.files)
    assert again.last.index == 10
    assert not again.recovering
