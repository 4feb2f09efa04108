"""A value that several change at the same time without losing a change: compare and set."""

import struct
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final, Literal

from hikari_client.errors import BadVersion, ConnectionLoss, NodeExists, NoNode
from hikari_client.recipes.waiting import surely
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
        chance: Random | None = None,
    ) -> None:
        self.client = client
        self.path = path
        self._default = default
        self._tries_max = tries_max
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
        when others are quicker. Raises BadVersion when they always are, and ConnectionLoss."""
        backoff = BACKOFF_FIRST_S
        for _ in range(self._tries_max):
            data, stat = await self.get()
            value = change(data)
            if await self.compare_and_set(stat.version, value) is not None:
                return data, value
            await self.client.sleep(backoff * self._chance.random())
            backoff = min(backoff * 2, BACKOFF_MAX_S)
        raise BadVersion(self.path, f"others were quicker, {self._tries_max} times")

    async def _make(self) -> None:
        try:
            await surely(self.client, self.client.create, self.path, self._default, parents=True)
        except NodeExists:
            return


_INT: Final = struct.Struct(">i")
_LONG: Final = struct.Struct(">q")
Encoding = Literal["text", "int", "long"]


class Counter:
    """A number that many add to. `encoding`: "text" as kazoo's Counter has it, "int" as Curator's
    SharedCount, "long" as its DistributedAtomicLong."""

    def __init__(
        self,
        client: "Client",
        path: str,
        default: int = 0,
        *,
        encoding: Encoding = "text",
        tries_max: int = TRIES_MAX,
        chance: Random | None = None,
    ) -> None:
        self._default = default
        self._encoding = encoding
        self._value = AtomicValue(
            client, path, self._pack(default), tries_max=tries_max, chance=chance
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
        return (_INT if self._encoding == "int" else _LONG).pack(number)

    def _number(self, data: bytes) -> int:
        if not data:
            return self._default
        if self._encoding == "text":
            return int(data)
        number: int = (_INT if self._encoding == "int" else _LONG).unpack(data)[0]
        return number
