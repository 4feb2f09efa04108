"""Instructions that a process executes, counted by callgrind, by the object they are in."""

import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hikari_tools.bench.peers import BenchError

PROGRAMS = ("valgrind", "callgrind_control")
CONTROL_SECONDS_MAX = 60.0
OBJECTS = {
    "interpreter": r"python3?[.\d]*$|libpython",
    "RocksDB": r"rocksdict",
    "msgpack": r"msgpack|_cmsgpack",
    "libc": r"/(libc|ld-linux|libm|libpthread)[-.]",
}
"""What files of programs and libraries are called; the first that fits."""
OTHER = "other libraries"

Counts = Counter[str]
"""Instructions by object."""


def missing() -> str:
    """What is not installed; "" if it is all there."""
    return ", ".join(name for name in PROGRAMS if shutil.which(name) is None)


def under(folder: Path) -> list[str]:
    """The words before a command that is to be counted; it counts nothing before it is told to."""
    name = folder / "callgrind.%p"
    return ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={name}"]


class Counted:
    """A process that runs under valgrind."""

    def __init__(self, pid: int, folder: Path) -> None:
        """`folder` is what `under` was given."""
        self._pid, self._folder = pid, folder
        self._idle = Counter[str]()
        self._idle_s = 1.0

    def look_at_rest(self, seconds: float) -> None:
        """Learn what it does when nobody asks for anything, to take that off."""
        self._idle, self._idle_s = self._during(lambda: time.sleep(seconds))

    def each(self, run: Callable[[int], object], few: int, many: int) -> dict[str, float]:
        """Instructions for one operation: what `many` of them cost more than `few`, so that what
        comes before and after them is not counted."""
        low, low_s = self._during(lambda: run(few))
        high, high_s = self._during(lambda: run(many))
        rest = (high_s - low_s) / self._idle_s
        return {
            name: max(0.0, high[name] - low[name] - rest * self._idle[name]) / (many - few)
            for name in [*OBJECTS, OTHER]
        }

    def _during(self, work: Callable[[], object]) -> tuple[Counts, float]:
        before = set(self._files())
        self._control("--zero")
        self._control("--instr=on")
        begun = time.monotonic()
        work()
        took_s = time.monotonic() - begun
        self._control("--instr=off")
        self._control("--dump")
        (file,) = set(self._files()) - before
        return by_object(file.read_text("utf-8", "replace").splitlines()), took_s

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"callgrind.{self._pid}.*"))

    def _control(self, option: str) -> None:
        done = subprocess.run(
            ["callgrind_control", option, str(self._pid)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CONTROL_SECONDS_MAX,
            check=False,
        )
        if done.returncode or "Error" in done.stdout + done.stderr:
            raise BenchError(f"callgrind_control {option}: {(done.stdout + done.stderr).strip()}")


_OBJECT = re.compile(r"^(c?)ob=\((\d+)\)(?: (.*))?$")


def by_object(lines: Iterable[str]) -> Counts:
    """Of callgrind's file: what each object executed itself. A line behind `calls=` is what a
    called function cost, which stands with that function too. An object is named once, where it is
    first met: with what it executes, or (`cob`) where it is called."""
    counts, names = Counter[str](), dict[str, str]()
    now, called = OTHER, False
    for line in lines:
        if found := _OBJECT.match(line):
            if found[3] is not None:
                names[found[2]] = kind(found[3])
            if not found[1]:
                now = names[found[2]]
        elif line.startswith("calls="):
            called = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            if not called:
                counts[now] += int(line.split()[1])
            called = False
    return counts


def kind(file: str) -> str:
    """Which of `OBJECTS` a file is."""
    fits: Sequence[str] = [name for name, pattern in OBJECTS.items() if re.search(pattern, file)]
    return fits[0] if fits else OTHER
