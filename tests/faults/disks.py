"""A file system in a file, whose power can be cut. Needs root and a loop device."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from pathlib import Path

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: no more is written, not even the file system's log."""
NO_LOG_FLUSH = 2
SIZES = {"ext4": 512 << 20, "xfs": 512 << 20}
"""On less room than this an ensemble is soon read-only; the image takes what is written."""
MAKE = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,nodiscard"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
}


def why_not(kind: str = "ext4") -> str:
    """What keeps us from mounting here; "": nothing."""
    if os.geteuid() != 0:
        return "mounting needs root"
    for tool in (MAKE[kind][0], "mount", "umount", "losetup"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    try:
        with Disk(Path(os.environ.get("TMPDIR", "/tmp"), f"hikari-probe-{os.getpid()}"), kind):
            return ""
    except (subprocess.CalledProcessError, OSError) as error:
        return f"cannot mount {kind}: {error}"


class Disk:
    """Mounted on `folder`, its image beside it."""

    def __init__(self, folder: Path, kind: str = "ext4") -> None:
        self.folder = folder
        self.image = folder.with_name(folder.name + ".image")
        self.kind = kind

    def __enter__(self) -> "Disk":
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.image.open("wb") as image:
            image.truncate(SIZES[self.kind])
        try:
            _run(*MAKE[self.kind], str(self.image))
            self.mount()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.unmount()
        self.image.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def mount(self) -> None:
        _run("mount", "-t", self.kind, "-o", "loop", str(self.image), str(self.folder))

    def unmount(self) -> None:
        _run("umount", str(self.folder))

    def sync(self) -> None:
        """All that was written is kept, whoever wrote it."""
        _run("sync", "-f", str(self.folder))

    def cut(self) -> None:
        """What was not synced before this is gone; every write from here on fails."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
