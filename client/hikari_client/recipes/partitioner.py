"""A set shared out among those who are here, each item to one of them.

async for portion in SetPartitioner(zk, "/shards", {"a", "b", "c"}, name="worker-7"):
    async with portion:                        # cancelled if a lock of it is lost
        work_on(portion.items)
        await portion.changed                  # somebody came or went: give it back
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from hikari_client.errors import DeadlineExceeded
from hikari_client.recipes.following import ChildrenList
from hikari_client.recipes.held import Guarded, Held, OnLost, possible
from hikari_client.recipes.lock import Lock
from hikari_client.recipes.party import ShallowParty
from hikari_client.recipes.waiting import Beside, Signal, background, finish, join

if TYPE_CHECKING:
    from hikari_client.client import Client

Share = Callable[[str, list[str], list[str]], list[str]]
"""Of (own name, all names, all items), the own items: the same on every member."""

REACTION_S = 1.0


def in_turn(name: str, names: list[str], items: list[str]) -> list[str]:
    """Every n-th item, as kazoo has it."""
    return items[sorted(names).index(name) :: len(names)]


class Portion(Guarded):
    """Our items, each under a lock: nobody else has them before it is released or lost. `changed`
    happens when the set is to be shared out anew: release it soon, others wait."""

    def __init__(self, client: "Client", path: str, on_lost: OnLost | None) -> None:
        super().__init__(client, path, on_lost)
        self.changed = Signal(client)
        self.tokens: dict[str, int] = {}
        self._held: list[Held] = []

    @property
    def items(self) -> list[str]:
        return list(self.tokens)

    @property
    def is_lost(self) -> bool:
        return self._gone.is_set or any(one.is_lost for one in self._held)

    def add(self, item: str, held: Held) -> None:
        self.tokens[item] = held.token
        self._held.append(held)
        held.lost.when(self._gone.set)
        held.lost.when(self.changed.set)

    async def release(self) -> None:
        await finish(self._client, self._release())

    async def _release(self) -> None:
        while self._held:
            await self._held.pop().release()


class SetPartitioner:
    """`async for` gives a portion whenever the members have been the same for `settle` seconds, and
    all its locks are ours. kazoo's layout (`party`, `locks`). `name` must be unique."""

    def __init__(
        self,
        client: "Client",
        path: str,
        items: Collection[str],
        *,
        name: str,
        settle: float = 5.0,
        share: Share = in_turn,
        on_lost: OnLost | None = None,
    ) -> None:
        self.client = client
        self.path = path
        self.name = name
        self._items = sorted(items)
        self._settle = settle
        self._share = share
        self._on_lost = possible(client, on_lost)

    async def __aiter__(self) -> AsyncIterator[Portion]:
        client, where = self.client, join(self.path, "party")
        party = ShallowParty(client, where, self.name)
        async with party, ChildrenList(client, where) as members:
            while True:
                names = await self._settled(members)
                portion = Portion(client, self.path, self._on_lost)
                watch = Beside(client, _changed(members, list(members.names), portion.changed))
                try:
                    if await self._lock(portion, names):
                        yield portion
                finally:
                    watch.stop()
                    background(client, portion.release())

    async def _settled(self, members: ChildrenList) -> list[str]:
        """The names of the members, when they have been the same for a time."""
        while True:
            there = list(members.names)
            changed = Signal(self.client)
            watch = Beside(self.client, _changed(members, there, changed))
            try:
                await changed.wait(self._settle)
            except DeadlineExceeded:
                names = [name.partition("-")[2] for name in there]
                if self.name in names:
                    return names
            finally:
                watch.stop()

    async def _lock(self, portion: Portion, names: list[str]) -> bool:
        """Whether all of our items are ours, before anything changed."""
        for item in self._share(self.name, names, self._items):
            lock = Lock(self.client, join(self.path, f"locks/{item}"), name=self.name)
            while True:
                if portion.changed.is_set:
                    return False
                try:
                    portion.add(item, await lock.acquire(timeout=REACTION_S, on_lost="tell"))
                    break
                except DeadlineExceeded:
                    continue
        return not portion.changed.is_set


async def _changed(members: ChildrenList, names: list[str], changed: Signal) -> None:
    """Tell it when they are others, or are not known any more."""
    changes: Any = members.changes()
    try:
        async with aclosing(changes):
            async for now in changes:
                if now != names:
                    return
    finally:
        changed.set()
