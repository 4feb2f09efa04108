"""The recipes that are used most, for scripts and threads: `with zk.lock("/a") as held:`.

Each call waits for its answer. A thread cannot be cancelled: who holds something asks, with
`held.check()` or `held.is_lost`, wherever it can stop; both ask the clock too, and need no server.
"""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, Unpack

from hikari_client import recipes
from hikari_client.blocking_stream import BlockingStream, Waiting, now
from hikari_client.errors import ClientClosed, DeadlineExceeded, LockLost, ZKError
from hikari_client.recipes.atomic import CounterSettings
from hikari_client.recipes.locking_queue import SharedQueueSettings
from hikari_client.recipes.standing import Acquirable, SharedSettings
from hikari_client.recipes.waiting import Signal
from hikari_client.values import Event, NodeData

if TYPE_CHECKING:
    from hikari_client.client import Client

P = ParamSpec("P")
T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
A_co = TypeVar("A_co", bound=Acquirable, covariant=True)
H_co = TypeVar("H_co", bound=recipes.Held, covariant=True)
K = TypeVar("K", bound=recipes.Held | None)


def _waited(
    call: Callable[Concatenate[R_co, P], Awaitable[T]],
) -> "Callable[Concatenate[Waited[R_co], P], T]":
    def wait(self: "Waited[R_co]", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._zk._wait(lambda: call(self._of, *args, **kwargs))

    wait.__name__, wait.__doc__ = call.__name__, call.__doc__
    return wait


class ThreadSettings(SharedSettings, total=False):
    """`timeout`: seconds, for acquire and `with`; None: for ever."""

    timeout: float | None


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

    waiters = _waited(recipes.Held.waiters)
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


class BlockingItem(BlockingHeld[recipes.Item]):
    """An item of a queue: `with` consumes it at its end, or gives it back if something was
    raised."""

    consume = _waited(recipes.Item.consume)

    @property
    def values(self) -> tuple[bytes, ...]:
        """See Item."""
        return self._of.values

    @property
    def value(self) -> bytes:
        """See Item."""
        return self._of.value

    def _finish(self) -> None:
        self.consume()


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

        return BlockingHeld(self._zk, _kept(self._zk, acquire))

    def try_acquire(self) -> "BlockingHeld[recipes.Held] | None":
        """None: it is not to be had at once."""
        held = _kept(self._zk, self._of.try_acquire)
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


class BlockingLock(BlockingAcquirable[recipes.Lock]):
    """See Lock."""

    waiters = _waited(recipes.Lock.waiters)
    revoke = _waited(recipes.Lock.revoke)


class BlockingWriteLock(BlockingLock):
    """See WriteLock."""

    def downgrade(self, held: "BlockingHeld[recipes.Held]") -> "BlockingHeld[recipes.Held]":
        """See WriteLock."""
        writer = self._of
        assert isinstance(writer, recipes.WriteLock)
        return BlockingHeld(self._zk, _kept(self._zk, lambda: writer.downgrade(held._of)))


class BlockingReadWriteLock:
    """See ReadWriteLock."""

    def __init__(self, zk: Waiting, of: recipes.ReadWriteLock) -> None:
        self.reader = BlockingLock(zk, of.reader)
        self.writer = BlockingWriteLock(zk, of.writer)


class BlockingSemaphore(BlockingAcquirable[recipes.Semaphore]):
    """See Semaphore."""

    holders = _waited(recipes.Semaphore.holders)


class BlockingElection(Waited[recipes.Election]):
    """See Election: `for term in election:`, and `with term:` in it."""

    candidates = _waited(recipes.Election.candidates)
    leader = _waited(recipes.Election.leader)

    def __iter__(self) -> "Iterator[BlockingHeld[recipes.Held]]":
        terms = aiter(self._of)
        try:
            while True:
                yield BlockingHeld(self._zk, self._zk._wait(lambda: _next(terms)))
        finally:
            with suppress(ZKError):
                self._zk._wait(lambda: _close(terms))


class BlockingCounter(Waited[recipes.Counter]):
    """See Counter."""

    get = _waited(recipes.Counter.get)
    add = _waited(recipes.Counter.add)
    set = _waited(recipes.Counter.set)


class BlockingQueue(Waited[recipes.LockingQueue]):
    """See LockingQueue."""

    put = _waited(recipes.LockingQueue.put)
    count = _waited(recipes.LockingQueue.count)

    def get(self, timeout: float | None = None) -> BlockingItem:
        """See LockingQueue."""
        return BlockingItem(self._zk, _kept(self._zk, lambda: self._of.get(timeout)))

    def try_get(self) -> BlockingItem | None:
        """See LockingQueue."""
        item = _kept(self._zk, self._of.try_get)
        return None if item is None else BlockingItem(self._zk, item)


class BlockingParty(Waited[recipes.Party]):
    """See Party: a member within `with`."""

    members = _waited(recipes.Party.members)

    def __enter__(self) -> Self:
        self._zk._wait(self._of.start)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ClientClosed):
            self._zk._wait(self._of.close)


