"""Who wants to hear of a path, once."""

from collections.abc import Hashable, Sequence
from typing import Final

from hikari_wire import codes

Watcher = Hashable  # a connection; nothing is asked of it but to be itself

_NOBODY: Final[tuple[Watcher, ...]] = ()


class _Interest:
    """Those who watch one path: its data or existence, and its children. Never both empty.

    Dicts, not sets: they are told in the order in which they asked. A persistent watch, once there
    is such a thing, is a third dict here, which firing does not empty.
    """

    __slots__ = ("child", "data")

    def __init__(self) -> None:
        self.data: dict[Watcher, None] = {}
        self.child: dict[Watcher, None] = {}


class WatchTable:
    """One-shot watches. An exist watch is a data watch on what is not there yet.

    Invariant: `paths[path].data` or `.child` has the watcher exactly if
    `watchers[watcher][path] is paths[path]`.
    """

    __slots__ = ("paths", "watchers", "watches")

    def __init__(self) -> None:
        self.paths: dict[bytes, _Interest] = {}
        self.watchers: dict[Watcher, dict[bytes, _Interest]] = {}
        self.watches = 0  # all of both kinds

    def add_data(self, path: bytes, watcher: Watcher) -> None:
        """To be told when it is created, changed or deleted."""
        self._add(path, watcher, self._interest(path).data)

    def add_child(self, path: bytes, watcher: Watcher) -> None:
        """To be told when a child comes or goes, or when it is deleted itself."""
        self._add(path, watcher, self._interest(path).child)

    def _interest(self, path: bytes) -> _Interest:
        interest = self.paths.get(path)
        if interest is None:
            interest = self.paths[path] = _Interest()
        return interest

    def _add(self, path: bytes, watcher: Watcher, kind: dict[Watcher, None]) -> None:
        if watcher not in kind:
            kind[watcher] = None
            self.watchers.setdefault(watcher, {})[path] = self.paths[path]
            self.watches += 1

    def fire(self, type: int, path: bytes) -> Sequence[Watcher]:
        """Who must be told of this event, each once; they watch this path no longer."""
        interest = self.paths.get(path)
        if interest is None:
            return _NOBODY
        if type == codes.EVENT_DELETED:
            told = list(interest.data | interest.child)
            self.watches -= len(interest.data) + len(interest.child)
            interest.data = {}
            interest.child = {}
        elif type == codes.EVENT_CHILDREN_CHANGED:
            told = list(interest.child)
            self.watches -= len(told)
            interest.child = {}
        else:
            told = list(interest.data)
            self.watches -= len(told)
            interest.data = {}
        for watcher in told:
            if watcher not in interest.data and watcher not in interest.child:
                self._leave(path, watcher)
        self._tidy(path, interest)
        return told

    def watching(self, path: bytes) -> list[Watcher]:
        """Who watches it in whatever way, each once."""
        interest = self.paths.get(path)
        return [] if interest is None else list(interest.data | interest.child)

    def watched_by(self, watcher: Watcher) -> list[bytes]:
        """The paths it watches in whatever way, each once."""
        return list(self.watchers.get(watcher, ()))

    def drop(self, watcher: Watcher) -> None:
        """It is gone, and so is all it watched."""
        for path, interest in self.watchers.pop(watcher, {}).items():
            for kind in (interest.data, interest.child):
                if watcher in kind:
                    del kind[watcher]
                    self.watches -= 1
            self._tidy(path, interest)

    def _leave(self, path: bytes, watcher: Watcher) -> None:
        watched = self.watchers[watcher]
        del watched[path]
        if not watched:
            del self.watchers[watcher]

    def _tidy(self, path: bytes, interest: _Interest) -> None:
        if not interest.data and not interest.child:
            del self.paths[path]

    def __len__(self) -> int:
        return self.watches
