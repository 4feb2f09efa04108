"""The client for asyncio."""

import asyncio
from collections.abc import Callable, Coroutine
from ssl import SSLContext
from typing import Any, TypeVar, Unpack

from hikari_client.client import Client
from hikari_client.loop import Line, Listener
from hikari_client.settings import SomeSettings

T = TypeVar("T")


class _Line(asyncio.Protocol):
    """See `hikari_client.loop.Line`."""

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener
        self._transport: asyncio.Transport | None = None
        self.opening: asyncio.Task[Any] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._listener is None:
            transport.abort()
        else:
            self._listener.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._listener is not None:
            self._listener.received(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost(str(exc) if exc else "the server closed the connection")

    def lost(self, why: str) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.dropped(self, why)

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        """At once: what was not sent yet never is."""
        self._listener = None
        if self._transport is not None:
            self._transport.abort()
        elif self.opening is not None:
            self.opening.cancel()


class _Body:
    """See `hikari_client.loop.Body`. As `asyncio.timeout` does it."""

    def __init__(self, task: "asyncio.Task[Any]") -> None:
        self._task = task
        self._cancelling = task.cancelling()
        self._cancelled = self._over = False

    def interrupt(self) -> None:
        if self._over:
            return
        loop = self._task.get_loop()
        if asyncio.current_task(loop) is self._task:  # a cancellation that it never waited for
            loop.call_soon(self.interrupt)  # could not be taken back
        else:
            self._cancelled = True
            self._task.cancel()

    def recovered(self, error: BaseException | None) -> bool:
        self._over = True
        if not self._cancelled:
            return False
        return self._task.uncancel() <= self._cancelling and isinstance(
            error, asyncio.CancelledError
        )


class AsyncioLoop:
    """See `hikari_client.loop.Loop`. Made inside a running loop."""

    def __init__(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self.now: Callable[[], float] = loop.time
        self.waiter = loop.create_future
        self._tasks: set[asyncio.Task[Any]] = set()  # asyncio itself forgets them

    def soon(self, work: Callable[[], None]) -> None:
        self._loop.call_soon(work)

    def at(self, when: float, work: Callable[[], None]) -> asyncio.TimerHandle:
        return self._loop.call_at(when, work)

    def waits(self, waiter: "asyncio.Future[Any]") -> bool:
        return not waiter.done()

    def resolve(self, waiter: "asyncio.Future[Any]", value: Any) -> None:
        if not waiter.done():
            waiter.set_result(value)

    def reject(self, waiter: "asyncio.Future[Any]", error: Exception) -> None:
        if not waiter.done():
            waiter.set_exception(error)

    def when_over(self, waiter: "asyncio.Future[Any]", work: Callable[[], None]) -> None:
        waiter.add_done_callback(lambda _: work())

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def running(self) -> _Body | None:
        task = asyncio.current_task(self._loop)
        return None if task is None else _Body(task)

    def open(self, host: str, port: int, tls: SSLContext | None, listener: Listener) -> Line:
        line = _Line(listener)
        line.opening = self._loop.create_task(self._open(line, host, port, tls))
        return line

    async def _open(self, line: _Line, host: str, port: int, tls: SSLContext | None) -> None:
        try:
            await self._loop.create_connection(lambda: line, host, port, ssl=tls)
        except (OSError, ValueError) as error:
            line.lost(str(error) or type(error).__name__)


def client(hosts: str, **settings: Unpack[SomeSettings]) -> Client:
    """A client of the running loop: see `Client`. `async with client(...) as zk:` waits until it is
    connected, and closes it."""
    return Client(hosts, AsyncioLoop(), **settings)
