"""Leases that outlive sessions: who has one keeps it for a time, by the calendar.

The layout is kazoo's: a lock guards `lease_holder`, a JSON of who and until when.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hikari_client.errors import NoNode
from hikari_client.recipes.lock import Lock
from hikari_client.recipes.waiting import join, surely

if TYPE_CHECKING:
    from hikari_client.client import Client

_VERSION: Final = 1
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Lease:
    """For a task of one host: `await lease.obtain()` says at once whether it is ours, and renews
    it if it was. It ends at its time, not with a session, so calendars must roughly agree (UTC):
    where that is not enough, use Lock."""

    def __init__(
        self,
        client: "Client",
        path: str,
        duration: float,
        *,
        name: str,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`duration`: seconds; `name`: who we are, the same each time."""
        self.client = client
        self.path = path
        self.name = name
        self._duration = timedelta(seconds=duration)
        self._now = now

    async def obtain(self) -> bool:
        """Whether it is ours for the duration from now on. Raises ConnectionLoss if nobody knows:
        asking again is safe."""
        holder = join(self.path, "lease_holder")
        async with Lock(self.client, self.path, name=self.name) as held:
            try:
                data = (await surely(self.client, self.client.get, holder)).data
            except NoNode:
                data = b""
            now = self._now()
            if data and not self._may_take(data, now):
                return False
            end = (now + self._duration).strftime(_FORMAT)
            said = json.dumps({"version": _VERSION, "holder": self.name, "end": end}).encode()
            async with self.client.transaction() as change:
                change.check(held.path)
                if data:
                    change.set(holder, said)
                else:
                    change.create(holder, said)
        return True

    def _may_take(self, data: bytes, now: datetime) -> bool:
        said = json.loads(data)
        if said["version"] != _VERSION:
            return False  # of somebody newer
        end = datetime.strptime(said["end"], _FORMAT).replace(tzinfo=UTC)
        return bool(said["holder"] == self.name) or now >= end

    async def give_back(self) -> None:
        """If it is ours."""
        holder = join(self.path, "lease_holder")
        async with Lock(self.client, self.path, name=self.name):
            try:
                data, stat = await surely(self.client, self.client.get, holder)
            except NoNode:
                return
            if json.loads(data)["holder"] == self.name:
                await self.client.delete(holder, version=stat.version, missing_ok=True)


class MultiLease:
    """For a task of at most `count` hosts."""

    def __init__(
        self,
        client: "Client",
        path: str,
        count: int,
        duration: float,
        *,
        name: str,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """As Lease."""
        self._leases = [
            Lease(client, join(path, str(number)), duration, name=name, now=now)
            for number in range(count)
        ]

    async def obtain(self) -> bool:
        """Whether one of them is ours for the duration from now on."""
        for lease in self._leases:
            if await lease.obtain():
                return True
        return False
