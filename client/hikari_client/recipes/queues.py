"""Queues whose items are taken away before they are worked on: each is given out at most once.

A consumer that dies takes its item with it; where that must not happen, use LockingQueue.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hikari_client.errors import BadArguments, ConnectionLoss, NoNode
from hikari_client.operations import ACLs
from hikari_client.recipes.queue_items import LAYOUTS, QueueLayout
from hikari_client.recipes.waiting import Patience, join, log, surely, until_found
from hikari_client.values import Event

if TYPE_CHECKING:
    from hikari_client.client import Client

BATCH: Final = 64
"""So many items are taken from one listing: less and the listing of a long queue is asked for too
often, more and a new item of high priority waits longer."""


class Entry(NamedTuple):
    """An item that was taken: `key` is that of IdQueue, else ""."""

    value: bytes
    key: str = ""


class Queue:
    """First in, first out, within a priority: lower numbers come first, within one batch. `layout`:
    whose programs share it, see `queue_items`.

    put: if the connection breaks, ConnectionLoss with `maybe_applied`: putting it again may put it
    twice. get: at most once; ConnectionLoss with `maybe_applied` says that an item may be lost.
    """

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        layout: QueueLayout = "kazoo",
        acl: ACLs = None,
    ) -> None:
        self.client = client
        self.path = path
        self._items = LAYOUTS[layout]
        self._acl = acl
        self._names: deque[str] = deque()
        self._rest: deque[Entry] = deque()  # of a znode that had many
        self._unreadable: set[str] = set()

    async def put(self, value: bytes, priority: int | None = None) -> None:
        """`priority`: 0 to 999, None is 100; not all layouts have one, and Curator's has more."""
        await self._put(self._items.name(priority), value)

    async def get(self, timeout: float | None = None) -> Entry:
        """The next item, off the queue. Raises DeadlineExceeded."""
        return await until_found(
            self.client, self._look, Patience(self.client, timeout), self._due_in
        )

    async def try_get(self) -> Entry | None:
        """None: there is none."""
        return await self._look(Patience(self.client, None), None)

    async def count(self) -> int:
        """How many wait, as this member knows."""
        stat = await surely(self.client, self.client.exists, self.path)
        return 0 if stat is None else stat.num_children

    async def _put(self, prefix: str, value: bytes) -> None:
        await self.client.create(
            join(self.path, prefix),
            self._items.pack(value),
            acl=self._acl,
            sequential=True,
            parents=True,
        )

    async def _prepare(self, patience: Patience | None = None) -> None:
        client = self.client
        await surely(client, client.ensure_path, self.path, acl=self._acl, patience=patience)

    async def _look(
        self, patience: Patience, watch: Callable[[Event], None] | None
    ) -> Entry | None:
        """The next item, if there is one; else `watch` is called when that changes."""
        entry = await self._take_next()
        while entry is None:
            await self._list(patience, watch)
            if not self._names:
                return None
            entry = await self._take_next()
        return entry

    def _due_in(self) -> float | None:
        """After so many seconds it is worth another look, though nobody calls."""
        return None

    async def _list(self, patience: Patience, watch: Callable[[Event], None] | None) -> None:
        """The next batch. The server cannot list a part of the children."""
        client = self.client
        try:
            names = await surely(client, client.children, self.path, watch=watch, patience=patience)
        except NoNode:
            await self._prepare(patience)
            await self._list(patience, watch)
            return
        there = [name for name in names if name.startswith(self._items.prefix)]
        self._unreadable.intersection_update(there)
        there = [name for name in there if name not in self._unreadable]
        self._names = deque(self._due(sorted(there, key=self._order))[:BATCH])

    def _order(self, name: str) -> Any:
        return name

    def _due(self, names: list[str]) -> list[str]:
        return names

    async def _take_next(self) -> Entry | None:
        """Of the batch; what others were quicker to take is passed over."""
        while self._names and not self._rest:
            name = self._names.popleft()
            try:
                values = await self._take(name)
            except NoNode:
                continue
            except ValueError as wrong:
                log.warning("%s stays: %s", join(self.path, name), wrong)
                self._unreadable.add(name)
                continue
            self._rest.extend(Entry(value, self._key(name)) for value in values)
        return self._rest.popleft() if self._rest else None

    def _key(self, name: str) -> str:
        return ""

    async def _take(self, name: str) -> Sequence[bytes]:
        client, path = self.client, join(self.path, name)
        values = self._items.unpack((await surely(client, client.get, path)).data)
        in_doubt: ConnectionLoss | None = None
        while True:
            try:
                await client.delete(path)
                return values
            except NoNode:
                if in_doubt is not None:
                    raise in_doubt from None  # by us, or by somebody else
                raise
            except ConnectionLoss as loss:
                in_doubt = loss if loss.maybe_applied else in_doubt
                await client.connected()


class PriorityQueue(Queue):
    """A Queue whose items each have a priority: `put(value, priority)`. In Curator's layout it is
    its DistributedPriorityQueue."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        layout: QueueLayout = "kazoo",
        acl: ACLs = None,
    ) -> None:
        of_priorities: QueueLayout = "curator-priority" if layout == "curator" else layout
        super().__init__(client, path, layout=of_priorities, acl=acl)


class DelayQueue(Queue):
    """Items come out in the order of the moments they were put off to, and not before. The clocks
    of those who put and those who get must roughly agree."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        layout: QueueLayout = "kazoo",
        acl: ACLs = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now`: seconds since 1970."""
        super().__init__(client, path, layout=layout, acl=acl)
        self._now = now
        self._next = 0.0  # of the items that are not due yet, the first; 0: there is none

    async def put(self, value: bytes, priority: int | None = None, *, delay: float = 0.0) -> None:
        """`delay`: seconds; within one moment the priority decides (not in Curator's layout)."""
        due_ms = round((self._now() + delay) * 1000)
        await self._put(self._items.delayed(due_ms, priority), value)

    def _order(self, name: str) -> Any:
        return self._items.due_ms(name), name

    def _due(self, names: list[str]) -> list[str]:
        now_ms = self._now() * 1000
        moments = [self._items.due_ms(name) for name in names]
        count = sum(moment <= now_ms for moment in moments)
        self._next = moments[count] / 1000 if count < len(moments) else 0.0
        return names[:count]

    def _due_in(self) -> float | None:
        return max(0.0, self._next - self._now()) if self._next else None


class IdQueue(Queue):
    """A Queue whose items have keys, by which they can be taken back before they come out."""

    async def put(self, value: bytes, priority: int | None = None, *, key: str = "") -> None:
        if "|" in key or "/" in key:
            raise BadArguments(self.path, f"a key has neither | nor /: {key!r}")
        await self._put(self._items.keyed(key, priority), value)

    async def remove(self, key: str) -> int:
        """How many items of this key did not come out and never will."""
        count = 0
        for name in await surely(self.client, self.client.children, self.path):
            if self._key(name) == key:
                try:
                    count += len(await self._take(name))
                except NoNode:
                    continue
        return count

    def _order(self, name: str) -> Any:
        head, _, number = name.rpartition("|")
        return head.partition("|")[0] + number

    def _key(self, name: str) -> str:
        return name.split("|")[1] if name.count("|") >= 2 else ""
