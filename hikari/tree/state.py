"""All that a member holds of the namespace and the sessions, and the few ways to change it."""

import struct
from typing import Final

from hikari.tree import keys, sessions, znode
from hikari.tree.cache import Cache
from hikari.tree.fresh import fresh_znodes
from hikari.tree.rows import Rows, RowsDamaged, RowsFull
from hikari.tree.sessions import Session
from hikari.tree.undo import Undo
from hikari.tree.znode import Znode

FORMAT: Final = 1  # of all rows; a tree of another format is refused

_META: Final = struct.Struct(">HQQQqQIQ")


class State:
    """The settled rows, and in memory what is newer than they.

    Invariant: whatever is in `changed` and not None is the very object in `cache.young`.
    """

    __slots__ = (
        "cache",
        "changed",
        "checksum",
        "claims",
        "done",
        "events",
        "index",
        "moved",
        "read_only",
        "rows",
        "sessions",
        "settled",
        "switched",
        "term",
        "time_ms",
        "undo",
        "znodes",
        "zxid",
    )

    def __init__(self, rows: Rows, cache_bytes_max: int) -> None:
        self.rows = rows
        self.cache = Cache(cache_bytes_max)
        self.changed: dict[bytes, Znode | None] = {}  # by path, not yet settled; None: gone
        self.claims: dict[int, dict[bytes, bytes | None]] = {}  # the same for E rows; None: gone
        self.moved: dict[int, Session | None] = {}  # the same for S rows
        self.events: list[tuple[int, bytes]] = []
        self.sessions: dict[int, Session] = {}
        self.undo: Undo | None = None
        self.index = 0
        self.term = 0  # of the entry at `index`, with its checksum: where the journal must continue
        self.checksum = 0
        self.zxid = 0
        self.done = 0
        self.znodes = 0  # how many there are
        self.time_ms = 0
        self.read_only = False  # see hikari.tree.space
        self.switched = False  # that changed, and is not settled yet
        self.settled = (0, 0, 0)
        meta = rows.get(keys.META)
        if meta is None:
            self._begin()
        else:
            self._load(meta)

    def _begin(self) -> None:
        for path, fresh in fresh_znodes():
            self.insert(path, fresh)
        self.settled = (-1, 0, 0)  # unlike any that can be: the first settle writes
        self.settle()

    def _load(self, meta: bytes) -> None:
        if len(meta) != _META.size:
            raise RowsDamaged(f"a settled row of {len(meta)} bytes")
        format, *counts = _META.unpack(meta)
        self.index, self.zxid, self.done, self.time_ms, *counts = counts
        self.term, self.checksum, self.znodes = counts
        if format != FORMAT:
            raise RowsDamaged(f"rows of format {format}, not {FORMAT}")
        self.settled = (self.index, self.zxid, self.done)
        self.read_only = self.rows.get(keys.READ_ONLY) is not None
        for key, row in self.rows.scan(keys.SESSION):
            id = keys.session_of(key)
            self.sessions[id] = sessions.from_row(id, row)
        for key in self.rows.scan_keys(keys.EPHEMERAL):
            owner = self.sessions.get(int.from_bytes(key[:8], "big"))
            if owner is None:
                raise RowsDamaged(f"an ephemeral of no session: {key!r}")
            owner.ephemerals += 1

    def settle(self) -> bool:
        """Write all that changed in one batch. Legal between any two requests. False: the disk has
        no room for it, and all of it is still to be settled."""
        assert self.undo is None
        now = (self.index, self.zxid, self.done)
        if now == self.settled:
            assert not self.changed
            return True
        batch: dict[bytes, bytes | None] = {
            keys.znode_key(path): None if changed is None else changed.row()
            for path, changed in self.changed.items()
        }
        for id, session in self.moved.items():
            batch[keys.session_key(id)] = None if session is None else session.row()
        for id, claims in self.claims.items():
            prefix = keys.ephemerals_prefix(id)
            for path, value in claims.items():
                batch[prefix + path] = value
        batch[keys.META] = _META.pack(
            FORMAT, *now, self.time_ms, self.term, self.checksum, self.znodes
        )
        if self.switched:
            batch[keys.READ_ONLY] = b"" if self.read_only else None
        try:
            self.rows.write(batch)
        except RowsFull:
            return False
        self.changed.clear()
        self.switched = False
        self.moved.clear()
        self.claims.clear()
        self.settled = now
        self.cache.rotate()
        return True

    def find(self, path: bytes) -> Znode | None:
        """The znode with just this path. Never lets go of anything."""
        found = self.cache.young.get(path)
        if found is not None or path in self.changed:
            return found
        return self.cache.promote(path) or self._fetch(path)

    def _fetch(self, path: bytes) -> Znode | None:
        row = self.rows.get(keys.znode_key(path))
        if row is None:
            return None
        fetched = znode.from_row(row)
        self.cache.put(path, fetched)
        return fetched

    def switch(self, read_only: bool) -> None:
        """Refuse what grows from here on, or no more."""
        self.read_only = read_only
        self.switched = True

    # The ways to change a znode: say so before, so that a multi can take it back.

    def touch(self, path: bytes, znode: Znode) -> None:
        """Before its fields change."""
        if self.undo is not None:
            self.undo.touched(path, znode)
        self.changed[path] = znode
        znode.stat = znode.body = None

    def insert(self, path: bytes, znode: Znode) -> None:
        if self.undo is not None:
            self.undo.touched(path, None)
        self.changed[path] = znode
        self.znodes += 1
        self.cache.put(path, znode)

    def remove(self, path: bytes, znode: Znode) -> None:
        if self.undo is not None:
            self.undo.touched(path, znode)
        self.changed[path] = None
        self.znodes -= 1
        self.cache.drop(path)

    def claim(self, session: Session, path: bytes) -> None:
        """An ephemeral of this session comes into being."""
        if self.undo is not None:
            self.undo.claimed(session, path)
        self.claims.setdefault(session.id, {})[path] = b""
        session.ephemerals += 1

    def disclaim(self, session: Session, path: bytes) -> None:
        """An ephemeral of this session is gone."""
        if self.undo is not None:
            self.undo.claimed(session, path)
        self.claims.setdefault(session.id, {})[path] = None
        session.ephemerals -= 1

    def ephemerals(self, session: Session) -> list[bytes]:
        """The paths that end with the session, in order. One scan, and none if there are none."""
        if not session.ephemerals:
            return []
        claims = self.claims.get(session.id, {})
        settled = self.rows.scan_keys(keys.ephemerals_prefix(session.id))
        paths = [path for path in settled if path not in claims]
        paths += [path for path, value in claims.items() if value is not None]
        assert len(paths) == session.ephemerals
        return sorted(paths)
