"""Members' folders whose every row is known, and what a start makes of them."""

from collections.abc import Callable
from pathlib import Path

from hikari.raft.entry import Entry, Mark, chain
from hikari.raft.journal import HardState
from hikari.store.files import OS_FILES, Files
from hikari.store.healing import Healing, Opened
from hikari.store.memory import MemoryRows
from hikari.tree.tree import Tree
from hikari_wire import codes

LAST = 60
TERM = HardState(3, 2)
SETTLED = 50
"""The tree is flushed here, and at half of it."""

Rows = list[tuple[bytes, bytes]]


def log() -> list[Entry]:
    entries, before = [], Mark(0, 0, 0)
    for number in range(1, LAST + 1):
        entries.append(chain(before, 1 + number // 40, b"payload %d" % number * (number % 7)))
        before = entries[-1].mark
    return entries


LOG = log()


def apply(tree: Tree, entry: Entry) -> None:
    """Each entry makes one znode."""
    tree.begin(entry.index, 1_000 + entry.index)
    path = b"/z%03d" % entry.index
    error, _ = tree.apply((codes.CREATE, path, entry.payload, (), 0), 0, ())
    assert error == codes.OK
    tree.finish(entry.term, entry.checksum)


def states() -> list[Rows]:
    """All rows after each entry."""
    rows = MemoryRows()
    tree = Tree(rows, 1 << 20)
    found = [rows.scan(b"")]
    for entry in LOG:
        apply(tree, entry)
        tree.settle()
        found.append(rows.scan(b""))
    return found


STATES = states()


def healing(
    folder: Path,
    alone: bool = False,
    said: Callable[[str], None] = print,
    files: Files = OS_FILES,
) -> Healing:
    return Healing(
        folder, alone=alone, cache_bytes_max=1 << 20, wall_ms=lambda: 0, said=said, files=files
    )


def close(opened: Opened) -> None:
    opened.rows.close()
    opened.journal.close()


def make(folder: Path, base: int) -> Opened:
    """A member that runs: all of LOG promised, the tree flushed at SETTLED, and the journal cut
    behind `base`. To be copied as if it were killed."""
    opened = healing(folder).open()
    journal, _, tree = opened
    if journal.recovering:
        journal.recovered()
    for first in range(0, LAST, 5):
        entries = LOG[first : first + 5]
        journal.append(TERM if not first else None, entries)
        journal.sync()
        for entry in entries:
            apply(tree, entry)
        if tree.index in (SETTLED // 2, SETTLED):
            tree.settle()
            opened.rows.flush()
            if base:
                journal.compact(LOG[min(base, tree.index) - 1].mark)
    journal.sync()
    return opened


def judge(opened: Opened) -> str:
    """What a start has made of its folder. Never less than was promised without saying so, and
    never a row that was not there. Raises RowsDamaged, JournalDamaged."""
    journal, rows, tree = opened
    assert rows.scan(b"") == STATES[tree.index]
    assert journal.base.index <= tree.index <= journal.last.index
    assert journal.last == (LOG[journal.last.index - 1].mark if journal.last.index else (0, 0, 0))
    if journal.last.index > journal.base.index:
        entries = journal.entries(journal.base.index + 1, journal.last.index, 1 << 30)
        assert [e.record for e in entries] == [
            e.record for e in LOG[journal.base.index : journal.last.index]
        ]
    if journal.recovering:
        assert journal.bereft
        return "recovering"
    assert journal.last.index == LAST, "silently shorter"
    assert journal.hard_state == TERM
    return "whole" if tree.index else "replays"
