"""Where a run keeps its files: in memory if possible. Disks are tried elsewhere, and the disk of
a machine that does other things makes members wait for reasons that are none of ours."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")


def kept_folder(disk: bool = False) -> Path:
    """A new folder that nobody removes."""
    where = MEMORY if not disk and os.access(MEMORY, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="hkf-", dir=where))


@contextlib.contextmanager
def new_folder(disk: bool = False) -> Iterator[Path]:
    """A new folder for as long as the block lasts."""
    folder = kept_folder(disk)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
