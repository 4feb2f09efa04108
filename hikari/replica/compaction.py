"""Flushing the tree now and then, and cutting the journal behind what is flushed."""

from collections.abc import Callable

from attrs import define, field

from hikari.raft.journal import Journal
from hikari.raft.log import RaftLog
from hikari.tree.rows import Rows
from hikari.tree.tree import Tree


@define
class Compaction:
    """At most one flush at a time, on a thread of its own; the cut happens back in the turn."""

    journal: Journal
    entries_kept: int
    flush_entries: int
    aside: Callable[[Callable[[], None], Callable[[], None]], None]  # (work, then back here)
    _flushing: bool = field(init=False, default=False)
    _flushed: int = field(init=False, default=0)  # index; a cut is due
    _next: int = field(init=False, default=0)  # index at which the next flush is due

    def consider(self, tree: Tree, log: RaftLog, needed: int | None) -> None:
        """Called every turn, after settle. `needed`: what follows this index must stay."""
        if tree.index >= self._next and not self._flushing:
            if not self._next:  # the first turn after a start
                self._next = tree.index + self.flush_entries
                return
            self._flush(tree.rows, tree.index)
        if self._flushed:
            self._cut(log, self._flushed, needed)
            self._flushed = 0

    def _flush(self, rows: Rows, index: int) -> None:
        self._flushing = True
        self._next = index + self.flush_entries

        def back() -> None:
            self._flushing = False
            self._flushed = index

        self.aside(rows.flush, back)

    def _cut(self, log: RaftLog, settled: int, needed: int | None) -> None:
        index = settled - self.entries_kept
        if needed is not None:
            index = min(index, needed)
        if index > log.base.index:
            mark = log.mark_at(index)
            assert mark is not None
            self.journal.compact(mark)
