"""Going through a subtree, many znodes at a time, in the order of `ls -R`: a znode before those
below it, children by their names.

What is asked for ahead is bounded: `AHEAD` znodes, and a few of each level above. A znode that
goes meanwhile is left out; one that may not be read is counted in `denied`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from typing import Any, Final, NamedTuple

from hikari_client import ACL, Client, NoAuth, NoNode, Stat

AHEAD: Final = 128


class Found(NamedTuple):
    """A znode. `data` and `acl` only if they were asked for; `names`: of its children."""

    path: str
    stat: Stat
    names: list[str]
    data: bytes = b""
    acl: list[ACL] | None = None


class Walk:
    """The subtree at `root`, as an async iterator. Raises NoNode if there is none, and NoAuth if
    already the root may not be read.

    `depth`: levels below the root that are looked at; None: all."""

    def __init__(
        self,
        zk: Client,
        root: str,
        *,
        data: bool = False,
        acl: bool = False,
        depth: int | None = None,
    ) -> None:
        self.zk = zk
        self.root = root
        self.denied = 0
        self._data, self._acl = data, acl
        self._level = None if depth is None else level(root) + depth

    async def __aiter__(self) -> AsyncIterator[Found]:
        waiting = [self.root]
        ahead: dict[str, Found | None] = {}
        while waiting:
            path = waiting[-1]
            if path not in ahead:
                soon = [one for one in reversed(waiting[-AHEAD:]) if one not in ahead]
                ahead.update(zip(soon, await gather(self._look(one) for one in soon), strict=True))
            waiting.pop()
            found = ahead.pop(path)
            if found is None:
                continue
            yield found
            if self._level is None or level(path) < self._level:
                waiting += [below(path, name) for name in sorted(found.names, reverse=True)]

    async def _look(self, path: str) -> Found | None:
        try:
            if self._data or self._acl:
                return await self._whole(path)
            names, stat = await self.zk.children_and_stat(path)
            return Found(path, stat, names)
        except NoNode:
            if path == self.root:
                raise
        except NoAuth:
            if path == self.root:
                raise
            self.denied += 1
        return None

    async def _whole(self, path: str) -> Found:
        """The requests leave together; what has no children is not asked for them."""
        reading = self.zk.get(path)
        acl = self.zk.get_acl(path) if self._acl else None
        try:
            data, stat = await reading
        finally:
            entries = (await acl)[0] if acl is not None else None
        names = await self.zk.children(path) if stat.num_children else []
        return Found(path, stat, names, data, entries)


async def gather(work: Iterable[Awaitable[Any]]) -> list[Any]:
    """All of them at once. The first error ends it, and the rest is given up."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def below(path: str, name: str) -> str:
    """The path of a child."""
    return f"{path.rstrip('/')}/{name}"


def level(path: str) -> int:
    """How deep it is; 0 for the root."""
    return path.count("/") if len(path) > 1 else 0


def relative(path: str, root: str) -> str:
    """A path as seen from a root above it: "/" for the root itself."""
    return path[len(root.rstrip("/")) :] or "/"


def absolute(path: str, root: str) -> str:
    """The inverse of `relative`."""
    return (root.rstrip("/") + path).rstrip("/") or "/"


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def parent_of(path: str) -> str:
    return path.rpartition("/")[0] or "/"
