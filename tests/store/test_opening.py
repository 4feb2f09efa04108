"""Opening a folder: never without end, and creating one: never half."""

import subprocess
from pathlib import Path

import pytest
from store.processes import child

from hikari.store.disk import DiskFailed
from hikari.store.opening import create_whole, is_new


def test_an_open_that_holds_the_interpreter_lock_for_ever_ends_the_process(tmp_path: Path) -> None:
    process = child("spin", tmp_path / "journal", err=subprocess.PIPE)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"opening {tmp_path}/journal; if this takes more than 0.2 s" in said
    assert "Timeout" in said
    assert "spin" in said  # the stack: where it hung


def test_an_open_in_time_leaves_the_process_alone(tmp_path: Path) -> None:
    process = child("open_in_time", tmp_path)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "alive\n")


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
