"""All that a member holds of the namespace and the sessions, and the few ways to change it."""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from hikari.tree import keys, sessions, znode
from hikari.tree.cache import Cache
from hikari.tree.digest import MASK, hash64
from hikari.tree.fresh import LIMITS, QUOTA, ROOT, fresh_znodes
from hikari.tree.rows import Rows, RowsDamaged, RowsForeign, RowsFull
from hikari.tree.sessions import Session
from hikari.tree.undo import Undo
from hikari.tree.znode import Znode
from hikari_wire.paths import depth

Event = tuple[int, bytes, bytes]
"""Type, path, and the ACL of that znode then: who may not read it is not told."""

FORMAT: Final = 4  # of all rows; a tree of another format is refused

_META: Final = struct.Struct(">HQQQqQIQQ??")


class Meta(NamedTuple):
    """The settled row: how far the rows have come, how many znodes there are, and what holds for
    all of them."""

    index: int  # type: ignore[assignment]  # hides tuple.index, as in Mark
    zxid: int
    done: int
    time_ms: int
    term: int
    checksum: int
    znodes: int
    sum: int  # of all rows, see `hikari.tree.digest`
    read_only: bool  # see `hikari.tree.space`
    enforces_quotas: bool  # see `hikari.tree.quotas`


def read_meta(row: bytes) -> Meta:
    """Raises RowsDamaged; RowsForeign if another version wrote it."""
    format = int.from_bytes(row[:2], "big")
    if format != FORMAT:
        raise RowsForeign(f"rows of format {format}, not {FORMAT}")
    if len(row) != _META.size:
        raise RowsDamaged(f"a settled row of {len(row)} bytes")
    return Meta(*_META.unpack(row)[1:])


