"""No crash and no damage makes an acknowledged entry disappear in silence."""

import random
from collections.abc import Callable, Collection, Iterator
from itertools import count
from pathlib import Path

import pytest
from store.disks import PowerCuts, flip, killed, manifest_of, records, truncate, wal_of
from store.logs import entries_after, log_of
from store.processes import child, kill_after, open_each

from hikari.raft.entry import Entry, Mark
from hikari.raft.journal import HardState
from hikari.store.journal import RocksJournal

LOG = log_of(30)
VOTE = HardState(1, 2)
COPIES_MAX = 2_000

pytestmark = pytest.mark.interpreted


@pytest.fixture
def folder(quick_path: Path) -> Path:
    return quick_path / "member"


@pytest.fixture
def crashed(folder: Path) -> Path:
    """A member whose write-ahead log holds 30 entries, all of them acknowledged."""
    journal = RocksJournal(folder)
    for entry in LOG:
        journal.append(VOTE if entry.index == 1 else None, [entry])
        journal.sync()
    copy = killed(folder, "crashed")
    journal.close()
    return copy


WHOLE = f"30 1 {LOG[-1].checksum} 1 2 False"


def outcomes(folders: list[Path]) -> set[str]:
    """How journals open of which entries 1..30 and a vote were acknowledged."""
    found = set()
    for said in open_each(folders):
        if said.endswith("True"):
            assert said.endswith("1 2 True"), "a vote was forgotten"
            said = "recovering"
        found.add(said)
    return found


def sweep(
    crashed: Path, positions: Collection[int], spoil: Callable[[Path, int], None]
) -> set[str]:
    copies = []
    assert len(positions) <= COPIES_MAX, "they would fill the memory: is the log as short as ever?"
    for at in positions:
        copies.append(killed(crashed, f"copy-{at}"))
        spoil(wal_of(copies[-1]), at)
    return outcomes(copies)


def test_a_log_cut_short_anywhere_loses_nothing_in_silence(crashed: Path) -> None:
    size = wal_of(crashed).stat().st_size
    assert sweep(crashed, {*range(1, size, 9), *range(size - 5, size)}, truncate) == {"recovering"}
    assert outcomes([crashed]) == {WHOLE}


def test_a_bit_turned_over_anywhere_loses_nothing_in_silence(crashed: Path) -> None:
    size = wal_of(crashed).stat().st_size

    def turn(path: Path, at: int) -> None:
        flip(path, at, at % 8)

    found = sweep(crashed, range(0, size, 7), turn)
    assert "recovering" in found  # what follows the damage is not believed, and is missed
    assert found <= {"damaged", "recovering", "hung"}


def test_a_bit_that_makes_rocksdb_spin_ends_the_process(crashed: Path) -> None:
    """In the type of any record but the first, this one means "of a recycled file"."""
    second = 7 + int.from_bytes(wal_of(crashed).read_bytes()[4:6], "little")
    assert sweep(crashed, [second + 6], lambda path, at: flip(path, at, 2)) == {"hung"}


def test_a_zeroed_page_loses_nothing_in_silence(crashed: Path) -> None:
    def zero(path: Path, at: int) -> None:
        content = bytearray(path.read_bytes())
        content[at : at + 512] = bytes(len(content[at : at + 512]))
        path.write_bytes(content)

    size = wal_of(crashed).stat().st_size
    assert sweep(crashed, range(0, size, 50), zero) <= {"damaged", "recovering"}


def test_a_deleted_log_loses_nothing_in_silence(crashed: Path) -> None:
    wal_of(crashed).unlink()
    assert outcomes([crashed]) == {"recovering"}


