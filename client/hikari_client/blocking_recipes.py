"""The recipes that are used most, for scripts and threads: `with zk.lock("/a") as held:`.

Each call waits for its answer. See `blocking_held` for what is held.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from hikari_client import recipes
from hikari_client.blocking_held import BlockingAcquirable, BlockingHeld, Waited, kept, waited
from hikari_client.blocking_stream import BlockingStream, Waiting, now
from hikari_client.errors import ClientClosed, ZKError
from hikari_client.recipes.atomic import CounterSettings
from hikari_client.recipes.locking_queue import SharedQueueSettings
from hikari_client.recipes.standing import SharedSettings
from hikari_client.values import Event, NodeData

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")


class ThreadSettings(SharedSettings, total=False):
    """`timeout`: seconds, for acquire and `with`; None: for ever."""

    timeout: float | None


class BlockingLock(BlockingAcquirable[recipes.Lock]):
    """See Lock."""

    waiters = waited(recipes.Lock.waiters)
    revoke = waited(recipes.Lock.revoke)


class BlockingWriteLock(BlockingLock):
    """See WriteLock."""

    def downgrade(self, held: "BlockingHeld[recipes.Held]") -> "BlockingHeld[recipes.Held]":
        """See WriteLock."""
        writer = self._of
        assert isinstance(writer, recipes.WriteLock)
        return BlockingHeld(self._zk, kept(self._zk, lambda: writer.downgrade(held._of)))


class BlockingReadWriteLock:
    """See ReadWriteLock."""

    def __init__(self, zk: Waiting, of: recipes.ReadWriteLock) -> None:
        self.reader = BlockingLock(zk, of.reader)
        self.writer = BlockingWriteLock(zk, of.writer)


class BlockingSemaphore(BlockingAcquirable[recipes.Semaphore]):
    """See Semaphore."""

    holders = waited(recipes.Semaphore.holders)


class BlockingElection(Waited[recipes.Election]):
    """See Election: `for term in election:`, and `with term:` in it."""

    candidates = waited(recipes.Election.candidates)
    leader = waited(recipes.Election.leader)

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

    get = waited(recipes.Counter.get)
    add = waited(recipes.Counter.add)
    set = waited(recipes.Counter.set)


class BlockingItem(BlockingHeld[recipes.Item]):
    """An item of a queue: `with` consumes it at its end, or gives it back if something was
    raised."""

    consume = waited(recipes.Item.consume)

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


class BlockingQueue(Waited[recipes.LockingQueue]):
    """See LockingQueue."""

    put = waited(recipes.LockingQueue.put)
    count = waited(recipes.LockingQueue.count)

    def get(self, timeout: float | None = None) -> BlockingItem:
        """See LockingQueue."""
        return BlockingItem(self._zk, kept(self._zk, lambda: self._of.get(timeout)))

    def try_get(self) -> BlockingItem | None:
        """See LockingQueue."""
        item = kept(self._zk, self._of.try_get)
        return None if item is None else BlockingItem(self._zk, item)


class BlockingParty(Waited[recipes.Party]):
    """See Party: a member within `with`."""

    members = waited(recipes.Party.members)

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


async def _next(terms: AsyncIterator[T]) -> T:
    return await anext(terms)


async def _close(terms: Any) -> None:
    await terms.aclose()
