"""The room on a member's disk: how much there is, when it is short, and a reserve for that day.

RocksDB cannot be asked to stop short of the end: a write that finds no room leaves the journal's
end unknown, and the process must end. So the end is kept away from it. Some of the disk is held by
a file, the reserve. When others have filled the disk, it is given up piece by piece, so that what
makes room (deletes, expiries, the journal's own compaction) still finds some.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

MIB: Final = 1 << 20
STARVED_BYTES: Final = 16 * MIB
"""What the journal may need at any moment: the flush of a memtable and a new write-ahead log."""
FLOOR_BYTES: Final = 32 * MIB
"""So much the reserve keeps free as long as it lasts."""
OPEN_BYTES: Final = 40 * MIB
"""What an opening needs: the logs made to be recycled, and a flush of what was replayed."""
CALM_BYTES: Final = MIB // 2
CALM_LOOKS: Final = 10
"""Nothing of the reserve is given up before free space has hardly fallen for so many looks: whoever
fills the disk would take it, and mostly stops where there is no more."""
RESUME_BYTES: Final = 18 * MIB
"""Who was starved goes on with so much."""
RESERVE_SHARE: Final = 8
"""The reserve takes no more than this part of a small disk,"""
RESERVE_BYTES_MIN: Final = 48 * MIB
RESERVE_SHARE_MAX: Final = 4
"""but so much, if that is no more than this part: with less, who is started on a disk that others
have filled could not open what is there."""
LOW_SHARE: Final = 8
LOW_BYTES_MIN: Final = 64 * MIB
"""A small disk is low when no more than this part of it is free, but not less than this."""
RESERVE_NAME: Final = "reserve"


class Room(NamedTuple):
    """Of the file system that holds a folder, in bytes."""

    free: int  # to be had by this process; the reserve is not in it
    total: int


class Rooms(Protocol):
    """The part of `hikari.store.files.Files` that is needed here. All raise OSError."""

    def room(self, folder: Path) -> Room: ...

    def occupied(self, path: Path) -> int: ...

    def occupy(self, path: Path, size: int) -> None: ...


class Space:
    """What is known of the room for `folder`. Moves only in `look`.

    `low_bytes` and `reserve_bytes` are what an operator asked for; a small disk gives less.
    """

    low: bool
    """Free space is below the mark, or was and has not come back to well above it."""
    starved: bool
    """There is too little for the journal to go on, and the reserve is gone: write nothing."""

    def __init__(self, files: Rooms, folder: Path, low_bytes: int, reserve_bytes: int) -> None:
        self._files = files
        self._folder = folder
        self._path = folder / RESERVE_NAME
        self.free, self.total = files.room(folder)
        self.low_bytes = min(low_bytes, max(self.total // LOW_SHARE, LOW_BYTES_MIN))
        self.reserve_bytes = min(reserve_bytes, reserve_max(self.total))
        self.reserved = files.occupied(self._path)
        self.low = self.starved = False
        self._before = self.free
        self._calm = 0
        self.look()

    def look(self) -> None:
        """See how much there is; take or give up the reserve. Raises OSError."""
        self.free, self.total = self._files.room(self._folder)
        self._calm = self._calm + 1 if self._before - self.free < CALM_BYTES else 0
        if self.free < FLOOR_BYTES and self.reserved and self._calm >= CALM_LOOKS:
            self._hold(max(0, self.reserved - (FLOOR_BYTES - self.free)))
        missing = self.reserve_bytes - self.reserved
        if self.free >= self.low_bytes + max(missing, 0) + (self.low_bytes // 8 if self.low else 0):
            if missing:
                self._hold(self.reserve_bytes)
            self.low = False
        elif self.free < self.low_bytes:
            self.low = True
        self._before = self.free
        self.starved = self.free < (RESUME_BYTES if self.starved else STARVED_BYTES)

    def _hold(self, size: int) -> None:
        with suppress(OSError):  # somebody was quicker: as much as there was
            self._files.occupy(self._path, size)
        self.reserved = self._files.occupied(self._path)
        self.free, _ = self._files.room(self._folder)


def reserve_max(total: int) -> int:
    """The largest reserve that a disk of so many bytes gives."""
    return max(total // RESERVE_SHARE, min(RESERVE_BYTES_MIN, total // RESERVE_SHARE_MAX))


def missing_to_open(files: Rooms, folder: Path) -> int:
    """How many bytes an opening lacks, even with the reserve given up; it is, if need be."""
    path = folder / RESERVE_NAME
    lacks = OPEN_BYTES - files.room(folder).free
    if lacks > 0 and (reserved := files.occupied(path)):
        files.occupy(path, max(0, reserved - lacks))
        lacks = OPEN_BYTES - files.room(folder).free
    return max(0, lacks)


def os_room(folder: Path) -> Room:
    """Of a folder, or of the nearest one above it that there is."""
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    return Room(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


def os_occupied(path: Path) -> int:
    """Bytes of the disk that the file holds; none if it is not there."""
    try:
        return os.stat(path).st_blocks * 512
    except FileNotFoundError:
        return 0


def os_occupy(path: Path, size: int) -> None:
    """Make the file hold just `size` bytes of the disk."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, size)
        if size:
            os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)
