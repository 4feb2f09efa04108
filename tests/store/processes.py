"""Runs what is in `children` in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def child(what: str, *folders: Path, err: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(HERE / "children.py"), what, *map(str, folders)],
        stdout=subprocess.PIPE,
        stderr=err,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
    )


def kill_after(process: "subprocess.Popen[str]", lines: int) -> list[str]:
    """All the child said until it was killed, which is when it has said `lines` lines."""
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    # The kill may have cut the last line in two: then it was not said.
    return [line.strip() for line in said if line.endswith("\n")]


def open_each(folders: list[Path]) -> list[str]:
    """What came of opening each journal, one after the other in a process of its own; "hung" is
    one that the watchdog has ended."""
    said: list[str] = []
    while len(said) < len(folders):
        process = child("open_each", *folders[len(said) :])
        output, _ = process.communicate(timeout=120)
        said += output.splitlines()
        if process.returncode:
            assert process.returncode == -signal.SIGPROF
            said.append("hung")
    return said
