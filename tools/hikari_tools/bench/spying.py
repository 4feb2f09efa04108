"""Which rooms of Python a member's time is spent in, as py-spy sees it from outside."""

import contextlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hikari_tools.bench.peers import BenchError

RATE = 250  # looks a second
SPARE_S = 60.0
SETTLES_S = 2.0  # it begins to look so much later, at most
AREAS: Mapping[str, str] = {
    "rows": r"store/rows\.py",
    "journal": r"hikari/store/",
    "msgpack": r"(unpack|_pack|payloads) .*replica/proposals\.py",
    "peers": r"hikari/peers/",
    "wire": r"hikari_wire/",
    "gateway": r"hikari/(gateway|watches|outlet)",
    "replica": r"hikari/(replica|tally|service|stalls)",
    "raft": r"hikari/raft/",
    "tree": r"hikari/tree/",
    "reactor": r"twisted/|hikari/reactor\.py",
}
"""Where the innermost function of Python's stack is, of who holds the interpreter's lock; what it
calls in C is its own: the first that fits. So `rows` and `journal` are mostly RocksDB's, `msgpack`
is that library's. The lock is let go of for the kernel: its time is known from elsewhere."""
OTHER = "other"


def program() -> str | None:
    """Where py-spy is; None if it is not installed."""
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


@contextlib.contextmanager
def spied(pids: Iterable[int], seconds: float, folder: Path) -> Iterator[dict[int, Path]]:
    """Look at these processes meanwhile; what was seen is in the files once this ends."""
    name = program()
    assert name is not None
    files = {pid: folder / f"spied-{pid}" for pid in pids}
    options = [*("--duration", f"{seconds:.0f}"), *("--rate", str(RATE)), *("--format", "raw")]
    options += ["--gil", "--function"]
    with contextlib.ExitStack() as ended:
        running = [
            subprocess.Popen(
                [name, "record", *options, "--output", str(file), "--pid", str(pid)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for pid, file in files.items()
        ]
        for one in running:
            ended.callback(one.kill)
        yield files
        for one in running:
            _, said = one.communicate(timeout=seconds + SPARE_S)
            if one.returncode:
                raise BenchError(f"py-spy: {said.strip() or one.returncode}")


def shares(raw: str) -> dict[str, float]:
    """Of what py-spy wrote: the part of each area, 1 in all."""
    counts: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        innermost = stack.rpartition(";")[2]
        counts[area(innermost)] += int(count)
    total = counts.total()
    return {name: count / total for name, count in counts.items()}


def area(function: str) -> str:
    """Of a function as py-spy names it: `turn (hikari/replica/replica.py)`."""
    for name, pattern in AREAS.items():
        if re.search(pattern, function):
            return name
    return OTHER
