"""How recipes wait: for something to happen, for a limited time, and for work that nobody stops."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hikari_client.errors import ConnectionLoss, DeadlineExceeded, SessionExpired, ZKError
from hikari_client.loop import Task
from hikari_client.operations import Watch
from hikari_client.values import Event, State

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")
log: Final = logging.getLogger("hikari_client.recipes")


class Patience:
    """The time that a caller gives for the whole of something; None is for ever."""

    def __init__(self, client: "Client", seconds: float | None) -> None:
        self._now = client.loop.now
        self._until = None if seconds is None else self._now() + seconds

    def left(self) -> float | None:
        """Seconds, never below 0."""
        return None if self._until is None else max(0.0, self._until - self._now())

    @property
    def over(self) -> bool:
        return self._until is not None and self._now() >= self._until


class Signal:
    """Something that happens. Any number may `await` it; `when` calls back at once."""

    def __init__(self, client: "Client") -> None:
        self._loop = client.loop
        self._waiters: list[Any] = []
        self._calls: list[Callable[[], None]] = []
        self.is_set = False

    def set(self) -> None:
        if self.is_set:
            return
        self.is_set = True
        waiters, self._waiters = self._waiters, []
        calls, self._calls = self._calls, []
        for call in calls:
            call()
        for waiter in waiters:
            self._loop.resolve(waiter, None)

    def clear(self) -> None:
        """It may happen again."""
        self.is_set = False

    def when(self, call: Callable[[], None]) -> None:
        """Call it once, when it happens, before anybody who waits is resumed."""
        if self.is_set:
            call()
        else:
            self._calls.append(call)

    def forget(self, call: Callable[[], None]) -> None:
        if call in self._calls:
            self._calls.remove(call)

    async def wait(self, seconds: float | None = None) -> None:
        """Raises DeadlineExceeded."""
        if self.is_set:
            return
        loop, waiter = self._loop, self._loop.waiter()
        self._waiters.append(waiter)
        timer = None
        if seconds is not None:
            error = DeadlineExceeded("", "it did not happen in time")
            timer = loop.at(loop.now() + seconds, lambda: loop.reject(waiter, error))
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            if timer is not None:
                timer.cancel()

    def __await__(self) -> Generator[Any, Any, None]:
        return self.wait().__await__()


class Beside:
    """A coroutine that runs beside, until it ends or is stopped. An error is logged."""

    def __init__(self, client: "Client", work: Coroutine[Any, Any, object]) -> None:
        self._work = work
        self._begun = self._stopped = False
        self._task: Task[None] = client.spawn(self._run())

    async def _run(self) -> None:
        self._begun = True
        try:
            await self._work
        except Exception:  # a cancellation too, under some drivers
            if not self._stopped:
                log.exception("what ran beside failed")

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._task.cancel()
            if not self._begun:
                self._work.close()


async def finish(client: "Client", work: Coroutine[Any, Any, object]) -> None:
    """Do it to its end, even if whoever waits here is cancelled. It must not raise."""
    done = Signal(client)
    background(client, work, done.set)
    await done.wait()


def background(
    client: "Client", work: Coroutine[Any, Any, object], then: Callable[[], None] = lambda: None
) -> None:
    """Do it beside. An error is logged."""

    async def run() -> None:
        try:
            await work
        except Exception:
            log.exception("work in the background failed")
        finally:
            then()

    client.spawn(run())


async def surely(
    client: "Client",
    ask: Callable[..., Awaitable[T]],
    *arguments: Any,
    patience: Patience | None = None,
    any_session: bool = True,
    **settings: Any,
) -> T:
    """What may be asked twice without harm, until it is answered, in whatever session. Raises all
    other errors, and SessionExpired where the session matters."""
    while True:
        left = None if patience is None else patience.left()
        try:
            return await ask(*arguments, **settings, deadline=left)
        except ConnectionLoss as loss:
            if not loss.maybe_applied:  # it would fail at once again
                await _moved(client, left)
        except SessionExpired:
            if not any_session:
                raise
            await client.connected(left)


async def _moved(client: "Client", seconds: float | None) -> None:
    """Wait until something changes between us and the servers."""
    if client.status.state is not State.SUSPENDED:
        await client.connected(seconds)
        return
    moved = Signal(client)
    stop = client.listen(lambda _: moved.set())
    try:
        await moved.wait(seconds)
    finally:
        stop()


Found = Callable[[Patience, Watch | None], Awaitable[T | None]]
"""Looks for something; if it is not there, `watch` is called when it may be."""


def never() -> None:
    """After no time at all."""
    return


async def until_found(
    client: "Client",
    look: Found[T],
    patience: Patience,
    due_in: Callable[[], float | None] = never,
    wake: Signal | None = None,
) -> T:
    """Look until it is found: again when the look's watch is called, when `wake` happens, and so
    many seconds later as `due_in` said after a look. Raises DeadlineExceeded."""
    waking = wake or Signal(client)

    def woken(event: Event) -> None:
        waking.set()

    while True:
        waking.clear()
        found = await look(patience, woken)
        if found is not None:
            return found
        seconds, timer = due_in(), None
        if seconds is not None:
            timer = client.loop.at(client.loop.now() + seconds, waking.set)
        try:
            await waking.wait(patience.left())
        finally:
            if timer is not None:
                timer.cancel()


async def ignored(asked: Awaitable[object]) -> None:
    """Whatever it is answered, and though nobody waits for it any more."""
    with suppress(ZKError):
        await asked


async def all_of(asked: list[Any]) -> list[Any]:
    """The values of what was sent together; ZKErrors stand for themselves."""
    values: list[Any] = []
    for one in asked:
        try:
            values.append(await one)
        except ZKError as error:
            values.append(error)
    return values


def join(parent: str, name: str) -> str:
    """The path of a child."""
    return f"{parent.rstrip('/')}/{name}"
