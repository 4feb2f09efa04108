"""Locks that stand in one queue: exclusive, and shared by readers."""

from typing import TYPE_CHECKING, Unpack

from hikari_client.errors import LockLost
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.contenders import Kind, Rule, everybody, queue, writers
from hikari_client.recipes.held import Held, Holder, OnLost
from hikari_client.recipes.revoking import revoke
from hikari_client.recipes.standing import Acquirable, TimedSettings
from hikari_client.recipes.waiting import Patience

if TYPE_CHECKING:
    from hikari_client.client import Client


class Lock(Acquirable):
    """One holder at a time, in the order of asking, for as long as its session lives. Settings: see
    `TimedSettings`. Not re-entrant: see ReentrantLock."""

    _kind: Kind = "lock"
    _rule: Rule = staticmethod(everybody)

    async def waiters(self) -> list[Holder]:
        """Who holds it and who waits, in order."""
        return await self._contenders()

    async def revoke(self) -> Holder | None:
        """Ask who holds it to give it back: its `revoked` happens. What it makes of that is its
        own affair. None: nobody holds it. (Of readers only the first one is asked.)"""
        for holder in await self.waiters():
            if await revoke(self.client, holder.path):
                return holder
        return None

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
        return self._contender(self._kind)


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
        held.check()
        reader = self._contender("read")
        made = await reader.replace(held._claim)
        if not made:
            raise LockLost(self.path, "it is held no more")
        reader.guard()
        return self._held(reader, self._on_lost)


class ReadWriteLock:
    """Both locks of one path. Writers are not starved: a reader that comes later waits for them."""

    def __init__(self, client: "Client", path: str, **settings: Unpack[TimedSettings]) -> None:
        self.reader = ReadLock(client, path, **settings)
        self.writer = WriteLock(client, path, **settings)