class State:
    """The settled rows, and in memory what is newer than they.

    Invariants: whatever is in `changed` and not None is the very object in `cache.young`. `sum` is
    that of the settled rows (`hikari.tree.digest`), less those of what is gone since.
    """

    __slots__ = (
        "asked",
        "cache",
        "changed",
        "checksum",
        "claims",
        "done",
        "dues",
        "enforces_quotas",
        "events",
        "index",
        "moved",
        "over_quota",
        "quotas",
        "read_only",
        "rows",
        "sessions",
        "settled",
        "sum",
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
        self.dues: dict[bytes, bytes | None] = {}  # the same for X rows, by key
        self.events: list[Event] = []
        self.sessions: dict[int, Session] = {}
        self.undo: Undo | None = None
        self.asked = True  # whether somebody waits for results: else they may be left out
        self.index = 0
        self.term = 0  # of the entry at `index`, with its checksum: where the journal must continue
        self.checksum = 0
        self.zxid = 0
        self.done = 0
        self.znodes = 0  # how many there are
        self.sum = 0
        self.time_ms = 0
        self.read_only = False  # see hikari.tree.space
        self.enforces_quotas = False  # see hikari.tree.quotas
        self.quotas: frozenset[bytes] = frozenset()  # the paths that have one; replaced as a whole
        self.over_quota: dict[bytes, tuple[str, int, int]] = {}
        """Quotas exceeded since somebody took them out: which limit, what it would be now, and the
        limit."""
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
        found = read_meta(meta)
        self.index, self.zxid, self.done, self.time_ms, *counts = found[:-2]
        self.term, self.checksum, self.znodes, self.sum = counts
        self.read_only = found.read_only
        self.enforces_quotas = found.enforces_quotas
        self.quotas = frozenset(self._limited())
        self.settled = (self.index, self.zxid, self.done)
        for key, row in self.rows.scan(keys.SESSION):
            id = keys.session_of(key)
            self.sessions[id] = sessions.from_row(id, row)
            self.sessions[id].hashed = hash64(key + row)
        for key in self.rows.scan_keys(keys.EPHEMERAL):
            owner = self.sessions.get(int.from_bytes(key[:8], "big"))
            if owner is None:
                raise RowsDamaged(f"an ephemeral of no session: {key!r}")
            owner.ephemerals += 1

    def _limited(self) -> Iterator[bytes]:
        """The paths for which there are limits, level by level."""
        behind = keys.path_of(keys.descendants_prefix(QUOTA, 0))
        level = 3
        while names := self.rows.scan_keys(keys.descendants_prefix(QUOTA, level)):
            for name in names:
                if name.endswith(LIMITS):
                    yield (behind + name)[len(QUOTA) : -len(LIMITS)]
            level += 1

    def settle(self) -> bool:
        """Write all that changed in one batch. Legal between any two requests. False: the disk has
        no room for it, and all of it is still to be settled."""
        assert self.undo is None
        now = (self.index, self.zxid, self.done)
        if now == self.settled:
            assert not self.changed
            return True
        batch = self._changed_znodes()
        for id, session in self.moved.items():
            key = keys.session_key(id)
            if session is None:
                batch[key] = None
            else:
                batch[key] = row = session.row()
                hashed = hash64(key + row)
                self.sum += hashed - session.hashed
                session.hashed = hashed
        for id, claims in self.claims.items():
            prefix = keys.ephemerals_prefix(id)
            for path, value in claims.items():
                batch[prefix + path] = value
        if self.dues:
            batch.update(self.dues)
        batch[keys.META] = self._meta()
        try:
            self.rows.write(batch)
        except RowsFull:
            return False
        self.changed.clear()
        self.moved.clear()
        self.claims.clear()
        self.dues.clear()
        self.settled = now
        self.cache.rotate(self.changed)
        return True

    def _changed_znodes(self) -> dict[bytes, bytes | None]:
        """Their rows, which are in the sum from now on. All writes come through this loop."""
        batch: dict[bytes, bytes | None] = {}
        key_of = keys.znode_key
        change = 0
        for path, changed in self.changed.items():
            key = key_of(path)
            if changed is None:
                batch[key] = None
            else:
                batch[key] = row = changed.row()
                hashed = hash64(key + row)
                change += hashed - changed.hashed
                changed.hashed = hashed
        self.sum += change
        return batch

    def _meta(self) -> bytes:
        self.sum &= MASK
        return _META.pack(
            FORMAT,
            self.index,
            self.zxid,
            self.done,
            self.time_ms,
            self.term,
            self.checksum,
            self.znodes,
            self.sum,
            self.read_only,
            self.enforces_quotas,
        )

    def digest(self) -> int:
        """The same on two members if, and for all that matters only if, all of their rows are.
        Settles; u64."""
        self.settle()
        return hash64(keys.META + self._meta())

    def find(self, path: bytes) -> Znode | None:
        """The znode with just this path. Never lets go of anything."""
        found = self.cache.young.get(path)
        if found is not None or path in self.changed:
            return found
        if path in self.cache.old:
            return self.cache.promote(path)
        key = keys.znode_key(path)
        row = self.rows.get(key)
        return None if row is None else self._fetched(path, key, row)

    def _fetched(self, path: bytes, key: bytes, row: bytes) -> Znode:
        fetched = znode.from_row(row)
        fetched.hashed = hash64(key + row)
        self.cache.put(path, fetched)
        return fetched

    def switch(self, read_only: bool) -> None:
        """Refuse what grows from here on, or no more."""
        self.read_only = read_only

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
        self.sum -= znode.hashed
        self.cache.drop(path)

    def end(self, session: Session) -> None:
        """The session is no more; never within a multi."""
        del self.sessions[session.id]
        if session.hashed:
            self.moved[session.id] = None
            self.sum -= session.hashed
        else:  # it came and went between two settles: no row was ever written
            del self.moved[session.id]

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

    # The rows of those that end by themselves, see hikari.tree.ending.

    def wait_for(self, key: bytes) -> None:
        if self.undo is not None:
            self.undo.due(key)
        self.dues[key] = b""

    def wait_no_more(self, key: bytes) -> None:
        if self.undo is not None:
            self.undo.due(key)
        self.dues[key] = None

    def levels_below(self, path: bytes, count_max: int) -> Iterator[list[bytes]]:
        """The paths of all znodes below this one: those of a level at a time, in order, with one
        scan each, also between two parts of a multi. Ends behind the level with which there are
        more than `count_max`, of which some may be left out."""
        under = path + b"/" if path != ROOT else ROOT
        changed = {
            one: znode
            for one, znode in self.changed.items()
            if one.startswith(under) and one != ROOT
        }
        level, left = depth(path) + 1, count_max
        while left >= 0:
            prefix = keys.descendants_prefix(path, level)
            rows = self.rows.page(prefix, b"", left + len(changed) + 1)
            found = [one for key, _ in rows if (one := keys.path_of(key)) not in changed]
            found += [one for one, znode in changed.items() if znode and depth(one) == level]
            if not found:
                return
            yield sorted(found)
            left -= len(found)
            level += 1

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

    def some_ephemerals(self, session: int, behind: bytes, count_max: int) -> list[bytes]:
        """The next paths of a session behind this one (b"": the first ones), in order; [] at the
        end. For who cannot take all at once. Settles."""
        self.settle()
        start = behind + b"\0" if behind else b""
        return self.rows.scan_keys(keys.ephemerals_prefix(session), start, count_max)
