"""The namespace and the sessions of one member: what was agreed goes in, what is so comes out.

One entry:  begin, then for each group admit, then for each request apply or refuse, then finish.
Reads may come between any two requests, and `settle` too. Nobody else changes what is in here.
"""

from collections.abc import Sequence
from typing import Any, Final

from hikari.tree.acl import Identity
from hikari.tree.fresh import ROOT
from hikari.tree.keys import children_prefix, znode_key
from hikari.tree.rows import RowsDamaged
from hikari.tree.space import REFUSAL, grows
from hikari.tree.state import State
from hikari.tree.table import APPLY
from hikari.tree.znode import Znode
from hikari_wire import codes
from hikari_wire.jute import pack_texts

_EMPTY: Final = pack_texts(())


class Tree(State):
    """See State for what it holds. `events` collects them; the caller takes them out.

    Counts: `index` is the last entry fully applied, `done` how many requests of the next one are,
    `zxid` all requests ever. A request that fails counts like any other.
    """

    __slots__ = ()

    def begin(self, index: int, time_ms: int) -> int:
        """The next entry starts. How many of its requests to skip: a restart may find some done."""
        assert index == self.index + 1
        if time_ms > self.time_ms:
            self.time_ms = time_ms
        return self.done

    def admit(self, session: int, attachment: int) -> int:
        """May a group of this session, sent from the connection of that attachment, be applied?
        Session 0 is none: such groups open, attach and expire sessions."""
        if not session:
            return codes.OK
        admitted = self.sessions.get(session)
        if admitted is None:
            return codes.SESSION_EXPIRED
        return codes.OK if admitted.attachment == attachment else codes.SESSION_MOVED

    def apply(
        self, request: tuple[Any, ...], session: int, identities: Sequence[Identity]
    ) -> tuple[int, Any]:
        """(error, result), see `hikari.tree.table`. Never raises for what a client can send."""
        self.zxid += 1
        self.done += 1
        operation = APPLY.get(request[0])
        if operation is None:
            return codes.UNIMPLEMENTED, None
        if self.read_only and grows(request):
            return REFUSAL, None
        return operation(self, request, session, identities)

    def refuse(self, error: int) -> tuple[int, None]:
        """A request of a group that was not admitted: it counts, and does nothing."""
        assert error != codes.OK
        self.zxid += 1
        self.done += 1
        return error, None

    def finish(self, term: int = 0, checksum: int = 0) -> None:
        """The entry is fully applied; with its index, these are its mark."""
        self.index += 1
        self.term = term
        self.checksum = checksum
        self.done = 0

    def look(self, path: bytes) -> Znode | None:
        """The znode, to be read only, and only until the next request. b"" is the root."""
        found = self.cache.young.get(path)
        if found is not None:
            return found
        found = self.find(path or ROOT)
        self.cache.rotate(self.changed)
        return found

    def stat68(self, path: bytes) -> bytes | None:
        found = self.look(path)
        return None if found is None else found.stat68()

    def children(self, path: bytes) -> list[bytes]:
        """The names of all children, in order; of what does not exist, none. One scan."""
        return self._scan(children_prefix(path or ROOT))

    def _scan(self, prefix: bytes) -> list[bytes]:
        """What the keys of znodes have behind the prefix, in order. While the disk takes no rows:
        of what is settled, and of what changed since."""
        if self.settle():
            return self.rows.scan_keys(prefix)
        found = set(self.rows.scan_keys(prefix))
        for path, znode in self.changed.items():
            key = znode_key(path)
            if key.startswith(prefix) and key != prefix:
                (found.discard if znode is None else found.add)(key[len(prefix) :])
        return sorted(found)

    def descendants(self, path: bytes) -> int:
        """How many znodes are below it, however deep; none if it does not exist. One scan a level
        from the children's children on: all in one level are counted without a look."""
        znode = self.look(path)
        if znode is None:
            return 0
        if path in (b"", ROOT):
            return self.znodes - 1
        count = level = znode.children
        below = 1
        while level:
            below += 1
            level = len(self._scan(children_prefix(path, below)))
            count += level
        return count

    def listing(self, path: bytes) -> bytes | None:
        """The names of all children as the wire has them; None: no such znode."""
        znode = self.look(path)
        if znode is None:
            return None
        if znode.listing is not None:
            return znode.listing
        if not znode.children:
            return _EMPTY
        names = self.children(path)
        if len(names) != znode.children:
            raise RowsDamaged(f"{len(names)} of {znode.children} children of {path!r}")
        listing = pack_texts(names)
        self.cache.list(path or ROOT, znode, listing)
        return listing