class BlockingCache(Waited[recipes.TreeCache]):
    """See TreeCache: it follows within `with`. Any thread may look."""

    def __getitem__(self, path: str) -> NodeData:
        """Raises KeyError."""
        return self._of[path]

    def get(self, path: str) -> NodeData | None:
        """None: it is not there."""
        return self._of.get(path)

    def __contains__(self, path: str) -> bool:
        return path in self._of

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[str]:
        """All paths, in order, as they were at one moment."""
        return iter(self._zk._wait(lambda: now(lambda: list(self._of))))

    def children(self, path: str) -> list[str]:
        """See TreeCache."""
        return self._zk._wait(lambda: now(lambda: self._of.children(path)))

    def changes(self) -> BlockingStream[Event]:
        """See TreeCache: `for event in tree.changes()`."""
        return BlockingStream(self._zk, self._zk._wait(lambda: now(self._of.changes)))

    def __enter__(self) -> Self:
        self._zk._wait(self._of.start)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ClientClosed):
            self._zk._wait(self._of.close)


class BlockingConveniences(Waiting):
    """See Conveniences: the same methods with the same settings; but `on_lost` has no meaning,
    since a thread cannot be cancelled."""

    def lock(self, path: str, **settings: Unpack[ThreadSettings]) -> BlockingLock:
        return BlockingLock(self, self._made(lambda zk: zk.lock(path, **settings)))

    def read_write_lock(
        self, path: str, **settings: Unpack[ThreadSettings]
    ) -> BlockingReadWriteLock:
        return BlockingReadWriteLock(
            self, self._made(lambda zk: zk.read_write_lock(path, **settings))
        )

    def semaphore(
        self, path: str, leases: int | recipes.SharedCount, **settings: Unpack[ThreadSettings]
    ) -> BlockingSemaphore:
        return BlockingSemaphore(
            self, self._made(lambda zk: zk.semaphore(path, leases, **settings))
        )

    def election(self, path: str, **settings: Unpack[SharedSettings]) -> BlockingElection:
        return BlockingElection(self, self._made(lambda zk: zk.election(path, **settings)))

    def counter(
        self, path: str, default: int = 0, **settings: Unpack[CounterSettings]
    ) -> BlockingCounter:
        return BlockingCounter(self, self._made(lambda zk: zk.counter(path, default, **settings)))

    def queue(self, path: str, **settings: Unpack[SharedQueueSettings]) -> BlockingQueue:
        """The one that loses nothing."""
        return BlockingQueue(self, self._made(lambda zk: zk.queue(path, **settings)))

    def party(self, path: str, name: str = "") -> BlockingParty:
        return BlockingParty(self, self._made(lambda zk: zk.party(path, name)))

    def cache(self, path: str, *, depth: int | None = None) -> BlockingCache:
        return BlockingCache(self, self._made(lambda zk: zk.cache(path, depth=depth)))

    def _made(self, make: "Callable[[Client], T]") -> T:
        """In the loop, whose waiters it may need."""
        return self._wait(lambda: now(lambda: make(self._client)))


def _kept(zk: Waiting, acquire: Callable[[], Awaitable[K]]) -> K:
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


async def _next(terms: AsyncIterator[T]) -> T:
    return await anext(terms)


async def _close(terms: Any) -> None:
    await terms.aclose()
