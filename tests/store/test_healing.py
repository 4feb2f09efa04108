"""A member whose disk was damaged comes up by itself: whole, or knowing that it is not."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from store.disks import edit_rows, flip, killed, manifest_of, truncate
from store.members import LAST, LOG, SETTLED, STATES, TERM, close, healing, judge, make
from store.processes import heal_each

from hikari.raft.entry import ORIGIN
from hikari.raft.journal import HardState, JournalForeign
from hikari.store.aside import ESTRANGED, SETS_KEPT, UNHEALED_MAX
from hikari.store.disk import DiskFailed, tells_damage
from hikari.store.files import OS_FILES, OsFile, OsFiles
from hikari.store.healing import CannotStart, NothingLeftBut
from hikari.store.inspection import HARD_STATE_KEY, record_key
from hikari.store.rows import RocksRows
from hikari.store.watermark import Watermark
from hikari.tree.rows import RowsDamaged
from hikari.tree.state import read_meta

CUT_AT = 20

pytestmark = pytest.mark.interpreted


@pytest.fixture(params=[0, CUT_AT], ids=["whole log", "cut log"])
def died(request: pytest.FixtureRequest, quick_path: Path) -> Path:
    """A member that was killed, with and without all of its log."""
    folder = quick_path / "member"
    opened = make(folder, request.param)
    copy = killed(folder, "died")
    close(opened)
    return copy


@pytest.fixture
def cut(quick_path: Path) -> Path:
    """A member that was killed, and whose log begins behind entry 20."""
    opened = make(quick_path / "member", CUT_AT)
    copy = killed(quick_path / "member", "died")
    close(opened)
    return copy


def begin(folder: Path) -> tuple[str, list[str]]:
    """What a start makes of it, and what it said."""
    said: list[str] = []
    opened = healing(folder, said=said.append).open()
    try:
        return judge(opened), said
    finally:
        close(opened)


def kept(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("damaged-"))


def test_nothing_is_wrong_with_a_member_that_was_killed(died: Path) -> None:
    assert begin(died) == ("whole", [])
    assert not kept(died)


# Everything that can happen to any file


def zero(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + 512] = bytes(len(content[at : at + 512]))
    path.write_bytes(content)


def harms(
    folder: Path, chance: random.Random, flips: int
) -> Iterator[tuple[Path, Callable[[Path], None]]]:
    """Files of a folder, and something to do to each."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path, lambda path: path.unlink()
        size = path.stat().st_size
        if not size:
            continue
        for _ in range(flips):
            at, bit = chance.randrange(size), chance.randrange(8)
            yield path, lambda path, at=at, bit=bit: flip(path, at, bit)
        for _ in range(flips // 4):
            at = chance.randrange(size)
            yield path, lambda path, at=at: truncate(path, at)
            yield path, lambda path, at=at: zero(path, at)


@pytest.mark.parametrize("seed", range(2))
def test_no_damage_to_any_one_file_is_silent_or_needs_anybody(died: Path, seed: int) -> None:
    """Each start in a process that may be ended by its watchdog, and is then started again; what
    is only found by reading is noted, and the next start acts on it."""
    copies = []
    for path, harm in harms(died, random.Random(seed), 8):
        copy = killed(died, f"copy-{len(copies)}")
        harm(copy / path.relative_to(died))
        copies.append((copy, str(path.relative_to(died))))
    said = heal_each([copy for copy, _ in copies])
    by_file: dict[str, Counter[str]] = {}
    for (_, name), outcome in zip(copies, said, strict=True):
        by_file.setdefault(name, Counter())[outcome] += 1
    allowed = {"whole", "recovering", "replays"}
    allowed |= {f"{outcome} after a hang" for outcome in allowed}
    assert all(set(outcomes) <= allowed for outcomes in by_file.values()), by_file
    assert sum(n for o in by_file.values() for what, n in o.items() if what == "recovering") > 20


@pytest.mark.parametrize(
    "names", [["journal"], ["tree-0"], ["watermark"], ["journal", "watermark"]]
)
def test_a_part_that_was_removed_is_noticed(cut: Path, names: list[str]) -> None:
    for name in names:
        path = cut / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    outcome, _ = begin(cut)
    assert outcome == "recovering"
    assert begin(cut)[0] == "recovering", "and not forgotten by the next start"


# What is kept


def test_entries_before_the_damage_are_kept(cut: Path) -> None:
    edit_rows(cut, lambda db: db.put(record_key(56), b"rotten"))
    outcome, (said,) = begin(cut)
    assert outcome == "recovering"
    assert "entry 56" in said
    assert "set aside as damaged-1" in said
    opened = healing(cut).open()
    assert (opened.journal.base.index, opened.journal.last.index) == (CUT_AT, 55)
    assert opened.tree.index == SETTLED
    assert opened.journal.hard_state == TERM
    close(opened)
    assert kept(cut) == ["damaged-1-journal", "damaged-1.txt"]
    assert "entry 56" in (cut / "damaged-1.txt").read_text()


def test_damage_before_the_end_of_the_tree_leaves_the_tree(cut: Path) -> None:
    edit_rows(cut, lambda db: db.put(record_key(30), b"rotten"))
    assert begin(cut)[0] == "recovering"
    opened = healing(cut).open()
    assert opened.journal.base == opened.journal.last == LOG[SETTLED - 1].mark
    assert opened.tree.index == SETTLED
    close(opened)


def test_a_journal_that_cannot_be_opened_leaves_the_tree(cut: Path) -> None:
    (cut / "journal" / "CURRENT").unlink()
    outcome, (said,) = begin(cut)
    assert outcome == "recovering"
    assert f"the tree of entries 1 to {SETTLED} stay" in said


def test_a_damaged_tree_is_made_anew_from_a_whole_log(quick_path: Path) -> None:
    """Nothing was lost, so the member is whole, even alone."""
    opened = make(quick_path / "member", 0)
    copy = killed(quick_path / "member", "died")
    close(opened)
    (copy / "tree-0" / "CURRENT").unlink()
    opened = healing(copy, alone=True).open()
    assert judge(opened) == "replays"
    close(opened)
    assert kept(copy) == ["damaged-1-tree-0", "damaged-1.txt"]


def test_a_damaged_tree_takes_a_cut_log_with_it(cut: Path) -> None:
    (cut / "tree-0" / "CURRENT").unlink()
    outcome, (said,) = begin(cut)
    assert outcome == "recovering"
    assert "the others have all of it" in said
    opened = healing(cut).open()
    assert opened.journal.last == ORIGIN
    assert opened.journal.hard_state == TERM, "it knows for whom it voted"
    close(opened)
    assert kept(cut) == ["damaged-1-journal", "damaged-1-tree-0", "damaged-1.txt"]


def test_a_tree_that_lost_its_last_flushes_is_no_beginning(cut: Path) -> None:
    """Not a file of it may be removed by RocksDB before that is known."""
    shutil.rmtree(cut / "tree-0")
    rows = RocksRows(cut / "tree-0")
    rows.write(dict(STATES[CUT_AT - 1]))
    rows.close()
    ssts = {path.name for path in (cut / "tree-0").glob("*.sst")}
    outcome, (said,) = begin(cut)
    assert outcome == "recovering"
    assert f"the tree ends at entry {CUT_AT - 1}, but the journal begins behind" in said
    assert {path.name for path in (cut / "damaged-1-tree-0").glob("*.sst")} == ssts


def test_a_tree_of_another_log_is_not_served(cut: Path) -> None:
    rows = RocksRows(cut / "tree-0")
    meta = dict(STATES[SETTLED])[b"M"]
    checksum = read_meta(meta).checksum
    rows.write({b"M": meta.replace(checksum.to_bytes(4, "big"), (checksum ^ 1).to_bytes(4, "big"))})
    rows.close()
    outcome, (said,) = begin(cut)
    assert outcome == "recovering"
    assert f"tree and journal differ at entry {SETTLED}" in said


def test_a_snapshot_that_was_not_taken_to_its_end_is_no_tree(cut: Path) -> None:
    """With the journal gone, there is no row that says which folder is the tree."""
    shutil.rmtree(cut / "journal")
    rows = RocksRows(cut / "tree-90")
    rows.write({key: row for key, row in STATES[LAST] if key != b"M"})
    rows.close()
    assert begin(cut)[0] == "recovering"
    opened = healing(cut).open()
    assert opened.journal.tree_name == "tree-0"
    assert opened.tree.index == SETTLED
    close(opened)


def test_a_damaged_row_of_term_and_vote_does_not_cost_the_vote(cut: Path) -> None:
    edit_rows(cut, lambda db: db.put(HARD_STATE_KEY, b"rotten"))
    assert begin(cut)[0] == "recovering"
    opened = healing(cut).open()
    assert opened.journal.hard_state == TERM
    assert opened.journal.last.index == LAST, "all entries are good"
    close(opened)


def test_a_damaged_watermark_leaves_all_else(cut: Path) -> None:
    for at in (20, 532):
        flip(cut / "watermark", at)
    assert begin(cut)[0] == "recovering"
    opened = healing(cut).open()
    assert opened.journal.last.index == LAST
    close(opened)
    assert kept(cut) == ["damaged-1-watermark", "damaged-1.txt"]


def test_a_member_that_has_come_back_is_whole(cut: Path) -> None:
    edit_rows(cut, lambda db: db.put(record_key(56), b"rotten"))
    opened = healing(cut).open()
    opened.journal.append(None, LOG[55:])
    opened.journal.recovered()
    close(opened)
    assert begin(cut) == ("whole", [])


# A crash in the midst of it


class Killed(BaseException):
    pass


class DyingFiles(OsFiles):
    """The process dies right before the step `at`, or right after it."""

    def __init__(self, at: int, after: bool) -> None:
        self.at, self.after, self.steps = at, after, 0

    def _step(self, do: Callable[[], Any]) -> Any:
        self.steps += 1
        if self.steps == self.at and not self.after:
            raise Killed
        result = do()
        if self.steps == self.at:
            raise Killed
        return result

    def rename(self, path: Path, to: Path) -> None:
        self._step(lambda: super(DyingFiles, self).rename(path, to))

    def remove(self, path: Path) -> None:
        self._step(lambda: super(DyingFiles, self).remove(path))

    def create(self, path: Path, content: bytes) -> OsFile:
        file: OsFile = self._step(lambda: super(DyingFiles, self).create(path, content))
        return file

    def create_whole(self, folder: Path, fill: Callable[[Path], None]) -> None:  # type: ignore[override]
        self._step(lambda: OS_FILES.create_whole(folder, fill))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "gone", ["journal/CURRENT", "tree-0/CURRENT", "watermark", "entry 56", "entry 30"]
)
def test_healing_may_be_cut_off_at_any_step(cut: Path, gone: str, after: bool) -> None:
    if gone.startswith("entry"):
        edit_rows(cut, lambda db: db.put(record_key(int(gone[6:])), b"rotten"))
    else:
        (cut / gone).unlink()
    for at in range(1, 100):
        copy = killed(cut, "copy")
        files = DyingFiles(at, after)
        try:
            close(healing(copy, files=files).open())
        except Killed:
            assert begin(copy)[0] == "recovering"
            assert begin(copy) == ("recovering", []), "it has come to rest"
            names = {path.name for path in copy.iterdir() if not path.name.startswith("damaged-")}
            assert names - {"unhealed"} == {"journal", "tree-0", "watermark"}
        else:
            break
    assert at > (1 if gone == "watermark" else 6)


