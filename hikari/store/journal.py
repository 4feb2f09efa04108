"""The log on disk, in RocksDB.

One batch an append, unsynced; one `flush_wal(True)` a sync, which frees the interpreter lock where
a synced write would hold it. What a sync has made durable is noted in the watermark, which is
never ahead of the journal.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

from rocksdict import DBRecoveryMode, Options, WriteBatch, WriteOptions

from hikari.raft.entry import ORIGIN, CorruptRecord, Entry, Mark, parse
from hikari.raft.journal import Compacted, HardState, JournalDamaged
from hikari.store.disk import DiskFailed, DiskStalled, is_full, tells_damage
from hikari.store.files import OS_FILES, Files
from hikari.store.inspection import (
    BASE_KEY,
    HARD_STATE_KEY,
    RECORDS_END,
    Found,
    follows,
    inspect,
    pack_base,
    pack_hard_state,
    record_key,
)
from hikari.store.opening import OPEN_SECONDS_MAX
from hikari.store.watermark import BLANK, Promise, Watermark

SECURE_SECONDS: Final = 0.1
"""The watermark is fsynced at most this often."""
SLOW_SECONDS: Final = 0.02
"""Who has waited so long for one fsync does not wait for another one at once."""
MEMTABLE_BYTES: Final = 8 * 1024 * 1024
FILLER_KEY: Final = b"F"
FILLER_BYTES: Final = 64 * 1024
LOGS_RECYCLED: Final = 3
"""Write-ahead logs are written over, not deleted: what does not grow is fsynced in half the time
(measured)."""
INFO_LOG_BYTES: Final = 1 << 20
"""Of each of the few files in which RocksDB tells what it does."""
MEMTABLES_MAX: Final = 8
"""So many may wait for their flush before a write stalls: a disk that slow is broken."""


def journal_options(memtable_bytes: int = MEMTABLE_BYTES) -> Options:
    options = Options(raw_mode=True)
    options.set_wal_recovery_mode(DBRecoveryMode.point_in_time())
    options.set_recycle_log_file_num(LOGS_RECYCLED)
    options.set_write_buffer_size(memtable_bytes)
    options.set_max_write_buffer_number(MEMTABLES_MAX)
    options.set_level_zero_slowdown_writes_trigger(64)
    options.set_level_zero_stop_writes_trigger(128)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(4)
    options.set_max_log_file_size(INFO_LOG_BYTES)
    options.set_stats_dump_period_sec(0)
    options.set_stats_persist_period_sec(0)
    return options


def fill_journal(
    files: Files,
    folder: Path,
    base: Mark,
    tree_name: str,
    hard_state: HardState,
    records: Iterable[tuple[int, bytes]] = (),
) -> None:
    """Make a journal in `folder` that holds just this: `records` are (index, record) of the
    entries behind `base`."""
    options = journal_options()
    options.create_if_missing(True)
    db = files.open_rocks(folder, options, JournalDamaged)
    batch = files.batch()
    batch.put(BASE_KEY, pack_base(base, tree_name))
    batch.put(HARD_STATE_KEY, pack_hard_state(hard_state))
    db.write(batch)
    for index, record in records:
        batch = files.batch()
        batch.put(record_key(index), record)
        db.write(batch)
    db.flush_wal(True)
    db.flush()
    db.close()


class RocksJournal:
    """`hikari.raft.journal.Journal`, in `folder`/journal with `folder`/watermark beside it.

    Used by one thread; `sync` and `secure_watermark` may run on others. After DiskFailed it
    refuses all further use, except `close`. What RocksDB itself finds damaged while it works comes
    as JournalDamaged, and is as final.

    `seconds` is a monotonic clock. With `rejoin` a folder that has lost its journal is begun
    anew instead of refused: recovering, so that it does not vote on what it has forgotten, and
    with a new tree.

    Raises at opening JournalDamaged (what is damaged is left as it was found), FolderInUse,
    OSError.
    """

    base: Mark
    last: Mark
    hard_state: HardState
    recovering: bool
    bereft: bool
    tree_name: str
    cut_from: int | None
    """The first index of a torn tail, never promised, that the opening has cut off."""
    opening_sync_s: float
    """How long the fsync at the opening took: what is known of the disk so far."""
    lost: str
    """What the opening missed of what was promised; "": nothing."""

    def __init__(
        self,
        folder: Path,
        *,
        seconds: Callable[[], float] = monotonic,
        memtable_bytes: int | None = None,
        open_seconds_max: float = OPEN_SECONDS_MAX,
        rejoin: bool = False,
        files: Files = OS_FILES,
    ) -> None:
        self._files = files
        self._folder = folder
        self._rocks_folder = folder / "journal"
        self._seconds = seconds
        self._memtable_bytes = memtable_bytes or MEMTABLE_BYTES
        self._options = journal_options(self._memtable_bytes)
        self._unsynced = WriteOptions()
        self._unsynced.no_slowdown = True  # a stall would freeze all threads: rather an error
        self._failure: str | None = None
        self._closed = False
        # Guards the watermark's content and `_target`; `_sync_lock` lets one sync run at a time.
        self._lock = threading.Lock()
        self._sync_lock = threading.Lock()
        # What the sync under way will promise. A truncation meanwhile lowers it.
        self._target: Mark | None = None
        self._secured_at = float("-inf")
        self._unlock = files.lock(folder)
        try:
            with files.watched(self._rocks_folder, open_seconds_max):
                self._open(rejoin)
        except BaseException:
            self._unlock()
            raise

    # Opening

    def _open(self, rejoin: bool) -> None:
        path = self._folder / "watermark"
        if self._files.is_new(self._rocks_folder):
            self._create(path, rejoin)
        watermark = Watermark.open(path, self._files)
        try:
            found = self._inspect(watermark.promise if watermark else None)
            if watermark is None:
                # Nothing was changed so far. From here on it is known that it was lost.
                lost = BLANK._replace(recovering=True, bereft=True)
                watermark = Watermark.create(path, lost, self._files)
            self._watermark = watermark
            self._take_up(found)
        except BaseException:
            if watermark is not None:
                watermark.close()
            raise

    def _create(self, path: Path, rejoin: bool) -> None:
        """A journal where there is none. The watermark comes first: a blank one without a
        journal is a creation that a crash has interrupted, any other one is a loss."""
        promise = BLANK
        if (watermark := Watermark.open(path, self._files)) is not None:
            promise = watermark.promise
            watermark.close()
        trees = self._files.names(self._folder, "tree-")
        if not rejoin and (promise != BLANK or trees):
            what = f"there is {trees[0]}" if trees else f"{path} promises {promise}"
            raise JournalDamaged(f"{self._rocks_folder}: it is missing or empty, but {what}")
        known = (
            promise.mark != ORIGIN or promise.bereft or self._files.names(self._folder, "damaged-")
        )
        begin = Promise(ORIGIN, promise.hard_state, rejoin, rejoin and bool(known))
        Watermark.create(path, begin, self._files).close()
        # A tree that is left over is not the one of this journal, which has no entry.
        names = map("tree-{}".format, count())
        tree_name = next(name for name in names if name not in trees)
        self._files.create_whole(
            self._rocks_folder,
            lambda folder: fill_journal(self._files, folder, ORIGIN, tree_name, begin.hard_state),
        )

    def _inspect(self, promise: Promise | None) -> Found:
        """Read only: RocksDB, once it may write, removes files that it believes to be obsolete,
        which with a damaged MANIFEST are the ones that hold our entries."""
        db = self._files.open_rocks(
            self._rocks_folder, self._options, JournalDamaged, read_only=True
        )
        try:
            return inspect(db, str(self._rocks_folder), promise)
        finally:
            db.close()

    def _take_up(self, found: Found) -> None:
        promise = self._watermark.promise
        self._db = self._files.open_rocks(self._rocks_folder, self._options, JournalDamaged)
        try:
            self.base, self.tree_name, self.last = found.base, found.tree_name, found.last
            self.hard_state = max(found.hard_state, promise.hard_state)
            self.recovering = promise.recovering or bool(found.lost)
            self.bereft = promise.bereft or bool(found.lost)
            self.cut_from, self.lost = found.cut_from, found.lost
            if self._db.get(BASE_KEY) != pack_base(self.base, self.tree_name):
                raise JournalDamaged(f"{self._rocks_folder}: the base row has changed at opening")
            if self.last != self._mark_at(self.last.index):
                raise JournalDamaged(f"{self._rocks_folder}: the end has changed at opening")
            batch = self._files.batch()
            batch.put(HARD_STATE_KEY, pack_hard_state(self.hard_state))
            if self.cut_from is not None:
                batch.delete_range(record_key(self.cut_from), RECORDS_END)
            self._write(batch)
            began = self._seconds()
            self._flush_wal()
            self.opening_sync_s = self._seconds() - began
            # All that is left is durable now, so it is what is promised from here on.
            self._watermark.write(Promise(self.last, self.hard_state, self.recovering, self.bereft))
            self._secure()
            self._make_logs_to_recycle()
        except BaseException:
            with suppress(Exception):  # it may fail again, and say less
                self._db.close()
            raise

    def _make_logs_to_recycle(self) -> None:
        """Fill some logs and have them set free, so that there are files to write over from the
        beginning. What they are filled with is a row of no meaning, gone at the end."""
        for _ in range(LOGS_RECYCLED - 1):
            for _ in range(self._memtable_bytes * 7 // 8 // FILLER_BYTES):
                filler = self._files.batch()
                filler.put(FILLER_KEY, bytes(FILLER_BYTES))
                self._write(filler)
            self._flush_wal()
            self._flush()
        batch = self._files.batch()
        batch.delete(FILLER_KEY)
        self._write(batch)

    # Writing

    def append(self, hard_state: HardState | None, entries: Sequence[Entry]) -> None:
        """See Journal. Raises DiskFailed; DiskStalled means that nothing was written."""
        self._demand_usable()
        batch = self._files.batch()
        if hard_state is not None:
            assert hard_state >= self.hard_state, "a term or a vote goes back"
            batch.put(HARD_STATE_KEY, pack_hard_state(hard_state))
        if not entries:
            self._write(batch)
        elif entries[0].index == self.last.index + 1:
            self._put(batch, self.last, entries)
            self._write(batch)
            self.last = entries[-1].mark
        else:
            self._replace(batch, entries)
        if hard_state is not None:
            self.hard_state = hard_state

    def _put(self, batch: WriteBatch, before: Mark, entries: Sequence[Entry]) -> None:
        for entry in entries:
            assert not (wrong := follows(entry, before)), f"entry {entry.index}: {wrong}"
            batch.put(record_key(entry.index), entry.record)
            before = entry.mark

    def _replace(self, batch: WriteBatch, entries: Sequence[Entry]) -> None:
        first = entries[0].index
        assert self.base.index < first <= self.last.index, "not in the journal, nor next to it"
        before = self._mark_at(first - 1)
        batch.delete_range(record_key(first), RECORDS_END)
        self._put(batch, before, entries)
        # Under the lock as a whole: a sync that begins in the midst must not take the old end for
        # its target, and one under way must not promise what is being replaced.
        with self._lock:
            if self._target is not None and self._target.index > before.index:
                self._target = before
            self._lower_watermark(before)
            self._write(batch)
            self.last = entries[-1].mark

    def sync(self) -> None:
        """See Journal. Any thread, one at a time. Raises DiskFailed."""
        self._demand_usable()
        with self._sync_lock:
            with self._lock:
                self._target = self.last
                hard_state = self.hard_state
            began = self._seconds()
            self._flush_wal()
            now = self._seconds()
            with self._lock:
                target, self._target = self._target, None
                if target is not None:
                    self._raise_watermark(target, hard_state)
            if now - began < SLOW_SECONDS and now - self._secured_at >= SECURE_SECONDS:
                self._secure()

    def secure_watermark(self) -> None:
        """Fsync the watermark if it has been raised since. To be called by a timer, since syncs
        may stop; any thread. Raises DiskFailed."""
        self._demand_usable()
        if not self._watermark.secured:
            self._secure()

    def compact(self, mark: Mark) -> None:
        """See Journal; `mark` is of an entry here. Not synced: a crash may bring back what was
        forgotten, with its base. Raises DiskFailed."""
        self._demand_usable()
        if mark.index <= self.base.index:
            return
        assert mark.index <= self.last.index, "the base would pass the end"
        assert mark == self._mark_at(mark.index), "the base would be of another log"
        batch = self._files.batch()
        batch.put(BASE_KEY, pack_base(mark, self.tree_name))
        batch.delete_range(record_key(self.base.index + 1), record_key(mark.index + 1))
        self._write(batch)
        self.base = mark

    def squeeze(self) -> None:
        """Give the room of what was forgotten back to the disk. RocksDB does so by itself, but only
        after some four memtables more (measured: of a journal of 100 MB cut to 5, 104 MB stayed
        in use; 22 after this). Any thread; blocks; the interpreter lock is free."""
        try:
            self._db.compact_range(None, None)
        except Exception as error:
            if not is_full(error):  # then it goes on by itself, once there is room
                raise self._failed("merge", error) from error

    def reset(self, hard_state: HardState, mark: Mark, tree_name: str) -> None:
        """See Journal. Raises DiskFailed.

        The watermark must fit the old journal and the new one, since a crash may leave either. A
        watermark before the new base fits the new journal whatever it says, and a promise before
        `mark` is kept by the snapshot. So a higher one is lowered, durably, no further than to the
        newest place that both have; then the journal changes in one batch; then, when that is
        durable, the watermark goes up to the snapshot. After a crash between any two of these the
        watermark is at or before the end of the journal, and before nothing but entries that the
        snapshot replaces.
        """
        self._demand_usable()
        assert mark.index >= self.base.index, "a snapshot from before the base"
        assert hard_state >= self.hard_state, "a term or a vote goes back"
        batch = self._files.batch()
        batch.put(BASE_KEY, pack_base(mark, tree_name))
        batch.put(HARD_STATE_KEY, pack_hard_state(hard_state))
        batch.delete_range(record_key(0), RECORDS_END)
        with self._lock:
            self._target = None  # a sync under way knows nothing of the new journal
            if self._watermark.promise.mark.index >= mark.index:
                same = self._mark_at(mark.index) == mark
                self._lower_watermark(
                    mark if same else self._mark_at(max(mark.index - 1, self.base.index))
                )
            self._write(batch)
            self._flush_wal()
            self.base = self.last = mark
            self.hard_state = hard_state
            self.tree_name = tree_name
            self._raise_watermark(mark, hard_state)
            self._secure()

    def recovered(self) -> None:
        """See Journal. Raises DiskFailed."""
        self.sync()  # first what has come back, then the word that it has
        with self._lock:
            self._note(self._watermark.promise._replace(recovering=False, bereft=False))
        self._secure()
        self.recovering = self.bereft = False

    def close(self) -> None:
        """Release the folder. What was not synced may or may not survive. Raises DiskFailed."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._failure is None and not self._watermark.secured:
                self._secure()
        finally:
            try:
                self._close_db()
            finally:
                self._watermark.close()
                self._unlock()

    def _close_db(self) -> None:
        try:
            self._db.close()
        except Exception as error:  # after a failure it cannot but fail again
            if self._failure is None and not is_full(error):  # then the log has what the rows lack
                raise self._failed("last flush", error) from error

    # Reading

    def entries(self, first: int, last: int, bytes_max: int) -> list[Entry]:
        """See Journal. Raises DiskFailed after a failure."""
        self._demand_usable()
        if first <= self.base.index:
            raise Compacted(f"entry {first}: the journal starts behind {self.base.index}")
        assert first <= last <= self.last.index, "not in the journal"
        found: list[Entry] = []
        size = 0
        rows = self._db.iter()
        rows.seek(record_key(first))
        for index in range(first, last + 1):
            if rows.key() != record_key(index):
                self._demand_status(rows.status, index)
                raise self._damaged(index, "it is missing")
            entry = self._parse(index, rows.value())
            if found and (wrong := follows(entry, found[-1].mark)):
                raise self._damaged(index, wrong)
            size += len(entry.record)
            if found and size > bytes_max:
                break
            found.append(entry)
            rows.next()
        return found

    def _mark_at(self, index: int) -> Mark:
        if index == self.base.index:
            return self.base
        try:
            record = self._db.get(record_key(index))
        except Exception as error:
            raise self._unread(index, error) from error
        if record is None:
            raise self._damaged(index, "it is missing")
        return self._parse(index, record).mark

    def _parse(self, index: int, record: bytes) -> Entry:
        try:
            entry = parse(record)
        except CorruptRecord as error:
            raise self._damaged(index, str(error)) from error
        if entry.index != index:
            raise self._damaged(index, f"its record is that of entry {entry.index}")
        return entry

    def _demand_status(self, status: Callable[[], None], index: int) -> None:
        try:
            status()
        except Exception as error:
            raise self._unread(index, error) from error

    def _unread(self, index: int, error: Exception) -> Exception:
        if tells_damage(error):
            return self._damaged(index, f"it cannot be read: {error}")
        return DiskFailed(f"{self._rocks_folder}: entry {index} cannot be read: {error}")

    def _damaged(self, index: int, what: str) -> JournalDamaged:
        return JournalDamaged(f"{self._rocks_folder}: entry {index}: {what}")

    # The disk: whatever fails here is the end of this journal

    def _write(self, batch: WriteBatch) -> None:
        try:
            self._db.write(batch, self._unsynced)
        except Exception as error:
            if "Write stall" in str(error):
                raise DiskStalled(f"{self._rocks_folder}: {error}") from error
            raise self._failed("write", error) from error

    def _flush(self) -> None:
        try:
            self._db.flush()
        except Exception as error:
            raise self._failed("flush", error) from error

    def _flush_wal(self) -> None:
        try:
            self._db.flush_wal(True)
        except Exception as error:
            raise self._failed("fsync", error) from error

    def _raise_watermark(self, mark: Mark, hard_state: HardState) -> None:
        try:
            self._watermark.raise_to(mark, hard_state)
        except OSError as error:
            raise self._failed("write of the watermark", error) from error

    def _lower_watermark(self, mark: Mark) -> None:
        promise = self._watermark.promise
        if promise.mark.index > mark.index:
            self._note(promise._replace(mark=mark))
            self._secure()

    def _note(self, promise: Promise) -> None:
        try:
            self._watermark.write(promise)
        except OSError as error:
            raise self._failed("write of the watermark", error) from error

    def _secure(self) -> None:
        self._secured_at = self._seconds()
        try:
            self._watermark.secure()
        except OSError as error:
            raise self._failed("fsync of the watermark", error) from error

    def _failed(self, what: str, error: Exception) -> Exception:
        self._failure = f"{self._rocks_folder}: a {what} failed: {error}"
        damaged = tells_damage(error, writing=True)
        return (JournalDamaged if damaged else DiskFailed)(self._failure)

    def _demand_usable(self) -> None:
        if self._failure is not None:
            raise DiskFailed(self._failure)
        if self._closed:
            raise ValueError("the journal is closed")
