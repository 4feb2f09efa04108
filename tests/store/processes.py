"""Runs what is in `children` in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATHS = (HERE.parent.parent, HERE.parent.parent / "client", HERE.parent)


def child(what: str, *folders: Path, err: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(HERE / "children.py"), what, *map(str, folders)],
        stdout=subprocess.PIPE,
        stderr=err,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS))},
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


def heal_each(folders: list[Path]) -> list[str]:
    """What became of each member at its start, in a process of its own. One that was ended by
    its watchdog is started once more, as a supervisor would."""
    said: list[str] = []
    hung = False
    while len(said) < len(folders):
        process = child("heal_each", *folders[len(said) :], err=subprocess.PIPE)
        output, errors = process.communicate(timeout=300)
        lines = output.splitlines()
        if lines and hung:
            lines[0] += " after a hang"
            hung = False
        said += lines
        if process.returncode:
            assert process.returncode == -signal.SIGPROF, errors[-3000:]
            if hung:
                said.append("hung")
            hung = not hung
    return said


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
