"""A member's process id in a file beside its configuration, and what such a file is worth.

The member writes and removes its own file, so the file is right however the member was started.
A file outlives a member that was killed; so before it is believed, the process is looked at.
"""

import os
from pathlib import Path


def write_pid(path: Path) -> None:
    """Write this process's id, whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(f"{os.getpid()}\n", encoding="ascii")
    fresh.replace(path)


def remove_pid(path: Path) -> None:
    """Remove the file if it is this process's own; another's is left alone."""
    if read_pid(path) == os.getpid():
        path.unlink(missing_ok=True)


def read_pid(path: Path) -> int | None:
    """Give the id in the file, or None if there is no file or no id in it."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def member_running(path: Path, config: Path) -> int | None:
    """Give the id of the running member that serves `config`, or None.

    The number alone proves nothing: the system may have given it to another process since. So the
    process must have been started as `… serve --config <this file>`. Where there is no /proc
    nothing is ever found; the lock of the journal still keeps two members off one folder.
    """
    pid = read_pid(path)
    if pid is None or pid <= 0:
        return None
    process = Path(f"/proc/{pid}")
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        folder = (process / "cwd").resolve(strict=True)
    except OSError:  # no such process, or one of another user
        return None
    serves = "serve" in words and any(
        (folder / word.removeprefix("--config=")).resolve() == config.resolve() for word in words
    )
    return pid if serves else None
