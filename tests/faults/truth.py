"""What really happened, read from the members' folders when they have stopped."""

import contextlib
import io
from pathlib import Path

from hikari.raft.entry import Entry
from hikari.replica.proposals import unpack
from hikari.store.journal import RocksJournal
from hikari.store.memory import MemoryRows
from hikari.store.rows import RocksRows
from hikari.testing.history import Applied
from hikari.tree.tree import Tree
from hikari_wire import codes

BYTES = 16 << 20
CACHE_BYTES = 1 << 28


class Truth:
    """One member's log and tree. Opening its folder changes nothing that it would not itself."""

    def __init__(self, folder: Path) -> None:
        with contextlib.redirect_stderr(io.StringIO()):  # an opening announces itself
            self._read(folder)

    def _read(self, folder: Path) -> None:
        journal = RocksJournal(folder)
        try:
            self.recovering = journal.recovering
            self.base = journal.base.index
            self.entries: list[Entry] = []
            while (first := self.base + len(self.entries) + 1) <= journal.last.index:
                self.entries += journal.entries(first, journal.last.index, BYTES)
            rows = RocksRows(folder / journal.tree_name)
        finally:
            journal.close()
        self.rows = dict(rows.scan(b""))
        rows.close()
        kept = MemoryRows()
        kept.write(self.rows)
        tree = Tree(kept, CACHE_BYTES)
        self.index, self.zxid, self.done = tree.index, tree.zxid, tree.done


def replayed(truth: Truth) -> tuple[list[Applied], Tree]:
    """The log up to where the member's tree is, one request after another, and that tree."""
    assert truth.base == 0, "the beginning of the log was cut off"
    assert truth.done == 0, "the member stopped within an entry"
    tree = Tree(MemoryRows(), CACHE_BYTES)
    applied: list[Applied] = []
    for entry in truth.entries:
        if entry.index > truth.index:
            break
        if not entry.payload:
            tree.begin(entry.index, tree.time_ms)
            tree.finish(entry.term, entry.checksum)
            continue
        time_ms, proposals = unpack(entry.payload)
        tree.begin(entry.index, time_ms)
        for proposal in proposals:
            _apply(tree, proposal, applied)
        tree.finish(entry.term, entry.checksum)
    tree.settle()
    return applied, tree


def _apply(tree: Tree, proposal: bytes, applied: list[Applied]) -> None:
    """As `Replica._apply_proposal` does, for nobody."""
    for session, attachment, identities, asked in unpack(proposal)[2]:
        refusal = tree.admit(session, attachment)
        for request in asked:
            admitted = refusal == codes.OK
            if admitted:
                tree.apply(request, session, identities)
                tree.events.clear()
                if request[0] < 0:
                    refusal = tree.admit(session, attachment)
            else:
                tree.refuse(refusal)
            applied.append(
                Applied(tree.zxid, session, request, tree.time_ms, tuple(identities), admitted)
            )


def same_logs(truths: list[Truth]) -> list[str]:
    """Log matching: at an index that two have applied, both have the same entry."""
    wrong = []
    first = max(truths, key=lambda one: one.index)
    for other in truths:
        for entry in other.entries[: other.index - other.base]:
            mine = first.entries[entry.index - first.base - 1] if entry.index > first.base else None
            if mine is not None and mine.record != entry.record:
                wrong.append(f"entry {entry.index} differs between two members")
                break
    return wrong
