"""Several locks as one: all or none."""

from collections.abc import Sequence

from hikari_client.recipes.held import Acquisition, Enterable, Guarded, Held, OnLost, possible
from hikari_client.recipes.lock import Lock
from hikari_client.recipes.semaphore import Semaphore
from hikari_client.recipes.waiting import Patience, Signal, background, finish


class HeldMany(Guarded):
    """All of them. Lost when one is. `tokens`: by the path of each lock."""

    def __init__(self, held: dict[str, Held], on_lost: OnLost | None) -> None:
        first = next(iter(held.values()))
        super().__init__(first._client, ", ".join(held), on_lost)
        self._held = held
        self.tokens = {path: one.token for path, one in held.items()}
        self.revoked = Signal(self._client)  # one of them, as of Held
        for one in held.values():
            one.lost.when(self._gone.set)
            one.revoked.when(self.revoked.set)

    @property
    def is_lost(self) -> bool:
        return any(one.is_lost for one in self._held.values())

    async def release(self) -> None:
        await finish(self._client, self._release())

    async def _release(self) -> None:
        for one in reversed(self._held.values()):
            await one.release()


class MultiLock(Enterable[HeldMany]):
    """All of these locks (or semaphores) or none, taken in the order of their paths: whoever uses
    the same ones with a MultiLock cannot dead-lock. Each is released when one cannot be had."""

    def __init__(
        self,
        locks: Sequence[Lock | Semaphore],
        *,
        timeout: float | None = None,
        on_lost: OnLost | None = None,
    ) -> None:
        if len({lock.path for lock in locks}) != len(locks) or not locks:
            raise ValueError("at least one lock, and no path twice")
        self._locks = sorted(locks, key=lambda lock: lock.path)
        self._timeout = timeout
        self._on_lost = possible(self._locks[0].client, on_lost)

    def acquire(self, *, timeout: float | None = None) -> Acquisition[HeldMany]:
        """Raises DeadlineExceeded when not all are ours in time."""

        async def acquire() -> HeldMany:
            return await self._acquire(self._timeout if timeout is None else timeout)

        return Acquisition(acquire)

    async def _acquire(self, timeout: float | None) -> HeldMany:
        client = self._locks[0].client
        patience = Patience(client, timeout)
        while True:
            held: dict[str, Held] = {}
            whole = False
            try:
                for lock in self._locks:
                    held[lock.path] = await lock.acquire(timeout=patience.left(), on_lost="tell")
                whole = not any(one.is_lost for one in held.values())
                if whole:
                    return HeldMany(held, self._on_lost)
            finally:
                if not whole:
                    for one in held.values():
                        background(client, one.release())
