"""A number that all who follow it see change: Curator's SharedCount."""

from contextlib import suppress
from typing import TYPE_CHECKING

from hikari_client.errors import BadVersion, NodeExists
from hikari_client.recipes.atomic import INT
from hikari_client.recipes.following import Latest
from hikari_client.recipes.waiting import surely
from hikari_client.values import Stat

if TYPE_CHECKING:
    from hikari_client.client import Client


class SharedCount(Latest[int]):
    """`count`, `changes` and `set`, as of SharedValue; four bytes, as Curator has them. Made with
    `default` when it is not there. What is no number ends it: `failed`, ValueError."""

    def __init__(self, client: "Client", path: str, default: int = 0) -> None:
        super().__init__(client, path)
        self._default = INT.pack(default)

    @property
    def count(self) -> int | None:
        """None: somebody deleted it."""
        return self._value

    async def set(self, number: int) -> None:
        """Whatever it was."""
        await surely(self.client, self.client.set, self.path, INT.pack(number))

    async def try_set(self, number: int) -> bool:
        """If nobody wrote it since we read `count`; False: somebody else was quicker. Raises
        ConnectionLoss if nobody knows."""
        version = -1 if self._stat is None else self._stat.version
        try:
            await self.client.set(self.path, INT.pack(number), version=version)
        except BadVersion:
            return False
        return True

    async def _read(self) -> tuple[int, Stat]:
        data, stat = await surely(self.client, self.client.get, self.path)
        if len(data) != INT.size:
            raise ValueError(f"{self.path} has {len(data)} bytes, which are no count")
        return INT.unpack(data)[0], stat

    async def _follow(self) -> None:
        with suppress(NodeExists):
            await surely(self.client, self.client.create, self.path, self._default, parents=True)
        await super()._follow()
