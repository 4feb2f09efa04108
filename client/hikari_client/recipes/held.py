"""What is held: a lock, a lease, a term of leadership; and how to come to it.

async with lock.acquire(timeout=5) as held:
    await storage.write(data, fencing_token=held.token)
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, Self, TypeVar

from hikari_client.errors import LockLost
from hikari_client.loop import Body
from hikari_client.recipes.claim import REVOKED, Claim
from hikari_client.recipes.waiting import Signal, finish
from hikari_client.values import State

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")
OnLost = Literal["cancel", "tell"]


def possible(client: "Client", on_lost: OnLost | None) -> OnLost | None:
    """Raises ValueError for what the driver cannot do."""
    if on_lost == "cancel" and not hasattr(client.loop, "running"):
        raise ValueError("this driver cannot cancel a body: use run(), or on_lost='tell'")
    return on_lost


class Holder(NamedTuple):
    """Somebody who holds or waits: `name` is what it calls itself."""

    name: str
    path: str
    token: int
    session_id: int

    @property
    def is_revoked(self) -> bool:
        """Whether it was asked to give it back; its name is lost with that."""
        return self.name == REVOKED.decode()


class Hold(Protocol):
    """What `Held` and the like can do."""

    @property
    def is_lost(self) -> bool: ...

    async def __aenter__(self) -> Any: ...

    async def __aexit__(self, *error: Any) -> None: ...


H = TypeVar("H", bound=Hold)


class Acquisition(Generic[H]):
    """Of something that is to be held: `await` it, and release it yourself, or use `async with`."""

    def __init__(self, acquire: Callable[[], Coroutine[Any, Any, H]]) -> None:
        self._acquire = acquire

    def __await__(self) -> Generator[Any, Any, H]:
        return self._acquire().__await__()

    async def __aenter__(self) -> H:
        self._held = await self._acquire()
        await self._held.__aenter__()
        return self._held

    async def __aexit__(self, *error: Any) -> None:
        await self._held.__aexit__(*error)


class Enterable(ABC, Generic[H]):
    """What can be entered with `async with` itself, by one task at a time."""

    _entered: H | None = None

    @abstractmethod
    def acquire(self) -> Acquisition[H]: ...

    async def __aenter__(self) -> H:
        if self._entered is not None and not self._entered.is_lost:
            raise RuntimeError("it is entered already: use acquire() for more than one task")
        held = await self.acquire()
        self._entered = held
        await held.__aenter__()
        return held

    async def __aexit__(self, *error: Any) -> None:
        held, self._entered = self._entered, None
        assert held is not None
        await held.__aexit__(*error)


class Guarded(ABC):
    """A body that is told, or cancelled, when what it needs is lost.

    `async with` cancels it if `on_lost` is "cancel", and raises LockLost then; None does so where
    the driver knows which coroutine runs (those of asyncio and Twisted do).
    """

    def __init__(self, client: "Client", path: str, on_lost: OnLost | None) -> None:
        self._client = client
        self._gone = Signal(client)
        self._on_lost = on_lost
        self._body: Body | None = None
        self._interrupted = False
        self.path = path

    @property
    def lost(self) -> Signal:
        """To be awaited: happens before anybody else can hold it, as far as clocks run evenly. (A
        release ends it too.)"""
        return self._gone

    @property
    def is_lost(self) -> bool:
        """Asks the clock too: true after a pause of this process, before any timer could run."""
        return self._gone.is_set or self.surely_for <= 0

    @property
    def suspended(self) -> bool:
        """Nobody can be reached just now who could say whether it is lost."""
        return self._client.status.state is not State.CONNECTED

    @property
    def surely_for(self) -> float:
        """So many seconds it is surely not lost, unless somebody deletes the znode."""
        return self._client.vouched_until - self._client.loop.now()

    def check(self) -> None:
        """Raises LockLost."""
        if self.is_lost:
            raise LockLost(self.path, "it is held no more")

    @abstractmethod
    async def release(self) -> None:
        """Give it back, whether it is lost or not. Waits until the znode or its session is gone."""

    async def run(self, work: Callable[[Self], Coroutine[Any, Any, T]]) -> T:
        """Do it while this is held, in a task that is cancelled when it is lost; release then.
        Raises LockLost, and what it raises."""
        loop, waiter = self._client.loop, self._client.loop.waiter()
        over = Signal(self._client)

        async def body() -> None:
            try:
                value = await work(self)
            except Exception as error:
                loop.reject(waiter, LockLost(self.path, str(error)) if self.is_lost else error)
            else:
                loop.resolve(waiter, value)
            finally:
                loop.reject(waiter, LockLost(self.path, "it was lost"))
                over.set()

        task = self._client.spawn(body())
        self._gone.when(task.cancel)
        try:
            return await waiter  # type: ignore[no-any-return]
        finally:
            self._gone.forget(task.cancel)
            if not over.is_set:
                task.cancel()
            await finish(self._client, self._end(over))

    async def _end(self, over: Signal) -> None:
        await over.wait()
        await self.release()

    async def __aenter__(self) -> Self:
        running = getattr(self._client.loop, "running", None)
        if self._on_lost != "tell" and running is not None:
            self._body = running()
            self._gone.when(self._interrupt)
        return self

    def _interrupt(self) -> None:
        if self._body is not None:
            self._interrupted = True
            self._body.interrupt()

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._gone.forget(self._interrupt)
        body, self._body = self._body, None
        ours = self._interrupted and body is not None and body.recovered(error)
        await self.release()
        if ours or (self._interrupted and error is None):
            raise LockLost(self.path, "it was lost") from None


class Held(Guarded):
    """One znode of ours stands for it. `token`: a fencing token, greater than that of everybody who
    held it before; whoever is written to refuses smaller ones than it has seen."""

    def __init__(
        self,
        claim: Claim,
        on_lost: OnLost | None = None,
        waiters: Callable[[], Awaitable[list[Holder]]] | None = None,
    ) -> None:
        super().__init__(claim.client, claim.path, on_lost)
        self._claim = claim
        self._gone = claim.gone
        self._waiters = waiters
        self.token = claim.token

    @property
    def revoked(self) -> Signal:
        """To be awaited: somebody asks for it to be given back (`revoke`, or Curator's Revoker).
        Nothing else happens: `held.revoked.when(...)` may say what shall."""
        return self._claim.revoked

    @property
    def is_lost(self) -> bool:
        return self._gone.is_set or (
            self._claim.session != self._client.session_id or self.surely_for <= 0
        )

    async def release(self) -> None:
        await self._claim.drop()

    async def waiters(self) -> list[Holder]:
        """Who waits for it, in the order in which they will get it."""
        return [] if self._waiters is None else await self._waiters()
