"""Locks that stand in one queue: exclusive, and shared by readers."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hikari_client.errors import LockLost
from hikari_client.operations import ACLs
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.contenders import (
    Kind,
    Layout,
    Rule,
    contender,
    contenders,
    everybody,
    queue,
    writers,
)
from hikari_client.recipes.held import Acquisition, Enterable, Held, Holder, OnLost, possible
from hikari_client.recipes.waiting import Patience

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")


class Lock(Enterable[Held]):
    """One holder at a time, in the order of asking, for as long as its session lives.

    `name`: what waiters() tells of us; `timeout`: seconds, for acquire and `async with`; `on_lost`:
    what becomes of the body of `async with` when it is lost (see `Guarded`); `lost_when`: "lost",
    or already when the connection is "suspended". Any number of tasks may acquire with one Lock;
    `async with lock` itself is for one at a time. Not re-entrant: see ReentrantLock.
    """

    _kind: Kind = "lock"
    _rule: Rule = staticmethod(everybody)

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        name: str = "",
        timeout: float | None = None,
        on_lost: OnLost | None = None,
        lost_when: Literal["lost", "suspended"] = "lost",
        layout: Layout = "kazoo",
        acl: ACLs = None,
    ) -> None:
        self.client = client
        self.path = path
        self.name = name
        self._timeout = timeout
        self._on_lost = possible(client, on_lost)
        self._cautious = lost_when == "suspended"
        self._layout: Layout = layout
        self._acl = acl

    def acquire(
        self, *, timeout: float | None = None, on_lost: OnLost | None = None
    ) -> Acquisition[Held]:
        """Raises DeadlineExceeded when it is not ours in time; then nothing of us stays in the
        queue, nor after a cancellation."""

        possible(self.client, on_lost)

        async def acquire() -> Held:
            held = await self._acquire(self._timeout if timeout is None else timeout, on_lost)
            assert held is not None
            return held

        return Acquisition(acquire)

    async def try_acquire(self) -> Held | None:
        """None: somebody else has it."""
        return await self._acquire(None, None, wait=False)

    async def run(
        self,
        work: Callable[[Held], Coroutine[Any, Any, T]],
        *,
        timeout: float | None = None,
    ) -> T:
        """Acquire, do it in a task that is cancelled when the lock is lost, release. For every
        driver. Raises LockLost, DeadlineExceeded, and what it raises."""
        return await (await self.acquire(timeout=timeout)).run(work)

    async def waiters(self) -> list[Holder]:
        """Who holds it and who waits, in order."""
        return await contenders(self.client, self.path)

    async def _acquire(
        self, timeout: float | None, on_lost: OnLost | None, *, wait: bool = True
    ) -> Held | None:
        patience = Patience(self.client, timeout)
        claim = await queue(self.client, self._claim, self._rule, patience, wait=wait)
        return None if claim is None else self._held(claim, on_lost or self._on_lost)

    def _held(self, claim: Claim, on_lost: OnLost | None) -> Held:
        async def waiters() -> list[Holder]:
            return [one for one in await self.waiters() if one.path != claim.path]

        return Held(claim, on_lost, waiters)

    def _claim(self) -> Claim:
        return contender(
            *(self.client, self.path, self._kind, self._layout),
            *(self.name.encode(), self._acl, self._cautious),
        )


class ReadLock(Lock):
    """Many readers at once; a reader waits for the writers that came before it."""

    _kind: Kind = "read"
    _rule: Rule = staticmethod(writers)


class WriteLock(Lock):
    """Alone: waits for all that came before it. `downgrade` makes a reader of the writer."""

    _kind: Kind = "write"

    async def downgrade(self, held: Held) -> Held:
        """The write lock becomes a read lock at the same place in the queue, in one transaction:
        nobody can write in between. There is no way up: release, and ask for the write lock.
        Raises LockLost; ConnectionLoss if nobody knows (then `held` is released)."""
        client, claim = self.client, held._claim
        held.check()
        reader = contender(
            *(client, self.path, "read", self._layout, self.name.encode()),
            *(self._acl, self._cautious),
        )
        made = await reader.replace(claim)
        if not made:
            raise LockLost(self.path, "it is held no more")
        await reader.guard(Patience(client, None))
        return self._held(reader, self._on_lost)


class ReadWriteLock:
    """Both locks of one path. Writers are not starved: a reader that comes later waits for them."""

    def __init__(self, client: "Client", path: str, **settings: Any) -> None:
        """`settings` as of Lock."""
        self.reader = ReadLock(client, path, **settings)
        self.writer = WriteLock(client, path, **settings)
