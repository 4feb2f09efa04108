"""What a multi has changed so far, so that it can end as if it had never begun."""

from typing import TYPE_CHECKING, Any, Final

from hikari.tree.sessions import Session
from hikari.tree.znode import Znode

if TYPE_CHECKING:
    from hikari.tree.state import State

_ABSENT: Final = Znode(None, b"", 0, 0, 0)  # "not among the changed", where None says "gone"


class Undo:
    """Remembers the first touch of everything; `restore` puts all of it back."""

    __slots__ = ("claims", "count", "dues", "events", "quotas", "state", "sum", "znodes")

    def __init__(self, state: "State") -> None:
        self.state = state
        self.events = len(state.events)
        self.count = state.znodes
        self.sum = state.sum
        self.quotas = state.quotas
        # key -> what `dues` held for it; _ABSENT: nothing
        self.dues: dict[bytes, bytes | Znode | None] = {}
        # path -> (the znode and its fields as they were, what `changed` held for it)
        self.znodes: dict[bytes, tuple[Znode | None, tuple[Any, ...], Znode | None]] = {}
        # (session, its count, path, what its claims held for it), newest last; _ABSENT: nothing
        self.claims: list[tuple[Session, int, bytes, bytes | Znode | None]] = []

    def touched(self, path: bytes, znode: Znode | None) -> None:
        """About to change; None: about to come into being."""
        if path not in self.znodes:
            before = self.state.changed.get(path, _ABSENT)
            self.znodes[path] = (znode, () if znode is None else znode.fields(), before)

    def claimed(self, session: Session, path: bytes) -> None:
        """About to be owned by the session, or to be owned no longer."""
        before = self.state.claims.get(session.id, {}).get(path, _ABSENT)
        self.claims.append((session, session.ephemerals, path, before))

    def due(self, key: bytes) -> None:
        """A row of those that end by themselves is about to come or go."""
        if key not in self.dues:
            self.dues[key] = self.state.dues.get(key, _ABSENT)

    def restore(self) -> None:
        state = self.state
        del state.events[self.events :]
        state.znodes = self.count
        state.sum = self.sum
        state.quotas = self.quotas
        for key, held in self.dues.items():
            if isinstance(held, Znode):
                del state.dues[key]
            else:
                state.dues[key] = held
        for path, (znode, fields, before) in self.znodes.items():
            state.cache.drop(path)
            if znode is not None:
                znode.restore(fields)
                state.cache.put(path, znode)
            if before is _ABSENT:
                del state.changed[path]
            else:
                state.changed[path] = znode
        for session, count, path, claim in reversed(self.claims):
            session.ephemerals = count
            if isinstance(claim, Znode):
                del state.claims[session.id][path]
            else:
                state.claims[session.id][path] = claim
