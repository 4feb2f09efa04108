"""What a figure was measured on; a number without it says nothing."""

import datetime
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

COMPILED = "HIKARI_COMPILED"
"""Names the folder of compiled rooms that our members are to use."""
SAYS_COMPILED = ", its rooms compiled"
"""What the conditions of a run say then."""
SAYS_IN_MEMORY = "data on tmpfs"
"""What it is described as where no disk has a part in it: forced or not, nothing is written."""


def describe(data: Path) -> str:
    """Give one line: processors, system, Python, and the file system that holds the data."""
    processors = len(os.sched_getaffinity(0))
    parts = [
        f"{processors} x {_processor()}",
        f"{platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"data on {_file_system(data)}",
    ]
    return ", ".join(parts)


def hikari_version() -> str:
    """Give the installed version, with the commit of the checkout where there is one."""
    try:
        installed = version("hikari-server")
    except PackageNotFoundError:
        installed = "unreleased"
    commit = commit_of(Path(__file__).parent)
    return f"{installed} ({commit})" if commit else installed


def conditions(peers: Sequence[str], members: int) -> str:
    """Say what was measured when: our version and the `peers`', and the day."""
    compiled = SAYS_COMPILED if os.environ.get(COMPILED) else ""
    named = [f"Hikari {hikari_version()}{compiled}", *peers]
    today = datetime.date.today().isoformat()
    return f"{', '.join(named)}; {members} members each, {today}."


def commit_of(folder: Path) -> str:
    """Which commit is checked out there; "" if nobody knows."""
    if shutil.which("git") is None:
        return ""
    words = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
    asked = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def _file_system(folder: Path) -> str:
    try:
        lines = Path("/proc/mounts").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "an unknown file system"
    where = folder.resolve()
    mounts = [(Path(words[1]), words[2]) for words in map(str.split, lines)]
    holding = [(len(str(at)), kind) for at, kind in mounts if where.is_relative_to(at)]
    return max(holding)[1] if holding else "an unknown file system"
