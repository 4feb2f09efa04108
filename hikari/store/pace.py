"""Where the journal is synced: in the turn while the disk is quick, on a thread while it is not.

Handing work to a thread and back costs tens of microseconds and a turn of the reactor; an fsync
costs from a tenth of a millisecond to a hundred. Only the disk knows, so its last fsyncs decide.
An fsync in the turn stops everything else: one that took very long is enough for the thread.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, Protocol

from hikari.tally import Tally

INLINE_SECONDS_MAX: Final = 0.002
STALL_SECONDS: Final = 0.5
"""A sync that is under way for so long may take for ever: whoever leads should not wait for it.
Less than an election time-out, an eighth of the shortest session's: time to hand over, and to try
another, before anybody loses patience."""
_MEAN_WEIGHT: Final = 1 / 8  # of the newest duration in the mean
_RECENT: Final = 8
_SPIKE: Final = 4  # times the threshold
_LONG: Final = 10  # times the threshold: one such sync is enough
_SPIKES_MAX: Final = 2  # of the recent ones: a disk with hiccups is slow, whatever its mean
_CALM: Final = 64  # syncs in a row with a low mean before a thread is given up

Durable = Callable[[int], None]


class Syncs(Protocol):
    def sync(self) -> None: ...


class _Sync(NamedTuple):
    number: int
    durable: Durable


class JournalSync:
    """Syncs `journal` and says what is durable.

    `in_thread(work)` runs `work` on the journal's thread, `from_thread(word)` brings `word` back
    to the thread that uses this object; `seconds` is a monotonic clock that both may read.
    `failed(error)` is called once if a sync fails; then nothing is ever called durable again.
    `first_s` is how long a sync took at the opening, if that is known.
    """

    def __init__(
        self,
        journal: Syncs,
        seconds: Callable[[], float],
        in_thread: Callable[[Callable[[], None]], None],
        from_thread: Callable[[Callable[[], None]], None],
        failed: Callable[[BaseException], None],
        inline_max_s: float = INLINE_SECONDS_MAX,
        first_s: float = 0.0,
    ) -> None:
        self._journal = journal
        self._seconds = seconds
        self._in_thread = in_thread
        self._from_thread = from_thread
        self._failed = failed
        self._inline_max_s = inline_max_s
        self._mean_s: float | None = None
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._calm = 0
        self._has_failed = False
        self._under_way = False
        self._began = 0.0  # the one that is under way
        self._waiting: _Sync | None = None  # only if one is under way
        self.threaded = False
        """Whether the next sync goes to the thread."""

        self.durations = Tally()
        """Of all syncs so far, in ms."""
        if first_s:
            self._note(first_s)

    @property
    def mean_s(self) -> float:
        """The recent duration of a sync, in seconds."""
        return self._mean_s or 0.0

    @property
    def slowest_s(self) -> float:
        """The longest sync so far."""
        return self.durations.most / 1000

    def quick(self) -> bool:
        """The next sync is done at once, unless it fails."""
        return not (self.threaded or self._under_way)

    def stalled(self) -> bool:
        """One sync has been under way for STALL_SECONDS or longer."""
        return self._under_way and self._seconds() - self._began >= STALL_SECONDS

    def sync(self, number: int, durable: Durable) -> None:
        """Call `durable(number)` once all that was appended before this call is durable: before
        returning, or later. `durable(n)` stands for all numbers up to n, some of which may never
        be called themselves. Numbers do not go down."""
        if self._has_failed:
            return
        if self._under_way:
            assert self._waiting is None or self._waiting.number <= number
            self._waiting = _Sync(number, durable)
        elif self.threaded:
            self._start(_Sync(number, durable))
        else:
            began = self._seconds()
            try:
                self._journal.sync()
            except BaseException as error:
                self._fail(error)
                return
            self._note(self._seconds() - began)
            durable(number)

    def _start(self, sync: _Sync) -> None:
        self._under_way = True
        self._began = self._seconds()
        self._in_thread(partial(self._run, sync))

    def _run(self, sync: _Sync) -> None:
        """On the journal's thread."""
        began = self._seconds()
        try:
            self._journal.sync()
        except BaseException as error:
            self._from_thread(partial(self._fail, error))
        else:
            self._from_thread(partial(self._landed, sync, self._seconds() - began))

    def _landed(self, sync: _Sync, duration_s: float) -> None:
        if self._has_failed:
            return
        self._note(duration_s)
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            self._under_way = False
        else:
            # On the thread whatever the mode has become: in the turn it would be durable before
            # `sync`, or make it wait.
            self._start(waiting)
        sync.durable(sync.number)

    def _fail(self, error: BaseException) -> None:
        self._has_failed = True
        self._waiting = None
        self._failed(error)

    def _note(self, duration_s: float) -> None:
        self._recent.append(duration_s)
        mean_s = duration_s if self._mean_s is None else self._mean_s
        self._mean_s = mean_s + (duration_s - mean_s) * _MEAN_WEIGHT
        self.durations.add(1000 * duration_s)
        spikes = sum(1 for one in self._recent if one > _SPIKE * self._inline_max_s)
        long = duration_s > _LONG * self._inline_max_s
        if long or self._mean_s > self._inline_max_s or spikes >= _SPIKES_MAX:
            self.threaded = True
            self._calm = 0
        elif self.threaded:
            self._calm = self._calm + 1 if self._mean_s < self._inline_max_s / 2 else 0
            if self._calm >= _CALM:
                self.threaded = False
