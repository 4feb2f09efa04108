"""A subtree, always as new as this client's connection.

async with TreeCache(zk, "/services") as tree:
    print(tree.children("/services"), tree["/services/a"].data)
    async for event in tree.changes():
        ...
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from hikari_client.errors import ClientClosed, NoNode, ZKError
from hikari_client.recipes.following import Following
from hikari_client.recipes.waiting import all_of, join, surely
from hikari_client.stream import Stream
from hikari_client.values import Event, EventType, NodeData

if TYPE_CHECKING:
    from hikari_client.client import Client

UNDERWAY_MAX: Final = 256
"""So many reads are asked for at once."""


class TreeCache(Following):
    """Built on one recursive watch (ZooKeeper 3.6). Memory: all of it. `depth`: so many levels
    below `path` are kept; None: all.

    Whatever may have been missed is read again, and told as what changed, never as a gap. What may
    not be read is left out.
    """

    def __init__(self, client: "Client", path: str, *, depth: int | None = None) -> None:
        super().__init__(client)
        self.path = path
        self._depth = depth
        self._nodes: dict[str, NodeData] = {}
        self._children: dict[str, set[str]] = {}
        self._streams: list[Stream[Event]] = []

    # ---- looking

    def __getitem__(self, path: str) -> NodeData:
        """Raises KeyError."""
        return self._nodes[path]

    def get(self, path: str) -> NodeData | None:
        return self._nodes.get(path)

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    def __iter__(self) -> Iterator[str]:
        """All paths, in order."""
        return iter(sorted(self._nodes))

    def __len__(self) -> int:
        return len(self._nodes)

    def children(self, path: str) -> list[str]:
        """Their names, in order; of what is not there, none."""
        return sorted(self._children.get(path, ()))

    def changes(self) -> Stream[Event]:
        """What is created, changed and deleted from now on, told when it can be seen here. A reader
        that is far too slow gets a gap: look at all again."""
        stream: Stream[Event] = Stream(
            self.client.loop,
            disarm=lambda: self._streams.remove(stream),
            overflow=Event(EventType.GAP, self.path),
        )
        self._streams.append(stream)
        return stream

    # ---- following

    async def _follow(self) -> None:
        async with self.client.watch(self.path, recursive=True) as events:
            await self._load()
            self._ready.set()
            async for event in events:
                await self._catch_up([event, *events.take()])

    async def _catch_up(self, events: list[Event]) -> None:
        if any(event.gap for event in events):
            await self._load()
            return
        stale: dict[str, None] = {}
        for event in events:
            known = self._nodes.get(event.path)
            seen = known is not None and 0 < event.zxid <= known.stat.mzxid
            if self._kept(event.path) and not seen:
                stale[event.path] = None
        await self._read(list(stale))

    def _kept(self, path: str) -> bool:
        if self._depth is None or path == self.path:
            return True
        return path[len(self.path.rstrip("/")) :].count("/") <= self._depth

    async def _load(self) -> None:
        """All of it, level by level; what is not found any more is forgotten."""
        found: set[str] = set()
        level = [self.path]
        while level:
            found.update(level)
            await self._read(level)
            level = await self._below([path for path in level if path in self._nodes])
        for path in [path for path in self._nodes if path not in found]:
            self._put(path, None)

    async def _below(self, level: list[str]) -> list[str]:
        below: list[str] = []
        level = [path for path in level if self._kept(join(path, "x"))]
        level = [path for path in level if self._nodes[path].stat.num_children]
        for at in range(0, len(level), UNDERWAY_MAX):
            some = level[at : at + UNDERWAY_MAX]
            answers = await all_of([self.client.children(path) for path in some])
            for path, names in zip(some, answers, strict=True):
                if isinstance(names, ZKError):
                    names = await self._one(names, path, "children")
                below += [join(path, name) for name in names or ()]
        return below

    async def _read(self, paths: list[str]) -> None:
        """As they are now."""
        for at in range(0, len(paths), UNDERWAY_MAX):
            some = paths[at : at + UNDERWAY_MAX]
            answers = await all_of([self.client.get(path) for path in some])
            for path, node in zip(some, answers, strict=True):
                if isinstance(node, ZKError):
                    node = await self._one(node, path, "get")
                self._put(path, node)

    async def _one(self, error: ZKError, path: str, what: str) -> "NodeData | list[str] | None":
        """What could not be read with the others: None if it is not to be had."""
        if isinstance(error, NoNode):
            return None
        if isinstance(error, ClientClosed):
            raise error
        try:
            return await surely(self.client, getattr(self.client, what), path)
        except ClientClosed:
            raise
        except ZKError as refused:
            if path == self.path and not isinstance(refused, NoNode):
                raise
            return None

    def _put(self, path: str, node: NodeData | None) -> None:
        before = self._nodes.get(path)
        parent, _, name = path.rpartition("/")
        if node is None:
            if before is None:
                return
            del self._nodes[path]
            self._children.get(parent or "/", set()).discard(name)
            self._children.pop(path, None)
            self._tell(EventType.DELETED, path, -1)
            return
        if path != self.path:
            self._children.setdefault(parent or "/", set()).add(name)
        self._nodes[path] = node
        if before is None or before.stat.czxid != node.stat.czxid:
            self._tell(EventType.CREATED, path, node.stat.czxid)
        elif before.stat.mzxid != node.stat.mzxid:
            self._tell(EventType.CHANGED, path, node.stat.mzxid)

    def _tell(self, type: EventType, path: str, zxid: int) -> None:
        if self._ready.is_set:
            for stream in self._streams:
                stream.put(Event(type, path, zxid))

    def _over(self, error: Exception | None) -> None:
        for stream in self._streams:
            stream.end(None if isinstance(error, ClientClosed) else error)


class ChildrenCache(TreeCache):
    """One znode and its children, with their data (Curator's PathChildrenCache)."""

    def __init__(self, client: "Client", path: str) -> None:
        super().__init__(client, path, depth=1)

    @property
    def names(self) -> list[str]:
        """Of the children, in order."""
        return self.children(self.path)
