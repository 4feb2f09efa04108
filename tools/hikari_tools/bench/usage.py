"""What processes use of the processors, by the kernel's own account."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hikari_tools.bench import load
from hikari_tools.bench.load import Run
from hikari_tools.bench.peers import BenchError

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
MARGIN_S = 0.4
"""At both ends of a run nothing is counted: it connects, prepares, and removes again."""

REST_LOOK_S, REST_LOOKS_MAX = 0.5, 600


@dataclass(frozen=True)
class Used:
    """Of one process, for one operation."""

    user_us: float
    kernel_us: float
    """Both of the first thread, which has the reactor."""
    others_us: float
    """Of all other threads: RocksDB's, for one."""

    @property
    def cpu_us(self) -> float:
        """All of it."""
        return self.user_us + self.kernel_us + self.others_us


def used_during(
    run: Run, words: Sequence[str], pids: Sequence[int]
) -> tuple[dict[str, Any], list[Used]]:
    """Do a run of zkload; give its report, and what each of these processes used."""
    with load.started(words) as process:
        time.sleep(run.warm_up + MARGIN_S)
        before, begun = [*map(_times, pids)], time.monotonic()
        time.sleep(max(MARGIN_S, run.seconds - 2 * MARGIN_S))
        after, ended = [*map(_times, pids)], time.monotonic()
        report = load.finish(process, run.seconds + load.SPARE_SECONDS)
    million = max(1.0, report["ops_per_s"] * (ended - begun)) / 1e6
    tick = 1 / TICKS_A_SECOND / million
    return report, [
        Used(*(max(0, late - early) * tick for early, late in zip(*both, strict=True)))
        for both in zip(before, after, strict=True)
    ]


def wait_for_rest(pid: int) -> None:
    """Until it has hardly anything to do any more."""
    before = sum(_times(pid))
    for _ in range(REST_LOOKS_MAX):
        time.sleep(REST_LOOK_S)
        now = sum(_times(pid))
        if now - before < REST_LOOK_S / 5 * TICKS_A_SECOND:
            return
        before = now
    raise BenchError(f"process {pid} does not come to rest")


def _times(pid: int) -> tuple[int, int, int]:
    """Ticks since it began, as `Used` has them. Raises OSError.

    The kernel rounds a process and its threads each for itself, and this reads one after the other:
    of a process without threads the others may have a tick, never less than none.
    """
    everything = sum(_of(Path(f"/proc/{pid}/stat")))
    user, kernel = _of(Path(f"/proc/{pid}/task/{pid}/stat"))
    return user, kernel, max(0, everything - user - kernel)


def _of(stat: Path) -> tuple[int, int]:
    """User and system. The name, in brackets, may hold anything."""
    words = stat.read_text().rpartition(")")[2].split()
    return int(words[11]), int(words[12])
