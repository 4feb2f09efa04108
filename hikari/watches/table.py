"""Who wants to hear of a path: once, or until they say otherwise."""

from collections.abc import Collection, Hashable, Iterator
from itertools import chain
from typing import Final

from hikari.watches.lasting import Lasting
from hikari_wire import codes

Watcher = Hashable  # a connection; nothing is asked of it but to be itself

_NOBODY: Final[tuple[Watcher, ...]] = ()


class _Interest:
    """Those who watch one path once: its data or existence, and its children. Never both empty.

    Dicts, not sets: they are told in the order in which they asked.
    """

    __slots__ = ("child", "data")

    def __init__(self) -> None:
        self.data: dict[Watcher, None] = {}
        self.child: dict[Watcher, None] = {}


class WatchTable:
    """One-shot watches, and, in `lasting`, those that stay. An exist watch is a data watch on what
    is not there yet.

    Invariant: `paths[path].data` or `.child` has the watcher exactly if
    `watchers[watcher][path] is paths[path]`.
    """

    __slots__ = ("lasting", "paths", "watchers", "watches")

    def __init__(self) -> None:
        self.paths: dict[bytes, _Interest] = {}  # the same one for ever, as `lasting.watchers` is
        self.watchers: dict[Watcher, dict[bytes, _Interest]] = {}
        self.lasting = Lasting()
        self.watches = 0  # all that fire once, of both kinds

    def add_data(self, path: bytes, watcher: Watcher) -> None:
        """To be told when it is created, changed or deleted."""
        interest = self._interest(path)
        self._add(path, watcher, interest, interest.data)

    def add_child(self, path: bytes, watcher: Watcher) -> None:
        """To be told when a child comes or goes, or when it is deleted itself."""
        interest = self._interest(path)
        self._add(path, watcher, interest, interest.child)

    def add_persistent(self, path: bytes, watcher: Watcher) -> None:
        """To be told of all that a data and a child watch together would tell, again and again."""
        self.lasting.add(codes.WATCHER_PERSISTENT, path, watcher)

    def add_recursive(self, path: bytes, watcher: Watcher) -> None:
        """To be told, again and again, when it or anything below it is created, changed or
        deleted; of lists of children nothing is told, what comes and goes is told itself."""
        self.lasting.add(codes.WATCHER_PERSISTENT_RECURSIVE, path, watcher)

    def _interest(self, path: bytes) -> _Interest:
        interest = self.paths.get(path)
        if interest is None:
            interest = self.paths[path] = _Interest()
        return interest

    def _add(
        self, path: bytes, watcher: Watcher, interest: _Interest, kind: dict[Watcher, None]
    ) -> None:
        if watcher not in kind:
            kind[watcher] = None
            watched = self.watchers.get(watcher)
            if watched is None:
                watched = self.watchers[watcher] = {}
            watched[path] = interest
            self.watches += 1

    def fire(self, type: int, path: bytes) -> Collection[Watcher]:
        """Who must be told of this event, each once, in whatever ways they watch. What fires once
        is gone then."""
        interest = self.paths.get(path)
        if interest is None:
            return self.lasting.told(type, path, _NOBODY) if self.lasting.watchers else _NOBODY
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
        watchers, data, child = self.watchers, interest.data, interest.child
        for watcher in told:
            if watcher not in data and watcher not in child:
                watched = watchers[watcher]
                if len(watched) == 1:
                    del watchers[watcher]
                else:
                    del watched[path]
        if not data and not child:
            del self.paths[path]
        return self.lasting.told(type, path, told) if self.lasting.watchers else told

    def has(self, kind: int, path: bytes, watcher: Watcher) -> bool:
        """Whether it watches this path in this way: one of `codes.WATCHER_*`."""
        interest = self.watchers.get(watcher, {}).get(path)
        if kind == codes.WATCHER_DATA:
            return interest is not None and watcher in interest.data
        if kind == codes.WATCHER_CHILDREN:
            return interest is not None and watcher in interest.child
        if kind == codes.WATCHER_ANY and interest is not None:
            return True
        return self.lasting.has(kind, path, watcher)

    def remove(self, kind: int, path: bytes, watcher: Watcher) -> bool:
        """It watches this path in this way, one of `codes.WATCHER_*`, no longer. Whether it did."""
        removed = False
        interest = self.watchers.get(watcher, {}).get(path)
        if interest is not None:
            if kind in (codes.WATCHER_DATA, codes.WATCHER_ANY):
                removed = self._forget(watcher, interest.data)
            if kind in (codes.WATCHER_CHILDREN, codes.WATCHER_ANY):
                removed = self._forget(watcher, interest.child) or removed
            if watcher not in interest.data and watcher not in interest.child:
                self._leave(path, watcher)
            self._tidy(path, interest)
        return self.lasting.remove(kind, path, watcher) or removed

    def _forget(self, watcher: Watcher, kind: dict[Watcher, None]) -> bool:
        if watcher not in kind:
            return False
        del kind[watcher]
        self.watches -= 1
        return True

    def watched(self, watcher: Watcher) -> Iterator[bytes]:
        """The paths that it watches: one that it watches once and lastingly comes twice."""
        yield from self.watchers.get(watcher, ())
        yield from self.lasting.watchers.get(watcher, ())

    def count_of(self, watcher: Watcher) -> int:
        """How many paths `watched` names."""
        watched = self.watchers.get(watcher, ())
        return len(watched) + len(self.lasting.watchers.get(watcher, ()))

    def watching(self, path: bytes) -> list[Watcher]:
        """Who watches it in whatever way, each once."""
        interest = self.paths.get(path)
        once = {} if interest is None else interest.data | interest.child
        lasting = [paths.get(path, {}) for paths in self.lasting.by_kind.values()]
        return list(dict.fromkeys([*once, *chain.from_iterable(lasting)]))

    def everyone(self) -> list[Watcher]:
        """Who watches anything, each once."""
        return list(dict.fromkeys([*self.watchers, *self.lasting.watchers]))

    def everywhere(self) -> list[bytes]:
        """What is watched in whatever way, each path once."""
        lasting = [path for paths in self.lasting.by_kind.values() for path in paths]
        return [*self.paths, *[p for p in dict.fromkeys(lasting) if p not in self.paths]]

    def drop(self, watcher: Watcher) -> None:
        """It is gone, and so is all it watched."""
        for path, interest in self.watchers.pop(watcher, {}).items():
            self._forget(watcher, interest.data)
            self._forget(watcher, interest.child)
            self._tidy(path, interest)
        self.lasting.drop(watcher)

    def _leave(self, path: bytes, watcher: Watcher) -> None:
        watched = self.watchers[watcher]
        del watched[path]
        if not watched:
            del self.watchers[watcher]

    def _tidy(self, path: bytes, interest: _Interest) -> None:
        if not interest.data and not interest.child:
            del self.paths[path]

    def __len__(self) -> int:
        return self.watches + self.lasting.watches
