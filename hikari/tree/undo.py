"""What a multi has changed so far, so that it can end as if it had never begun."""

from typing import TYPE_CHECKING, Final

from hikari.tree.znode import Znode

if TYPE_CHECKING:
    from hikari.tree.state import State

_ABSENT: Final = Znode(None, b"", 0, 0, 0)  # "was not among the changed ones", where None is "gone"


class Undo:
    """Remembers the first touch of everything; `restore` puts all of it back."""

    __slots__ = ("claims", "events", "state", "znodes")

    def __init__(self, state: "State") -> None:
        self.state = state
        self.events = len(state.events)
        # path -> (as it was, what `changed` held for it)
        self.znodes: dict[bytes, tuple[Znode | None, Znode | None]] = {}
        # (session, path, what its claims held for it, its count), newest last
        self.claims: list[tuple[int, bytes, bytes | None, int, bool]] = []

    def touched(self, path: bytes, znode: Znode | None) -> None:
        """About to change; None: about to come into being."""
        if path not in self.znodes:
            before = self.state.changed.get(path, _ABSENT)
            self.znodes[path] = (None if znode is None else znode.copy(), before)

    def claimed(self, session: int, path: bytes) -> None:
        """About to be owned by the session, or to be owned no longer."""
        state = self.state
        claims = state.claims.get(session, {})
        owner = state.sessions.get(session)
        count = owner.ephemerals if owner is not None else 0
        self.claims.append((session, path, claims.get(path), count, path in claims))

    def restore(self) -> None:
        state = self.state
        del state.events[self.events :]
        for path, (znode, before) in self.znodes.items():
            state.cache.drop(path)
            state.changed.pop(path, None)
            if znode is not None:
                state.cache.put(path, znode)
            if before is not _ABSENT:
                state.changed[path] = znode
        for session, path, value, count, present in reversed(self.claims):
            if present:
                state.claims[session][path] = value
            else:
                del state.claims[session][path]
            owner = state.sessions.get(session)
            if owner is not None:
                owner.ephemerals = count
