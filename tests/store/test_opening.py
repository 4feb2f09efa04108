"""Opening a folder: never without end, and creating one: never half."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from store.processes import child

from hikari.store.aside import Aside
from hikari.store.background import NICENESS, merging
from hikari.store.disk import DiskFailed
from hikari.store.files import OS_FILES
from hikari.store.opening import create_whole, is_new, watched
from hikari.store.rows import RocksRows


def test_an_open_that_holds_the_interpreter_lock_for_ever_ends_the_process(tmp_path: Path) -> None:
    """Its processor time counts, and it leaves a word for the next process: where it hung."""
    process = child("spin", tmp_path / "journal", err=subprocess.PIPE)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGPROF
    assert f"opening {tmp_path}/journal" in said
    (why,) = Aside(tmp_path, OS_FILES, lambda: 0).noted().items()
    assert why[0] == "journal"
    assert "did not come back" in why[1]
    assert "in spin" in why[1]


def test_an_open_that_crashes_leaves_a_word_too(tmp_path: Path) -> None:
    process = child("crash", tmp_path / "tree-0")
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in Aside(tmp_path, OS_FILES, lambda: 0).noted()["tree-0"]


def test_who_is_killed_while_it_opens_a_folder_accuses_nobody(tmp_path: Path) -> None:
    process = child("be_killed", tmp_path / "journal")
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "opening").read_text() == "journal\n"
    assert Aside(tmp_path, OS_FILES, lambda: 0).noted() == {}


def test_a_disk_that_is_slow_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    with watched(tmp_path / "journal", 0.05):
        time.sleep(0.3)
    assert not (tmp_path / "opening").exists()


def test_an_open_in_time_leaves_the_process_alone(tmp_path: Path) -> None:
    process = child("open_in_time", tmp_path)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "alive\n")


def test_whoever_has_something_to_answer_goes_before_the_merges(tmp_path: Path) -> None:
    """As soon as a folder is open: RocksDB's threads for merges have the smaller share."""
    rows = RocksRows(tmp_path / "tree-0")
    try:
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert {os.getpriority(os.PRIO_PROCESS, one) - own for one in merging()} == {NICENESS}
    finally:
        rows.close()


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "journal"
    assert is_new(folder)

    def fill(place: Path) -> None:
        (place / "half").touch()
        assert not folder.exists()

    create_whole(folder, fill)
    assert [path.name for path in folder.iterdir()] == ["half"]
    assert not is_new(folder)


def test_what_an_interrupted_creation_left_is_thrown_away(tmp_path: Path) -> None:
    folder = tmp_path / "journal"

    def die(place: Path) -> None:
        (place / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_whole(folder, die)
    assert is_new(folder)
    create_whole(folder, lambda place: (place / "whole").touch())
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_what_a_disk_refuses_while_a_folder_is_filled_is_a_failed_disk(tmp_path: Path) -> None:
    """Found by crash points: the database's only class of error came out bare, as a traceback."""

    def fail(place: Path) -> None:
        raise Exception("IO error: While fdatasync: 000008.sst: Input/output error")

    with pytest.raises(DiskFailed, match=r"journal: it could not be created: .*Input/output"):
        create_whole(tmp_path / "journal", fail)
    assert is_new(tmp_path / "journal")


def test_an_empty_folder_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    assert is_new(folder)
    create_whole(folder, lambda place: (place / "whole").touch())
    assert not is_new(folder)
