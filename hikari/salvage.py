"""Looks at what a stopped member has on its disk; and goes on with what is left, if told to."""

import time
from collections.abc import Callable
from pathlib import Path

from attrs import define

from hikari.config import Config
from hikari.raft.entry import ORIGIN, Mark, parse
from hikari.raft.journal import HardState, JournalDamaged
from hikari.store.aside import HUNG, UNHEALED, Aside
from hikari.store.disk import DiskFailed, FolderInUse
from hikari.store.files import OS_FILES, Files
from hikari.store.healing import JOURNAL, REBUILT, WATERMARK, rebuild, records_of
from hikari.store.inspection import Found, good_part, inspect, record_key
from hikari.store.journal import journal_options
from hikari.store.opening import OPEN_SECONDS_MAX
from hikari.store.rows import read_rows
from hikari.store.watermark import Promise, Watermark
from hikari.tree import keys
from hikari.tree.census import Census
from hikari.tree.rows import RowsDamaged
from hikari.tree.znode import from_row

SCAN_BYTES = 1 << 20
WHOLE, DAMAGED, CANNOT_LOOK = 0, 1, 3  # exit statuses


@define
class Findings:
    """What is on a member's disk. What is wrong is said; "": nothing."""

    promise: Promise | None = None
    watermark_wrong: str = ""
    journal: Found | None = None  # as far as it is good
    journal_wrong: str = ""
    tree_name: str = ""
    tree: Mark | None = None
    znodes: int = 0
    rows: int = 0
    tree_wrong: str = ""

    @property
    def empty(self) -> bool:
        """Nothing was ever here."""
        return not (self.promise or self.watermark_wrong or self.journal_wrong or self.tree_name)

    @property
    def whole(self) -> bool:
        """All that was promised is there."""
        wrong = self.watermark_wrong or self.journal_wrong or self.tree_wrong
        return not wrong and self.promise is not None and not self.promise.bereft

    @property
    def hard_state(self) -> HardState:
        """The newest term and vote that can be believed."""
        known = [found.hard_state for found in (self.promise, self.journal) if found is not None]
        return max(known, default=HardState(0, 0))

    def usable(self) -> tuple[Mark, str] | None:
        """Where a member that goes on with this would end, and of what that is made. None: there
        is nothing to go on with."""
        journal, tree = self.journal, self.tree
        if journal is not None:
            joins = tree is not None and tree.index >= journal.base.index
            if (joins or journal.base == ORIGIN) and (
                tree is None or journal.last.index >= tree.index
            ):
                return journal.last, JOURNAL
        return None if tree is None else (tree, self.tree_name)


