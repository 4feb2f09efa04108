"""Twisted's epoll reactor with one place more: after each poll, once everything it brought is in.

`callLater(0)` is nearly that place, but costs an object, a heap and a look at the clock each time
(measured: about a tenth of a lone write's processor time).
"""

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.main import installReactor


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
        self._polled_s = inf  # not yet
        self.turn_s_max = 0.0
        """The longest time so far between two polls: so long nobody was read or answered."""

    def after_poll(self, work: Callable[[], None]) -> None:
        self._after.append(work)

    def doIteration(self, timeout: float | None) -> None:
        """As EPollReactor's, without a logging context pushed and popped around each event (7 % of
        a lone write's processor time, interleaved runs): failures are logged all the same."""
        busy_s = monotonic() - self._polled_s
        if busy_s > self.turn_s_max:
            self.turn_s_max = busy_s
        try:
            events = self._poller.poll(0 if self._after else -1 if timeout is None else timeout)
        except InterruptedError:
            return
        finally:
            self._polled_s = monotonic()
        selectables = self._selectables
        read_or_write: Callable[[Any, int, int], None] = self._doReadOrWrite
        for descriptor, event in events:
            selectable = selectables.get(descriptor)
            if selectable is not None:
                read_or_write(selectable, descriptor, event)
        if self._after:
            after, self._after = self._after, []
            for work in after:
                work()


def install() -> Any:
    """Make a TurnReactor the reactor of this process."""
    reactor = TurnReactor()
    installReactor(reactor)  # type: ignore[no-untyped-call]
    return reactor
