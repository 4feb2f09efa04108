"""A simulated RocksDB: what rocksdict shows of it, and what crashes and rot leave of it.

Measured facts of RocksDB stand behind it. With its log on, the loss of power leaves a prefix of the
unsynced batches, the death of the process all of them. Without a log, memtables are lost, and a
prefix of whole batches is left. `point_in_time` recovery drops the end of a damaged log in silence.
A damaged block is an error where it is read, and ends an iterator as if there were no more rows.
"""

import random
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from typing import Any

from hikari.store.disk import is_full

RETRY_S = 5.0
"""After it has found no room RocksDB refuses all writes, and looks again so often."""
Undo = list[tuple[bytes, bytes | None]]


def _size(key: bytes, row: bytes | None) -> int:
    return 0 if row is None else len(key) + len(row)


class Batch:
    """WriteBatch."""

    __slots__ = ("changes",)

    def __init__(self) -> None:
        self.changes: list[
            tuple[bytes, bytes | None, bytes | None]
        ] = []  # key, value, end of range

    def put(self, key: bytes, value: bytes) -> None:
        self.changes.append((key, value, None))

    def delete(self, key: bytes) -> None:
        self.changes.append((key, None, None))

    def delete_range(self, first: bytes, end: bytes) -> None:
        self.changes.append((first, None, end))


