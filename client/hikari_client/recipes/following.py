"""What keeps itself up to date beside: the base of caches, watches and registrations."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from hikari_client.errors import BadVersion, ClientClosed, NodeExists, NoNode
from hikari_client.recipes.waiting import Beside, Signal, log, surely
from hikari_client.values import NodeData, Stat

if TYPE_CHECKING:
    from hikari_client.client import Client

T = TypeVar("T")


class Following(ABC):
    """From `start` (or `async with`) to `close`. `failed`: why it does not follow any more."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self.failed: Exception | None = None
        self._ready = Signal(client)
        self._task: Beside | None = None

    async def start(self) -> Self:
        """Returns when it is up to date for the first time. Raises what keeps it from that."""
        assert self._task is None, "it follows already"
        self._task = Beside(self.client, self._run())
        begun = False
        try:
            await self._ready
            begun = True
        finally:
            if not begun:
                await self.close()
        if self.failed is not None:
            raise self.failed
        return self

    async def close(self) -> None:
        self.failed = self.failed or ClientClosed("", "it was closed")
        if self._task is not None:
            self._task.stop()
        self._over(None)

    async def _run(self) -> None:
        try:
            await self._follow()
        except Exception as error:
            if self.failed is None:  # else it was stopped
                if not isinstance(error, ClientClosed):
                    log.warning("%s follows no more: %s", type(self).__name__, error)
                self.failed = error
                self._over(error)
        finally:
            self._ready.set()

    @abstractmethod
    async def _follow(self) -> None:
        """For ever; sets `_ready`."""

    def _over(self, error: Exception | None) -> None:  # noqa: B027
        """Whoever waits for changes must be told; many have nobody who does."""

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Latest(Following, Generic[T]):
    """Follows one value of one znode. Whoever is slow sees the newest, not each."""

    def __init__(self, client: "Client", path: str) -> None:
        super().__init__(client)
        self.path = path
        self._value: T | None = None
        self._stat: Stat | None = None
        self._changed: list[Signal] = []

    async def changes(self) -> AsyncIterator[T | None]:
        """The value now, and whenever it changed; None: there is no such znode. Ends with `close`;
        raises what keeps it from following."""
        changed = Signal(self.client)
        forget = self.tell(changed)
        changed.set()
        try:
            while True:
                await changed
                changed.clear()
                if self.failed is not None:
                    if isinstance(self.failed, ClientClosed):
                        return
                    raise self.failed
                yield self._value
        finally:
            forget()

    def tell(self, signal: Signal) -> Callable[[], None]:
        """`signal` happens at every change, and at the end, until what is returned is called."""
        self._changed.append(signal)
        return lambda: self._changed.remove(signal)

    @abstractmethod
    async def _read(self) -> tuple[T, Stat]: ...

    async def _follow(self) -> None:
        async with self.client.watch(self.path) as events:
            await self._look()
            self._ready.set()
            async for event in events:
                if not self._knows([event.zxid, *(each.zxid for each in events.take())]):
                    await self._look()

    def _knows(self, zxids: list[int]) -> bool:
        """Whether it was read after all of these changes."""
        if self._stat is None or min(zxids) <= 0:
            return False
        return max(zxids) <= max(self._stat.mzxid, self._stat.pzxid)

    async def _look(self) -> None:
        before = self._value
        try:
            self._value, self._stat = await self._read()
        except NoNode:
            self._value = self._stat = None
        if self._value != before:
            self._tell()

    def _tell(self) -> None:
        for changed in self._changed:
            changed.set()

    def _over(self, error: Exception | None) -> None:
        self._tell()


class NodeCache(Latest[NodeData]):
    """One znode, always as new as this client's connection.

    async with NodeCache(zk, "/config") as node:
        print(node.data)
    """

    @property
    def node(self) -> NodeData | None:
        """None: there is none."""
        return self._value

    @property
    def data(self) -> bytes | None:
        return None if self._value is None else self._value.data

    async def _read(self) -> tuple[NodeData, Stat]:
        node = await surely(self.client, self.client.get, self.path)
        return node, node.stat


class SharedValue(NodeCache):
    """A value that all who follow it see change: `data`, `changes`, and `set`. Made with `default`
    when it is not there."""

    def __init__(self, client: "Client", path: str, default: bytes = b"") -> None:
        super().__init__(client, path)
        self._default = default

    async def set(self, value: bytes) -> None:
        """Whatever it was."""
        await surely(self.client, self.client.set, self.path, value)

    async def try_set(self, value: bytes) -> bool:
        """If it is still what we see in `node`; False: somebody else was quicker. Raises
        ConnectionLoss if nobody knows."""
        version = -1 if self.node is None else self.node.stat.version
        try:
            await self.client.set(self.path, value, version=version)
        except BadVersion:
            return False
        return True

    async def _follow(self) -> None:
        with suppress(NodeExists):
            await surely(self.client, self.client.create, self.path, self._default, parents=True)
        await super()._follow()


class ChildrenList(Latest[list[str]]):
    """The names of the children of one znode, in order."""

    @property
    def names(self) -> list[str]:
        return list(self._value or ())

    async def _read(self) -> tuple[list[str], Stat]:
        names, stat = await surely(self.client, self.client.children_and_stat, self.path)
        return sorted(names), stat


class DataWatch(Following):
    """Call `told` with the znode (None: there is none) now and whenever it changed, until it gives
    False. It may be async; it is called once at a time, with the newest."""

    _latest: type[Latest[Any]] = NodeCache

    def __init__(
        self, client: "Client", path: str, told: Callable[[Any], bool | Awaitable[Any] | None]
    ) -> None:
        super().__init__(client)
        self.path = path
        self._told = told

    async def _follow(self) -> None:
        async with self._latest(self.client, self.path) as latest:
            async for value in latest.changes():
                answer = self._told(value)
                if answer is not None and not isinstance(answer, bool):
                    answer = await answer
                self._ready.set()
                if answer is False:
                    return


class ChildrenWatch(DataWatch):
    """Call `told` with the names of the children (None: no such znode), as DataWatch does."""

    _latest = ChildrenList
