"""Copies of a member's folder as a crash would leave it, and damage done to them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rocksdict import Rdict

from hikari.raft.entry import Entry
from hikari.raft.journal import JournalDamaged
from hikari.store.journal import RocksJournal, journal_options
from hikari.store.opening import open_rocks

MIB = 1 << 20
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where an fsync costs nothing; None: the usual place for temporary files."""


def killed(folder: Path, name: str = "killed") -> Path:
    """What a new process would find if this one died now."""
    copy = folder.with_name(name)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy


def wal_of(folder: Path) -> Path:
    """The newest write-ahead log that holds anything."""
    return max(path for path in (folder / "journal").glob("*.log") if path.stat().st_size)


def manifest_of(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text().strip()


def truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Turn over one bit of the byte `at`."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes((byte ^ 1 << bit,)))


def edit_rows(folder: Path, edit: Callable[[Rdict], None]) -> None:
    """Change the rows of a journal behind its back."""
    db = open_rocks(folder / "journal", journal_options(), JournalDamaged)
    edit(db)
    db.flush_wal(True)
    db.close()


def records(journal: RocksJournal) -> list[bytes]:
    if journal.base == journal.last:
        return []
    entries: list[Entry] = journal.entries(journal.base.index + 1, journal.last.index, 64 * MIB)
    return [entry.record for entry in entries]


class Interposed:
    """A database that calls `before(name)` and `after(name)` around the calls that reach a disk."""

    def __init__(
        self,
        db: Any,
        before: Callable[[str], None] = lambda name: None,
        after: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._db = db
        self._before = before
        self._after = after

    def write(self, *arguments: Any) -> None:
        self._before("write")
        self._db.write(*arguments)
        self._after("write")

    def flush_wal(self, sync: bool) -> None:
        self._before("flush_wal")
        self._db.flush_wal(sync)
        self._after("flush_wal")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


class PowerCuts:
    """Follows a journal, and gives each state that a cut of the power may leave on its disk.

    What was fsynced is there; what was written since then may be there or not. Database and
    watermark reach the disk independently of each other.
    """

    def __init__(self, folder: Path, journal: RocksJournal) -> None:
        self._folder = folder
        self._images = 0
        self._journal = journal
        self._rocks = [self._rocks_now()]  # what may be on the disk: the synced state, the newest
        self._watermarks = [self._watermark_now()]
        journal._db = Interposed(journal._db, after=self._database_moved)  # type: ignore[assignment]
        watermark = journal._watermark
        self._pwrite, self._fsync = watermark.write, watermark.secure
        watermark.write = self._write  # type: ignore[method-assign]
        watermark.secure = self._secure  # type: ignore[method-assign]
        self.moved: Callable[[Iterator[Path]], None] = lambda states: None
        """Called after every step with the states that have become possible by it."""

    def states(self) -> Iterator[Path]:
        """Folders to be opened, each a state that the disk may be in now."""
        return self._states(self._rocks, self._watermarks)

    def _states(self, databases: list[Path], watermarks: list[bytes]) -> Iterator[Path]:
        for rocks in dict.fromkeys(databases):
            for watermark in dict.fromkeys(watermarks):
                state = self._folder.with_name("cut")
                shutil.rmtree(state, ignore_errors=True)
                state.mkdir()
                shutil.copytree(rocks, state / "journal")
                (state / "watermark").write_bytes(watermark)
                yield state

    def _database_moved(self, name: str) -> None:
        now = self._rocks_now()
        self._rocks = [now] if name == "flush_wal" else [self._rocks[0], now]
        self.moved(self._states([now], self._watermarks))

    def _write(self, promise: Any) -> None:
        self._pwrite(promise)
        now = self._watermark_now()
        self._watermarks = [self._watermarks[0], now]
        self.moved(self._states(self._rocks, [now]))

    def _secure(self) -> None:
        self._fsync()  # which leaves fewer states, and no new one
        self._watermarks = [self._watermark_now()]

    def _rocks_now(self) -> Path:
        self._images += 1
        image = self._folder.with_name(f"image-{self._images}")
        shutil.copytree(self._folder / "journal", image)
        return image

    def _watermark_now(self) -> bytes:
        return (self._folder / "watermark").read_bytes()
