"""Opens a member's journal and tree so that they fit together, whatever has become of its disk.

What is damaged is set aside, never mended in place, and what is certainly good goes on: entries
that hang together from the journal's base, or the tree, which holds committed entries only. What is
lost by that, the others have: the member begins *recovering* (docs/ARCHITECTURE.md, Amnesia), so it
counts for nothing until it has it again. A member that is alone has nobody to ask: it refuses.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from rocksdict import Rdict

from hikari.raft.entry import ORIGIN, Mark
from hikari.raft.journal import HardState, JournalDamaged, JournalForeign
from hikari.store.aside import ESTRANGED, HUNG, Aside, TooOften
from hikari.store.files import OS_FILES, Files
from hikari.store.inspection import Found, good_part, record_key
from hikari.store.journal import RocksJournal, fill_journal, journal_options
from hikari.store.opening import OPEN_SECONDS_MAX
from hikari.store.rows import MEMTABLE_BYTES, RocksRows
from hikari.store.watermark import Watermark
from hikari.tree import keys
from hikari.tree.rows import RowsDamaged, RowsForeign
from hikari.tree.state import read_meta
from hikari.tree.tree import Tree

ROUNDS_MAX: Final = 8
"""Each round sets something else aside; there are not so many things."""
JOURNAL: Final = "journal"
WATERMARK: Final = "watermark"
REBUILT: Final = "rebuilt"


class CannotStart(Exception):
    """What is on disk cannot be used as it is; the message says what and why."""


class NothingLeftBut(CannotStart):
    """There is nobody to heal from: `hikari salvage` says what is left, and goes on with it."""


class Opened(NamedTuple):
    """A member's folder, open, and fit to be served from."""

    journal: RocksJournal
    rows: RocksRows
    tree: Tree


