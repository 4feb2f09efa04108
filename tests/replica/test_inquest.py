"""What was wrong in a tree that was set aside is named, loudly and once; its member serves on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import LogLevel, globalLogPublisher

from hikari.replica import inquest
from hikari.replica.inquest import LINES_MAX, PATIENCE_TICKS, Inquest
from hikari.store.aside import COMPARISONS_MAX, Aside
from hikari.store.files import OS_FILES
from hikari.store.memory import MemoryRows, MemoryView
from hikari.tree import keys
from hikari.tree.rows import RowsDamaged
from hikari.tree.tree import Tree
from hikari_wire import codes

SET = "damaged-1-tree-0"


@pytest.fixture(autouse=True)
def said() -> Any:
    """What was logged: (level, line)."""
    lines: list[tuple[LogLevel, str]] = []

    def hear(event: Any) -> None:
        lines.append((event["log_level"], event["log_format"].format(**event)))

    globalLogPublisher.addObserver(hear)
    yield lines
    globalLogPublisher.removeObserver(hear)


def grown(count: int) -> Tree:
    """A tree with so many znodes, each made by an entry of its own."""
    tree = Tree(MemoryRows(), 1 << 20)
    for index in range(count):
        tree.begin(index + 1, 1000)
        tree.apply((codes.CREATE, b"/%d" % index, b"data", b"", 0), 0, ())
        tree.finish()
    tree.settle()
    return tree


def spoil(rows: MemoryRows, path: bytes) -> None:
    row = rows.get(keys.znode_key(path))
    assert row is not None
    rows.write({keys.znode_key(path): row[:-1] + b"!"})


class Desk:
    """An inquest over one tree that was set aside, and the folder with what is said of it."""

    def __init__(self, folder: Path, old: MemoryRows, why: str = "it differs") -> None:
        self.folder, self.old = folder, old
        (folder / "tree-0").mkdir()
        self.aside = Aside(folder, OS_FILES, lambda: 0)
        self.aside.put(["tree-0"], why)
        self.pieces: list[Callable[[], None]] = []
        self.opened = 0
        self.inquest = self.again()

    def again(self) -> Inquest:
        """That of a new process."""
        return Inquest(self.aside, self._open, lambda *both: self.pieces.extend(both))

    def _open(self, name: str) -> MemoryRows:
        assert name == SET
        self.opened += 1
        return self.old

    def work(self) -> None:
        """The thread does all it was given, and the reactor hears of it."""
        while self.pieces:
            self.pieces.pop(0)()

    def run(self, tree: Tree, ticks: int = 10) -> None:
        self.inquest.begin()
        self.work()
        for _ in range(ticks):
            self.inquest.tick(tree)
            self.work()

    def file(self) -> str:
        return (self.folder / "damaged-1-differences-0").read_text()


def test_a_znode_that_was_wrong_is_named_in_the_log_in_a_file_and_counted(
    tmp_path: Path, said: list[Any]
) -> None:
    old = grown(5)
    spoil(old.rows, b"/3")  # type: ignore[arg-type]
    desk = Desk(tmp_path, old.rows)  # type: ignore[arg-type]
    desk.run(grown(9))
    (level, line), (_, last) = said
    assert level is LogLevel.critical
    assert line.startswith(f"{SET}: /3: data was 4 bytes (")
    assert last.startswith(f"{SET}: 1 znodes and sessions are not what the others hold")
    assert desk.file() == f"{line}\n{last}\n"
    assert desk.inquest.named == 1


def test_it_is_done_once_also_by_the_next_process(tmp_path: Path, said: list[Any]) -> None:
    desk = Desk(tmp_path, grown(5).rows)  # type: ignore[arg-type]
    desk.run(grown(9))
    assert [level for level, _ in said] == [LogLevel.warn]
    desk.inquest = desk.again()
    desk.run(grown(9))
    assert desk.opened == 1


def test_only_so_many_lines_are_logged_and_all_are_counted(tmp_path: Path, said: list[Any]) -> None:
    old = grown(LINES_MAX + 30)
    for number in range(LINES_MAX + 15):
        spoil(old.rows, b"/%d" % number)  # type: ignore[arg-type]
    desk = Desk(tmp_path, old.rows)  # type: ignore[arg-type]
    desk.run(grown(90))
    assert len(said) == LINES_MAX + 1
    assert f"{LINES_MAX + 15} znodes and sessions" in said[-1][1]
    assert len(desk.file().splitlines()) == LINES_MAX + 16


def test_it_waits_until_the_new_tree_has_come_as_far(tmp_path: Path, said: list[Any]) -> None:
    old = grown(5)
    spoil(old.rows, b"/3")  # type: ignore[arg-type]
    desk = Desk(tmp_path, old.rows)  # type: ignore[arg-type]
    desk.run(grown(4), PATIENCE_TICKS)
    assert said == []
    desk.inquest.tick(grown(5))
    desk.work()
    assert "/3" in said[0][1]


def test_it_does_not_wait_for_ever(tmp_path: Path, said: list[Any]) -> None:
    desk = Desk(tmp_path, grown(5).rows)  # type: ignore[arg-type]
    desk.run(grown(4), PATIENCE_TICKS + 1)
    assert "could not be compared: it is at zxid 5, the new one at 4" in desk.file()


def test_a_snapshot_in_the_midst_makes_it_begin_again(
    tmp_path: Path, said: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquest, "SLICE_BYTES", 500)
    old = grown(50)
    spoil(old.rows, b"/3")  # type: ignore[arg-type]
    spoil(old.rows, b"/9")  # type: ignore[arg-type]
    desk = Desk(tmp_path, old.rows)  # type: ignore[arg-type]
    desk.run(grown(60), ticks=10)
    assert said == []
    desk.inquest.end()
    for _ in range(60):
        desk.inquest.tick(grown(70))
        desk.work()
    assert [line.split(":")[1] for _, line in said[:-1]] == [" /3", " /9"]
    assert desk.opened == 1


class Torn(MemoryRows):
    """Rows that cannot be read to their end."""

    def view(self) -> MemoryView:
        view = super().view()

        def take(bytes_max: int) -> list[tuple[bytes, bytes]]:
            if rows := MemoryView.take(view, 2000):
                return rows
            raise RowsDamaged("a block does not match its checksum")

        view.take = take  # type: ignore[method-assign]
        return view


def test_what_cannot_be_read_to_its_end_is_said_and_harms_nobody(
    tmp_path: Path, said: list[Any]
) -> None:
    rows, torn = grown(50).rows, Torn()
    spoil(rows, b"/3")  # type: ignore[arg-type]
    torn.write(dict(rows.scan(b"")))
    desk = Desk(tmp_path, torn)
    desk.run(grown(60))
    assert "/3" in said[0][1]
    assert "it could not be compared to its end: a block does not match its checksum" in said[1][1]


def test_a_new_tree_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    desk = Desk(tmp_path, grown(50).rows)  # type: ignore[arg-type]
    new, torn = grown(60), Torn()
    torn.write(dict(new.rows.scan(b"")))
    new.rows = torn
    with pytest.raises(RowsDamaged):
        desk.run(new)


def test_a_folder_that_ends_whoever_opens_it_is_not_opened_for_ever(tmp_path: Path) -> None:
    desk = Desk(tmp_path, grown(5).rows)  # type: ignore[arg-type]
    for _ in range(COMPARISONS_MAX + 2):
        desk.inquest = desk.again()
        desk.inquest.begin()
        desk.work()  # and there the process ends
    assert desk.opened == COMPARISONS_MAX


def test_what_could_not_be_opened_before_is_left_alone(tmp_path: Path, said: list[Any]) -> None:
    desk = Desk(tmp_path, grown(5).rows, "RocksDB did not come back from opening it")  # type: ignore[arg-type]
    desk.run(grown(9))
    assert (desk.opened, said) == (0, [])
