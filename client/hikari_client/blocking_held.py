"""What is held, for threads: what a lock, a semaphore, an election or a queue gives.

A thread cannot be cancelled: who holds something asks, with `held.check()` or `held.is_lost`,
wherever it can stop; both ask the clock, and no server.
"""

import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from hikari_client import recipes
from hikari_client.blocking_stream import Waiting, now
from hikari_client.errors import ClientClosed, DeadlineExceeded, LockLost, ZKError
from hikari_client.recipes.standing import Acquirable
from hikari_client.recipes.waiting import Signal

P = ParamSpec("P")
T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
A_co = TypeVar("A_co", bound=Acquirable, covariant=True)
H_co = TypeVar("H_co", bound=recipes.Held, covariant=True)
K = TypeVar("K", bound=recipes.Held | None)


def waited(
    call: Callable[Concatenate[R_co, P], Awaitable[T]],
) -> "Callable[Concatenate[Waited[R_co], P], T]":
    """A call of the loop as one that waits for its answer."""

    def wait(self: "Waited[R_co]", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._zk._wait(lambda: call(self._of, *args, **kwargs))

    wait.__name__, wait.__doc__ = call.__name__, call.__doc__
    return wait


class Waited(Generic[R_co]):
    """Something of the loop, of which each call waits."""

    def __init__(self, zk: Waiting, of: R_co) -> None:
        self._zk = zk
        self._of = of


class BlockingSignal:
    """Something that happens, once."""

    def __init__(self, zk: Waiting, signal: Signal) -> None:
        self._zk = zk
        self._signal = signal

    @property
    def is_set(self) -> bool:
        """Whether it happened."""
        return self._signal.is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Until it happens; False: it did not in so many seconds."""
        if self.is_set:  # the client may be closed
            return True
        try:
            self._zk._wait(lambda: self._signal.wait(timeout))
        except DeadlineExceeded:
            return False
        return True

    def when(self, call: Callable[[], None]) -> None:
        """Call it once, when it happens, in the client's own thread: it must not wait there."""
        self._zk._wait(lambda: now(lambda: self._signal.when(call)))


class BlockingHeld(Waited[H_co]):
    """What is held. `with held:` gives it back at its end, and raises LockLost there if it was lost
    meanwhile and nothing else was raised."""

    waiters = waited(recipes.Held.waiters)
    _given_back = False

    @property
    def token(self) -> int:
        """See Held."""
        return self._of.token

    @property
    def path(self) -> str:
        """Of the znode that stands for it."""
        return self._of.path

    @property
    def is_lost(self) -> bool:
        """Asks the clock, and no server."""
        return self._of.is_lost

    @property
    def surely_for(self) -> float:
        """See Held."""
        return self._of.surely_for

    @property
    def suspended(self) -> bool:
        """See Held."""
        return self._of.suspended

    @property
    def lost(self) -> BlockingSignal:
        """Happens before anybody else can hold it, as far as clocks run evenly."""
        return BlockingSignal(self._zk, self._of.lost)

    @property
    def revoked(self) -> BlockingSignal:
        """See Held."""
        return BlockingSignal(self._zk, self._of.revoked)

    def check(self) -> None:
        """Raises LockLost: to be asked before each step that needs it. Asks no server."""
        self._of.check()

    def release(self) -> None:
        """See Held."""
        self._given_back = True
        self._zk._wait(self._of.release)

    def _finish(self) -> None:
        """What the end of a `with` does when nothing was raised, and it was not given back before.
        Raises LockLost."""
        lost = self.is_lost
        with suppress(ClientClosed):  # then it is lost too
            self.release()
        if lost:
            raise LockLost(self.path, "it was lost")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and not self._given_back:
            self._finish()
        elif not self._given_back:
            with suppress(ZKError):
                self.release()


class BlockingAcquirable(Waited[A_co]):
    """What one waits for, to hold it. Any number of threads may use one object, also in `with`:
    each of them stands in the queue by itself."""

    def __init__(self, zk: Waiting, of: A_co) -> None:
        super().__init__(zk, of)
        self._mine = threading.local()

    def acquire(self, *, timeout: float | None = None) -> "BlockingHeld[recipes.Held]":
        """Raises DeadlineExceeded when it is not ours in time; then, or after an interrupt, nothing
        of us stays in the queue."""

        async def acquire() -> recipes.Held:
            return await self._of.acquire(timeout=timeout)

        return BlockingHeld(self._zk, kept(self._zk, acquire))

    def try_acquire(self) -> "BlockingHeld[recipes.Held] | None":
        """None: it is not to be had at once."""
        held = kept(self._zk, self._of.try_acquire)
        return None if held is None else BlockingHeld(self._zk, held)

    def __enter__(self) -> "BlockingHeld[recipes.Held]":
        held = self.acquire()
        self._entered().append(held)
        return held

    def __exit__(self, *error: Any) -> None:
        self._entered().pop().__exit__(*error)

    def _entered(self) -> "list[BlockingHeld[recipes.Held]]":
        """By this thread, the last one at the end."""
        if not hasattr(self._mine, "entered"):
            self._mine.entered = []
        entered: list[BlockingHeld[recipes.Held]] = self._mine.entered
        return entered


def kept(zk: Waiting, acquire: Callable[[], Awaitable[K]]) -> K:
    """What is acquired. If whoever waits is interrupted it is given back, however late it comes."""
    got: list[K] = []
    unwanted = threading.Event()

    async def keep() -> K:
        held = await acquire()
        got.append(held)
        if unwanted.is_set():
            await _give_back(got)
        return held

    try:
        return zk._wait(keep)
    except ZKError:
        raise
    except BaseException:
        unwanted.set()
        with suppress(ZKError):
            zk._begin(lambda: _give_back(got))
        raise


async def _give_back(got: "list[K]") -> None:
    while got:
        held = got.pop()
        if held is not None:
            await held.release()
