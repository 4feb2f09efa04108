"""Where changes happen: events counted for every subtree that they are in."""

from typing import Final

from attrs import define, field

from hikari_client import Event, EventType
from hikari_tools.shell.walking import parent_of

PATHS_MAX: Final = 100_000
"""Further znodes are counted in the subtrees that are known by then, and not themselves."""


@define
class Changes:
    """What happened at a path and below it."""

    created: int = 0
    changed: int = 0
    deleted: int = 0

    @property
    def all(self) -> int:
        return self.created + self.changed + self.deleted


@define
class Heat:
    """Of the subtree at `root`. `gaps`: how often events may have been missed."""

    root: str
    gaps: int = 0
    paths_max: int = PATHS_MAX
    _known: dict[str, Changes] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._known[self.root] = Changes()

    @property
    def total(self) -> int:
        return self._known[self.root].all

    def add(self, event: Event) -> None:
        """An event of a recursive watch of the root."""
        if event.gap:
            self.gaps += 1
        if event.type not in (EventType.CREATED, EventType.CHANGED, EventType.DELETED):
            return
        path = event.path
        while True:
            self._count(path, event.type)
            if path in (self.root, "/"):
                return
            path = parent_of(path)

    def _count(self, path: str, kind: EventType) -> None:
        one = self._known.get(path)
        if one is None:
            if len(self._known) >= self.paths_max:
                return
            one = self._known[path] = Changes()
        if kind is EventType.CREATED:
            one.created += 1
        elif kind is EventType.CHANGED:
            one.changed += 1
        else:
            one.deleted += 1

    def hottest(self, count: int) -> list[tuple[str, Changes]]:
        """The subtrees with most changes. One of whose znodes below a single one has all of its
        changes is not among them: that one is."""
        parents = {
            parent_of(path)
            for path, one in self._known.items()
            if path != self.root and one.all == self._known[parent_of(path)].all
        }
        found = [(path, one) for path, one in self._known.items() if one.all]
        shown = [(path, one) for path, one in found if path not in parents]
        shown.sort(key=lambda one: (-one[1].all, one[0]))
        return shown[:count]
