"""Which znodes of an older tree are not what a newer one holds, and cannot have become so since?

The newer tree has gone on meanwhile. So a difference is named unless it can be the work of a
request after the older tree's last, by the zxids in the newer one: of the creation, of the data, of
the children; of a znode that is gone, those of the one above it. An ACL has no zxid, but its
version moves on. With equal zxids, everything that differs is named.
"""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import Factory, define, field

from hikari.tree import keys, sessions, state, znode
from hikari.tree.digest import hash64
from hikari.tree.ending import DUE
from hikari.tree.fresh import ROOT
from hikari.tree.rows import RowsDamaged, View
from hikari.tree.sessions import Session
from hikari.tree.znode import Znode

NAMES_MAX: Final = 100
BYTES_AT_ONCE: Final = 1 << 16

Row = tuple[bytes, bytes]

# What goes together in a znode: it is as it was unless that zxid has moved on.
_CREATION: Final = ("czxid", "ctime", "owner")
_DATA: Final = ("mzxid", "mtime", "version", "data")
_CHILDREN: Final = ("pzxid", "children", "creates")
_ACL: Final = ("aversion", "acl")
_SESSION: Final = ("attachment", "timeout_ms", "password")
_SECRET: Final = ("data", "acl", "password")
"""Of these the length and a hash are told: the log is no place for what is in them."""


class Incomparable(RowsDamaged):
    """One of the two is no tree at all, or the "newer" one is the older."""


@define
class Differences:
    """`paths` and `sessions` name the first NAMES_MAX of each, and `told` says of the first
    NAMES_MAX of all what differs; `count` counts all."""

    count: int = 0
    paths: list[bytes] = Factory(list)
    sessions: list[int] = Factory(list)
    told: list[str] = field(default=Factory(list), eq=False)

    def name(self, key: bytes, what: str) -> None:
        self.count += 1
        path = keys.path_of(key)
        if key[:1] == keys.SESSION:
            session = keys.session_of(key)
            if len(self.sessions) < NAMES_MAX:
                self.sessions.append(session)
            name = f"session {session:#x}"
        else:
            if len(self.paths) < NAMES_MAX:
                self.paths.append(path)
            name = shown(path)
        if len(self.told) < NAMES_MAX:
            self.told.append(f"{name}: {what}")


def shown(path: bytes) -> str:
    """A path on one line, whatever is in it."""
    return repr(path.decode("utf-8", "backslashreplace"))[1:-1]


def differences(old: View, new: View, find: Callable[[bytes], bytes | None]) -> Differences:
    """Read both to their ends; neither is closed. See Comparison. A large tree takes seconds."""
    comparison = Comparison(old, new, find)
    while not comparison.go_on(BYTES_AT_ONCE):
        pass
    return comparison.found


