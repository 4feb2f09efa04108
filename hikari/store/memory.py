"""The twins of journal and rows, in memory, with a crash at hand: for tests and the simulator."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

from hikari.raft.entry import ORIGIN, Entry, Mark
from hikari.raft.journal import Compacted, HardState
from hikari.store.inspection import follows
from hikari.store.rows import after_prefix
from hikari.tree.rows import RowsFull

_Write = tuple[HardState | None, Sequence[Entry]] | Mark
"""Not durable yet: an append, or a compaction to a mark."""


class _Log:
    """What one journal holds; the twin has two, what was written and what is durable."""

    def __init__(self) -> None:
        self.base: Mark = ORIGIN
        self.hard_state = HardState(0, 0)
        self.tree_name = "tree-0"
        self.entries: list[Entry] = []  # base.index + 1 and on

    @property
    def last(self) -> Mark:
        return self.entries[-1].mark if self.entries else self.base

    def mark_at(self, index: int) -> Mark:
        if index == self.base.index:
            return self.base
        return self.entries[index - self.base.index - 1].mark

    def write(self, write: _Write) -> None:
        if isinstance(write, Mark):
            del self.entries[: write.index - self.base.index]
            self.base = write
            return
        hard_state, entries = write
        if entries:
            del self.entries[entries[0].index - self.base.index - 1 :]
            self.entries.extend(entries)
        if hard_state is not None:
            self.hard_state = hard_state

    def reset(self, hard_state: HardState, mark: Mark, tree_name: str) -> None:
        self.entries.clear()
        self.base = mark
        self.hard_state = hard_state
        self.tree_name = tree_name

    def copy(self) -> "_Log":
        log = _Log()
        log.reset(self.hard_state, self.base, self.tree_name)
        log.entries = self.entries.copy()
        return log


class MemoryJournal:
    """`hikari.raft.journal.Journal`. `crash` gives what a new process would find."""

    base: Mark
    last: Mark
    hard_state: HardState
    recovering: bool
    bereft: bool
    tree_name: str

    def __init__(self) -> None:
        self._written = _Log()
        self._durable = _Log()
        self._unsynced: list[_Write] = []
        self._promised: Mark = ORIGIN
        self._closed = False
        self.recovering = self.bereft = False
        self._show()

    @property
    def unsynced(self) -> int:
        """How many appends and compactions a crash may lose."""
        return len(self._unsynced)

    def crash(self, keep: int = 0, lose: int = 0) -> "MemoryJournal":
        """The journal as a new process finds it: all that was synced, and the first `keep` of
        the `unsynced` writes; on a disk that lies, without the last `lose` entries of it."""
        log = self._durable.copy()
        for write in self._unsynced[:keep]:
            log.write(write)
        if lose:
            del log.entries[-lose:]
        journal = MemoryJournal()
        journal._durable, journal._written = log, log.copy()
        journal._promised = log.last
        lost = log.last.index < self._promised.index
        journal.recovering, journal.bereft = self.recovering or lost, self.bereft or lost
        journal._show()
        self._closed = True
        return journal

    def append(self, hard_state: HardState | None, entries: Sequence[Entry]) -> None:
        self._demand_usable()
        log = self._written
        if hard_state is not None:
            assert hard_state >= log.hard_state, "a term or a vote goes back"
        if entries:
            first = entries[0].index
            assert log.base.index < first <= log.last.index + 1, "not in the journal, nor next"
            before = log.mark_at(first - 1)
            if self._promised.index > before.index:
                self._promised = before
            for entry in entries:
                assert not (wrong := follows(entry, before)), f"entry {entry.index}: {wrong}"
                before = entry.mark
        self._write((hard_state, tuple(entries)))

    def _write(self, write: _Write) -> None:
        self._written.write(write)
        self._unsynced.append(write)
        self._show()

    def sync(self) -> None:
        self._demand_usable()
        for write in self._unsynced:
            self._durable.write(write)
        self._unsynced = []
        self._promised = self._durable.last

    def secure_watermark(self) -> None:
        self._demand_usable()

    def entries(self, first: int, last: int, bytes_max: int) -> list[Entry]:
        self._demand_usable()
        base = self.base.index
        if first <= base:
            raise Compacted(f"entry {first}: the journal starts behind {base}")
        assert first <= last <= self.last.index, "not in the journal"
        found: list[Entry] = []
        size = 0
        for entry in self._written.entries[first - base - 1 : last - base]:
            size += len(entry.record)
            if found and size > bytes_max:
                break
            found.append(entry)
        return found

    def compact(self, mark: Mark) -> None:
        self._demand_usable()
        if mark.index <= self.base.index:
            return
        assert mark.index <= self.last.index, "the base would pass the end"
        assert mark == self._written.mark_at(mark.index), "the base would be of another log"
        self._write(mark)

    def reset(self, hard_state: HardState, mark: Mark, tree_name: str) -> None:
        self._demand_usable()
        assert mark.index >= self.base.index, "a snapshot from before the base"
        assert hard_state >= self.hard_state, "a term or a vote goes back"
        self._unsynced = []
        for log in (self._written, self._durable):
            log.reset(hard_state, mark, tree_name)
        self._promised = mark
        self._show()

    def recovered(self) -> None:
        self.sync()
        self.recovering = self.bereft = False

    def close(self) -> None:
        self._closed = True

    def _show(self) -> None:
        log = self._written
        self.base, self.last = log.base, log.last
        self.hard_state, self.tree_name = log.hard_state, log.tree_name

    def _demand_usable(self) -> None:
        if self._closed:
            raise ValueError("the journal is closed")


class MemoryView:
    """`hikari.tree.rows.View`."""

    def __init__(self, rows: list[tuple[bytes, bytes]]) -> None:
        self._rows: list[tuple[bytes, bytes]] | None = rows
        self._next = 0

    def take(self, bytes_max: int) -> list[tuple[bytes, bytes]]:
        if self._rows is None:
            raise ValueError("the view is closed")
        first = self._next
        size = 0
        while self._next < len(self._rows) and (size < bytes_max or self._next == first):
            key, value = self._rows[self._next]
            size += len(key) + len(value)
            self._next += 1
        return self._rows[first : self._next]

    def close(self) -> None:
        self._rows = None


class MemoryRows:
    """`hikari.tree.rows.Rows`. `crash` gives what a new process would find."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []  # in order
        self._flushed: dict[bytes, bytes] = {}
        self._unflushed: list[dict[bytes, bytes | None]] = []
        self.full = False
        """The disk has no room."""

    @property
    def unflushed(self) -> int:
        """How many batches a crash may lose."""
        return len(self._unflushed)

    def crash(self, keep_batches: int = 0) -> "MemoryRows":
        """The rows as a new process finds them: all that was flushed, and the first
        `keep_batches` of the unflushed batches."""
        rows = MemoryRows()
        rows.write(dict(self._flushed))
        for batch in self._unflushed[:keep_batches]:
            rows.write(batch)
        rows.flush()
        return rows

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        self._demand_room()
        rows, keys = self._rows, self._keys
        for key, value in changes.items():
            if value is not None:
                if key not in rows:
                    insort(keys, key)
                rows[key] = value
            elif key in rows:
                del rows[key]
                del keys[bisect_left(keys, key)]
        self._unflushed.append(dict(changes))

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        return [(key, self._rows[key]) for key in self._with_prefix(prefix)]

    def scan_keys(self, prefix: bytes, start: bytes = b"", count_max: int = 1 << 62) -> list[bytes]:
        behind = len(prefix)
        return [key[behind:] for key in self._with_prefix(prefix, start)[:count_max]]

    def _with_prefix(self, prefix: bytes, start: bytes = b"") -> list[bytes]:
        end = after_prefix(prefix)
        first = bisect_left(self._keys, prefix + start)
        return self._keys[first : None if end is None else bisect_left(self._keys, end)]

    def page(self, prefix: bytes, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        end = after_prefix(prefix)
        first = bisect_left(self._keys, max(prefix, after + b"\0"))
        last = len(self._keys) if end is None else bisect_left(self._keys, end)
        return [(key, self._rows[key]) for key in self._keys[first : min(last, first + count)]]

    def view(self) -> MemoryView:
        return MemoryView([(key, self._rows[key]) for key in self._keys])

    def _demand_room(self) -> None:
        if self.full:
            raise RowsFull("no room")

    def flush(self) -> None:
        self._demand_room()
        for batch in self._unflushed:
            for key, value in batch.items():
                if value is None:
                    self._flushed.pop(key, None)
                else:
                    self._flushed[key] = value
        self._unflushed = []

    def close(self) -> None:
        pass
