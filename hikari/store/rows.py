"""The tree's rows, in RocksDB without a write-ahead log: the journal is their log.

One column family and no log: memtables reach the disk whole and in order, so that a crash leaves a
prefix of whole batches.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    DataBlockIndexType,
    DBCompressionType,
    Options,
    Rdict,
    RdictIter,
    ReadOptions,
    WriteOptions,
)

from hikari.store.disk import DiskFailed, is_full, tells_damage
from hikari.store.files import OS_FILES, Files
from hikari.store.opening import OPEN_SECONDS_MAX
from hikari.tree.rows import RowsDamaged, RowsForeign, RowsFull

MEMTABLE_BYTES: Final = 16 * 1024 * 1024
"""Merges are in proportion to it, and while they go on everybody waits longer for a processor."""
MEMTABLES_MAX: Final = 4
"""So many may wait for their flush before writes are slowed down."""
BLOCK_CACHE_BYTES: Final = 64 * 1024 * 1024
BLOOM_BITS: Final = 10
FILTER_BYTES: Final = 4096
"""Of each piece of a filter or an index."""
FEW_ROWS: Final = 64
"""So many keys are taken one by one, more of them in runs that begin with as many"""
RUN_ROWS: Final = 1024
"""and end with so many: of the last one some may be for nothing."""
WRITTEN_BYTES: Final = 1 << 20
"""Of a file that is being made the disk is given so many at a time."""
INFO_LOG_BYTES: Final = 1 << 20
"""Of each of the few files in which RocksDB tells what it does."""

FORMAT_KEY: Final = b"!format"
"""Our own row, shown to nobody: an opening that does not find it has lost the others too."""
_FORMAT: Final = b"hikari rows 1"


def merge_bytes(memtable_bytes: int) -> int:
    """About how much room the largest merge of rows needs until it is done."""
    return 8 * memtable_bytes


def rows_options(memtable_bytes: int, block_cache: Cache) -> Options:
    tables = BlockBasedOptions()
    tables.set_block_cache(block_cache)
    tables.set_bloom_filter(BLOOM_BITS, False)
    tables.set_cache_index_and_filter_blocks(True)
    # In pieces: no shard of the cache has room for the whole filter of a large file, which would be
    # read anew for each look-up (measured, 1,000,000 znodes: a create 25 -> 209 µs).
    tables.set_index_type(BlockBasedIndexType.two_level_index_search())
    tables.set_partition_filters(True)
    tables.set_metadata_block_size(FILTER_BYTES)
    tables.set_pin_top_level_index_and_filter(True)
    tables.set_pin_l0_filter_and_index_blocks_in_cache(True)
    tables.set_data_block_index_type(DataBlockIndexType.binary_and_hash())
    tables.set_data_block_hash_ratio(0.75)
    options = Options(raw_mode=True)
    options.set_block_based_table_factory(tables)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(memtable_bytes)
    # A merge holds what it reads and what it writes: with these no more than `merge_bytes`.
    options.set_target_file_size_base(memtable_bytes)
    options.set_max_bytes_for_level_base(4 * memtable_bytes)
    options.set_max_compaction_bytes(merge_bytes(memtable_bytes))
    options.set_max_write_buffer_number(MEMTABLES_MAX)
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.02)
    options.set_max_background_jobs(2)
    # Or a file of 64 MiB goes to the disk all at once, in front of the journal's next fsync.
    options.set_bytes_per_sync(WRITTEN_BYTES)
    options.set_keep_log_file_num(4)
    options.set_max_log_file_size(INFO_LOG_BYTES)
    options.set_stats_dump_period_sec(0)
    options.set_stats_persist_period_sec(0)
    return options


def after_prefix(prefix: bytes) -> bytes | None:
    """The first key behind all that start with `prefix`; None: there is no such key."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None


class RocksView:
    """`hikari.tree.rows.View`: one iterator, which sees nothing that is written after it."""

    def __init__(self, rows: RdictIter, options: ReadOptions) -> None:
        self._rows: RdictIter | None = rows
        self._options = options  # the iterator does not keep them alive itself
        rows.seek_to_first()

    def take(self, bytes_max: int) -> list[tuple[bytes, bytes]]:
        rows = self._rows
        if rows is None:
            raise ValueError("the view is closed")
        taken: list[tuple[bytes, bytes]] = []
        size = 0
        while size < bytes_max or not taken:
            key = rows.key()
            if key is None:
                break
            if key != FORMAT_KEY:
                value = rows.value()
                size += len(key) + len(value)
                taken.append((key, value))
            rows.next()
        _demand_whole(rows)
        return taken

    def close(self) -> None:
        self._rows = None


