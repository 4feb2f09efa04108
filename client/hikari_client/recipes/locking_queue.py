"""A queue that loses nothing: an item stays until whoever works on it says that it is done.

Two folders: one has the items, the other an ephemeral of the same name for each that somebody works
on. kazoo has them below the queue, as `entries` and `taken`; Curator has two paths.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import uuid4

from hikari_client.errors import (
    ConnectionLoss,
    LockLost,
    NodeExists,
    NoNode,
    SessionExpired,
    TransactionFailed,
)
from hikari_client.operations import ACLs, Watch
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.held import Held, OnLost, possible
from hikari_client.recipes.queue_items import LAYOUTS, QueueLayout
from hikari_client.recipes.waiting import Patience, join, log, surely, until_found

if TYPE_CHECKING:
    from hikari_client.client import Client


class Item(Held):
    """One item that is ours to work on. `async with` consumes it at the end, or gives it back if
    something was raised; `token` and `lost` as of a lock."""

    def __init__(
        self, claim: Claim, entry: str, values: Sequence[bytes], on_lost: OnLost | None
    ) -> None:
        super().__init__(claim, on_lost)
        self.values = tuple(values)
        self.entry = entry

    @property
    def value(self) -> bytes:
        """Raises ValueError if one znode has several or none (Curator's `putMulti`): see
        `values`."""
        [value] = self.values
        return value

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


class SharedQueueSettings(TypedDict, total=False):
    """Of a LockingQueue under every driver."""

    layout: QueueLayout
    taken: str | None
    acl: ACLs


class QueueSettings(SharedQueueSettings, total=False):
    """Of a LockingQueue, as keyword arguments."""

    on_lost: OnLost | None


class LockingQueue:
    """At least once: an item whose worker dies, or gives it back, is given out again. put: if the
    connection breaks, ConnectionLoss with `maybe_applied`: again may be twice."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        layout: QueueLayout = "kazoo",
        taken: str | None = None,
        acl: ACLs = None,
        on_lost: OnLost | None = None,
    ) -> None:
        """`taken`: in Curator's layouts its `lockPath`, without which Curator does not lock."""
        if (layout == "kazoo") != (taken is None):
            raise ValueError("`taken` is for all layouts but kazoo's")
        self.client = client
        self.path = path
        self._items = LAYOUTS[layout]
        self._entries = join(path, "entries") if taken is None else path
        self._taken = join(path, "taken") if taken is None else taken
        self._acl = acl
        self._on_lost = possible(client, on_lost)
        self._unreadable: set[str] = set()

    async def put(self, *values: bytes, priority: int | None = None) -> None:
        """All or none of them. `priority`: 0 to 999, lower ones come first; as of Queue."""
        where = join(self._entries, self._items.name(priority))
        await self._prepare()
        async with self.client.transaction() as change:
            for value in values:
                change.create(where, self._items.pack(value), acl=self._acl, sequential=True)

    async def get(self, timeout: float | None = None) -> Item:
        """The next item that nobody works on. Raises DeadlineExceeded."""
        patience = Patience(self.client, timeout)
        await self._prepare(patience)
        return await until_found(self.client, self._look, patience)

    async def try_get(self) -> Item | None:
        """None: there is none that nobody works on."""
        await self._prepare()
        return await self._look(Patience(self.client, None), None)

    async def _look(self, patience: Patience, watch: Watch | None) -> Item | None:
        client = self.client
        taken = await surely(client, client.children, self._taken, watch=watch, patience=patience)
        there = await surely(client, client.children, self._entries, watch=watch, patience=patience)
        self._unreadable.intersection_update(there)
        for name in sorted(set(there).difference(taken, self._unreadable)):
            item = await self._take(name, patience) if self._is_item(name) else None
            if item is not None:
                return item
        return None

    def _is_item(self, name: str) -> bool:
        return name.startswith(self._items.prefix)

    def _due_in(self) -> float | None:
        return None

    async def count(self) -> int:
        """How many are not consumed, as this member knows."""
        stat = await surely(self.client, self.client.exists, self._entries)
        return 0 if stat is None else stat.num_children

    async def _prepare(self, patience: Patience | None = None) -> None:
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
            values = self._items.unpack(data)
            claim.guard()
            if not claim.gone.is_set:
                item = Item(claim, entry, values, self._on_lost)
        except (NodeExists, NoNode):
            return None
        except ValueError as wrong:
            log.warning("%s stays: %s", entry, wrong)
            self._unreadable.add(name)
        finally:
            if item is None:
                claim.abandon()
        return item