class Healing:
    """Opens one folder. `alone`: there is no other member.

    `said` is told in a sentence what was set aside. Raises from `open` CannotStart, NothingLeftBut,
    FolderInUse, DiskFailed, OSError.
    """

    def __init__(
        self,
        folder: Path,
        *,
        alone: bool,
        cache_bytes_max: int,
        memtable_bytes: int = MEMTABLE_BYTES,
        wall_ms: Callable[[], int],
        seconds: Callable[[], float] = monotonic,
        said: Callable[[str], None],
        files: Files = OS_FILES,
    ) -> None:
        self.aside = Aside(folder, files, wall_ms)
        self._folder = folder
        self._alone = alone
        self._cache_bytes_max = cache_bytes_max
        self._memtable_bytes = memtable_bytes
        self._seconds = seconds
        self._said = said
        self._files = files
        self._condemned: dict[str, str] = {}
        self.journal_s = self.tree_s = 0.0  # how long each took to be opened

    def open(self) -> Opened:
        """What is good, opened; what is not, set aside."""
        self._condemned = self.aside.noted()
        for _ in range(ROUNDS_MAX):
            try:
                return self._open()
            except (JournalForeign, RowsForeign) as error:
                raise CannotStart(str(error)) from error
            except JournalDamaged as error:
                self._hold(self._without_journal, str(error))
            except _TreeLost as lost:
                self._hold(self._without_tree, lost)
        raise CannotStart(f"{self._folder}: it is damaged in one more way each time it is opened")

    def _hold(self, mend: Callable[..., None], *arguments: object) -> None:
        unlock = self._files.lock(self._folder)
        try:
            mend(*arguments)
        except TooOften as error:
            raise CannotStart(str(error)) from error
        finally:
            unlock()

    # ---- opening

    def _open(self) -> Opened:
        if JOURNAL in self._condemned:
            raise JournalDamaged(f"{self._folder / JOURNAL}: {self._condemned[JOURNAL]}")
        # A new folder and one that was lost look alike: who has nothing has forgotten everything.
        began_s = self._seconds()
        journal = RocksJournal(
            self._folder, rejoin=not self._trees(), seconds=self._seconds, files=self._files
        )
        self.journal_s = self._seconds() - began_s
        try:
            self._demand_company(journal)
            for name in self._files.names(
                self._folder, "tree-"
            ):  # an interrupted or replaced snapshot
                if name != journal.tree_name:
                    self._files.remove(self._folder / name)
            began_s = self._seconds()
            rows, tree = self._open_tree(journal)
            self.tree_s = self._seconds() - began_s
            try:
                self._fit_together(journal, tree)
                self._tidy()
            except BaseException:
                rows.close()
                raise
        except BaseException:
            journal.close()
            raise
        return Opened(journal, rows, tree)

    def _demand_company(self, journal: RocksJournal) -> None:
        if self._alone and journal.bereft:
            raise NothingLeftBut(
                journal.lost or f"{self._folder}: what was promised durable here is gone"
            )

    def _open_tree(self, journal: RocksJournal) -> tuple[RocksRows, Tree]:
        name, base = journal.tree_name, journal.base

        def reaches(get: Callable[[bytes], bytes | None]) -> None:
            meta = get(keys.META)
            index = read_meta(meta).index if meta is not None else 0
            if index < base.index:
                raise RowsDamaged(
                    f"{self._folder / name}: the tree ends at entry {index}, but the journal begins"
                    f" behind entry {base.index}"
                )

        try:
            if name in self._condemned:
                raise RowsDamaged(f"{self._folder / name}: {self._condemned[name]}")
            if base != ORIGIN and name not in self._trees():
                raise RowsDamaged(f"{self._folder / name}: it is missing")
            rows = RocksRows(
                self._folder / name,
                memtable_bytes=self._memtable_bytes,
                files=self._files,
                check=reaches,
            )
            try:
                return rows, Tree(rows, self._cache_bytes_max)
            except BaseException:
                rows.close()
                raise
        except RowsForeign:
            raise
        except RowsDamaged as error:
            raise _TreeLost(name, base, str(error)) from error

    def _fit_together(self, journal: RocksJournal, tree: Tree) -> None:
        """The tree may be behind the journal's end, never ahead of it, and must be of one log."""
        mark = Mark(tree.index, tree.term, tree.checksum)
        if mark.index > journal.last.index:
            if not journal.recovering:
                raise JournalDamaged(
                    f"{self._folder}: the tree is at entry {mark.index}, but the journal ends at"
                    f" entry {journal.last.index}: entries that were applied are gone"
                )
            journal.reset(journal.hard_state, mark, journal.tree_name)
        elif mark.index:
            there = journal.base
            if mark.index > there.index:
                there = journal.entries(mark.index, mark.index, 1)[0].mark
            if there != mark:
                raise _TreeLost(
                    journal.tree_name,
                    journal.base,
                    f"{self._folder}: tree and journal differ at entry {mark.index}",
                )

    def _tidy(self) -> None:
        """What was noted was acted upon; what a crash in the midst of it has left is of no use."""
        self.aside.acted()
        for name in self._files.names(self._folder, REBUILT):
            self._files.remove(self._folder / name)

    def _trees(self) -> list[str]:
        names = self._files.names(self._folder, "tree-")
        return [name for name in names if not name.endswith(".new")]

    # ---- setting aside

    def _without_tree(self, lost: "_TreeLost") -> None:
        if lost.base == ORIGIN:
            self._put([lost.name], lost.why, "the journal has all of it")
            return
        self._demand_others(lost.why)
        self._put([JOURNAL, lost.name], lost.why, "the others have all of it")

    def _without_journal(self, why: str) -> None:
        path = self._folder / WATERMARK
        try:
            watermark = Watermark.open(path, self._files)
        except JournalDamaged as error:
            self._demand_others(why)
            self._put([WATERMARK], str(error), "this member recovers from the others")
            return
        self._demand_others(why)
        if watermark is not None:
            # From here on it is known that something was lost, whatever happens next.
            watermark.write(watermark.promise._replace(recovering=True, bereft=True))
            watermark.secure()
            watermark.close()
        hard_state = watermark.promise.hard_state if watermark else HardState(0, 0)
        # What did not come back from being opened is not opened again, not even to be read; of
        # what the others gave up nothing is good, neither the entries nor what came of them.
        noted = self._condemned.get(JOURNAL, "")
        kept = ""
        if HUNG not in noted and ESTRANGED not in noted:
            kept = self._rebuild_from_entries(hard_state)
        if ESTRANGED not in noted:
            kept = kept or self._rebuild_from_tree(hard_state)
        if kept:
            self._put([JOURNAL], why, f"{kept} stay, the others have the rest")
            self._files.rename(self._folder / REBUILT, self._folder / JOURNAL)
        else:
            self._put([JOURNAL, *self._trees()], why, "the others have all of it")

    def _demand_others(self, why: str) -> None:
        if self._alone:
            raise NothingLeftBut(why)

    def _put(self, names: list[str], why: str, consolation: str) -> None:
        number = self.aside.put(names, why)
        for name in names:
            self._condemned.pop(name, None)
        self._said(
            f"{why}. {' and '.join(names)} in {self._folder} set aside as damaged-{number}-…:"
            f" {consolation}"
        )

    # ---- a new journal from what is good

    def _rebuild_from_entries(self, hard_state: HardState) -> str:
        """Copy the entries that hang together. What they are; "": there are none."""
        folder = self._folder / JOURNAL
        if self._files.is_new(folder):
            return ""
        try:
            with self._files.watched(folder, OPEN_SECONDS_MAX):
                db = self._files.open_rocks(
                    folder, journal_options(), JournalDamaged, read_only=True
                )
                try:
                    good = good_part(db, str(folder))
                    rebuild(
                        *(self._files, self._folder, good.base, good.tree_name),
                        max(hard_state, good.hard_state),
                        records_of(db, good),
                    )
                finally:
                    db.close()
        except JournalDamaged:
            return ""
        return f"entries {good.base.index + 1} to {good.last.index}"

    def _rebuild_from_tree(self, hard_state: HardState) -> str:
        """Begin where the tree ends: all in it is committed. What that is; "": there is no tree."""
        marks = [(mark, name) for name in self._trees() if (mark := self._mark_of(name))]
        if not marks:
            return ""
        mark, name = max(marks)
        rebuild(self._files, self._folder, mark, name, hard_state)
        return f"the tree of entries 1 to {mark.index}"

    def _mark_of(self, name: str) -> Mark | None:
        """Where a tree ends. A snapshot that was not taken as a whole has no such row."""
        if name in self._condemned:
            return None
        try:
            rows = RocksRows(self._folder / name, files=self._files)
        except RowsDamaged:
            return None
        try:
            row = rows.get(keys.META)
            meta = read_meta(row) if row is not None else None
        except RowsDamaged:
            return None
        finally:
            rows.close()
        return Mark(meta.index, meta.term, meta.checksum) if meta and meta.index else None


def rebuild(
    files: Files,
    folder: Path,
    base: Mark,
    tree_name: str,
    hard_state: HardState,
    records: Iterable[tuple[int, bytes]] = (),
) -> None:
    """Make REBUILT in a member's `folder`: a journal of just this. It waits for its name."""
    files.remove(folder / REBUILT)
    files.create_whole(
        folder / REBUILT,
        lambda place: fill_journal(files, place, base, tree_name, hard_state, records),
    )


class _TreeLost(Exception):
    def __init__(self, name: str, base: Mark, why: str) -> None:
        super().__init__(why)
        self.name, self.base, self.why = name, base, why


def records_of(db: Rdict, good: Found) -> Iterator[tuple[int, bytes]]:
    """What `rebuild` takes, of a journal that is open."""
    for index in range(good.base.index + 1, good.last.index + 1):
        record: bytes | None = db.get(record_key(index))
        assert record is not None  # it was read a moment ago
        yield index, record