class Content:
    """The rows of one folder on one disk; outlives the processes that open it."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.keys: list[bytes] = []  # in order
        self.bytes = 0  # of keys and rows
        self.unsynced: deque[Undo] = deque()  # of each batch that a loss of power may lose
        self.unflushed: deque[Undo] = deque()  # of each batch that only a memtable holds
        self.synced: deque[Undo] = deque()  # of the last ones in the log: a torn end takes them
        self.rotten: set[bytes] = set()
        self.trouble = ""
        """What the next opening meets: "refuses", or "" for nothing."""

    def apply(self, batch: Batch) -> Undo:
        undo: Undo = []
        rows, keys = self.rows, self.keys
        for key, value, end in batch.changes:
            if end is not None:
                first, behind = bisect_left(keys, key), bisect_left(keys, end)
                removed: Undo = [(gone, rows.pop(gone)) for gone in keys[first:behind]]
                self.bytes -= sum(_size(gone, row) for gone, row in removed)
                undo += removed
                del keys[first:behind]
                continue
            old = rows.get(key)
            undo.append((key, old))
            self.bytes += _size(key, value) - _size(key, old)
            if value is not None:
                if old is None:
                    if keys and key > keys[-1]:
                        keys.append(key)
                    else:
                        insort(keys, key)
                rows[key] = value
                if self.rotten:
                    self.rotten.discard(key)
            elif old is not None:
                del rows[key]
                del keys[bisect_left(keys, key)]
        return undo

    def take_back(self, undo: Undo) -> None:
        rows, keys = self.rows, self.keys
        for key, old in reversed(undo):
            self.bytes += _size(key, old) - _size(key, rows.get(key))
            if old is None:
                if key in rows:
                    del rows[key]
                    del keys[bisect_left(keys, key)]
            else:
                if key not in rows:
                    insort(keys, key)
                rows[key] = old

    def cut(self, batches: deque[Undo], count: int) -> None:
        """The newest `count` of these batches never were."""
        for _ in range(count):
            self.take_back(batches.pop())

    def crash(self, power: bool, chance: random.Random) -> None:
        """The process has died; with `power` the whole machine."""
        lost = len(self.unflushed)
        if lost and chance.random() < 0.4:  # a memtable that was full has been flushed by itself
            lost = chance.choice((0, 1, chance.randrange(lost + 1)))
        self.cut(self.unflushed, lost)
        self.unflushed.clear()
        if power:
            lost = chance.randrange(len(self.unsynced) + 1)
            self.cut(self.unsynced, lost)
            for _ in range(min(lost, len(self.synced))):
                self.synced.pop()
        self.unsynced.clear()

    def rot(self, how: str, chance: random.Random) -> None:
        """Damage at rest: "row", "loses a row", "is empty", "cannot be opened"."""
        self.synced.clear()
        if how == "cannot be opened":
            self.trouble = "refuses"
        elif how == "is empty":
            self.rows.clear()
            self.keys.clear()
            self.bytes = 0
        elif self.keys:
            key = chance.choice(self.keys)
            if how == "row":
                self.rotten.add(key)
            else:
                self.take_back([(key, None)])

    def tear(self, count: int) -> int:
        """Recovery will drop so many of the newest batches in silence, synced or not. How many
        there were."""
        count = min(count, len(self.synced))
        self.cut(self.synced, count)
        return count


class Database:
    """Rdict, open. `disk` says how each operation fares."""

    def __init__(self, content: Content, disk: Any, read_only: bool) -> None:
        self._content = content
        self._disk = disk
        self._read_only = read_only
        self._open = True
        self._failed = False
        self._full_until = 0.0  # it has found no room, and looks again then

    def get(self, key: bytes) -> bytes | None:
        if key in self._content.rotten:
            raise Exception("Corruption: block checksum mismatch")
        return self._content.rows.get(key)

    def put(self, key: bytes, value: bytes, options: Any = None) -> None:
        batch = Batch()
        batch.put(key, value)
        self.write(batch, options)

    def write(self, batch: Batch, options: Any = None) -> None:
        assert self._open
        assert not self._read_only
        self._fare("write")
        content = self._content
        undo = content.apply(batch)
        if options is not None and options.disable_wal:
            content.unflushed.append(undo)
        else:
            content.unsynced.append(undo)
            content.synced.append(undo)
            if len(content.synced) > 200:
                content.synced.popleft()
        self._disk.point("written")

    def flush_wal(self, sync: bool) -> None:
        assert self._open
        before = len(self._content.unsynced)
        self._fare("sync")
        for _ in range(before):
            self._content.unsynced.popleft()
        self._disk.point("synced")

    def flush(self) -> None:
        assert self._open
        self._fare("flush")
        self._content.unsynced.clear()
        self._content.unflushed.clear()
        self._content.synced.clear()

    def compact_range(self, first: Any, end: Any) -> None:
        """A memtable is flushed on the way."""
        self.flush()

    def set_options(self, options: dict[str, str]) -> None:
        assert self._open

    def property_int_value(self, name: str) -> int:
        """Of memtables. Rows take their room here as they are written: nothing is owed."""
        assert name == "rocksdb.cur-size-all-mem-tables"
        return 0

    def iter(self, options: Any = None) -> "Rows":
        content = self._content
        if options is None:
            return Rows(content.keys, content.rows, content.rotten)
        return Rows(
            content.keys.copy(), content.rows.copy(), content.rotten
        )  # a view of this moment

    def keys(self, *, from_key: bytes) -> Iterator[bytes]:
        """Ends at damage and does not say so."""
        rows = self.iter()
        rows.seek(from_key)
        while (key := rows.key()) is not None:
            yield key
            rows.next()

    def close(self) -> None:
        if self._open and not self._read_only and not self._failed:
            self.flush()
        self._open = False

    def _fare(self, what: str) -> None:
        if self._failed:  # RocksDB's errors are sticky
            raise Exception("IO error: an earlier write or fsync failed")
        disk = self._disk
        if self._full_until > disk.seconds() and what != "sync":
            raise Exception("IO error: No space left on device, some time ago")
        try:
            disk.fare(what)
        except Exception as error:
            if is_full(error):  # from that RocksDB recovers by itself
                self._full_until = disk.seconds() + RETRY_S
            else:
                self._failed = True
            raise


class Rows:
    """RdictIter."""

    def __init__(self, keys: list[bytes], rows: dict[bytes, bytes], rotten: set[bytes]) -> None:
        self._keys, self._rows, self._rotten = keys, rows, rotten
        self._at = len(keys)
        self._damaged = False

    def seek(self, key: bytes) -> None:
        self._at = bisect_left(self._keys, key)
        self._look()

    def seek_to_first(self) -> None:
        self._at = 0
        self._look()

    def _look(self) -> None:
        if self._rotten and self._at < len(self._keys) and self._keys[self._at] in self._rotten:
            self._damaged = True
            self._at = len(self._keys)

    def key(self) -> bytes | None:
        return self._keys[self._at] if self._at < len(self._keys) else None

    def value(self) -> bytes:
        return self._rows[self._keys[self._at]]

    def next(self) -> None:
        self._at += 1
        self._look()

    def status(self) -> None:
        if self._damaged:
            raise Exception("Corruption: block checksum mismatch")
