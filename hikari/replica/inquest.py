"""Which znodes were wrong? Once a member has healed, the tree that it set aside is held against the
new one, a slice a tick, and what differs is named: loudly in the log, and in a file beside it.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from attrs import define
from twisted.logger import Logger

from hikari.store.aside import Aside
from hikari.store.disk import DiskFailed
from hikari.tree import keys
from hikari.tree.differences import Comparison, Differences, Incomparable
from hikari.tree.rows import RowsDamaged, View
from hikari.tree.state import read_meta
from hikari.tree.tree import Tree

log = Logger(__name__)

SLICE_BYTES: Final = 64 << 10
"""So much is compared in a tick, in half a millisecond to two; a gigabyte takes half an hour."""
LINES_MAX: Final = 20
PATIENCE_TICKS: Final = 1_200
"""A new tree that has not come as far as the old one in so long never will."""


class OldRows(Protocol):
    """The tree that was set aside; see `hikari.tree.rows.Rows`."""

    def get(self, key: bytes) -> bytes | None: ...

    def view(self) -> View: ...

    def close(self) -> None: ...


class _Unreadable(Exception):
    """The tree that was set aside: its damage is its own."""


@define
class Inquest:
    """One tree after the other, the newest first. All of it runs on the reactor's thread, but for
    what is done `in_thread`."""

    aside: Aside
    open_tree: Callable[[str], OldRows]
    in_thread: Callable[[Callable[[], None], Callable[[], None]], None]  # (work, then back here)
    named: int = 0
    """How many znodes and sessions of the tree compared last were wrong."""
    _name: str = ""  # of the tree that is open
    _old: OldRows | None = None
    _since: int = 0  # its last zxid
    _waited: int = 0
    _comparison: Comparison | None = None

    def begin(self) -> None:
        """This member has what the others have: compare what is there to be compared."""
        assert self._old is None
        opened: list[tuple[str, OldRows, int]] = []

        def work() -> None:
            for name in self.aside.uncompared():
                try:
                    self.aside.comparing(name)
                    opened.append((name, *self._open(name)))
                    return
                except (RowsDamaged, DiskFailed, OSError) as error:
                    self._say(name, Differences(), str(error))

        self.in_thread(work, lambda: self._begun(opened))

    def _open(self, name: str) -> tuple[OldRows, int]:
        """With its last zxid."""
        old = self.open_tree(name)
        try:
            meta = old.get(keys.META)
            return old, read_meta(meta).zxid if meta is not None else 0
        except BaseException:
            old.close()
            raise

    def _begun(self, opened: list[tuple[str, OldRows, int]]) -> None:
        for self._name, self._old, self._since in opened:
            self._waited = 0

    def tick(self, tree: Tree) -> None:
        """One tick passed. Raises RowsDamaged if `tree` cannot be read."""
        if self._old is None:
            return
        comparison = self._comparison
        if comparison is None:
            if tree.zxid < self._since or not tree.settle():
                self._wait(tree)
                return
            old, new = _OldView(self._old.view()), tree.rows.view()
            comparison = self._comparison = Comparison(old, new, tree.rows.get)
        try:
            if comparison.go_on(SLICE_BYTES):
                self._done(comparison.found)
        except (_Unreadable, Incomparable) as error:
            self._done(comparison.found, str(error))

    def _wait(self, tree: Tree) -> None:
        self._waited += 1
        if self._waited > PATIENCE_TICKS:
            self._done(Differences(), f"it is at zxid {self._since}, the new one at {tree.zxid}")

    def _done(self, found: Differences, trouble: str = "") -> None:
        name, old = self._name, self._old
        self.named = found.count
        self.end()
        assert old is not None

        def work() -> None:
            old.close()
            self._say(name, found, trouble)

        self._old = None
        self.in_thread(work, self.begin)

    def end(self) -> None:
        """The tree is another now: begin with it again from the first row."""
        if self._comparison is not None:
            self._comparison.old.close()
            self._comparison.new.close()
            self._comparison = None

    def _say(self, name: str, found: Differences, trouble: str) -> None:
        """Any thread."""
        lines = [f"{name}: {line}" for line in found.told]
        count = found.count
        last = f"{name}: {count} znodes and sessions are not what the others hold"
        if count:
            last += ", and no request since explains it"
        if trouble and count:
            last += f"; it could not be compared to its end: {trouble}"
        elif trouble:
            last = f"{name}: it could not be compared: {trouble}"
        for line in lines[:LINES_MAX]:
            log.critical("{line}", line=line)
        (log.critical if count else log.warn)("{line}", line=last)
        with suppress(OSError):  # no room: it is in the log
            self.aside.compared(name, "\n".join([*lines, last, ""]))


@define
class _OldView:
    """Tells its damage from that of the new tree."""

    view: View

    def take(self, bytes_max: int) -> list[tuple[bytes, bytes]]:
        try:
            return self.view.take(bytes_max)
        except (RowsDamaged, DiskFailed) as error:
            raise _Unreadable(str(error)) from error

    def close(self) -> None:
        self.view.close()
