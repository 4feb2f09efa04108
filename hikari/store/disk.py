"""What a disk can do to us, and the two calls that RocksDB does not make for us."""

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

_INNOCENT: Final = tuple(
    os.strerror(number)
    for number in (
        *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
    )
)
"""What a machine says that cannot read or write now: the bytes on its disk may be in order."""


class DiskFailed(Exception):
    """A write or an fsync failed. What was written last is unknown, never "did not happen":
    end the process and open anew."""


class DiskStalled(DiskFailed):
    """RocksDB refused a write because its flushes lag behind. Nothing of the batch was written."""


def is_full(error: BaseException) -> bool:
    """Whether it is for want of room. RocksDB then tries by itself to go on, every five seconds."""
    return "No space left on device" in str(error)


class FolderInUse(Exception):
    """Another process, or another object of this one, has the folder open."""


def tells_damage(error: Exception, *, writing: bool = False) -> bool:
    """Whether what RocksDB says means that files are damaged or missing, and not that the machine
    cannot do what was asked now. rocksdict has but one class of error, so its words decide.

    A write or a flush (`writing`) tells it only by the word, or by a file that was to be read: its
    own compactions read the files, and what they find comes with a later write.
    """
    said = str(error)
    if writing:
        return "Corruption" in said or ("No such file" in said and " read" in said)
    return not any(words in said for words in _INNOCENT)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: what was created, renamed or removed there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_folder(folder: Path) -> int:
    """A descriptor that holds `folder` for this process until it is closed, or the process ends.

    RocksDB's own lock comes too late for us: we look at the files before it opens them.
    Raises FolderInUse.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise FolderInUse(f"{folder} is in use by another process") from error
    return descriptor
