"""Opening a RocksDB folder: under a watchdog, and created as a whole or not at all."""

import faulthandler
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rocksdict import AccessType, Options, Rdict

from hikari.store.disk import DiskFailed, FolderInUse, sync_folder

OPEN_SECONDS_MAX: Final = 60.0
_STDERR: Final = 2  # the descriptor: sys.stderr may have been replaced by something without one


@contextmanager
def watched(folder: Path, seconds: float) -> Iterator[None]:
    """End the process if the body takes longer than `seconds`.

    A damaged MANIFEST can make RocksDB spin for ever with the interpreter lock held, where no
    Python code runs any more; faulthandler's watchdog is a C thread and needs no lock. It cannot
    speak for itself, so what its stack trace means is said before.
    """
    print(
        f"hikari: opening {folder}; if this takes more than {seconds:g} s the folder is taken to be"
        " damaged and the process ends",
        file=sys.stderr,
        flush=True,
    )
    faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def open_rocks(
    folder: Path,
    options: Options,
    damaged: Callable[[str], Exception],
    *,
    read_only: bool = False,
) -> Rdict:
    """The database in `folder`; to be called while `watched`. Read only, nothing of it is
    changed or removed.

    Raises FolderInUse, or `damaged(message)` for whatever else RocksDB objects to.
    """
    access = AccessType.read_only(False) if read_only else AccessType.read_write()
    try:
        # The family is named, or rocksdict takes its options from the OPTIONS file of last time,
        # which knows nothing of block cache and bloom filter.
        return Rdict(str(folder), options, {"default": options}, access)
    except Exception as error:  # rocksdict has but one class of error
        if f"{folder}/LOCK: " in str(error):
            raise FolderInUse(f"{folder} is in use: {error}") from error
        raise damaged(f"{folder}: RocksDB cannot open it: {error}") from error


def is_new(folder: Path) -> bool:
    """Nothing was ever kept in `folder`: it is not there, or empty."""
    return not folder.exists() or not any(folder.iterdir())


def create_whole(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make `folder` by `fill`, durably; after a crash it is there complete, or not at all.

    `fill` gets a folder beside it, which takes the name at the end. One that is left over from a
    crash was never in use, so it may be removed. Raises DiskFailed, OSError: what is new cannot be
    damaged, so whatever RocksDB objects to is the disk.
    """
    unfinished = folder.with_name(folder.name + ".new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    try:
        fill(unfinished)
    except OSError:
        raise
    except Exception as error:  # rocksdict has but one class of error
        raise DiskFailed(f"{folder}: it could not be created: {error}") from error
    sync_folder(unfinished)
    os.rename(unfinished, folder)
    sync_folder(folder.parent)
