"""What a client needs of the world: the seam between the session and asyncio, Twisted or a test.

An `Awaitable` of a driver is awaited in a coroutine that the same driver runs, and can be cancelled
by it. Clean-up belongs into `finally`: the exception of a cancellation has another name in each.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from ssl import SSLContext
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Waiter = Any


class Timer(Protocol):
    def cancel(self) -> None: ...


class Line(Protocol):
    """A connection. Nothing is told of it after `close`."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Listener(Protocol):
    """Who is told what a line does."""

    def opened(self, line: Line) -> None: ...

    def received(self, line: Line, data: bytes) -> None: ...

    def dropped(self, line: Line, why: str) -> None:
        """It broke, or could not be opened."""


class Answer(Awaitable[T_co], Protocol[T_co]):
    """What a call gives at once, to be awaited: a Future of asyncio, a Deferred of Twisted.
    `cancel`: nobody wants it any more; what was not sent is not."""

    def cancel(self) -> Any: ...


class Task(Protocol[T_co]):
    """A coroutine that runs beside others. Awaited, it gives its value or raises its error."""

    def __await__(self) -> Generator[Any, Any, T_co]: ...

    def cancel(self) -> Any: ...


class Body(Protocol):
    """A coroutine of the caller, to be cancelled from within what it uses. A loop whose driver
    knows which one runs has `running() -> Body | None`."""

    def interrupt(self) -> None: ...

    def recovered(self, error: BaseException | None) -> bool:
        """After `interrupt`: whether nothing else than that is what `error` tells."""


class Loop(Protocol):
    """One event loop. All calls come from its thread."""

    def now(self) -> float:
        """Seconds of a monotonic clock."""

    def soon(self, work: Callable[[], None]) -> None: ...

    def at(self, when: float, work: Callable[[], None]) -> Timer: ...

    def waiter(self) -> Waiter:
        """Something to be awaited by one, and to be resolved or rejected once."""

    def waits(self, waiter: Waiter) -> bool:
        """Whether it was neither resolved nor rejected nor cancelled."""

    def resolve(self, waiter: Waiter, value: Any) -> None:
        """Nothing happens if nobody waits any more."""

    def reject(self, waiter: Waiter, error: Exception) -> None: ...

    def when_over(self, waiter: Waiter, work: Callable[[], None]) -> None:
        """Once it is resolved, rejected or cancelled."""

    def spawn(self, work: Coroutine[Any, Any, T]) -> Task[T]: ...

    def open(self, host: str, port: int, tls: SSLContext | None, listener: Listener) -> Line:
        """Begin to connect. The line may be closed before it is open."""