class Salvage:
    """One stopped member's folder. Raises FolderInUse, DiskFailed, OSError."""

    def __init__(self, config: Config, files: Files = OS_FILES) -> None:
        self._folder = config.member.data
        self._files = files
        self._aside = Aside(self._folder, files, lambda: int(time.time() * 1000))
        self._noted = self._aside.noted()

    def examine(self) -> Findings:
        """Read everything, change nothing."""
        findings = Findings()
        self._look_at_watermark(findings)
        self._look_at_journal(findings)
        trees = [n for n in self._files.names(self._folder, "tree-") if not n.endswith(".new")]
        name = findings.journal.tree_name if findings.journal else max(trees, default="")
        if name in trees:
            findings.tree_name = name
            self._look_at_tree(findings)
        elif findings.journal is not None and findings.journal.base != ORIGIN:
            findings.tree_wrong = f"{self._folder / name}: it is missing"
        return findings

    def _look_at_watermark(self, findings: Findings) -> None:
        path = self._folder / WATERMARK
        try:
            watermark = Watermark.open(path, self._files)
        except JournalDamaged as error:
            findings.watermark_wrong = str(error)
            return
        if watermark is not None:
            findings.promise = watermark.promise
            watermark.close()
        elif not self._files.is_new(self._folder / JOURNAL):
            findings.watermark_wrong = f"{path}: it is missing"

    def _look_at_journal(self, findings: Findings) -> None:
        folder = self._folder / JOURNAL
        if self._files.is_new(folder):
            if findings.promise is not None and findings.promise.mark != ORIGIN:
                findings.journal_wrong = f"{folder}: it is missing or empty"
            return
        if JOURNAL in self._noted and HUNG in self._noted[JOURNAL]:
            findings.journal_wrong = f"{folder}: {self._noted[JOURNAL]}"
            return
        try:
            with self._files.watched(folder, OPEN_SECONDS_MAX):
                db = self._files.open_rocks(
                    folder, journal_options(), JournalDamaged, read_only=True
                )
            try:
                try:
                    findings.journal = inspect(db, str(folder), findings.promise)
                    findings.journal_wrong = findings.journal.lost
                except JournalDamaged as error:
                    findings.journal_wrong = str(error)
                    findings.journal = good_part(db, str(folder))
            finally:
                db.close()
        except JournalDamaged as error:
            findings.journal_wrong = findings.journal_wrong or str(error)

    def _look_at_tree(self, findings: Findings) -> None:
        folder = self._folder / findings.tree_name
        if findings.tree_name in self._noted:
            findings.tree_wrong = f"{folder}: {self._noted[findings.tree_name]}"
            return
        census, children = Census(), 0
        try:
            for rows in read_rows(folder, SCAN_BYTES, self._files):
                census.count(rows)
                children += sum(
                    from_row(row).children for key, row in rows if key[:1] == keys.ZNODE
                )
            if not census.rows:
                return  # begun and never flushed: the journal has it
            meta = census.demand_whole()
            if children != meta.znodes - 1:
                raise RowsDamaged(
                    f"{meta.znodes} znodes, of which {children} are children of others"
                )
        except RowsDamaged as error:
            findings.tree_wrong = f"{folder}: {error}"
            return
        findings.tree = Mark(meta.index, meta.term, meta.checksum)
        findings.znodes, findings.rows = census.znodes, census.rows
        self._hold_together(findings, findings.tree)

    def _hold_together(self, findings: Findings, tree: Mark) -> None:
        journal = findings.journal
        if journal is None or tree.index > journal.last.index:
            return
        if tree.index < journal.base.index:
            findings.tree_wrong = (
                f"the tree ends at entry {tree.index}, but the journal begins behind entry"
                f" {journal.base.index}"
            )
        elif tree.index and self._mark_at(journal, tree.index) != tree:
            findings.tree_wrong = f"tree and journal differ at entry {tree.index}"
            findings.tree = None

    def _mark_at(self, journal: Found, index: int) -> Mark:
        if index == journal.base.index:
            return journal.base
        folder = self._folder / JOURNAL
        db = self._files.open_rocks(folder, journal_options(), JournalDamaged, read_only=True)
        try:
            record: bytes | None = db.get(record_key(index))
            assert record is not None  # it was read a moment ago
            return parse(record).mark
        finally:
            db.close()

    def go_on(self, findings: Findings) -> None:
        """Keep what is usable, set the rest aside; from here on this is all there ever was."""
        usable = findings.usable()
        assert usable is not None
        end, source = usable
        self._files.remove(self._folder / UNHEALED)
        tree_name = findings.tree_name or "tree-0"
        old = [JOURNAL, WATERMARK]
        if source == JOURNAL:
            tree_name = self._rebuild_journal(findings)
            if findings.tree_wrong:
                old.append(findings.tree_name)
        else:
            rebuild(self._files, self._folder, end, tree_name, findings.hard_state)
        self._aside.put(old, "salvaged by an operator, who accepted the loss")
        self._files.rename(self._folder / REBUILT, self._folder / JOURNAL)
        promise = Promise(end, findings.hard_state, False, False)
        Watermark.create(self._folder / WATERMARK, promise, self._files).close()
        self._files.remove(self._folder / UNHEALED)

    def _rebuild_journal(self, findings: Findings) -> str:
        folder, good = self._folder / JOURNAL, findings.journal
        assert good is not None
        db = self._files.open_rocks(folder, journal_options(), JournalDamaged, read_only=True)
        try:
            rebuild(
                *(self._files, self._folder, good.base, good.tree_name, findings.hard_state),
                records_of(db, good),
            )
        finally:
            db.close()
        return good.tree_name

    # ---- words

    def tell(self, findings: Findings) -> list[str]:
        """What was found, a line each."""
        lines = []
        journal, promise = findings.journal, findings.promise
        if journal is not None:
            first, last = journal.base.index + 1, journal.last
            held = f"entries {first} to {last.index}" if last.index >= first else "no entries"
            lines.append(f"journal    {held}, the last of term {last.term}")
        if promise is not None:
            lines.append(
                f"watermark  entry {promise.mark.index} was promised; term"
                f" {findings.hard_state.term}{', recovering' * promise.recovering}"
                f"{', entries were lost before' * promise.bereft}"
            )
        if findings.tree is not None:
            lines.append(
                f"tree       {findings.tree_name} at entry {findings.tree.index}:"
                f" {findings.znodes} znodes, {findings.rows} rows"
            )
        for wrong in (findings.watermark_wrong, findings.journal_wrong, findings.tree_wrong):
            if wrong:
                lines.append(f"damaged    {wrong}")
        sets = self._aside.sets()
        if sets:
            which = ", ".join(f"damaged-{number}-…" for number in sets)
            lines.append(f"set aside  {which} in {self._folder}; each has a .txt that says why")
        return lines


