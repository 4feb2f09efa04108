"""Twisted's epoll reactor with one place more: after each poll, once everything it brought is in.

`callLater(0)` is nearly that place, but costs an object, a heap and a look at the clock each time
(measured: about a tenth of a lone write's processor time).
"""

from collections.abc import Callable
from math import inf
from select import EPOLLIN
from time import monotonic
from typing import Any, Final

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.main import installReactor
from twisted.logger import Logger

log = Logger(__name__)

POLL_S_MAX: Final = 86_400.0
"""The kernel counts milliseconds in 31 bits."""


def nothing() -> None:
    """Nobody asked for that place."""


class TurnReactor(EPollReactor):
    """`after_poll(work)` runs `work` once, after all sockets of this poll were read; asked for
    between polls, the next poll does not wait.

    Its timers follow the monotonic clock. Twisted's follow the wall clock, which may jump: a step
    of a minute back froze a timer of two seconds, a step ahead fired it at once (seen).
    """

    seconds = staticmethod(monotonic)

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._after: list[Callable[[], None]] = []
        self.between_turns: Callable[[], object] = nothing
        self._polled_s = inf  # not yet
        self.turn_s_max = 0.0
        """The longest time so far between two polls: so long nobody was read or answered."""

    def after_poll(self, work: Callable[[], None]) -> None:
        self._after.append(work)

    def forget(self, descriptor: int) -> None:
        """It is about to be closed: then the kernel watches it no more, without being told."""
        self._selectables.pop(descriptor, None)
        self._reads.discard(descriptor)
        self._writes.discard(descriptor)

    def mainLoop(self) -> None:
        """As Twisted's, without a look at what is rarely there: timers, threads' calls and a stop
        are gone through only if there are some. One look at the clock before a poll, one after."""
        failures = log.failureHandler("unexpected error in the main loop")
        while self._started:
            with failures:
                while self._started:
                    now_s = monotonic()
                    timers = self._pendingTimedCalls
                    if (
                        (timers and timers[0].time <= now_s)
                        or self._newTimedCalls
                        or self.threadCallQueue
                        or self._justStopped
                        or not self.running
                    ):
                        self.runUntilCurrent()
                        self._poll(self.timeout() if self.running else 0, monotonic())
                    elif timers:
                        self._poll(min(timers[0].time - now_s, POLL_S_MAX), now_s)
                    else:
                        self._poll(None, now_s)
        log.info("the main loop has ended")

    def doIteration(self, timeout: float | None) -> None:
        self._poll(timeout, monotonic())

    def _poll(self, timeout: float | None, now_s: float) -> None:
        """As EPollReactor's, without a logging context pushed and popped around each event (7 % of
        a lone write's processor time, interleaved runs): failures are logged all the same."""
        busy_s = now_s - self._polled_s
        if busy_s > self.turn_s_max:
            self.turn_s_max = busy_s
        try:
            events = self._poller.poll(0 if self._after else -1 if timeout is None else timeout)
        except InterruptedError:
            return
        finally:
            self._polled_s = monotonic()
        selectables = self._selectables
        for descriptor, event in events:
            selectable = selectables.get(descriptor)
            if selectable is not None:
                if event == EPOLLIN:
                    self._read(selectable)
                else:
                    self._doReadOrWrite(selectable, descriptor, event)  # type: ignore[no-untyped-call]
        if self._after:
            after, self._after = self._after, []
            for work in after:
                work()
            self.between_turns()

    def _read(self, selectable: Any) -> None:
        """What `_doReadOrWrite` does when there is something to read, and nothing else."""
        try:
            why = selectable.doRead()
        except BaseException as error:
            why = error
            log.failure("cannot read")
        if why:
            self._disconnectSelectable(selectable, why, True)  # type: ignore[no-untyped-call]


def install() -> Any:
    """Make a TurnReactor the reactor of this process."""
    reactor = TurnReactor()
    installReactor(reactor)  # type: ignore[no-untyped-call]
    return reactor
