"""What comes one after the other, for threads; and what it waits by."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from hikari_client.errors import ClientClosed, DeadlineExceeded, ForkedClient
from hikari_client.stream import Stream
from hikari_client.thread import Pending

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")


class Waiting(ABC):
    """Whoever has a client in the loop of another thread."""

    _client: "Client"

    @abstractmethod
    def _begin(self, work: Callable[[], Awaitable[T]]) -> Pending[T]:
        """Have it awaited there, and go on."""

    @abstractmethod
    def _wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """Have it awaited there: its value or its error."""


class BlockingStream(Generic[T]):
    """What comes one after the other: an iterator, until `close` (which any thread may call)."""

    def __init__(self, zk: Waiting, stream: Stream[T]) -> None:
        self._zk = zk
        self._stream = stream

    def next(self, timeout: float | None = None) -> T:
        """The next one. Raises DeadlineExceeded after so many seconds without any, and
        StopIteration at the end, which a closed client is too."""
        try:
            return self._zk._wait(lambda: _next(self._stream, timeout))
        except (StopAsyncIteration, ClientClosed):
            raise StopIteration from None

    def __next__(self) -> T:
        return self.next()

    def __iter__(self) -> Self:
        return self

    def close(self) -> None:
        """Whoever waits for the next one sees the end."""
        with suppress(ClientClosed, ForkedClient):
            self._zk._wait(lambda: now(self._stream.close))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def now(work: Callable[[], T]) -> T:
    """What is no coroutine, as one."""
    return work()


async def _next(stream: AsyncIterator[T], timeout: float | None) -> T:
    try:
        async with asyncio.timeout(timeout):
            return await anext(stream)
    except TimeoutError as error:
        if isinstance(error, DeadlineExceeded):
            raise
        raise DeadlineExceeded("", "nothing came in time") from None
