"""A queue of queues, for more items than a server can list at once: Curator's QueueSharder.

`<path>/queue-<uuid>` is a queue each. Puts are spread over those that are not long; when all are
whoever leads (a LeaderLatch of Curator's layout) adds another.
"""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from uuid import uuid4

from hikari_client.errors import DeadlineExceeded, ZKError
from hikari_client.operations import Watch
from hikari_client.recipes.election import LeaderLatch
from hikari_client.recipes.following import Following
from hikari_client.recipes.locking_queue import LockingQueue
from hikari_client.recipes.queues import Queue
from hikari_client.recipes.waiting import Patience, Signal, join, log, surely, until_found
from hikari_client.values import Event

if TYPE_CHECKING:
    from hikari_client.client import Client

Q = TypeVar("Q", bound=Queue | LockingQueue)
LONG: Final = 10_000
SHARDS_MAX: Final = 10
CHECK_S: Final = 30.0


class ShardedQueue(Following, Generic[Q]):
    """`make` gives each shard. From `start` (or `async with`) to `close` it knows them all; `put`
    and `get` are those of one of them, and promise what they do. Items of different shards have no
    order.

    `long`: with so many items a shard gets no more, until it is half as long; when all are long
    another one is added, up to `shards_max`. That is looked at every `check_s` seconds: meanwhile
    more may be put. Shards are never removed.
    """

    def __init__(
        self,
        client: "Client",
        path: str,
        make: Callable[["Client", str], Q],
        *,
        leader_path: str = "",
        long: int = LONG,
        shards_max: int = SHARDS_MAX,
        check_s: float = CHECK_S,
        chance: Random | None = None,
    ) -> None:
        """`leader_path`: not below `path`; "" is beside it, with `-leader` behind."""
        super().__init__(client)
        self.path = path
        self._make = make
        self._leader_path = leader_path or f"{path}-leader"
        self._long = long
        self._shards_max = shards_max
        self._check_s = check_s
        self._chance = chance or Random()
        self._shards: dict[str, Q] = {}
        self._short: set[str] = set()
        self._wakes: set[Signal] = set()

    @property
    def shards(self) -> list[Q]:
        """All that we know of."""
        return list(self._shards.values())

    async def put(self, *values: bytes, **settings: Any) -> None:
        """Into one that is not long; if all are, into any."""
        name = self._chance.choice(sorted(self._short or self._shards))
        shard: Any = self._shards[name]
        await shard.put(*values, **settings)

    async def get(self, timeout: float | None = None) -> Any:
        """An item of one of them, as its `get` gives it. Raises DeadlineExceeded."""
        wake, patience = Signal(self.client), Patience(self.client, timeout)
        self._wakes.add(wake)
        try:
            return await until_found(self.client, self._look, patience, self._due_in, wake)
        finally:
            self._wakes.discard(wake)

    async def try_get(self) -> Any:
        """None: there is none."""
        return await self._look(Patience(self.client, None), None)

    async def count(self) -> int:
        """How many items there are in all of them."""
        return sum([await shard.count() for shard in self.shards])

    async def _look(self, patience: Patience, watch: Watch | None) -> Any:
        shards = self.shards
        self._chance.shuffle(shards)
        for shard in shards:
            item = await shard._look(patience, watch)
            if item is not None:
                return item
        return None

    def _due_in(self) -> float | None:
        dues = [due for due in (shard._due_in() for shard in self.shards) if due is not None]
        return min(dues, default=None)

    # ---- following

    async def _follow(self) -> None:
        client = self.client
        await surely(client, client.ensure_path, self.path)
        async with LeaderLatch(client, self._leader_path, layout="curator") as latch:
            while True:
                changed = await self._list()
                await self._measure()
                self._ready.set()
                if not self._short and latch.leads:
                    await self._one_more()
                with suppress(DeadlineExceeded):
                    await changed.wait(self._check_s)

    async def _list(self) -> Signal:
        """Know them all. Happens when there may be more."""
        changed = Signal(self.client)

        def told(event: Event) -> None:
            changed.set()

        names = await surely(self.client, self.client.children, self.path, watch=told)
        for name in names or [await self._new()]:
            await self._add(name)
        return changed

    async def _add(self, name: str) -> None:
        if name not in self._shards:
            shard = self._make(self.client, join(self.path, name))
            await shard._prepare()
            self._shards[name] = shard
            self._short.add(name)
            for wake in self._wakes:
                wake.set()

    async def _new(self) -> str:
        name = f"queue-{uuid4()}"
        await surely(self.client, self.client.ensure_path, join(self.path, name))
        return name

    async def _measure(self) -> None:
        for name, shard in self._shards.items():
            count = await shard.count()
            if count >= self._long:
                self._short.discard(name)
            elif count <= self._long / 2:
                self._short.add(name)

    async def _one_more(self) -> None:
        if len(self._shards) >= self._shards_max:
            log.warning(
                "%s has %d shards already, and one is too long", self.path, len(self._shards)
            )
            return
        try:
            await self._add(await self._new())
        except ZKError as error:
            log.warning("%s gets no other shard: %s", self.path, error)
