"""Watches that stay when they have fired: persistent ones, of one path, and recursive ones."""

from collections.abc import Collection, Hashable
from typing import Final

from hikari_wire import codes

Watcher = Hashable
Watchers = dict[Watcher, None]  # in the order in which they asked

_ROOT: Final = b"/"


class Lasting:
    """Kept apart from the one-shot watches: while there are none, those pay nothing for these, and
    while none is recursive, nobody looks at a path's ancestors.

    Invariant: `by_kind[kind][path]` has the watcher exactly if `watchers[watcher][path]` has the
    kind; nothing in there is empty.
    """

    __slots__ = ("by_kind", "persistent", "recursive", "watchers", "watches")

    def __init__(self) -> None:
        self.persistent: dict[bytes, Watchers] = {}
        self.recursive: dict[bytes, Watchers] = {}
        self.by_kind = {
            codes.WATCHER_PERSISTENT: self.persistent,
            codes.WATCHER_PERSISTENT_RECURSIVE: self.recursive,
        }
        self.watchers: dict[Watcher, dict[bytes, set[int]]] = {}
        self.watches = 0  # of both kinds

    def add(self, kind: int, path: bytes, watcher: Watcher) -> None:
        kinds = self.watchers.setdefault(watcher, {}).setdefault(path, set())
        if kind not in kinds:
            kinds.add(kind)
            self.by_kind[kind].setdefault(path, {})[watcher] = None
            self.watches += 1

    def told(self, type: int, path: bytes, others: Collection[Watcher]) -> Collection[Watcher]:
        """Who must be told of this event, each once: `others` first, then those who watch here."""
        told = dict.fromkeys(others)
        told.update(self.persistent.get(path, {}))
        if self.recursive and type != codes.EVENT_CHILDREN_CHANGED:
            told.update(self.recursive.get(path, {}))
            while path != _ROOT:
                path = path[: path.rfind(b"/")] or _ROOT
                told.update(self.recursive.get(path, {}))
        return told

    def has(self, kind: int, path: bytes, watcher: Watcher) -> bool:
        kinds = self.watchers.get(watcher, {}).get(path, ())
        return bool(kinds) if kind == codes.WATCHER_ANY else kind in kinds

    def remove(self, kind: int, path: bytes, watcher: Watcher) -> bool:
        """Whether there was such a watch."""
        watched = self.watchers.get(watcher, {})
        kinds = watched.get(path, set())
        gone = [one for one in sorted(kinds) if kind in (one, codes.WATCHER_ANY)]
        for one in gone:
            kinds.discard(one)
            self._leave(one, path, watcher)
        if gone and not kinds:
            del watched[path]
            if not watched:
                del self.watchers[watcher]
        return bool(gone)

    def drop(self, watcher: Watcher) -> None:
        for path, kinds in self.watchers.pop(watcher, {}).items():
            for kind in kinds:
                self._leave(kind, path, watcher)

    def _leave(self, kind: int, path: bytes, watcher: Watcher) -> None:
        paths = self.by_kind[kind]
        del paths[path][watcher]
        if not paths[path]:
            del paths[path]
        self.watches -= 1
