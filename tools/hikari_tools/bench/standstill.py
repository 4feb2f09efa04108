"""How long the machine's disk stood still: some virtual ones do, up to a second, and whoever waits
for it waits with it."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 0.02
DONE_FIELDS = (0, 4, 11, 15)  # reads, writes, discards and flushes, in the kernel's iostats.rst
UNDER_WAY_FIELD = 8


@dataclass
class Standstill:
    """The longest time in which something was under way and nothing was done. In seconds.

    Too much by at most one look: what is under way may have begun between two.
    """

    longest_s: float = 0.0
    _done: int = -1
    _since_s: float = 0.0

    def look(self, now_s: float, done: int, under_way: int) -> None:
        """So many requests were done in all by now, and so many are under way."""
        if done != self._done or not under_way:
            self._since_s = now_s
        self._done = done
        self.longest_s = max(self.longest_s, now_s - self._since_s)


def device(folder: Path) -> Path | None:
    """Where the kernel counts what the disk under a folder does; None: it has none of its own."""
    number = os.stat(folder).st_dev
    file = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    return file if file.is_file() else None


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Standstill | None]:
    """Look at the disk under a folder until the end; None if nobody counts what it does."""
    file = device(folder)
    if file is None:
        yield None
        return
    found, ended = Standstill(), threading.Event()
    looking = threading.Thread(target=_look, args=(file, found, ended), daemon=True)
    looking.start()
    try:
        yield found
    finally:
        ended.set()
        looking.join()


def _look(file: Path, found: Standstill, ended: threading.Event) -> None:
    while not ended.wait(LOOK_S):
        counts = [int(word) for word in file.read_text("ascii").split()]
        done = sum(counts[field] for field in DONE_FIELDS if field < len(counts))
        found.look(time.monotonic(), done, counts[UNDER_WAY_FIELD])
