"""Who stands in a queue of contenders, with what settings: locks, semaphores, elections."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack

from hikari_client.operations import ACLs
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.contenders import Kind, Layout, contender, contenders
from hikari_client.recipes.held import Acquisition, Enterable, Held, Holder, OnLost, possible

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")


class SharedSettings(TypedDict, total=False):
    """Of every driver. `name`: what others are told of us; `lost_when`: "lost", or already when the
    connection is "suspended"; `layout`: whose programs share the queue; `acl`: of what we create.
    """

    name: str
    lost_when: Literal["lost", "suspended"]
    layout: Layout
    acl: ACLs


class Settings(SharedSettings, total=False):
    """`on_lost`: what becomes of the body of `async with` when it is lost (see `Guarded`)."""

    on_lost: OnLost | None


class TimedSettings(Settings, total=False):
    """`timeout`: seconds, for acquire and `async with`; None: for ever."""

    timeout: float | None


class Standing:
    """See the module. The znodes of those that stand are below `path`."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        name: str = "",
        on_lost: OnLost | None = None,
        lost_when: Literal["lost", "suspended"] = "lost",
        layout: Layout = "kazoo",
        acl: ACLs = None,
    ) -> None:
        """See `Settings`."""
        self.client = client
        self.path = path
        self.name = name
        self._on_lost = possible(client, on_lost)
        self._cautious = lost_when == "suspended"
        self._layout: Layout = layout
        self._acl = acl

    def _contender(self, kind: Kind) -> Claim:
        return contender(
            *(self.client, self.path, kind, self._layout),
            *(self.name.encode(), self._acl, self._cautious),
        )

    async def _contenders(self) -> list[Holder]:
        return await contenders(self.client, self.path)


class Acquirable(Standing, Enterable[Held]):
    """What one waits for, to hold it. Any number of tasks may acquire with one object; `async with`
    on the object itself is for one at a time."""

    def __init__(
        self,
        client: "Client",
        path: str,
        *,
        timeout: float | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(client, path, **settings)
        self._timeout = timeout

    def acquire(
        self, *, timeout: float | None = None, on_lost: OnLost | None = None
    ) -> Acquisition[Held]:
        """Raises DeadlineExceeded when it is not ours in time; then nothing of us stays in the
        queue, nor after a cancellation."""

        possible(self.client, on_lost)

        async def acquire() -> Held:
            held = await self._acquire(self._timeout if timeout is None else timeout, on_lost)
            assert held is not None
            return held

        return Acquisition(acquire)

    async def try_acquire(self) -> Held | None:
        """None: it is not to be had at once."""
        return await self._acquire(None, None, wait=False)

    async def run(
        self,
        work: Callable[[Held], Coroutine[Any, Any, T]],
        *,
        timeout: float | None = None,
    ) -> T:
        """Acquire, do it in a task that is cancelled when it is lost, release. For every driver.
        Raises LockLost, DeadlineExceeded, and what it raises."""
        return await (await self.acquire(timeout=timeout)).run(work)

    @abstractmethod
    async def _acquire(
        self, timeout: float | None, on_lost: OnLost | None, *, wait: bool = True
    ) -> Held | None: ...