@define
class Comparison:
    """Reads two trees side by side, a part at a time. `find` gives a row of the newer tree by its
    key (`Rows.get`; one that is later than the view is as good). `since`: the older's last zxid."""

    old: View
    new: View
    find: Callable[[bytes], bytes | None]
    found: Differences = field(init=False, default=Factory(Differences))
    since: int = field(init=False, default=-1)  # -1: not yet read
    _same: bool = field(init=False, default=False)  # both are at that zxid
    _pairs: Iterator[int] = field(init=False, default=Factory(lambda self: self._read(), True))

    def go_on(self, bytes_max: int) -> bool:
        """Read about so many bytes more. Whether that was the end. Raises RowsDamaged where the
        newer tree cannot be read, or what `old` raises; Incomparable."""
        left = bytes_max
        for size in self._pairs:
            left -= size
            if left <= 0:
                return False
        if self.since < 0:
            raise Incomparable("a tree without a settled row")
        return True

    def _read(self) -> Iterator[int]:
        """Judge one key after the other; the bytes of each."""
        ours, theirs = _rows(self.old), _rows(self.new)
        here, there = next(ours, None), next(theirs, None)
        while here is not None or there is not None:
            key = min(row[0] for row in (here, there) if row is not None)
            old = new = None
            if here is not None and here[0] == key:
                old, here = here[1], next(ours, None)
            if there is not None and there[0] == key:
                new, there = there[1], next(theirs, None)
            if old != new or key == keys.META:
                self._judge(key, old, new)
            yield len(key) + len(old or b"") + len(new or b"")

    def _judge(self, key: bytes, old: bytes | None, new: bytes | None) -> None:
        """One row that differs. None: it is not in that tree."""
        kind = key[:1]
        if kind == keys.META:
            self._begin(old, new)
        elif kind in (keys.EPHEMERAL, DUE):
            return  # the znode's row says the same, and is compared
        elif self.since < 0:
            raise Incomparable("a tree without a settled row")
        elif what := (self._session if kind == keys.SESSION else self._znode)(key, old, new):
            self.found.name(key, what)

    def _begin(self, old: bytes | None, new: bytes | None) -> None:
        """The settled rows come before those of sessions and znodes."""
        if old is None or new is None:
            raise Incomparable("a tree without a settled row")
        try:
            since = state.read_meta(old).zxid
        except RowsDamaged as error:
            raise Incomparable(f"the older tree has {error}") from error
        until = state.read_meta(new).zxid
        if until < since:
            raise Incomparable(f"the newer tree is at zxid {until}, the older at {since}")
        self.since, self._same = since, until == since

    # ---- what is wrong, in words; "": requests explain it

    def _session(self, key: bytes, old: bytes | None, new: bytes | None) -> str:
        id = keys.session_of(key)
        if new is None:  # it may have ended: nothing is left that could tell
            return "it was there, and is not" if self._same else ""
        after = sessions.from_row(id, new)
        if not self._same and (id > self.since or (old and after.attachment > self.since)):
            return ""
        if old is None:
            return "it was not there, and is"
        try:
            return _told(sessions.from_row(id, old), after, _SESSION) or "its row differs"
        except RowsDamaged as error:
            return f"it cannot be read: {error}"

    def _znode(self, key: bytes, old: bytes | None, new: bytes | None) -> str:
        if new is None:
            gone = not self._same and self._may_be_gone(keys.path_of(key))
            return "" if gone else "it was there, and is not"
        after = znode.from_row(new)
        if not self._same and after.czxid > self.since:
            return ""
        if old is None:
            return "it was not there, and is"
        try:
            before = znode.from_row(old)
        except RowsDamaged as error:
            return f"it cannot be read: {error}"
        return _told(before, after, self._held(before, after))

    def _held(self, before: Znode, after: Znode) -> tuple[str, ...]:
        """The fields that nothing may have changed between the two."""
        held: tuple[str, ...] = _CREATION
        if self._same or after.mzxid <= self.since:
            held += _DATA
        if self._same or after.pzxid <= self.since:
            held += _CHILDREN
        if self._same or after.aversion == before.aversion:
            held += _ACL
        return held

    def _may_be_gone(self, path: bytes) -> bool:
        """The nearest znode above that is still there says whether it has lost a child since."""
        while path != ROOT:
            path = path[: path.rfind(b"/")] or ROOT
            row = self.find(keys.znode_key(path))
            if row is not None:
                return znode.from_row(row).pzxid > self.since
        raise Incomparable("a tree without a root")


def _rows(view: View) -> Iterator[Row]:
    while rows := view.take(BYTES_AT_ONCE):
        yield from rows


def _told(before: Znode | Session, after: Znode | Session, fields: tuple[str, ...]) -> str:
    told = []
    for name in fields:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            hide = _hashed if name in _SECRET else str
            told.append(f"{name} was {hide(was)}, is {hide(now)}")
    return "; ".join(told)


def _hashed(value: bytes | None) -> str:
    return "null" if value is None else f"{len(value)} bytes ({hash64(value):016x})"
