"""A znode in memory, and as a row."""

import struct
from typing import Any, Final

from hikari.tree.rows import RowsDamaged
from hikari_wire.records import STAT

_TAIL: Final = struct.Struct(">?I")  # is the data null; how long is the ACL
_PLAIN_TAIL: Final = _TAIL.pack(False, 0)
_LENGTH: Final = struct.Struct(">i")
_OWNER: Final = struct.Struct(">q")
_OWNER_AT: Final = struct.calcsize(">qqqqiii")  # in a Stat
_ROW_MIN: Final = STAT.size + _TAIL.size
_pack_stat = STAT.pack

INT_MAX: Final = 2**31 - 1


def following(version: int) -> int:
    """The next version: an int32 that wraps, and never -1, which asks for any version."""
    if version == INT_MAX:
        return -INT_MAX - 1
    return version + 1 if version != -2 else 0


class Znode:
    """One register. Plain slots, and no method on the way of a write: every request touches some.

    Invariants: 0 <= children; 0 <= creates <= INT_MAX; the versions are int32, as on the wire.
    Whoever changes a field sets `stat` and `body` to None in the same breath.
    """

    __slots__ = (
        "acl",
        "aversion",
        "body",
        "children",
        "creates",
        "ctime",
        "czxid",
        "data",
        "hashed",
        "listing",
        "mtime",
        "mzxid",
        "owner",
        "pzxid",
        "stat",
        "version",
    )

    def __init__(self, data: bytes | None, acl: bytes, owner: int, zxid: int, time_ms: int) -> None:
        self.czxid = self.mzxid = self.pzxid = zxid
        self.ctime = self.mtime = time_ms
        self.version = 0
        self.aversion = 0
        # The session whose end is the end of this znode; 0: none; < 0: see hikari.tree.ending.
        self.owner = owner
        self.creates = 0  # children ever created: what sequential names count with
        self.children = 0
        self.acl = acl
        self.data = data
        self.hashed = 0  # what its row is in the sum of the settled rows; 0: it has none
        self.stat: bytes | None = None  # all that follows is derived, built when first asked for
        self.body: bytes | None = None
        self.listing: bytes | None = None

    @property
    def cversion(self) -> int:
        """What clients are shown: each create and each delete counts, wrapped into an int32."""
        return (2 * self.creates - self.children + 0x80000000 & 0xFFFFFFFF) - 0x80000000

    def stat68(self) -> bytes:
        """The Stat as the wire has it: there nobody owns what ends by itself."""
        stat = self.stat
        if stat is None:
            data = self.data
            owner = self.owner
            children = self.children
            cversion = 2 * self.creates - children
            stat = self.stat = _pack_stat(
                self.czxid,
                self.mzxid,
                self.ctime,
                self.mtime,
                self.version,
                cversion if cversion <= INT_MAX else self.cversion,
                self.aversion,
                owner if owner > 0 else 0,
                len(data) if data is not None else 0,
                children,
                self.pzxid,
            )
        return stat

    def reply(self) -> bytes:
        """The body of a getData reply: the data with its length (-1: null), then the Stat."""
        body = self.body
        if body is None:
            data = self.data
            if data is None:
                body = _LENGTH.pack(-1) + self.stat68()
            else:
                body = _LENGTH.pack(len(data)) + data + self.stat68()
            self.body = body
        return body

    def row(self) -> bytes:
        """Stat, whether the data is null, the ACL with its length, the data."""
        data = self.data
        acl = self.acl
        stat = self.stat or self.stat68()
        if data is not None and not acl and self.owner >= 0:  # most
            return stat + _PLAIN_TAIL + data
        if self.owner < 0:
            stat = stat[:_OWNER_AT] + _OWNER.pack(self.owner) + stat[_OWNER_AT + _OWNER.size :]
        return stat + _TAIL.pack(data is None, len(acl)) + acl + (data or b"")

    def fields(self) -> tuple[Any, ...]:
        """All that may change, for `restore`."""
        return (
            self.data,
            self.version,
            self.mzxid,
            self.mtime,
            self.children,
            self.creates,
            self.pzxid,
            self.acl,
            self.aversion,
            self.stat,
            self.body,
            self.listing,
        )

    def restore(self, fields: tuple[Any, ...]) -> None:
        """Be again as it was."""
        self.data, self.version, self.mzxid, self.mtime, *more = fields
        self.children, self.creates, self.pzxid, self.acl, self.aversion, *derived = more
        self.stat, self.body, self.listing = derived


def from_row(row: bytes) -> Znode:
    """Raises RowsDamaged."""
    if len(row) < _ROW_MIN:
        raise RowsDamaged(f"a znode's row of {len(row)} bytes")
    stat = STAT.unpack_from(row)
    czxid, mzxid, ctime, mtime, version, cversion, aversion, owner, length, children, pzxid = stat
    null, acl_length = _TAIL.unpack_from(row, STAT.size)
    if len(row) != _ROW_MIN + acl_length + length or (null and length):
        raise RowsDamaged(f"a znode's row of {len(row)} bytes with {length} of data")
    data_at = _ROW_MIN + acl_length
    znode = Znode(None if null else row[data_at:], row[_ROW_MIN:data_at], owner, czxid, ctime)
    znode.mzxid = mzxid
    znode.mtime = mtime
    znode.version = version
    znode.aversion = aversion
    # The count of creates is not stored: at most INT_MAX, it survives in cversion without loss.
    znode.creates = (cversion + children & 0xFFFFFFFF) >> 1
    znode.children = children
    znode.pzxid = pzxid
    if owner >= 0:
        znode.stat = row[: STAT.size]
    return znode