def verify(config: Config) -> int:
    """Look at all of a stopped member's data, and say what is wrong. The exit status."""
    return _held(config, _verify)


def salvage(config: Config, path: Path, accept_loss: bool) -> int:
    """Say what is left of a damaged member, and what going on with it costs; with `accept_loss`,
    go on with it. `path`: of the configuration, for the words. The exit status."""
    return _held(config, lambda member: _salvage(member, path, accept_loss))


def _held(config: Config, work: Callable[[Salvage], int]) -> int:
    folder = config.member.data
    try:
        if not folder.is_dir():
            raise OSError(f"{folder}: there is no such folder")
        unlock = OS_FILES.lock(folder)
        try:
            return work(Salvage(config))
        finally:
            unlock()
    except (FolderInUse, DiskFailed, OSError) as error:
        print(f"hikari: {error}")
        return CANNOT_LOOK


def _verify(member: Salvage) -> int:
    findings = member.examine()
    print("\n".join(member.tell(findings)))
    if findings.empty:
        print("verdict    nothing was ever kept here")
        return WHOLE
    if findings.whole:
        print("verdict    whole")
        return WHOLE
    damaged = findings.watermark_wrong or findings.journal_wrong or findings.tree_wrong
    if damaged:
        print(
            "verdict    damaged; started, it sets aside what is damaged and heals from the others"
        )
    else:
        print("verdict    incomplete: entries were lost before, and have not come back yet")
    return DAMAGED


def _salvage(member: Salvage, path: Path, accept_loss: bool) -> int:
    findings = member.examine()
    print("\n".join(member.tell(findings)))
    usable = findings.usable()
    if findings.whole and not (findings.promise and findings.promise.recovering):
        print("verdict    whole: there is nothing to salvage")
        return WHOLE
    if usable is None or usable[0] == ORIGIN:
        print("verdict    nothing is left here to go on with")
        return DAMAGED
    end, source = usable
    promised = findings.promise.mark.index if findings.promise is not None else None
    print(f"left       all up to entry {end.index}, of term {end.term}, from the {source}")
    if promised is None:
        print("lost       unknown: nothing says how much was promised")
    else:
        lost = max(promised - end.index, 0)
        before = (
            ", besides what was lost before" if findings.promise and findings.promise.bereft else ""
        )
        print(f"lost       {lost} entries that were promised{before}")
    if not accept_loss:
        print(
            "verdict    nothing was changed. While a majority of the members is in order, do not"
            " go on\n           with this: start the member, and it heals from them. If no majority"
            " is left, take the\n           member with the latest term and entry, and go on with"
            f" it by\n               hikari salvage --config {path} --accept-loss"
        )
        return DAMAGED
    member.go_on(findings)
    print("verdict    this member goes on with what is left; the rest is set aside")
    return WHOLE
