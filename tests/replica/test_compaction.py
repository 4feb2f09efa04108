"""The journal is cut behind the flushed tree, and never further."""

from collections.abc import Callable

import pytest

from hikari.raft.entry import ORIGIN, Entry, chain
from hikari.raft.journal import HardState
from hikari.raft.log import RaftLog
from hikari.replica.compaction import Compaction
from hikari.store.memory import MemoryJournal, MemoryRows
from hikari.tree.tree import Tree


class Desk:
    """A tree, a log, and a flush that the test lets end."""

    def __init__(self, entries_kept: int, flush_entries: int, bytes_kept: int = 1 << 30) -> None:
        self.journal = MemoryJournal()
        self.rows = MemoryRows()
        self.tree = Tree(self.rows, 1 << 20)
        self.log = RaftLog(self.journal, 0)
        self.ends: list[Callable[[], None]] = []
        self.needed: int | None = None
        self.compaction = Compaction(
            self.journal, entries_kept, bytes_kept, flush_entries, self.aside
        )

    def aside(self, work: Callable[[], None], back: Callable[[], None]) -> None:
        assert not self.ends, "one flush at a time"

        def end() -> None:
            work()
            back()

        self.ends.append(end)

    def go(self, entries: int, size: int = 10) -> None:
        for _ in range(entries):
            entry: Entry = chain(self.log.last, 1, bytes(size))
            self.log.append(entry)
            self.journal.append(HardState(1, 1), [entry])
            self.journal.sync()
            self.tree.begin(entry.index, 0)
            self.tree.finish(1, entry.checksum)
            self.consider()

    def consider(self) -> None:
        self.compaction.consider(self.tree, self.log, lambda: self.needed)

    def flushed(self) -> None:
        self.ends.pop()()
        self.consider()


def test_nothing_is_cut_before_the_tree_is_flushed() -> None:
    desk = Desk(entries_kept=0, flush_entries=10)
    desk.go(30)
    assert desk.journal.base == ORIGIN
    assert len(desk.ends) == 1


def test_the_cut_is_where_the_flush_began() -> None:
    desk = Desk(entries_kept=0, flush_entries=10)
    desk.go(11)
    desk.go(5)
    desk.flushed()
    assert desk.journal.base.index == 11
    assert Tree(desk.rows.crash(), 1 << 20).index >= 11


def test_a_tail_is_kept_for_those_a_little_behind() -> None:
    desk = Desk(entries_kept=4, flush_entries=10)
    desk.go(11)
    desk.flushed()
    assert desk.journal.base.index == 7


def test_what_a_transfer_needs_is_kept() -> None:
    desk = Desk(entries_kept=0, flush_entries=10)
    desk.go(11)
    desk.needed = 3
    desk.flushed()
    assert desk.journal.base.index == 3
    desk.needed = None
    desk.go(10)
    desk.flushed()
    assert desk.journal.base.index == 21


def test_large_entries_bring_the_flush_and_the_cut_forward() -> None:
    desk = Desk(entries_kept=1_000, flush_entries=1_000, bytes_kept=20 << 20)
    desk.go(60, size=1 << 20)
    desk.flushed()
    base = desk.journal.base.index
    assert 0 < base <= desk.tree.index
    desk.go(40, size=1 << 20)
    if desk.ends:
        desk.flushed()
    assert desk.log.last.index - desk.journal.base.index <= 60


@pytest.mark.parametrize("kept", [0, 3])
def test_the_base_never_passes_the_flushed_tree(kept: int) -> None:
    desk = Desk(entries_kept=kept, flush_entries=3)
    flushed = 0
    for step in range(60):
        desk.go(1)
        if desk.ends and step % 4 == 0:
            flushed = desk.compaction._next - 3
            desk.flushed()
        assert desk.journal.base.index <= flushed
