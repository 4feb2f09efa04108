"""The recipes that are used most, as methods of a client: `zk.lock(path)` is `Lock(zk, path)`."""

from typing import TYPE_CHECKING, Unpack, cast

from hikari_client import recipes
from hikari_client.recipes.atomic import CounterSettings
from hikari_client.recipes.locking_queue import QueueSettings
from hikari_client.recipes.standing import Settings, TimedSettings

if TYPE_CHECKING:
    from hikari_client.client import Client


class Conveniences:
    """See the module; settings as of each recipe."""

    @property
    def _client(self) -> "Client":
        return cast("Client", self)

    def lock(self, path: str, **settings: Unpack[TimedSettings]) -> recipes.Lock:
        return recipes.Lock(self._client, path, **settings)

    def read_write_lock(
        self, path: str, **settings: Unpack[TimedSettings]
    ) -> recipes.ReadWriteLock:
        return recipes.ReadWriteLock(self._client, path, **settings)

    def semaphore(
        self, path: str, leases: int | recipes.SharedCount, **settings: Unpack[TimedSettings]
    ) -> recipes.Semaphore:
        return recipes.Semaphore(self._client, path, leases, **settings)

    def election(self, path: str, **settings: Unpack[Settings]) -> recipes.Election:
        return recipes.Election(self._client, path, **settings)

    def counter(
        self, path: str, default: int = 0, **settings: Unpack[CounterSettings]
    ) -> recipes.Counter:
        return recipes.Counter(self._client, path, default, **settings)

    def queue(self, path: str, **settings: Unpack[QueueSettings]) -> recipes.LockingQueue:
        """The one that loses nothing."""
        return recipes.LockingQueue(self._client, path, **settings)

    def party(self, path: str, name: str = "") -> recipes.Party:
        return recipes.Party(self._client, path, name)

    def cache(self, path: str, *, depth: int | None = None) -> recipes.TreeCache:
        return recipes.TreeCache(self._client, path, depth=depth)
