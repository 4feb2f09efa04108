"""Flushing the tree now and then, and cutting the journal behind what is flushed."""

from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import Factory, define, field

from hikari.raft.journal import Journal
from hikari.raft.log import RaftLog
from hikari.tree.rows import Rows
from hikari.tree.tree import Tree

FLUSH_REQUESTS: Final = 200_000
"""A member that was killed applies again what came after the last flush: seconds' worth."""
SAMPLE_BYTES: Final = 4 << 20
"""So finely it is known which entry stood at which byte of the journal."""


@define
class Compaction:
    """At most one flush at a time, on a thread of its own; the cut happens back in the turn.

    Behind the flushed tree the journal keeps at most `entries_kept` entries and about `bytes_kept`
    bytes, for members that are a little behind. The tree is flushed every `flush_entries` entries,
    `bytes_kept` bytes or FLUSH_REQUESTS requests.
    """

    journal: Journal
    entries_kept: int
    bytes_kept: int
    flush_entries: int
    aside: Callable[[Callable[[], None], Callable[[], None]], None]  # (work, then back here)
    _flushing: bool = field(init=False, default=False)
    _flushed: int = field(init=False, default=0)  # index; a cut is due
    _next: int = field(init=False, default=0)  # index at which the next flush is due
    _next_bytes: int = field(init=False, default=0)  # or when so many were appended
    _next_zxid: int = field(init=False, default=0)  # or when so many requests were applied
    _samples: deque[tuple[int, int]] = field(init=False, default=Factory(deque))

    def consider(self, tree: Tree, log: RaftLog, needed: Callable[[], int | None]) -> None:
        """Called every turn. `needed`: what follows this index must stay."""
        if not self._next:  # the first turn after a start
            self._schedule(tree, log)
            self._samples.append((log.last.index, log.bytes))
        if log.bytes - self._samples[-1][1] >= SAMPLE_BYTES:
            self._samples.append((log.last.index, log.bytes))
        if self._flushed:
            self._cut(log, self._flushed, needed())
            self._flushed = 0
        due = tree.index >= self._next or log.bytes >= self._next_bytes
        if (due or tree.zxid >= self._next_zxid) and not self._flushing:
            tree.settle()
            self._schedule(tree, log)
            self._flush(tree.rows, tree.index)

    def _schedule(self, tree: Tree, log: RaftLog) -> None:
        self._next = tree.index + self.flush_entries
        self._next_zxid = tree.zxid + FLUSH_REQUESTS
        self._next_bytes = log.bytes + self.bytes_kept

    def _flush(self, rows: Rows, index: int) -> None:
        self._flushing = True

        def back() -> None:
            self._flushing = False
            self._flushed = index

        self.aside(rows.flush, back)

    def _cut(self, log: RaftLog, flushed: int, needed: int | None) -> None:
        index = flushed - self.entries_kept
        samples = self._samples
        while len(samples) > 1 and log.bytes - samples[0][1] > self.bytes_kept:
            index = max(index, samples.popleft()[0])
        index = min(index, flushed)
        if needed is not None:
            index = min(index, needed)
        if index > log.base.index:
            mark = log.mark_at(index)
            assert mark is not None
            self.journal.compact(mark)
