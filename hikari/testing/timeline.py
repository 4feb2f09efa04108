"""One clock for everything that is simulated, and the processes whose events it runs.

A heap: `twisted.internet.task.Clock` sorts its whole list at every call (measured: 700 events a
second with 10,000 timers; this one does a million).
"""

import random
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

Work = Callable[..., Any]
ASLEEP_S_MAX = 0.1
"""So long an event of a process that sleeps is put off at once."""


class Killed(BaseException):
    """The process whose code runs is no more. Not an Exception: no code of ours may survive it."""


class Timer:
    """IDelayedCall, as far as anybody asks."""

    __slots__ = ("args", "process", "time", "work")

    def __init__(
        self,
        time: float,
        work: Callable[..., Any],
        args: tuple[Any, ...],
        process: "Process | None",
    ) -> None:
        self.time = time
        self.work: Work | None = work
        self.args = args
        self.process = process

    def active(self) -> bool:
        return self.work is not None

    def cancel(self) -> None:
        self.work = None

    def getTime(self) -> float:
        return self.time


class Process:
    """Something that can be killed, and put to sleep. A new life is a new Process."""

    def __init__(self, timeline: "Timeline", name: str, host: str, rate: float = 1.0) -> None:
        self.timeline = timeline
        self.name = name
        self.host = host
        self.rate = rate  # of its monotonic clock, against the timeline's
        self.alive = True
        self.busy_until = 0.0  # it runs nothing before
        self.after: Callable[[], None] = lambda: None  # called behind each of its events
        self.gone: Callable[[], None] = lambda: None  # the same, when it has died by that

    def seconds(self) -> float:
        return self.timeline.now * self.rate

    def call_later(self, delay_s: float, work: Work, *args: Any) -> Timer:
        """A little late: rounded to the moment before, a loop would call again at once."""
        timeline = self.timeline
        wait_s = delay_s / self.rate + 1e-9 if delay_s > 0 else 0.0
        return timeline.at(timeline.now + wait_s, work, *args, process=self)

    def sleep(self, seconds: float) -> None:
        """Run nothing for so long; what comes meanwhile waits, in order."""
        self.busy_until = max(self.busy_until, self.timeline.now) + seconds


class Timeline:
    """Runs events in the order of their times; of equal times, in an order that chance draws."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        self.events = 0  # that were run
        self.current: Process | None = None
        self.unhandled: Callable[[Process | None, Exception], None] = _raise
        self._heap: list[tuple[float, float, int, Timer]] = []
        self._count = 0
        self._draw = chance.random

    def at(self, time: float, work: Work, *args: Any, process: Process | None = None) -> Timer:
        timer = Timer(time, work, args, process)
        self._count += 1
        heappush(self._heap, (time, self._draw(), self._count, timer))
        return timer

    def step(self, end: float) -> bool:
        """Run the next event. False: there is none before `end`."""
        heap = self._heap
        while heap and heap[0][0] <= end:
            time, tie, count, timer = heappop(heap)
            work, process = timer.work, timer.process
            if work is None:
                continue
            if process is not None:
                if not process.alive:
                    continue
                if process.busy_until > time:
                    again = min(process.busy_until, time + ASLEEP_S_MAX)  # it may be woken earlier
                    heappush(heap, (again, tie, count, timer))
                    continue
            self.now = time
            timer.work = None
            self._run(process, work, timer.args)
            return True
        self.now = max(self.now, end)
        return False

    def _run(
        self, process: Process | None, work: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.events += 1
        self.current = process
        try:
            work(*args)
        except Killed:
            pass
        except Exception as error:
            self.unhandled(process, error)
        if process is not None:
            (process.after if process.alive else process.gone)()
        self.current = None

    def run(self, end: float) -> None:
        while self.step(end):
            pass


def _raise(process: Process | None, error: Exception) -> None:
    raise error
