"""Flushing the tree now and then, and cutting the journal behind what is flushed."""

from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import Factory, define, field

from hikari.raft.journal import Journal
from hikari.raft.log import RaftLog
from hikari.tally import Tally
from hikari.tree.rows import Rows, RowsFull
from hikari.tree.tree import Tree

FLUSH_REQUESTS: Final = 200_000
"""A member that was killed applies again what came after the last flush: seconds' worth."""
HURRIED_ENTRIES_KEPT: Final = 1_000
HURRIED_BYTES_KEPT: Final = 8 << 20
"""For members that are a little behind, while room is short."""
SQUEEZE_REST: Final = 10
"""So many hurries (seconds) from one squeeze to the next: it reads and writes all there is."""
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
    squeeze: Callable[[], None] = lambda: None
    """Gives the disk back what was cut; on the same thread as the flushes."""
    seconds: Callable[[], float] = lambda: 0.0
    flushes: Tally = field(init=False, default=Factory(Tally))
    """How long they took, in ms: what ZooKeeper calls a snapshot."""
    newest: tuple[int, float] = field(init=False, default=(-1, 0.0))
    """The last one: up to which zxid, and when it was done."""
    _flushing: bool = field(init=False, default=False)
    _flushed: int = field(init=False, default=0)  # index; a cut is due
    _hurried: bool = field(init=False, default=False)  # a flush is due for want of room
    _sparing: bool = field(init=False, default=False)  # the flush under way was hurried
    _squeezed: tuple[int, int] = field(init=False, default=(-1, -1))  # base and zxid at the last
    _rest: int = field(init=False, default=0)  # so many hurries until the next squeeze may be
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
            self._give_back(log.base.index, tree.zxid)
        due = tree.index >= self._next or log.bytes >= self._next_bytes
        due = due or tree.zxid >= self._next_zxid or self._hurried
        if due and not self._flushing:
            self._sparing, self._hurried = self._hurried, False
            self._schedule(tree, log)
            if tree.settle():
                self._flush(tree.rows, tree.index, tree.zxid)

    def hurry(self) -> None:
        """Room is short: flush, cut and give back what can be had, now; keep little behind it."""
        self._hurried = True
        self._rest = max(0, self._rest - 1)

    def _give_back(self, *now: int) -> None:
        """Have the disk get back what was cut and deleted, if that is short and there is any."""
        if self._sparing and not self._rest and now != self._squeezed:
            self._squeezed, self._rest = (now[0], now[1]), SQUEEZE_REST
            self.aside(self.squeeze, lambda: None)

    def _schedule(self, tree: Tree, log: RaftLog) -> None:
        self._next = tree.index + self.flush_entries
        self._next_zxid = tree.zxid + FLUSH_REQUESTS
        self._next_bytes = log.bytes + self.bytes_kept

    def _flush(self, rows: Rows, index: int, zxid: int) -> None:
        self._flushing = True
        began_s = self.seconds()

        flushed = 0

        def work() -> None:
            nonlocal flushed
            try:
                rows.flush()
                flushed = index
            except RowsFull:  # the rows are still in memory: tried again when hurried, or when due
                pass

        def back() -> None:
            self._flushing = False
            self._flushed = flushed
            if flushed:
                now_s = self.seconds()
                self.flushes.add(1000 * (now_s - began_s))
                self.newest = (zxid, now_s)

        self.aside(work, back)

    def _cut(self, log: RaftLog, flushed: int, needed: int | None) -> None:
        entries_kept, bytes_kept = self.entries_kept, self.bytes_kept
        if self._sparing:
            entries_kept = min(entries_kept, HURRIED_ENTRIES_KEPT)
            bytes_kept = min(bytes_kept, HURRIED_BYTES_KEPT)
        index = flushed - entries_kept
        samples = self._samples
        while len(samples) > 1 and log.bytes - samples[0][1] > bytes_kept:
            index = max(index, samples.popleft()[0])
        index = min(index, flushed)
        if needed is not None:
            index = min(index, needed)
        if index > log.base.index:
            mark = log.mark_at(index)
            assert mark is not None
            self.journal.compact(mark)
