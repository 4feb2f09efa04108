"""Builds the library that stands between a member and its disk, and says what to do where."""

import shutil
import subprocess
from pathlib import Path

from attrs import define

SOURCE = Path(__file__).with_name("shim.c")
DEADLY = ("kill", "after", "torn")
"""The process dies at the point."""
FAILING = ("eio", "eio-on", "enospc", "enospc-on", "short")
"""The call fails; what the process makes of that is its own matter."""
FULL = "enospc-flag"
"""The disk is full until `flag` is removed."""
FAILS_ONCE = "eio-flag"
"""One fsync fails when `flag` is there, and removes it."""


def can_build() -> bool:
    """Whether there is a compiler."""
    return shutil.which("gcc") is not None


def build(folder: Path) -> Path:
    """The library, compiled into `folder`."""
    library = folder / "shim.so"
    words = ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
    subprocess.run(words, check=True)
    return library


@define(frozen=True)
class Point:
    """A call that writes to the disk: its number since the process began, and what it was."""

    number: int
    call: str
    size: int
    path: str  # below the member's folder

    @property
    def file(self) -> str:
        """The path without its numbers: which kind of file this is."""
        return "".join(letter if not letter.isdigit() else "#" for letter in self.path)


def points(trace: Path) -> list[Point]:
    """What the shim has written down, in order of number."""
    found = []
    for line in trace.read_text().splitlines() if trace.exists() else []:
        number, call, size, path = line.split(" ", 3)
        found.append(Point(int(number), call, int(size), path))
    return sorted(found, key=lambda one: one.number)


def environment(
    root: Path, mode: str = "", point: int = 0, *, trace: Path | None = None, flag: str = ""
) -> dict[str, str]:
    """What a member must find in its environment for `mode` to happen at `point`; with 0, every
    point is written to `trace` and nothing else happens."""
    asked = {"SHIM_ROOT": str(root), "SHIM_MODE": mode, "SHIM_POINT": str(point), "SHIM_FLAG": flag}
    if trace is not None:
        asked["SHIM_TRACE"] = str(trace)
    return asked
