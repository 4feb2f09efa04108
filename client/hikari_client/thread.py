"""The thread of a blocking client: a loop of asyncio, and the way into it and back.

To wake a thread costs more than a request does. So calls that need not be waited for at once (a
pipeline's) wake the loop only if it is idle: else it takes them along when the next answers come,
or when somebody waits. And who waits for one of them is woken when all that came with its answer
are over too. What is handed in from one thread is begun in its order.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar, cast

from hikari_client.errors import ClientClosed

T = TypeVar("T")
JOIN_S_MAX = 5.0


class _Bell(Protocol):
    def release(self) -> None: ...


class Pending(Generic[T]):
    """A call under way. Any thread may wait for it."""

    __slots__ = ("_bells", "_error", "_given_up", "_task", "_thread", "_value", "over", "shown")

    def __init__(self, thread: "Thread") -> None:
        self._thread = thread
        self._bells: tuple[_Bell, ...] = ()
        self._task: asyncio.Future[Any] | None = None
        self._value: T | None = None
        self._error: BaseException | None = None
        self._given_up = False
        self.over = False
        self.shown = False

    def done(self) -> bool:
        """Whether it is over."""
        return self.over

    @property
    def is_settled(self) -> bool:
        """It is over, and has no error that nobody has seen."""
        return self.over and (self.shown or self._given_up or self._error is None)

    def result(self, timeout: float | None = None) -> T:
        """Wait for its answer, or raise its error. Raises TimeoutError after so many seconds."""
        error = self.exception(timeout)
        self.shown = True
        if error is None:
            return cast(T, self._value)
        try:
            raise error
        finally:
            del error  # or its traceback and this frame would keep each other

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for it: its error, if it has one. Raises TimeoutError."""
        if not self.over:
            self._thread.refuse_itself()
            self._thread.call()
            self.wait(timeout)
        return self._error

    def cancel(self) -> None:
        """Give up: what was not sent is not, and `result` raises CancelledError."""
        self._thread.ask(self._give_up)

    def wait(self, timeout: float | None = None) -> None:
        """For a call that was handed in. Raises TimeoutError."""
        bell = threading.Lock()
        bell.acquire()
        self._bells += (bell,)
        if not self.over and not bell.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError

    # ---- in the loop

    def begin(self, work: Callable[[], Awaitable[T]]) -> None:
        if self._given_up:
            task = asyncio.get_running_loop().create_future()
            task.cancel()
        else:
            try:
                began = work()
                task = began if isinstance(began, asyncio.Future) else asyncio.ensure_future(began)
            except Exception as error:
                task = asyncio.get_running_loop().create_future()
                task.set_exception(error)
        self._task = task
        task.add_done_callback(self._answered)

    def _answered(self, task: "asyncio.Future[Any]") -> None:
        if task.cancelled():
            closed = ClientClosed("", "it was closed")
            self._error = CancelledError() if self._given_up else closed
        else:
            self._error = task.exception()
            if self._error is None:
                self._value = task.result()
        self.over = True
        self._thread.ended(self)

    def ring(self) -> None:
        """Who waits goes on. (Who comes now sees that it is over: that was said before.)"""
        for bell in self._bells:
            bell.release()

    def _give_up(self) -> None:
        if not self.over:
            self._given_up = True
        if self._task is not None:
            self._task.cancel()


class Thread:
    """See the module."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._door = threading.Lock()
        self._work: deque[tuple[Callable[[], Awaitable[Any]], Pending[Any]]] = deque()
        self._called = False  # the loop was told that there is work
        self._busy = False  # the loop will look for work by itself
        self._under_way = 0
        self._over: list[Pending[Any]] = []
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="hikari-client", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Whoever still waits for something gets ClientClosed."""
        with self._door:
            if self._stopped:
                return
            self._stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_S_MAX)

    def refuse_itself(self) -> None:
        """Raises RuntimeError in the loop's own thread."""
        if threading.get_ident() == self._thread.ident:
            raise RuntimeError(
                "a watcher or a coroutine of this client must not wait for it: it would for ever"
            )

    def begin(self, work: Callable[[], Awaitable[T]]) -> Pending[T]:
        """Have something awaited there, sooner or later. Raises ClientClosed."""
        pending: Pending[T] = Pending(self)
        with self._door:
            if self._stopped:
                raise ClientClosed("", "it is not in use")
            self._work.append((work, pending))
            busy, self._busy = self._busy, True
        if not busy:
            self.call()
        return pending

    def call(self) -> None:
        """Have all that was handed in begun now."""
        if self._work and not self._called:
            self._called = True
            self.ask(self._begin_all)

    def ask(self, work: Callable[[], None]) -> None:
        """Do it there, if it has not ended since: then it has refused all work."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """Its value or its error. Whoever is interrupted gives up."""
        self.refuse_itself()
        pending = self.begin(work)
        try:
            return pending.result()
        except BaseException:
            if not pending.over:
                pending.cancel()
            raise

    # ---- in the loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(_now(self._begin_all))
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._ring()
        self._loop.close()

    def _begin_all(self) -> None:
        self._called = False  # first: whoever comes from now on calls again
        work = self._work
        while work:
            self._under_way += len(work)
            for _ in range(len(work)):
                what, pending = work.popleft()
                pending.begin(what)

    def ended(self, pending: Pending[Any]) -> None:
        """A call is over. Whoever waits hears of it once all that came with it are."""
        self._under_way -= 1
        self._over.append(pending)
        if not self._under_way:
            self._ring()
        elif len(self._over) == 1:
            self._loop.call_soon(self._ring)

    def _ring(self) -> None:
        over, self._over = self._over, []
        busy = True
        while busy:
            self._begin_all()
            with self._door:  # nobody has handed in more without a call
                self._busy = bool(self._under_way or self._work)
                busy = self._busy and not self._under_way
        for pending in over:
            pending.ring()


async def _now(work: Callable[[], None]) -> None:
    work()
