"""A watch that stays: the server's own, or, where the server has none (ZooKeeper before 3.6), one
made of watches that fire once."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from hikari_client.errors import ConnectionLoss, NoNode, SessionExpired, Unimplemented, ZKError
from hikari_client.stream import Stream
from hikari_client.values import Event, EventType, Stat
from hikari_client.watching import CHILD, DATA, PERSISTENT, RECURSIVE
from hikari_wire import codes

if TYPE_CHECKING:
    from hikari_client.client import Client


class Lasting:
    """See the module. `arm` waits until the server knows of it; `stream` has what it tells."""

    def __init__(self, client: "Client", path: str, recursive: bool) -> None:
        self._client = client
        self._path = path
        self._recursive = recursive
        self._where = client._wire(path)
        self._reads: Rewatched | None = None
        gap = Event(EventType.GAP, path)
        self.stream: Stream[Event] = Stream(
            client.loop, arm=self._arm, disarm=self._disarm, overflow=gap
        )

    async def _arm(self) -> None:
        client = self._client
        client._events.add(self.stream)
        if client._lasting_refused and not self._recursive:
            await self._by_reads()
            return
        mode = (codes.ADD_WATCH_PERSISTENT, codes.ADD_WATCH_PERSISTENT_RECURSIVE)[self._recursive]
        try:
            await client._ask((codes.ADD_WATCH, self._where, mode), self._path, None, self._heard)
        except Unimplemented:
            if self._recursive:
                raise self._impossible() from None
            client._lasting_refused = True
            await self._by_reads()

    def _impossible(self) -> Unimplemented:
        return Unimplemented(self._path, "servers before ZooKeeper 3.6 have no recursive watches")

    async def _by_reads(self) -> None:
        self._reads = Rewatched(self._client, self._path, self.stream)
        await self._reads.begin()

    def _disarm(self) -> None:
        client = self._client
        client._events.discard(self.stream)
        client._forget((PERSISTENT, RECURSIVE)[self._recursive], self._where, self._heard)
        if self._reads is not None:
            self._reads.end()

    def _heard(self, event: Event) -> None:
        if event.type is not EventType.REMOVED:
            self.stream.put(event)
        elif self._recursive:
            self.stream.end(self._impossible())
        else:  # moved to an older server, which knows nothing of it
            self._reads = Rewatched(self._client, self._path, self.stream)
            self._reads.again()


class Rewatched:
    """Watches that fire once, set again whenever they have. What happens in between tells no event:
    unless the versions prove that there was nothing, a gap says so."""

    def __init__(self, client: "Client", path: str, stream: Stream[Event]) -> None:
        self._client = client
        self._path = path
        self._stream = stream
        self._armed: set[int] = set()  # or just being so
        self._asked: dict[int, Awaitable[Any]] = {}  # and nobody waits for it yet
        self._data: Stat | None = None  # as it was when its watch was set
        self._children: Stat | None = None
        self._looking = False
        self._over = False

    async def begin(self) -> None:
        """Until the server knows of it. Raises what reads raise."""
        self._looking = True
        try:
            await self._look()
        except BaseException:
            self.end()
            raise
        finally:
            self._looking = False
        self.again()

    def again(self) -> None:
        """What is not set is set, beside."""
        if self._missing() and not self._looking and not self._over:
            self._looking = True
            self._client.spawn(self._look_again())

    def end(self) -> None:
        self._over = True
        for watcher in (self._data_fired, self._children_fired):
            self._client.forget(self._path, watcher)

    def _data_fired(self, event: Event) -> None:
        self._armed.discard(DATA)
        self._heard(DATA, event)

    def _children_fired(self, event: Event) -> None:
        self._armed.discard(CHILD)
        if event.type is not EventType.DELETED:  # the other one tells that
            self._heard(CHILD, event)

    def _heard(self, kind: int, event: Event) -> None:
        """Ask before it is told: what the reader does then comes after."""
        if self._over or self._client.useless is not None:
            return
        if kind not in self._asked:
            self._asked[kind] = self._ask(kind)
        self._stream.put(event)
        self.again()

    async def _look_again(self) -> None:
        try:
            while not self._over and self._missing():
                if not await self._look():
                    self._stream.put(Event(EventType.GAP, self._path))
            for asked in self._asked.values():
                await asked
            if self._over:
                self.end()  # what was being set meanwhile
        except ZKError as error:
            if self._client.useless is None and not self._over:
                self._stream.end(error)
        finally:
            self._looking = False

    def _missing(self) -> bool:
        if self._asked or DATA not in self._armed:
            return True
        return self._data is not None and CHILD not in self._armed

    async def _look(self) -> bool:
        """Set what is not set. Whether nothing can have been missed."""
        sure = True
        if DATA in self._asked or DATA not in self._armed:
            before = self._data
            self._data = await self._set(DATA)
            sure = _followed(before, self._data, "version")
        if CHILD in self._asked or (self._data is not None and CHILD not in self._armed):
            before, self._children = self._children, None
            try:
                _, self._children = await self._set(CHILD)
            except NoNode:  # and the watch of the data has told so
                return False
            sure = _followed(before, self._children, "cversion") and sure
        return sure

    async def _set(self, kind: int) -> Any:
        asked = self._asked.pop(kind, None) or self._ask(kind)
        try:
            while True:
                try:
                    return await asked
                except (ConnectionLoss, SessionExpired):
                    await self._client.connected()
                asked = self._ask(kind)
        except BaseException:
            self._armed.discard(kind)
            raise

    def _ask(self, kind: int) -> Awaitable[Any]:
        self._armed.add(kind)  # it may fire as soon as the answer is there
        if kind == DATA:
            return self._client.exists(self._path, watch=self._data_fired)
        return self._client.children_and_stat(self._path, watch=self._children_fired)


def _followed(before: Stat | None, after: Stat | None, version: str) -> bool:
    """Whether just one change, which an event told, lies between."""
    return (
        before is not None
        and after is not None
        and before.czxid == after.czxid
        and getattr(after, version) == getattr(before, version) + 1
    )