# Who may not be healed


def test_a_member_of_another_version_is_left_alone(
    cut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hikari.store.inspection.FORMAT", 2)
    with pytest.raises(CannotStart) as refused:
        healing(cut).open()
    assert isinstance(refused.value.__cause__, JournalForeign)
    assert not kept(cut)


def test_who_is_alone_refuses(cut: Path) -> None:
    before = sorted(path.name for path in cut.iterdir())
    edit_rows(cut, lambda db: db.put(record_key(56), b"rotten"))
    for _ in range(2):
        with pytest.raises(NothingLeftBut, match="entry 56"):
            healing(cut, alone=True).open()
    assert sorted(path.name for path in cut.iterdir()) == before


def test_who_is_alone_and_has_lost_its_watermark_refuses(cut: Path) -> None:
    (cut / "watermark").unlink()
    for _ in range(2):
        with pytest.raises(NothingLeftBut):
            healing(cut, alone=True).open()


def test_what_a_full_disk_says_is_no_damage(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that cannot open its files now must not throw them away."""
    assert not tells_damage(Exception("IO error: No space left on deviceWhile appending to file"))
    assert not tells_damage(Exception("IO error: While open a file: Too many open files"))
    assert not tells_damage(Exception("IO error: While pread: Input/output error"))
    assert tells_damage(Exception("Corruption: block checksum mismatch"))
    monkeypatch.setattr("hikari.store.opening.tells_damage", lambda error: False)
    (cut / "journal" / "CURRENT").unlink()
    with pytest.raises(DiskFailed):
        healing(cut).open()
    assert not kept(cut)


def test_a_member_that_never_becomes_whole_is_stopped(cut: Path) -> None:
    for _ in range(UNHEALED_MAX):
        (cut / "journal" / "CURRENT").unlink()
        assert begin(cut)[0] == "recovering"
    (cut / "journal" / "CURRENT").unlink()
    with pytest.raises(CannotStart, match=r"5 times already without\s+becoming whole"):
        begin(cut)
    healing(cut).aside.healed()
    assert len([name for name in kept(cut) if name.endswith(".txt")]) == SETS_KEPT
    assert begin(cut)[0] == "recovering"


# What a process found while it ran


@pytest.mark.parametrize("name", ["journal", "tree-0"])
def test_what_was_noted_is_acted_upon_once(cut: Path, name: str) -> None:
    healing(cut).aside.note(name, "a read has found it out")
    outcome, (said,) = begin(cut)
    assert outcome == "recovering"
    assert "a read has found it out" in said
    assert f"damaged-1-{name}" in kept(cut)
    assert begin(cut) == ("recovering", [])


def test_of_a_history_that_the_others_gave_up_nothing_is_kept(died: Path) -> None:
    """Neither its entries nor its tree, though both are in order."""
    healing(died).aside.note("journal", f"{ESTRANGED}: entry 7 is another")
    outcome, (said,) = begin(died)
    assert (outcome, ESTRANGED in said) == ("recovering", True)
    assert {"damaged-1-journal", "damaged-1-tree-0"} <= set(kept(died))
    opened = healing(died).open()
    assert (opened.journal.last, opened.tree.index) == (ORIGIN, 0)
    close(opened)


def test_a_note_about_what_is_gone_is_forgotten(cut: Path) -> None:
    healing(cut).aside.note("tree-9", "it was replaced meanwhile")
    assert begin(cut) == ("whole", [])
    assert not (cut / "damaged").exists()


def test_a_compaction_that_finds_damage_says_so(quick_path: Path) -> None:
    """RocksDB reads its files when it merges them, and tells it with a later write or flush."""
    folder = quick_path / "tree-0"
    rows = RocksRows(folder)

    def merge() -> None:
        for number in range(40):
            rows.write({b"%05d" % n: bytes(90) for n in range(number, 2000, 7)})
            rows.flush()
            time.sleep(0.02)

    rows.write({b"%05d" % n: bytes(90) for n in range(2000)})
    rows.flush()
    for sst in folder.glob("*.sst"):
        for at in range(0, sst.stat().st_size // 2, 50):
            flip(sst, at)
    with pytest.raises(RowsDamaged, match=r"a (write|flush) failed: Corruption"):
        merge()


def test_whoever_knows_that_it_lost_something_says_so_in_its_watermark(cut: Path) -> None:
    (cut / "journal" / "CURRENT").unlink()
    begin(cut)
    watermark = Watermark.open(cut / "watermark")
    assert watermark is not None
    assert (watermark.promise.recovering, watermark.promise.bereft) == (True, True)
    watermark.close()
    manifest = manifest_of(cut / "tree-0")
    manifest.unlink()
    begin(cut)
    opened = healing(cut).open()
    assert opened.journal.bereft
    assert opened.journal.hard_state >= HardState(3, 2)
    close(opened)
