"""A queue that loses nothing: an item stays until whoever works on it says that it is done.

kazoo's layout: `entries/` has the items, `taken/` an ephemeral of the same name for each that
somebody works on.
"""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hikari_client.errors import (
    BadArguments,
    ConnectionLoss,
    LockLost,
    NodeExists,
    NoNode,
    SessionExpired,
    TransactionFailed,
)
from hikari_client.operations import ACLs
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.held import Held, OnLost, possible
from hikari_client.recipes.waiting import Patience, Signal, join, surely
from hikari_client.values import Event

if TYPE_CHECKING:
    from hikari_client.client import Client


class Item(Held):
    """One item that is ours to work on. `async with` consumes it at the end, or gives it back if
    something was raised; `token` and `lost` as of a lock."""

    def __init__(self, claim: Claim, entry: str, value: bytes, on_lost: OnLost | None) -> None:
        super().__init__(claim, on_lost)
        self.value = value
        self.entry = entry

    async def consume(self) -> None:
        """It is done, and gone for ever. Raises LockLost: it was given to somebody else, or will
        be. To consume it again does nothing."""
        client = self._client
        self._gone.forget(self._interrupt)  # by our own hand it goes now
        while self.entry:
            self.check()
            try:
                async with client.transaction() as change:
                    change.delete(self._claim.path)
                    change.delete(self.entry)
            except ConnectionLoss:
                if await surely(client, client.exists, self.entry):
                    continue
            except (TransactionFailed, SessionExpired):
                raise LockLost(self.entry, "it is ours no more") from None
            self.entry = ""
        await self.release()

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            if error is None and not self._gone.is_set:
                await self.consume()
        finally:
            await super().__aexit__(kind, error, trace)


class LockingQueue:
    """At least once: an item whose worker dies, or gives it back, is given out again. put: if the
    connection breaks, ConnectionLoss with `maybe_applied`: again may be twice."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        acl: ACLs = None,
        on_lost: OnLost | None = None,
    ) -> None:
        self.client = client
        self.path = path
        self._entries = join(path, "entries")
        self._taken = join(path, "taken")
        self._acl = acl
        self._on_lost = possible(client, on_lost)

    async def put(self, *values: bytes, priority: int = 100) -> None:
        """All or none of them. `priority`: 0 to 999, lower ones come first."""
        if not 0 <= priority <= 999:
            raise BadArguments(self.path, f"priority {priority} is not within 0 and 999")
        await self._ensure()
        async with self.client.transaction() as change:
            for value in values:
                where = join(self._entries, f"entry-{priority:03d}-")
                change.create(where, value, acl=self._acl, sequential=True)

    async def get(self, timeout: float | None = None) -> Item:
        """The next item that nobody works on. Raises DeadlineExceeded."""
        client, patience = self.client, Patience(self.client, timeout)
        wake = Signal(client)

        def woken(event: Event) -> None:
            wake.set()

        await self._ensure(patience)
        while True:
            wake.clear()
            taken = await surely(
                client, client.children, self._taken, watch=woken, patience=patience
            )
            names = await surely(
                client, client.children, self._entries, watch=woken, patience=patience
            )
            for name in sorted(set(names) - set(taken)):
                item = await self._take(name, patience)
                if item is not None:
                    return item
            await wake.wait(patience.left())

    async def count(self) -> int:
        """How many are not consumed, as this member knows."""
        stat = await surely(self.client, self.client.exists, self._entries)
        return 0 if stat is None else stat.num_children

    async def _ensure(self, patience: Patience | None = None) -> None:
        for path in (self._entries, self._taken):
            await surely(
                self.client, self.client.ensure_path, path, acl=self._acl, patience=patience
            )

    async def _take(self, name: str, patience: Patience) -> Item | None:
        """None: others were quicker."""
        client, entry = self.client, join(self._entries, name)
        claim = Claim(client, self._taken, name, uuid4().hex.encode(), acl=self._acl)
        item = None
        try:
            await claim.make(patience)
            data, _ = await surely(client, client.get, entry, patience=patience)
            claim.guard()
            if not claim.gone.is_set:
                item = Item(claim, entry, data, self._on_lost)
        except (NodeExists, NoNode):
            return None
        finally:
            if item is None:
                claim.abandon()
        return item
