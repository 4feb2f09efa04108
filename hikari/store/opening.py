"""Opening a RocksDB folder: under a watchdog, and created as a whole or not at all."""

import faulthandler
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from rocksdict import AccessType, Options, Rdict

from hikari.store.background import put_merges_behind
from hikari.store.disk import DiskFailed, FolderInUse, sync_folder, tells_damage

OPEN_SECONDS_MAX: Final = 5.0
"""Of processor time; an honest open takes 0.1 to 0.2 s (measured, a journal of 130 MB)."""
BYTES_A_SECOND: Final = 50 << 20
HUNG_SECONDS: Final = 60.0
"""On the wall: a disk that does not answer. That is no damage."""
MARKER: Final = "opening"
"""The file that names the folder being opened. What is behind the name was written by a process
that the open has ended: the proof that the folder is damaged."""
_STDERR: Final = 2  # the descriptor: sys.stderr may have been replaced by something without one


@contextmanager
def watched(folder: Path, seconds: float) -> Iterator[None]:
    """End the process, by SIGPROF, if the body takes more than `seconds` of processor time, and
    a second for each BYTES_A_SECOND of the folder.

    A damaged MANIFEST can make RocksDB spin for ever with the interpreter lock held, where no
    Python code runs any more. So the kernel counts, and faulthandler, which needs no lock, writes
    where it was into the file MARKER beside the folder; also if the body crashes. Who is killed
    from outside leaves a MARKER with the name alone: it is innocent.

    A disk that hangs takes no processor time. After HUNG_SECONDS the process ends all the same,
    with status 1, and the next one tries again.
    """
    size = _size(folder)
    seconds += size / BYTES_A_SECOND
    print(f"hikari: opening {folder}, {size >> 20} MiB", file=sys.stderr, flush=True)
    enabled = faulthandler.is_enabled()
    marker = folder.with_name(MARKER)
    with marker.open("wb", buffering=0) as trace:
        trace.write(f"{folder.name}\n".encode())
        faulthandler.enable(file=trace)
        faulthandler.register(signal.SIGPROF, file=trace, all_threads=False, chain=True)
        faulthandler.dump_traceback_later(HUNG_SECONDS + seconds, exit=True, file=_STDERR)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()
            faulthandler.unregister(signal.SIGPROF)
            if enabled:
                faulthandler.enable(file=_STDERR)
            else:
                faulthandler.disable()
            marker.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    size = 0
    with suppress(OSError):
        for entry in os.scandir(folder):
            with suppress(OSError):  # it was removed just now
                size += entry.stat().st_size
    return size


def open_rocks(
    folder: Path,
    options: Options,
    damaged: Callable[[str], Exception],
    *,
    read_only: bool = False,
) -> Rdict:
    """The database in `folder`; to be called while `watched`. Read only, nothing of it is
    changed or removed.

    Raises FolderInUse, DiskFailed where the machine is at fault, or `damaged(message)` for
    whatever else RocksDB objects to.
    """
    access = AccessType.read_only(False) if read_only else AccessType.read_write()
    try:
        # The family is named, or rocksdict takes its options from the OPTIONS file of last time,
        # which knows nothing of block cache and bloom filter.
        database = Rdict(str(folder), options, {"default": options}, access)
    except Exception as error:  # rocksdict has but one class of error
        if f"{folder}/LOCK: " in str(error):
            raise FolderInUse(f"{folder} is in use: {error}") from error
        if not tells_damage(error):
            raise DiskFailed(f"{folder} cannot be opened: {error}") from error
        raise damaged(f"{folder}: RocksDB cannot open it: {error}") from error
    put_merges_behind()
    return database


def is_new(folder: Path) -> bool:
    """Nothing was ever kept in `folder`: it is not there, or empty."""
    return not folder.exists() or not any(folder.iterdir())


def create_whole(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make `folder` by `fill`, durably; after a crash it is there complete, or not at all.

    `fill` gets a folder beside it, which takes the name at the end. One that is left over from a
    crash was never in use, so it may be removed. Raises what `fill` raises, OSError, DiskFailed:
    what is new cannot be damaged, so whatever RocksDB objects to is the disk.
    """
    unfinished = folder.with_name(folder.name + ".new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    try:
        fill(unfinished)
    except Exception as error:
        if type(error) is not Exception:  # rocksdict's only class of error
            raise
        raise DiskFailed(f"{folder}: it could not be created: {error}") from error
    sync_folder(unfinished)
    os.rename(unfinished, folder)
    sync_folder(folder.parent)
