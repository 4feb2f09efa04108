"""Queues whose items are taken away before they are worked on: each is given out at most once.

Names are kazoo's, `entry-<priority>-<number>`. A consumer that dies takes its item with it; where
that must not happen, use LockingQueue.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from hikari_client.errors import BadArguments, ConnectionLoss, NoNode
from hikari_client.operations import ACLs
from hikari_client.recipes.waiting import Patience, Signal, join, surely
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
    """First in, first out, within a priority: lower numbers come first, within one batch.

    put: if the connection breaks, ConnectionLoss with `maybe_applied`: putting it again may put it
    twice. get: at most once; ConnectionLoss with `maybe_applied` says that an item may be lost.
    """

    def __init__(self, client: "Client", path: str, *, acl: ACLs = None) -> None:
        self.client = client
        self.path = path
        self._acl = acl
        self._names: deque[str] = deque()

    async def put(self, value: bytes, priority: int = 100) -> None:
        """`priority`: 0 to 999."""
        if not 0 <= priority <= 999:
            raise BadArguments(self.path, f"priority {priority} is not within 0 and 999")
        await self._put(f"entry-{priority:03d}-", value)

    async def get(self, timeout: float | None = None) -> Entry:
        """The next item, off the queue. Raises DeadlineExceeded."""
        client, patience = self.client, Patience(self.client, timeout)
        wake = Signal(client)

        def woken(event: Event) -> None:
            wake.set()

        while True:
            entry = await self._take_next()
            if entry is not None:
                return entry
            wake.clear()
            await self._list(patience, woken)
            if not self._names:
                await self._wait(wake, patience)

    async def try_get(self) -> Entry | None:
        """None: there is none."""
        entry = await self._take_next()
        if entry is None:
            await self._list(Patience(self.client, None), None)
            entry = await self._take_next()
        return entry

    async def count(self) -> int:
        """How many wait, as this member knows."""
        stat = await surely(self.client, self.client.exists, self.path)
        return 0 if stat is None else stat.num_children

    async def _put(self, prefix: str, value: bytes) -> None:
        await self.client.create(
            join(self.path, prefix), value, acl=self._acl, sequential=True, parents=True
        )

    async def _list(self, patience: Patience, watch: Callable[[Event], None] | None) -> None:
        """The next batch. The server cannot list a part of the children."""
        client = self.client
        try:
            names = await surely(client, client.children, self.path, watch=watch, patience=patience)
        except NoNode:
            await surely(client, client.ensure_path, self.path, acl=self._acl, patience=patience)
            await self._list(patience, watch)
            return
        self._names = deque(self._due(sorted(names, key=self._order))[:BATCH])

    def _order(self, name: str) -> str:
        return name

    def _due(self, names: list[str]) -> list[str]:
        return names

    async def _wait(self, wake: Signal, patience: Patience) -> None:
        await wake.wait(patience.left())

    async def _take_next(self) -> Entry | None:
        """Of the batch; what others were quicker to take is passed over."""
        while self._names:
            name = self._names.popleft()
            try:
                return Entry(await self._take(join(self.path, name)), self._key(name))
            except NoNode:
                continue
        return None

    def _key(self, name: str) -> str:
        return ""

    async def _take(self, path: str) -> bytes:
        client = self.client
        data, _ = await surely(client, client.get, path)
        in_doubt: ConnectionLoss | None = None
        while True:
            try:
                await client.delete(path)
                return data
            except NoNode:
                if in_doubt is not None:
                    raise in_doubt from None  # by us, or by somebody else
                raise
            except ConnectionLoss as loss:
                in_doubt = loss if loss.maybe_applied else in_doubt
                await client.connected()


class PriorityQueue(Queue):
    """A Queue whose items each have a priority: `put(value, priority)`."""


class DelayQueue(Queue):
    """Items come out in the order of the moments they were put off to, and not before. The clocks
    of those who put and those who get must roughly agree."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        acl: ACLs = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now`: seconds since 1970."""
        super().__init__(client, path, acl=acl)
        self._now = now
        self._next = 0.0  # of the items that are not due yet, the first; 0: there is none

    async def put(self, value: bytes, priority: int = 100, *, delay: float = 0.0) -> None:
        """`delay`: seconds; within one moment the priority decides."""
        due_ms = round((self._now() + delay) * 1000)
        await self._put(f"entry-{due_ms:013d}-{priority:03d}-", value)

    def _due(self, names: list[str]) -> list[str]:
        now_ms = self._now() * 1000
        moments = [int(name.split("-")[1]) for name in names]
        count = sum(moment <= now_ms for moment in moments)
        self._next = moments[count] / 1000 if count < len(moments) else 0.0
        return names[:count]

    async def _wait(self, wake: Signal, patience: Patience) -> None:
        """For another item, or until the next one is due."""
        timer = None
        if self._next:
            loop = self.client.loop
            timer = loop.at(loop.now() + max(0.0, self._next - self._now()), wake.set)
        try:
            await wake.wait(patience.left())
        finally:
            if timer is not None:
                timer.cancel()


class IdQueue(Queue):
    """A Queue whose items have keys, by which they can be taken back before they come out."""

    async def put(self, value: bytes, priority: int = 100, *, key: str = "") -> None:
        if "|" in key or "/" in key:
            raise BadArguments(self.path, f"a key has neither | nor /: {key!r}")
        await self._put(f"entry-{priority:03d}|{key}|", value)

    async def remove(self, key: str) -> int:
        """How many items of this key did not come out and never will."""
        count = 0
        for name in await surely(self.client, self.client.children, self.path):
            if self._key(name) == key:
                try:
                    await self._take(join(self.path, name))
                    count += 1
                except NoNode:
                    continue
        return count

    def _order(self, name: str) -> str:
        head, _, number = name.rpartition("|")
        return head.partition("|")[0] + number

    def _key(self, name: str) -> str:
        return name.split("|")[1] if name.count("|") >= 2 else ""
