"""What the store asks of the disk: the one place that a simulated disk has to stand in for."""

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

from rocksdict import Options, Rdict, WriteBatch

from hikari.store.disk import lock_folder, sync_folder
from hikari.store.opening import create_whole, is_new, open_rocks, watched
from hikari.store.space import Room, os_occupied, os_occupy, os_room


class File(Protocol):
    """A small file, open. All raise OSError; only `sync` may run beside other calls."""

    def read(self, count: int) -> bytes:
        """The first `count` bytes, or all there are."""

    def write(self, data: bytes, at: int) -> None:
        """Write all of it, in the page cache only."""

    def sync(self) -> None:
        """Block until what was written is on the disk itself; the interpreter lock is free."""

    def close(self) -> None: ...


class Files(Protocol):
    """Folders, files and databases, named by paths. All raise OSError."""

    def names(self, folder: Path, start: str) -> list[str]:
        """What lies in `folder` under a name that begins with `start`, in order."""

    def lock(self, folder: Path) -> Callable[[], None]:
        """Make `folder` if it is missing and hold it for this process, until what is returned is
        called. Raises FolderInUse."""

    def remove(self, path: Path) -> None:
        """Delete a file, or a folder and all in it, if it is there."""

    def rename(self, path: Path, to: Path) -> None:
        """Give a file or a folder another name in the same folder, durably."""

    def open(self, path: Path) -> File | None:
        """The file at `path`; None: there is none."""

    def create(self, path: Path, content: bytes) -> File:
        """A new file in the place of any other, whole and durable on return."""

    def watched(self, folder: Path, seconds: float) -> AbstractContextManager[None]:
        """See `hikari.store.opening.watched`."""

    def is_new(self, folder: Path) -> bool:
        """Nothing was ever kept in `folder`: it is not there, or empty."""

    def create_whole(self, folder: Path, fill: Callable[[Path], None]) -> None:
        """See `hikari.store.opening.create_whole`."""

    def open_rocks(
        self,
        folder: Path,
        options: Options,
        damaged: Callable[[str], Exception],
        *,
        read_only: bool = False,
    ) -> Rdict:
        """See `hikari.store.opening.open_rocks`."""

    def batch(self) -> WriteBatch:
        """An empty batch for a database of `open_rocks`."""

    def room(self, folder: Path) -> Room:
        """What is free where `folder` is, or will be."""

    def occupied(self, path: Path) -> int:
        """How many bytes of the disk the file at `path` holds; 0: there is none."""

    def occupy(self, path: Path, size: int) -> None:
        """Make the file at `path` hold just `size` bytes of the disk, of no meaning."""


class OsFile:
    """File, by a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, count: int) -> bytes:
        return os.pread(self._descriptor, count, 0)

    def write(self, data: bytes, at: int) -> None:
        if os.pwrite(self._descriptor, data, at) != len(data):
            raise OSError("a short write")

    def sync(self) -> None:
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class OsFiles:
    """Files, as the operating system keeps them."""

    watched = staticmethod(watched)
    is_new = staticmethod(is_new)
    create_whole = staticmethod(create_whole)
    open_rocks = staticmethod(open_rocks)
    room = staticmethod(os_room)
    occupied = staticmethod(os_occupied)
    occupy = staticmethod(os_occupy)

    def batch(self) -> WriteBatch:
        return WriteBatch(raw_mode=True)

    def names(self, folder: Path, start: str) -> list[str]:
        return sorted(path.name for path in folder.glob(f"{start}*"))

    def lock(self, folder: Path) -> Callable[[], None]:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = lock_folder(folder)
        return lambda: os.close(descriptor)

    def remove(self, path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def rename(self, path: Path, to: Path) -> None:
        path.rename(to)
        sync_folder(path.parent)

    def open(self, path: Path) -> OsFile | None:
        try:
            return OsFile(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        except FileNotFoundError:
            return None

    def create(self, path: Path, content: bytes) -> OsFile:
        unfinished = path.with_name(path.name + ".new")
        unfinished.write_bytes(content)
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CLOEXEC)
        os.fsync(descriptor)
        os.rename(unfinished, path)
        sync_folder(path.parent)
        return OsFile(descriptor)


OS_FILES: Final = OsFiles()
