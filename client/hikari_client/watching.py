"""Who wants to hear of which path: what a session must tell each new connection, and each event.

As a server keeps it: a watch of getData or of exists fires once for the data, one of getChildren
once for the children; a persistent one stays, and a recursive one hears of all below it. Paths are
the server's (chroot included), in bytes.
"""

from collections.abc import Iterator
from typing import Any, Final

from hikari_wire import codes
from hikari_wire.requests import Request

Watcher = Any  # whatever the caller wants to have back when it fires

DATA, EXIST, CHILD, PERSISTENT, RECURSIVE = KINDS = range(5)
CHUNK_BYTES_MAX: Final = 1 << 17  # of one SetWatches, as the Java client sends them; or one path

_ONCE: Final = {
    codes.EVENT_CREATED: (DATA, EXIST),
    codes.EVENT_DATA_CHANGED: (DATA, EXIST),
    codes.EVENT_DELETED: (DATA, EXIST, CHILD),
    codes.EVENT_CHILDREN_CHANGED: (CHILD,),
    codes.EVENT_DATA_WATCH_REMOVED: (DATA, EXIST),
    codes.EVENT_CHILD_WATCH_REMOVED: (CHILD,),
    codes.EVENT_PERSISTENT_WATCH_REMOVED: (),
}


class Watches:
    """The watches of one session. A watcher is kept once for each time it was added."""

    def __init__(self) -> None:
        self._by_kind: tuple[dict[bytes, list[Watcher]], ...] = ({}, {}, {}, {}, {})

    def __bool__(self) -> bool:
        return any(self._by_kind)

    def add(self, kind: int, path: bytes, watcher: Watcher) -> None:
        self._by_kind[kind].setdefault(path, []).append(watcher)

    def remove(self, kind: int, path: bytes, watcher: Watcher) -> bool:
        """Whether it was the last of its kind there, so that the server need not know any more."""
        there = self._by_kind[kind].get(path)
        if there is None or watcher not in there:
            return False
        there.remove(watcher)
        if not there:
            del self._by_kind[kind][path]
        return not there

    def watched(self, path: bytes) -> bool:
        """Whether anybody waits for anything of just this path."""
        return any(path in watchers for watchers in self._by_kind)

    def fired(self, type: int, path: bytes) -> list[Watcher]:
        """Who hears of this event; whoever hears once is forgotten."""
        heard: list[Watcher] = []
        for kind in _ONCE.get(type, ()):
            heard += self._by_kind[kind].pop(path, ())
        heard += self._by_kind[PERSISTENT].get(path, ())
        recursive = self._by_kind[RECURSIVE]
        if recursive and type != codes.EVENT_CHILDREN_CHANGED:
            above = path
            while above:
                heard += recursive.get(above, ())
                above = above[: above.rfind(b"/")] or (b"/" if len(above) > 1 else b"")
        return heard

    def lasting(self) -> Iterator[tuple[bytes, Watcher]]:
        """Those that stay, with their paths."""
        for kind in (PERSISTENT, RECURSIVE):
            for path, watchers in self._by_kind[kind].items():
                for watcher in watchers:
                    yield path, watcher

    def drop_once(self) -> list[tuple[bytes, Watcher]]:
        """The session is over: those that would have fired once never will. Who they were."""
        return self._drop((DATA, EXIST, CHILD))

    def drop_lasting(self) -> list[tuple[bytes, Watcher]]:
        """The server has none that stay. Who they were."""
        return self._drop((PERSISTENT, RECURSIVE))

    def _drop(self, kinds: tuple[int, ...]) -> list[tuple[bytes, Watcher]]:
        dropped = []
        for kind in kinds:
            for path, watchers in self._by_kind[kind].items():
                dropped += [(path, watcher) for watcher in watchers]
            self._by_kind[kind].clear()
        return dropped

    def rearm(self, zxid: int) -> list[Request]:
        """What a new connection must be told, in chunks: the server answers at once with what
        happened after `zxid` to those that fire once."""
        chunks: list[Request] = []
        lists: list[list[bytes]] = [[], [], [], [], []]
        size = 0
        for kind in KINDS:
            for path in self._by_kind[kind]:
                if size and size + len(path) > CHUNK_BYTES_MAX:
                    chunks.append(_set_watches(zxid, lists))
                    lists, size = [[], [], [], [], []], 0
                lists[kind].append(path)
                size += 4 + len(path)
        if size:
            chunks.append(_set_watches(zxid, lists))
        return chunks


def _set_watches(zxid: int, lists: list[list[bytes]]) -> Request:
    """The newer request only where it is needed: servers before 3.6 do not know it."""
    if lists[PERSISTENT] or lists[RECURSIVE]:
        return (codes.SET_WATCHES2, zxid, *(tuple(paths) for paths in lists))
    return (codes.SET_WATCHES, zxid, *(tuple(paths) for paths in lists[:3]))
