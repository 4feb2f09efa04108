"""The file that remembers what was promised."""

from pathlib import Path

import pytest
from store.disks import flip, truncate
from store.logs import log_of

from hikari.raft.entry import Mark
from hikari.raft.journal import HardState, JournalDamaged
from hikari.store.watermark import BLANK, SLOT_BYTES, Promise, Watermark

LOG = log_of(9)
FULL = Promise(Mark(2**64 - 1, 2**63, 2**32 - 1), HardState(2**64 - 1, 2**64 - 1), True, True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watermark"


def read(path: Path) -> Promise:
    watermark = Watermark.open(path)
    assert watermark is not None
    watermark.close()
    return watermark.promise


def test_there_is_none_before_it_is_created(path: Path) -> None:
    assert Watermark.open(path) is None


def test_the_newest_promise_is_found_again(path: Path) -> None:
    watermark = Watermark.create(path, BLANK)
    assert read(path) == BLANK
    for entry in LOG:
        watermark.write(Promise(entry.mark, HardState(entry.index, 3), False))
        assert read(path) == Promise(entry.mark, HardState(entry.index, 3), False)
    watermark.write(FULL)
    assert read(path) == FULL
    assert path.stat().st_size == 2 * SLOT_BYTES


def test_it_goes_on_where_it_was_opened(path: Path) -> None:
    Watermark.create(path, BLANK).close()
    for entry in LOG:
        watermark = Watermark.open(path)
        assert watermark is not None
        watermark.raise_to(entry.mark, HardState(1, 1))
        watermark.close()
        assert read(path).mark == entry.mark


def test_raising_it_never_takes_anything_back(path: Path) -> None:
    watermark = Watermark.create(path, Promise(LOG[4].mark, HardState(5, 2), True))
    watermark.raise_to(LOG[3].mark, HardState(5, 0))
    assert read(path) == Promise(LOG[4].mark, HardState(5, 2), True)
    watermark.raise_to(LOG[5].mark, HardState(4, 7))
    assert read(path) == Promise(LOG[5].mark, HardState(5, 2), True)
    watermark.raise_to(LOG[5].mark, HardState(6, 0))
    assert read(path) == Promise(LOG[5].mark, HardState(6, 0), True)


def test_it_knows_whether_the_newest_promise_is_on_the_disk_itself(path: Path) -> None:
    watermark = Watermark.create(path, BLANK)
    assert watermark.secured
    watermark.raise_to(LOG[0].mark, HardState(1, 1))
    assert not watermark.secured
    watermark.secure()
    assert watermark.secured


def test_when_one_slot_is_torn_the_other_speaks(path: Path) -> None:
    watermark = Watermark.create(path, BLANK)
    watermark.raise_to(LOG[0].mark, HardState(1, 1))
    watermark.raise_to(LOG[1].mark, HardState(1, 1))
    content = path.read_bytes()
    seen = set()
    for at in range(2 * SLOT_BYTES):
        path.write_bytes(content)
        flip(path, at, at % 8)
        seen.add((at < SLOT_BYTES, read(path).mark))
    assert seen == {(True, LOG[0].mark), (False, LOG[1].mark)}


def test_a_file_without_a_valid_slot_is_damage_and_is_left_as_it_is(path: Path) -> None:
    for spoil in (
        lambda: truncate(path, 100),
        lambda: truncate(path, 0),
        lambda: (flip(path, 3), flip(path, SLOT_BYTES + 3)),
    ):
        Watermark.create(path, BLANK).close()
        spoil()
        content = path.read_bytes()
        with pytest.raises(JournalDamaged, match="watermark"):
            Watermark.open(path)
        assert path.read_bytes() == content