def test_a_bit_turned_over_in_a_file_of_entries_is_damage(folder: Path) -> None:
    journal = RocksJournal(folder)
    log = log_of(400)  # more than a block of them: it is not only our first rows that are read
    journal.append(VOTE, log)
    journal.sync()
    journal.close()  # moves them out of the write-ahead log
    entries = max((folder / "journal").glob("*.sst"), key=lambda path: path.stat().st_size)
    size = entries.stat().st_size
    copies = []
    for at in range(0, size, size // 80):
        copies.append(killed(folder, f"copy-{at}"))
        flip(copies[-1] / "journal" / entries.name, at, at % 8)
    found = open_each(copies)
    assert found.count("damaged") > 40
    assert set(found) <= {f"400 1 {log[-1].checksum} 1 2 False", "damaged"}


def test_a_torn_tail_that_was_never_acknowledged_is_no_loss(folder: Path) -> None:
    journal = RocksJournal(folder)
    journal.append(VOTE, LOG[:20])
    journal.sync()
    synced = wal_of(folder).stat().st_size
    for entry in LOG[20:]:
        journal.append(None, [entry])
    size = wal_of(folder).stat().st_size
    crashed = killed(folder, "crashed")
    journal.close()
    found = set()
    for at in range(synced, size, 3):
        copy = killed(crashed, "copy")
        truncate(wal_of(copy), at)
        journal = RocksJournal(copy)
        assert not journal.recovering
        assert records(journal) == [entry.record for entry in LOG[: journal.last.index]]
        found.add(journal.last.index)
        journal.close()
    assert found == set(range(20, 30))


def test_a_damaged_manifest_loses_nothing_in_silence_and_no_opening_hangs(crashed: Path) -> None:
    manifest = manifest_of(crashed / "journal")
    size = manifest.stat().st_size
    chance = random.Random(size)
    copies = []
    for number in range(40):
        copy = killed(crashed, f"copy-{number}")
        spoilt = manifest_of(copy / "journal")
        if number % 4 == 0:
            truncate(spoilt, chance.randrange(size))
        else:
            flip(spoilt, chance.randrange(size), chance.randrange(8))
        copies.append(copy)
    found = outcomes(copies)
    assert "damaged" in found
    assert found <= {WHOLE, "recovering", "damaged", "hung"}


def test_what_a_killed_process_called_synced_is_there(folder: Path) -> None:
    chance = random.Random(7)
    last_said = 0
    for _ in range(5):
        said = kill_after(child("append_for_ever", folder), chance.randrange(2, 150))
        assert int(said[0].split()[1]) >= last_said
        acknowledged = [tuple(map(int, line.split())) for line in said[1:]]
        journal = RocksJournal(folder)
        assert not journal.recovering
        assert journal.cut_from is None
        have = {entry.mark: entry for entry in read_all(journal)}
        for index, term, checksum, hard_term, vote in acknowledged:
            assert index <= journal.base.index or Mark(index, term, checksum) in have
            assert journal.hard_state >= (hard_term, vote)
            last_said = index
        journal.close()


def read_all(journal: RocksJournal) -> list[Entry]:
    if journal.base == journal.last:
        return []
    return journal.entries(journal.base.index + 1, journal.last.index, 1 << 30)


class Life:
    """A journal's life, with a look at every state that a cut of the power could leave."""

    def __init__(self, folder: Path) -> None:
        looks_at_the_clock = count()
        self.journal = RocksJournal(  # every other sync secures the watermark
            folder, seconds=lambda: next(looks_at_the_clock) * 0.06
        )
        self.cuts = PowerCuts(folder, self.journal)
        self.cuts.moved = self.look
        self.looks = 0
        # What was acknowledged, and may be replaced meanwhile by what is being written.
        self.promised: list[Entry] = []
        self.vote = HardState(0, 0)
        # Marks that a base may be at: of snapshots, and of entries that may be compacted.
        self.tree_names = ["tree-0"]

    def look(self, states: Iterator[Path]) -> None:
        for state in states:
            self.looks += 1
            journal = RocksJournal(state)
            assert not journal.recovering, journal.lost
            assert journal.cut_from is None
            assert journal.hard_state >= self.vote
            assert journal.tree_name in self.tree_names
            have = [entry.mark for entry in read_all(journal)]
            for entry in self.promised:
                assert entry.index <= journal.base.index or entry.mark in have
            journal.close()

    def append(self, hard_state: HardState | None, entries: list[Entry]) -> None:
        self.promised = [entry for entry in self.promised if entry.index < entries[0].index]
        self.journal.append(hard_state, entries)

    def sync(self) -> None:
        self.journal.sync()
        self.promised = read_all(self.journal)
        self.vote = self.journal.hard_state
        self.look(self.cuts.states())

    def reset(self, hard_state: HardState, mark: Mark, tree_name: str) -> None:
        # What is behind the snapshot's place was never committed, or Raft would not reset.
        self.promised = [entry for entry in self.promised if entry.index <= mark.index]
        self.tree_names = [self.tree_names[-1], tree_name]
        self.journal.reset(hard_state, mark, tree_name)
        self.promised, self.vote, self.tree_names = [], hard_state, [tree_name]
        self.look(self.cuts.states())


def test_replacing_entries_is_safe_at_every_step(folder: Path) -> None:
    life = Life(folder)
    life.append(HardState(1, 1), LOG[:10])
    life.sync()
    life.journal.secure_watermark()
    life.append(HardState(2, 0), entries_after(LOG[4].mark, 2, term=2))
    life.append(HardState(3, 3), entries_after(LOG[2].mark, 9, term=3))
    life.sync()
    life.append(None, entries_after(life.journal.last, 3, term=3))
    life.append(None, entries_after(life.journal.entries(12, 12, 0)[0].mark, 1, term=4))
    life.sync()
    assert life.looks > 15
    life.journal.close()


def test_compacting_is_safe_at_every_step(folder: Path) -> None:
    life = Life(folder)
    life.append(HardState(1, 1), LOG[:10])
    life.sync()
    life.journal.compact(LOG[4].mark)
    life.append(None, LOG[10:12])
    life.sync()
    life.journal.compact(LOG[11].mark)
    life.append(None, LOG[12:14])
    life.journal.compact(LOG[12].mark)
    life.sync()
    assert life.looks > 10
    life.journal.close()


SNAPSHOTS = {
    "behind our end": Mark(40, 2, 1234),
    "within our log": LOG[6].mark,
    "beside our log": Mark(7, 2, 1234),  # our entry 7 is another one, that was never committed
}


@pytest.mark.parametrize("synced", [0, 6, 7, 10])
@pytest.mark.parametrize("where", SNAPSHOTS)
def test_a_reset_is_safe_at_every_step(folder: Path, synced: int, where: str) -> None:
    life = Life(folder)
    if synced:
        life.append(HardState(1, 1), LOG[:synced])
        life.sync()
    life.append(None, LOG[synced:11])
    mark = SNAPSHOTS[where]
    if where == "beside our log":
        life.promised = life.promised[:6]
    life.reset(HardState(2, 0), mark, "tree-1")
    assert life.journal._watermark.promise == (mark, HardState(2, 0), False, False)
    life.append(None, entries_after(mark, 2, term=2))
    life.sync()
    life.journal.close()
    journal = RocksJournal(folder)
    assert (journal.base, journal.last.index, journal.tree_name) == (mark, mark.index + 2, "tree-1")
    journal.close()


@pytest.mark.parametrize("seed", range(4))
def test_any_course_of_things_is_safe_at_every_step(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    life = Life(folder)
    journal = life.journal
    term = 1
    for number in range(12):
        what = chance.choice(["append", "append", "replace", "sync", "sync", "compact", "reset"])
        term += chance.random() < 0.3
        hard_state = HardState(term, 0) if term > journal.hard_state.term else None
        span = journal.last.index - journal.base.index
        if what == "sync":
            life.sync()
            if chance.random() < 0.5:
                journal.secure_watermark()
        elif what == "append" or not span:
            life.append(hard_state, entries_after(journal.last, chance.randrange(1, 5), term))
        elif what == "replace":
            before = journal._mark_at(journal.base.index + chance.randrange(span))
            life.append(hard_state, entries_after(before, chance.randrange(1, 5), term))
        elif what == "compact":
            life.sync()
            journal.compact(journal._mark_at(journal.base.index + chance.randrange(span) + 1))
        else:
            mark = Mark(journal.last.index + chance.randrange(1, 9), term, number)
            life.reset(HardState(term, 0), mark, f"tree-{number}")
    life.sync()
    journal.close()
