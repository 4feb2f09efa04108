"""A value that several change at the same time without losing a change: compare and set."""

import struct
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from hikari_client.errors import BadVersion, ConnectionLoss, NodeExists, NoNode
from hikari_client.recipes.lock import Lock
from hikari_client.recipes.waiting import Signal, surely
from hikari_client.values import NodeData, Stat

if TYPE_CHECKING:
    from hikari_client.client import Client

TRIES_MAX: Final = 30
BACKOFF_FIRST_S: Final = 0.005
BACKOFF_MAX_S: Final = 0.5


class AtomicValue:
    """The data of one znode, which is made with `default` when it is first needed."""

    def __init__(
        self,
        client: "Client",
        path: str,
        default: bytes = b"",
        *,
        tries_max: int = TRIES_MAX,
        promote: Lock | None = None,
        chance: Random | None = None,
    ) -> None:
        """`promote`: when others were quicker so often it is taken, and then tried as often again:
        whoever takes the same lock waits meanwhile (Curator's PromotedToLock)."""
        self.client = client
        self.path = path
        self._default = default
        self._tries_max = tries_max
        self._promote = promote
        self._chance = chance or Random()

    async def get(self) -> NodeData:
        """As this member has it: after `client.sync` as new as any."""
        while True:
            try:
                return await surely(self.client, self.client.get, self.path)
            except NoNode:
                await self._make()

    async def set(self, value: bytes) -> Stat:
        """Whatever it was. Raises ConnectionLoss if nobody knows; doing it again does no harm, if
        nobody else changes it."""
        while True:
            try:
                return await self.client.set(self.path, value)
            except NoNode:
                await self._make()

    async def compare_and_set(self, version: int, value: bytes) -> Stat | None:
        """If it is still of this version; None: it is not. Raises ConnectionLoss if nobody knows
        whether it was done (it has been changed so often since that this cannot be seen)."""
        try:
            return await self.client.set(self.path, value, version=version)
        except BadVersion:
            return None
        except ConnectionLoss as loss:
            if not loss.maybe_applied:
                return await self.compare_and_set(version, value)
            return await self._look(version, value, loss)

    async def _look(self, version: int, value: bytes, loss: ConnectionLoss) -> Stat | None:
        """What became of it. Its connection is gone, and what it sent cannot be done any more."""
        await surely(self.client, self.client.sync, self.path)
        data, stat = await surely(self.client, self.client.get, self.path)
        if stat.version == version:
            return await self.compare_and_set(version, value)
        if stat.version == version + 1 and data != value:
            return None  # somebody else's
        raise loss

    async def update(self, change: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
        """Replace it by what `change` makes of it: (before, after). Tried again, ever less often,
        when others are quicker. Raises BadVersion when they always are, and ConnectionLoss; and
        with `promote` what its acquire raises."""
        done = await self._update(change)
        if done is None and self._promote is not None:
            async with self._promote.acquire():
                done = await self._update(change)
        if done is None:
            raise BadVersion(self.path, f"others were quicker, {self._tries_max} times")
        return done

    async def _update(self, change: Callable[[bytes], bytes]) -> tuple[bytes, bytes] | None:
        backoff = BACKOFF_FIRST_S
        for _ in range(self._tries_max):
            data, stat = await self.get()
            value = change(data)
            if await self.compare_and_set(stat.version, value) is not None:
                return data, value
            await self.client.sleep(backoff * self._chance.random())
            backoff = min(backoff * 2, BACKOFF_MAX_S)
        return None

    async def _make(self) -> None:
        try:
            await surely(self.client, self.client.create, self.path, self._default, parents=True)
        except NodeExists:
            return


INT: Final = struct.Struct(">i")
_LONG: Final = struct.Struct(">q")
Encoding = Literal["text", "int", "long"]


class CounterSettings(TypedDict, total=False):
    """Of a Counter, as keyword arguments."""

    encoding: Encoding
    tries_max: int
    promote: Lock | None
    chance: Random | None


class Counter:
    """A number that many add to. `encoding`: "text" as kazoo's Counter has it, "int" as Curator's
    SharedCount and DistributedAtomicInteger, "long" as its DistributedAtomicLong. Settings as of
    AtomicValue. A number that is too great for it is struct.error, and nothing is written."""

    def __init__(
        self,
        client: "Client",
        path: str,
        default: int = 0,
        *,
        encoding: Encoding = "text",
        tries_max: int = TRIES_MAX,
        promote: Lock | None = None,
        chance: Random | None = None,
    ) -> None:
        self.client = client
        self._default = default
        self._encoding = encoding
        self._value = AtomicValue(
            *(client, path, self._pack(default)),
            tries_max=tries_max,
            promote=promote,
            chance=chance,
        )

    async def get(self) -> int:
        return self._number((await self._value.get()).data)

    async def add(self, number: int) -> int:
        """The new value. Raises as AtomicValue.update: after a ConnectionLoss it may have been
        added."""
        _, data = await self._value.update(lambda old: self._pack(self._number(old) + number))
        return self._number(data)

    async def set(self, number: int) -> None:
        await self._value.set(self._pack(number))

    def _pack(self, number: int) -> bytes:
        if self._encoding == "text":
            return b"%d" % number
        return (INT if self._encoding == "int" else _LONG).pack(number)

    def _number(self, data: bytes) -> int:
        if not data:
            return self._default
        if self._encoding == "text":
            return int(data)
        number: int = (INT if self._encoding == "int" else _LONG).unpack(data)[0]
        return number


class CachedCounter:
    """Numbers of a Counter, taken a block at a time: `next` asks a server once for each block. What
    is left of a block when we end, or of one in doubt, nobody gets. (Curator's CachedAtomicLong;
    for ids that are unique whatever happens see UniqueIds.)"""

    def __init__(self, counter: Counter, block: int = 100) -> None:
        if block < 1:
            raise ValueError("a block has at least one number")
        self._counter = counter
        self._block = block
        self._newest = self._end = 0
        self._coming: Signal | None = None

    async def next(self) -> int:
        """Greater by one than the counter was, or than the last one of the block. Raises as
        Counter.add."""
        while self._newest >= self._end:
            if self._coming is not None:
                await self._coming
                continue
            self._coming = coming = Signal(self._counter.client)
            try:
                self._end = await self._counter.add(self._block)
                self._newest = self._end - self._block
            finally:
                self._coming = None
                coming.set()
        self._newest += 1
        return self._newest
