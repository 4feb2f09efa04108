"""Which znodes of a tree that was set aside are not what the others hold?

The others have gone on meanwhile. So a difference is named unless it can be the work of a request
after the older tree's last: the newer znode has a later zxid, or a znode is gone and the one above
it has changed since; an ACL has no zxid, but its version moves on. With equal zxids, everything
that differs is named.
"""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import Factory, define, field

from hikari.tree import keys, sessions, state, znode
from hikari.tree.ending import DUE
from hikari.tree.fresh import ROOT
from hikari.tree.rows import RowsDamaged, View
from hikari.tree.znode import Znode

NAMES_MAX: Final = 100
BYTES_AT_ONCE: Final = 1 << 18

Row = tuple[bytes, bytes]


@define
class Differences:
    """`paths` and `sessions` name the first NAMES_MAX of each; `count` counts all."""

    count: int = 0
    paths: list[bytes] = Factory(list)
    sessions: list[int] = Factory(list)

    def name(self, key: bytes) -> None:
        self.count += 1
        if key[:1] == keys.SESSION:
            if len(self.sessions) < NAMES_MAX:
                self.sessions.append(keys.session_of(key))
        elif len(self.paths) < NAMES_MAX:
            self.paths.append(keys.path_of(key))


def differences(old: View, new: View, find: Callable[[bytes], bytes | None]) -> Differences:
    """Read both to their ends; neither is closed. `find` gives a row of the newer tree by its key
    (`Rows.get`; later than the view is as well). Raises RowsDamaged, also where a tree is not
    settled at all, or the "newer" one is not. A large tree takes seconds: not for the reactor."""
    comparison = _Comparison(find)
    ours, theirs = _rows(old), _rows(new)
    here, there = next(ours, None), next(theirs, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here[0] < there[0]):
            assert here is not None
            comparison.pair(here[0], here[1], None)
            here = next(ours, None)
        elif here is None or there[0] < here[0]:
            comparison.pair(there[0], None, there[1])
            there = next(theirs, None)
        else:
            if here[1] != there[1] or here[0] == keys.META:
                comparison.pair(here[0], here[1], there[1])
            here, there = next(ours, None), next(theirs, None)
    return comparison.found


def _rows(view: View) -> Iterator[Row]:
    while rows := view.take(BYTES_AT_ONCE):
        yield from rows


@define
class _Comparison:
    find: Callable[[bytes], bytes | None]
    found: Differences = field(init=False, default=Factory(Differences))
    since: int = field(init=False, default=-1)  # the last zxid of the older tree; -1: not yet read
    same: bool = field(init=False, default=False)  # both are at that zxid

    def pair(self, key: bytes, old: bytes | None, new: bytes | None) -> None:
        """One row that differs. None: it is not in that tree."""
        kind = key[:1]
        if kind == keys.META:
            self._begin(old, new)
        elif kind in (keys.EPHEMERAL, DUE):
            return  # the znode's row says the same, and is compared
        elif self.since < 0:
            raise RowsDamaged("a tree without a settled row")
        elif self.same:
            self.found.name(key)
        elif kind == keys.SESSION:
            if not self._session_may(keys.session_of(key), old, new):
                self.found.name(key)
        elif not self._znode_may(key, old, new):
            self.found.name(key)

    def _begin(self, old: bytes | None, new: bytes | None) -> None:
        """The settled rows come before those of sessions and znodes."""
        if old is None or new is None:
            raise RowsDamaged("a tree without a settled row")
        self.since, until = state.read_meta(old).zxid, state.read_meta(new).zxid
        if until < self.since:
            raise RowsDamaged(f"the newer tree is at zxid {until}, the older at {self.since}")
        self.same = until == self.since

    def _session_may(self, id: int, old: bytes | None, new: bytes | None) -> bool:
        """A session that is gone may have ended: nothing is left that could tell."""
        if new is None:
            return True
        session = sessions.from_row(id, new)
        if old is None:
            return id > self.since
        return session.attachment > self.since

    def _znode_may(self, key: bytes, old: bytes | None, new: bytes | None) -> bool:
        if new is None:
            return self._may_be_gone(keys.path_of(key))
        after = znode.from_row(new)
        if max(after.czxid, after.mzxid, after.pzxid) > self.since:
            return True
        if old is None:
            return False
        before = znode.from_row(old)
        return before.aversion != after.aversion and _but_for_acl(before) == _but_for_acl(after)

    def _may_be_gone(self, path: bytes) -> bool:
        """The nearest znode above that is still there says whether it has lost a child since."""
        while path != ROOT:
            path = path[: path.rfind(b"/")] or ROOT
            row = self.find(keys.znode_key(path))
            if row is not None:
                return znode.from_row(row).pzxid > self.since
        raise RowsDamaged("a tree without a root")


def _but_for_acl(one: Znode) -> bytes:
    one.acl, one.aversion, one.stat = b"", 0, None
    return one.row()
