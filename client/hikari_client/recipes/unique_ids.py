"""Numbers and GUIDs that no member ever gives out twice, through restarts and lost sessions.

A counter znode is moved on by a whole block at a time; numbers of a block that was not used up are
never used.
"""

from random import Random
from typing import TYPE_CHECKING, Final
from uuid import UUID

from hikari_client.errors import ConnectionLoss
from hikari_client.recipes.atomic import AtomicValue
from hikari_client.recipes.waiting import Signal

if TYPE_CHECKING:
    from hikari_client.client import Client

_BITS: Final = 62
BACKOFF_S: Final = 0.1


class UniqueIds:
    """`next` costs nothing but one compare-and-set for each `block`. Numbers are unique as long as
    the counter znode lives; GUIDs also when it was deleted and made anew, since they have in them
    which one it was (its czxid, of this ensemble)."""

    def __init__(
        self, client: "Client", path: str, *, block: int = 1000, chance: Random | None = None
    ) -> None:
        if block < 1:
            raise ValueError("a block has at least one number")
        self._client = client
        self._value = AtomicValue(client, path, b"0")
        self._block = block
        self._next = self._end = 0
        self._czxid = 0
        self._coming: Signal | None = None
        self._chance = chance or Random()

    async def next(self) -> int:
        """From 0 on, growing, for this object."""
        return (await self._number())[0]

    async def next_guid(self) -> UUID:
        """A UUID of version 8; sorted as they were made by one object."""
        number, czxid = await self._number()
        high = czxid & ((1 << 60) - 1)
        return UUID(
            int=(high >> 12) << 80
            | 0x8 << 76
            | (high & 0xFFF) << 64
            | 0b10 << _BITS
            | number & ((1 << _BITS) - 1)
        )

    async def _number(self) -> tuple[int, int]:
        while self._next >= self._end:
            if self._coming is not None:
                await self._coming
                continue
            self._coming = coming = Signal(self._client)
            try:
                await self._reserve()
            finally:
                self._coming = None
                coming.set()
        number = self._next
        self._next += 1
        return number, self._czxid

    async def _reserve(self) -> None:
        """One more block. In doubt, one is thrown away."""
        while True:
            data, stat = await self._value.get()
            end = int(data) + self._block
            try:
                done = await self._value.compare_and_set(stat.version, b"%d" % end)
            except ConnectionLoss:
                continue
            if done is not None:
                self._next, self._end, self._czxid = int(data), end, done.czxid
                return
            await self._client.sleep(self._chance.random() * BACKOFF_S)
