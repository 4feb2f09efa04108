"""A lock that its owner may enter again."""

from typing import TYPE_CHECKING, Any, Unpack

from hikari_client.recipes.held import Held, OnLost
from hikari_client.recipes.lock import Lock
from hikari_client.recipes.standing import TimedSettings
from hikari_client.recipes.waiting import Patience, Signal

if TYPE_CHECKING:
    from hikari_client.client import Client


class _Shared:
    """What all entries of one owner have in common."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self.entries = 0


class _Entry(Held):
    """One entry; the last one to be released releases the lock."""

    def __init__(self, shared: _Shared, on_lost: OnLost | None) -> None:
        super().__init__(shared.held._claim, on_lost, shared.held._waiters)
        self._shared: _Shared | None = shared
        shared.entries += 1

    async def release(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None:
            shared.entries -= 1
            if not shared.entries:
                await shared.held.release()


class ReentrantLock(Lock):
    """The object is the owner: whoever uses it while it holds the lock enters at once, with the
    same token, and the lock is given back with the last entry. So make one for each owner; two
    tasks that must exclude each other need one each. On the path it is a Lock like any other."""

    def __init__(self, client: "Client", path: str, **settings: Unpack[TimedSettings]) -> None:
        super().__init__(client, path, **settings)
        self._shared: _Shared | None = None
        self._coming: Signal | None = None
        self._stack: list[Held] = []

    async def _acquire(
        self, timeout: float | None, on_lost: OnLost | None, *, wait: bool = True
    ) -> Held | None:
        patience = Patience(self.client, timeout)
        while True:
            shared = self._shared
            if shared is not None and shared.entries and not shared.held.is_lost:
                return _Entry(shared, on_lost or self._on_lost)
            if self._coming is None:
                break
            if not wait:
                return None
            await self._coming.wait(patience.left())
        self._coming = coming = Signal(self.client)
        try:
            held = await super()._acquire(patience.left(), on_lost, wait=wait)
            if held is None:
                return None
            self._shared = _Shared(held)
            return _Entry(self._shared, on_lost or self._on_lost)
        finally:
            self._coming = None
            coming.set()

    async def __aenter__(self) -> Held:
        held = await self.acquire()
        self._stack.append(held)
        return await held.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._stack.pop().__aexit__(*error)