class RocksRows:
    """`hikari.tree.rows.Rows` in `folder`, which is created if it is missing or empty.

    Used by one thread; `flush` may run on another. Views that are open at `close` are closed.

    `check` is given `get` before anything may be changed, and may raise: once RocksDB may write, it
    removes the files that a damaged MANIFEST does not name.

    Raises at opening RowsDamaged, FolderInUse; at writes and flushes DiskFailed, or RowsDamaged
    where RocksDB found out by itself.
    """

    def __init__(
        self,
        folder: Path,
        *,
        memtable_bytes: int = MEMTABLE_BYTES,
        block_cache_bytes: int = BLOCK_CACHE_BYTES,
        open_seconds_max: float = OPEN_SECONDS_MAX,
        files: Files = OS_FILES,
        check: Callable[[Callable[[bytes], bytes | None]], None] = lambda get: None,
    ) -> None:
        self._files = files
        self.folder = folder
        self._check = check
        self._options = rows_options(memtable_bytes, Cache(block_cache_bytes))
        self._no_log = WriteOptions()
        # A property; rocksdict's stubs take it for a method.
        self._no_log.disable_wal = True  # type: ignore[method-assign, assignment]
        self.merge_bytes = merge_bytes(memtable_bytes)
        """So much must be free for a merge."""
        self._views: WeakSet[RocksView] = WeakSet()
        self._closed = False
        with files.watched(folder, open_seconds_max):
            self._db = self._open()

    def _open(self) -> Rdict:
        if self._files.is_new(self.folder):
            self._files.create_whole(self.folder, self._fill)
        # Read only at first: RocksDB removes what a damaged MANIFEST does not name.
        self._db = self._files.open_rocks(self.folder, self._options, RowsDamaged, read_only=True)
        try:
            self._demand_format()
            self._check(self.get)
        finally:
            self._db.close()
        return self._files.open_rocks(self.folder, self._options, RowsDamaged)

    def _fill(self, folder: Path) -> None:
        options = rows_options(MEMTABLE_BYTES, Cache(0))
        options.create_if_missing(True)
        db = self._files.open_rocks(folder, options, RowsDamaged)
        try:
            db.put(FORMAT_KEY, _FORMAT, self._no_log)
            db.flush()
            db.close()
        except Exception as error:
            raise DiskFailed(f"{folder}: it cannot be begun: {error}") from error

    def _demand_format(self) -> None:
        found = self.get(FORMAT_KEY)
        if found is None:
            raise RowsDamaged(f"{self.folder}: its format row is missing: RocksDB lost its files")
        if found != _FORMAT:
            raise RowsForeign(f"{self.folder}: {found!r}; this version knows {_FORMAT!r}")

    def get(self, key: bytes) -> bytes | None:
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:
            raise _unread(f"{self.folder}: row {key!r}: {error}", error) from error
        return value

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        assert FORMAT_KEY not in changes
        batch = self._files.batch()
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        try:
            self._db.write(batch, self._no_log)
        except Exception as error:
            raise self._failed("a write", error) from error

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        # No upper bound in the read options: rocksdict hands RocksDB a pointer into the bound's
        # bytes and does not keep them alive, so that rows went missing.
        rows = self._db.iter()
        rows.seek(prefix)
        end = after_prefix(prefix)
        found: list[tuple[bytes, bytes]] = []
        while (key := rows.key()) is not None and (end is None or key < end):
            found.append((key, rows.value()))
            rows.next()
        _demand_whole(rows)
        if FORMAT_KEY.startswith(prefix):
            return [row for row in found if row[0] != FORMAT_KEY]
        return found

    def scan_keys(self, prefix: bytes, start: bytes = b"", count_max: int = 1 << 62) -> list[bytes]:
        rows = self._db.iter()
        rows.seek(prefix + start)
        end = after_prefix(prefix)
        behind = len(prefix)
        few = min(count_max, FEW_ROWS)
        found: list[bytes] = []
        while len(found) < few and (key := rows.key()) is not None and (end is None or key < end):
            found.append(key[behind:])
            rows.next()
        if len(found) == FEW_ROWS < count_max:
            found += self._more_keys(rows, prefix, end, count_max - FEW_ROWS)
        _demand_whole(rows)
        if FORMAT_KEY.startswith(prefix):
            return [key for key in found if prefix + key != FORMAT_KEY]
        return found

    def _more_keys(
        self, rows: RdictIter, prefix: bytes, end: bytes | None, count_max: int
    ) -> list[bytes]:
        """The keys from where `rows` stands, without their prefix, in runs: that takes half as long
        as one by one. A run does not tell why it ends, so `rows` then goes behind the last key."""
        found: list[bytes] = []
        first = rows.key()
        if first is None or (end is not None and first >= end):
            return found
        keys: Iterator[Any] = iter(self._db.keys(from_key=first))
        behind, size = len(prefix), FEW_ROWS
        while run := list(islice(keys, min(size, count_max - len(found)))):
            size = min(2 * size, RUN_ROWS)
            if end is not None and run[-1] >= end:
                found += [key[behind:] for key in run[: bisect_left(run, end)]]
                break
            found += [key[behind:] for key in run]
        rows.seek(prefix + found[-1] if found else first)
        if found:
            rows.next()
        key = rows.key()
        if len(found) < count_max and key is not None and (end is None or key < end):
            raise RowsDamaged(f"{self.folder}: a run of rows ends before {key!r}")
        return found

    def page(self, prefix: bytes, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        rows = self._db.iter()
        rows.seek(max(prefix, after + b"\0"))
        end = after_prefix(prefix)
        found: list[tuple[bytes, bytes]] = []
        while len(found) < count and (key := rows.key()) is not None:
            if end is not None and key >= end:
                break
            if key != FORMAT_KEY:
                found.append((key, rows.value()))
            rows.next()
        _demand_whole(rows)
        return found

    def view(self) -> RocksView:
        once = ReadOptions()
        # Reading everything must not empty the cache. (The stubs forget the argument.)
        once.fill_cache(False)  # type: ignore[call-arg]
        view = RocksView(self._db.iter(once), once)
        self._views.add(view)
        return view

    def flush(self) -> None:
        try:
            self._db.flush()
        except Exception as error:
            raise self._failed("a flush", error) from error

    def data_bytes(self) -> int:
        """About how much there is, as it lies on disk and in memtables."""
        total = 0
        for name in ("estimate-live-data-size", "cur-size-all-mem-tables"):
            total += self._db.property_int_value(f"rocksdb.{name}") or 0
        return total

    def unflushed_bytes(self) -> int:
        """About what a flush will take of the disk: it can be all that is free."""
        return self._db.property_int_value("rocksdb.cur-size-all-mem-tables") or 0

    def sparing(self, on: bool) -> None:
        """While room is short RocksDB merges nothing by itself: a merge holds what it reads and
        what it writes, and could take the last room from the journal."""
        with suppress(Exception):  # it is done, but there may be no room to note it for next time
            self._db.set_options({"disable_auto_compactions": "true" if on else "false"})

    def squeeze(self) -> None:
        """Merge all there is, piece by piece, so that what was deleted gives its room back. Any
        thread; blocks. Raises RowsFull."""
        try:
            self._db.compact_range(None, None)
        except Exception as error:
            raise self._failed("a merge", error) from error

    def close(self) -> None:
        """What was not flushed is flushed now, if there is room: else the journal has it. Raises
        DiskFailed. Not while `flush` runs."""
        if self._closed:
            return
        self._closed = True
        for view in list(self._views):  # an iterator left open keeps the folder locked
            view.close()
        try:
            self._db.close()
        except Exception as error:
            if is_full(error):
                return
            raise self._failed("the last flush", error) from error

    def _failed(self, what: str, error: Exception) -> Exception:
        message = f"{self.folder}: {what} failed: {error}"
        if is_full(error):
            return RowsFull(message)
        return (RowsDamaged if tells_damage(error, writing=True) else DiskFailed)(message)


def _unread(message: str, error: Exception) -> Exception:
    return RowsDamaged(message) if tells_damage(error) else DiskFailed(message)


class FolderRows:
    """All rows of a folder that nobody writes to: the reading half of `hikari.tree.rows.Rows`;
    nothing in it is changed. Raises at opening RowsDamaged, DiskFailed, OSError."""

    def __init__(self, folder: Path, files: Files = OS_FILES) -> None:
        options = rows_options(MEMTABLE_BYTES, Cache(BLOCK_CACHE_BYTES))
        with files.watched(folder, OPEN_SECONDS_MAX):
            self._db = files.open_rocks(folder, options, RowsDamaged, read_only=True)
        self._views: WeakSet[RocksView] = WeakSet()

    def get(self, key: bytes) -> bytes | None:
        """Raises RowsDamaged, DiskFailed."""
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:
            raise _unread(f"row {key!r}: {error}", error) from error
        return value

    def view(self) -> RocksView:
        once = ReadOptions()
        view = RocksView(self._db.iter(once), once)
        self._views.add(view)
        return view

    def close(self) -> None:
        for view in list(self._views):
            view.close()
        self._db.close()


def read_rows(
    folder: Path, bytes_max: int, files: Files = OS_FILES
) -> Iterator[list[tuple[bytes, bytes]]]:
    """All rows of a folder that nobody has open, in order, some at a time; nothing is changed.
    Raises RowsDamaged, DiskFailed."""
    rows = FolderRows(folder, files)
    view = rows.view()
    try:
        while some := view.take(bytes_max):
            yield some
    finally:
        rows.close()


def _demand_whole(rows: RdictIter) -> None:
    """An iterator ends at a damaged block as it ends at the last row; only its status tells."""
    try:
        rows.status()
    except Exception as error:
        raise _unread(f"rows cannot be read: {error}", error) from error
