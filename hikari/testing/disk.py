"""A simulated disk: it keeps what was synced, and of the rest what chance leaves.

`Disk` outlives the processes of its member. `Disk.files` is what a member's store is given:
`hikari.store.files.Files`.
"""

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from hikari.store.disk import FolderInUse
from hikari.store.space import Room
from hikari.testing.rocks import Batch, Content, Database

SECTOR_BYTES: Final = 512


class Kept:
    """A small file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.durable = content

    def crash(self, chance: random.Random) -> None:
        """The power is gone: each sector is what was last written, or what was last synced."""
        sectors = range(0, len(self.content), SECTOR_BYTES)
        kept = [self.durable if chance.random() < 0.5 else self.content for _ in sectors]
        self.content = self.durable = b"".join(
            one[at : at + SECTOR_BYTES] for at, one in zip(sectors, kept, strict=True)
        )


class Disk:
    """One member's disk. `point` is called at everything that reaches it, and may raise Killed."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.folders: dict[str, Content] = {}  # by path
        self.small: dict[str, Kept] = {}
        self.occupied: dict[str, int] = {}  # files of no meaning, in bytes
        self.bytes = 1 << 40  # in all
        self.others_bytes = 0  # of it that others have taken
        self.locked = False
        self.point: Callable[[str], None] = lambda what: None
        self.spend: Callable[[float], None] = lambda seconds: None
        self.seconds: Callable[[], float] = lambda: 0.0
        self.sync_s: tuple[float, float] = (0.0001, 0.0003)  # how long an fsync takes: from, to
        self.slow_s = 0.0  # and every one, besides
        self.stall_s = 0.0  # and the next one
        self.failing = ""  # "sync" or "write": the next of these fails
        self.full = False  # whatever is free
        self.files = SimulatedFiles(self)

    def fare(self, what: str) -> None:
        """Something reaches the disk. Raises what RocksDB would raise, or Killed."""
        self.point(what)
        if what != "sync" and not self.free():
            raise Exception("IO error: No space left on device")
        if what == self.failing:
            self.failing = ""
            raise Exception("IO error: Input/output error")
        if what == "sync":
            self.spend(self.next_sync_s())

    def free(self) -> int:
        """Bytes. Rows cost what they hold: what RocksDB needs besides is not simulated."""
        if self.full:
            return 0
        taken = self.others_bytes + sum(self.occupied.values())
        taken += sum(content.bytes for content in self.folders.values())
        taken += sum(len(kept.content) for kept in self.small.values())
        return max(0, self.bytes - taken)

    def next_sync_s(self) -> float:
        """How long the fsync that begins now will take."""
        least, most = self.sync_s
        stall_s, self.stall_s = self.stall_s, 0.0
        return least + (most - least) * self.chance.random() + self.slow_s + stall_s

    def crash(self, power: bool) -> None:
        """The process has died; with `power` the whole machine."""
        self.locked = False
        self.failing = ""
        for content in self.folders.values():
            content.crash(power, self.chance)
        if power:
            for kept in self.small.values():
                kept.crash(self.chance)

    def rot(self, what: str) -> None:
        """Damage at rest. `what`: "journal row", "tree is empty", "watermark is lost", …"""
        if what == "watermark is lost":
            for path in [path for path in self.small if path.endswith("/watermark")]:
                del self.small[path]
            return
        if what == "watermark rots":
            for path, kept in self.small.items():
                if path.endswith("/watermark"):
                    kept.content = kept.durable = bytes(len(kept.content))
            return
        kind, how = what.split(" ", 1)
        for path, content in self.folders.items():
            if path.rsplit("/", 1)[-1].startswith(kind):
                content.rot(how, self.chance)

    def wipe(self) -> None:
        self.folders.clear()
        self.small.clear()
        self.occupied.clear()


class SimulatedFile:
    """`hikari.store.files.File`."""

    def __init__(self, kept: Kept, disk: Disk) -> None:
        self._kept, self._disk = kept, disk

    def read(self, count: int) -> bytes:
        return self._kept.content[:count]

    def write(self, data: bytes, at: int) -> None:
        self._disk.point("note")
        content = self._kept.content.ljust(at, b"\0")
        self._kept.content = content[:at] + data + content[at + len(data) :]

    def sync(self) -> None:
        disk = self._disk
        disk.point("secure")
        if disk.failing == "sync":
            disk.failing = ""
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._kept.durable = self._kept.content

    def close(self) -> None:
        pass


class SimulatedFiles:
    """`hikari.store.files.Files`, on a Disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def names(self, folder: Path, start: str) -> list[str]:
        disk, parent = self._disk, f"{folder}/"
        paths = [*disk.folders, *disk.small, *disk.occupied]
        names = {path[len(parent) :] for path in paths if path.startswith(parent + start)}
        return sorted(name for name in names if "/" not in name)

    def lock(self, folder: Path) -> Callable[[], None]:
        disk = self._disk
        if disk.locked:
            raise FolderInUse(f"{folder} is in use")
        disk.locked = True

        def unlock() -> None:
            disk.locked = False

        return unlock

    def remove(self, folder: Path) -> None:
        self._disk.point("remove")
        self._disk.folders.pop(str(folder), None)
        self._disk.small.pop(str(folder), None)
        self._disk.occupied.pop(str(folder), None)

    def rename(self, path: Path, to: Path) -> None:
        self._disk.point("rename")
        disk = self._disk
        if str(path) in disk.folders:
            disk.folders[str(to)] = disk.folders.pop(str(path))
        if str(path) in disk.small:
            disk.small[str(to)] = disk.small.pop(str(path))

    def open(self, path: Path) -> SimulatedFile | None:
        kept = self._disk.small.get(str(path))
        return None if kept is None else SimulatedFile(kept, self._disk)

    def create(self, path: Path, content: bytes) -> SimulatedFile:
        self._disk.point("create")
        if not self._disk.free():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        kept = self._disk.small[str(path)] = Kept(content)
        self._disk.point("created")
        return SimulatedFile(kept, self._disk)

    @contextmanager
    def watched(self, folder: Path, seconds: float) -> Iterator[None]:
        yield

    def is_new(self, folder: Path) -> bool:
        return str(folder) not in self._disk.folders

    def create_whole(self, folder: Path, fill: Callable[[Path], None]) -> None:
        disk = self._disk
        unfinished = folder.with_name(folder.name + ".new")
        disk.folders.pop(str(unfinished), None)
        disk.folders[str(unfinished)] = Content()
        fill(unfinished)
        disk.point("rename")
        disk.folders[str(folder)] = disk.folders.pop(str(unfinished))

    def open_rocks(
        self,
        folder: Path,
        options: Any,
        damaged: Callable[[str], Exception],
        *,
        read_only: bool = False,
    ) -> Any:
        content = self._disk.folders.get(str(folder))
        if content is None or content.trouble:
            raise damaged(f"{folder}: RocksDB cannot open it: Corruption: {content and 'MANIFEST'}")
        return Database(content, self._disk, read_only)

    def batch(self) -> Any:
        return Batch()

    def room(self, folder: Path) -> Room:
        return Room(self._disk.free(), self._disk.bytes)

    def occupied(self, path: Path) -> int:
        return self._disk.occupied.get(str(path), 0)

    def occupy(self, path: Path, size: int) -> None:
        disk = self._disk
        if size - self.occupied(path) > disk.free():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        disk.occupied[str(path)] = size
