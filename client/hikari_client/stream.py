"""What comes one after the other, as an async iterator."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Self, TypeVar

from hikari_client.loop import Loop

T = TypeVar("T")


class Stream(Generic[T]):
    """Items as they come. One reader at a time. `close` ends the iteration.

    `async with stream:` waits until it is armed (from then on nothing is missed) and closes it at
    the end; without it, it is armed by the first look. When `items_max` are waiting to be read,
    they are dropped, and `overflow` stands for them.
    """

    def __init__(
        self,
        loop: Loop,
        *,
        arm: Callable[[], Awaitable[Any]] | None = None,
        disarm: Callable[[], None] = lambda: None,
        overflow: T | None = None,
        items_max: int = 10_000,
    ) -> None:
        self._loop = loop
        self._arm = arm
        self._disarm = disarm
        self._overflow = overflow
        self._items_max = items_max
        self._items: deque[T] = deque()
        self._waiter: Any = None
        self._error: Exception | None = None
        self._closed = False

    def put(self, item: T) -> None:
        if self._closed:
            return
        if len(self._items) >= self._items_max and self._overflow is not None:
            self._items.clear()
            item = self._overflow
        self._items.append(item)
        self._wake()

    def take(self) -> list[T]:
        """What is there already."""
        items = list(self._items)
        self._items.clear()
        return items

    def end(self, error: Exception | None = None) -> None:
        """No more will come. What is there can still be read, and then `error` is raised."""
        self._closed, self._error = True, error
        self._wake()

    def close(self) -> None:
        """The reader has had enough."""
        if not self._closed:
            self._disarm()
        self._items.clear()
        self.end()

    async def __aenter__(self) -> Self:
        await self._armed()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        await self._armed()
        while not self._items:
            if self._closed:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._waiter = self._loop.waiter()
            await self._waiter
        return self._items.popleft()

    async def _armed(self) -> None:
        arm, self._arm = self._arm, None
        if arm is not None and not self._closed:
            try:
                await arm()
            except BaseException:
                self._arm = arm  # it may be tried again
                raise

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            self._loop.resolve(waiter, None)
