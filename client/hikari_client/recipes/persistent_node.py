"""A znode that is there as long as we want it: it comes back when it is deleted, and when the
session that had it is over."""

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from hikari_client.errors import ConnectionLoss, NodeExists, NoNode, SessionExpired, ZKError
from hikari_client.operations import ACLs
from hikari_client.recipes.following import Following
from hikari_client.recipes.waiting import Beside, finish, surely
from hikari_client.values import EventType, Stat

if TYPE_CHECKING:
    from hikari_client.client import Client

Mode = Literal["ephemeral", "persistent"]


class PersistentNode(Following):
    """From `start` to `close`, which deletes it.

    `mode`: "ephemeral" also goes when we die; "persistent" stays then, or with `ttl` (seconds) goes
    after that time: it is touched often enough meanwhile. `start` returns when it is there for the
    first time: if an earlier run of ours left its ephemeral there, when that session has ended.
    """

    def __init__(
        self,
        client: "Client",
        path: str,
        data: bytes = b"",
        *,
        mode: Mode = "ephemeral",
        ttl: float | None = None,
        acl: ACLs = None,
    ) -> None:
        super().__init__(client)
        if ttl is not None and mode == "ephemeral":
            raise ValueError("an ephemeral has no TTL")
        self.path = path
        self.data = data
        self._ephemeral = mode == "ephemeral"
        self._ttl = ttl
        self._acl = acl
        self._sessions: set[int] = set()  # in which it was ours
        self._touching: Beside | None = None

    async def set(self, data: bytes) -> None:
        """Its data from now on, in every session."""
        self.data = data
        try:
            await surely(self.client, self.client.set, self.path, data)
        except NoNode:
            return  # it comes back with it

    async def close(self) -> None:
        """Delete it, and make it no more."""
        await super().close()
        if self._touching is not None:
            self._touching.stop()
        await finish(self.client, self._remove())

    async def _remove(self) -> None:
        client = self.client
        if self._ephemeral and client.session_id not in self._sessions:
            return  # it ends with its session
        try:
            await surely(
                *(client, client.delete, self.path),
                any_session=not self._ephemeral,
                missing_ok=True,
            )
        except ZKError:
            return  # the session is over, or the client is closed

    async def _follow(self) -> None:
        if self._ttl is not None:
            self._touching = Beside(self.client, self._touch(self._ttl / 3))
        async with self.client.watch(self.path) as events:
            while True:
                if await self._ensure():
                    self._ready.set()
                async for event in events:
                    if event.gap or event.type is EventType.DELETED:
                        break
                else:
                    return

    async def _touch(self, seconds: float) -> None:
        with suppress(ZKError):
            while self.failed is None:
                await self.client.sleep(seconds)
                if self.failed is None:
                    await self.set(self.data)

    async def _ensure(self) -> bool:
        """Whether it is there and ours; else it is an earlier run's, whose end will be told."""
        client = self.client
        while True:
            await client.connected()
            self._sessions.add(client.session_id)
            try:
                created = await client.create(
                    self.path,
                    self.data,
                    acl=self._acl,
                    ephemeral=self._ephemeral,
                    ttl=self._ttl,
                    parents=True,
                )
                self._sessions.add(created.stat.ephemeral_owner)
                return True
            except (ConnectionLoss, SessionExpired):
                continue
            except NodeExists:
                stat = await surely(client, client.exists, self.path)
                if stat is not None and await self._is_ours(stat):
                    return True
                if stat is not None and stat.ephemeral_owner not in self._sessions:
                    return False

    async def _is_ours(self, stat: Stat) -> bool:
        """What an earlier session of ours still has is deleted, to be made anew."""
        client = self.client
        if not self._ephemeral or stat.ephemeral_owner == client.session_id:
            self._sessions.add(stat.ephemeral_owner)
            with suppress(NoNode):
                if (await surely(client, client.get, self.path)).data != self.data:
                    await self.set(self.data)
            return True
        if stat.ephemeral_owner in self._sessions:
            await surely(client, client.delete, self.path, missing_ok=True)
        return False
