"""What the rows' seam promises, of RocksDB and of the twin in memory alike."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store.disks import MEMORY

from hikari.store.memory import MemoryRows
from hikari.store.rows import FEW_ROWS, FORMAT_KEY, RUN_ROWS, RocksRows, after_prefix

AnyRows = RocksRows | MemoryRows


@pytest.fixture(params=["rocks", "memory"])
def rows(request: pytest.FixtureRequest, quick_path: Path) -> Iterator[AnyRows]:
    rows = RocksRows(quick_path / "tree-0") if request.param == "rocks" else MemoryRows()
    yield rows
    rows.close()


def test_new_rows_are_empty(rows: AnyRows) -> None:
    assert rows.get(b"M") is None
    assert rows.scan(b"") == []
    assert rows.scan_keys(b"!") == []
    assert rows.view().take(1000) == []


def test_a_batch_puts_and_deletes(rows: AnyRows) -> None:
    rows.write({b"a": b"1", b"b": b"", b"c": b"3"})
    rows.write({b"a": None, b"b": b"2", b"missing": None})
    assert rows.get(b"a") is None
    assert rows.get(b"b") == b"2"
    assert rows.scan(b"") == [(b"b", b"2"), (b"c", b"3")]


def test_an_empty_value_is_not_a_missing_row(rows: AnyRows) -> None:
    rows.write({b"a": b""})
    assert rows.get(b"a") == b""
    rows.flush()
    assert rows.get(b"a") == b""


def test_a_scan_gives_the_rows_of_its_prefix_in_order(rows: AnyRows) -> None:
    keys = [b"Z", b"Za", b"Za/1", b"Za/10", b"Za/2", b"Za0", b"Zb"]
    rows.write(dict.fromkeys(reversed(keys), b"v"))
    assert rows.scan(b"Za/") == [(b"Za/1", b"v"), (b"Za/10", b"v"), (b"Za/2", b"v")]
    assert rows.scan_keys(b"Za/") == [b"1", b"10", b"2"]
    assert rows.scan_keys(b"Za") == [b"", b"/1", b"/10", b"/2", b"0"]
    assert rows.scan_keys(b"X") == []


MANY = [b"%05d" % number for number in range(3 * RUN_ROWS)]


@pytest.mark.parametrize(
    "count", [FEW_ROWS - 1, FEW_ROWS, FEW_ROWS + 1, 3 * FEW_ROWS, RUN_ROWS, 3 * RUN_ROWS]
)
def test_many_keys_are_those_of_their_prefix_and_no_more(rows: AnyRows, count: int) -> None:
    rows.write({b"Z/" + name: b"v" for name in MANY[:count]})
    assert rows.scan_keys(b"Z/") == MANY[:count]
    rows.write({b"A": b"v", b"Z.": b"v", b"Z0": b"v", b"Z/\xff": b"v"})
    rows.write({b"Z0%05d" % number: b"v" for number in range(RUN_ROWS)})
    assert rows.scan_keys(b"Z/") == [*MANY[:count], b"\xff"]
    assert rows.scan_keys(b"Z/", b"00001", count - 3) == MANY[1 : count - 2]
    assert rows.scan_keys(b"Z/", b"00001", count + 9) == [*MANY[1:count], b"\xff"]
    assert rows.scan_keys(b"Z/", count_max=count) == MANY[:count]
    assert rows.scan_keys(b"Z", count_max=count) == [b".", *[b"/" + n for n in MANY]][:count]


def test_a_page_is_some_of_the_rows_of_its_prefix_behind_a_key(rows: AnyRows) -> None:
    rows.write(dict.fromkeys((b"Z", b"Za", b"Za1", b"Za2", b"Za3", b"Zb"), b"v"))
    assert [key for key, _ in rows.page(b"Za", b"", 2)] == [b"Za", b"Za1"]
    assert rows.page(b"Za", b"Za1", 2) == [(b"Za2", b"v"), (b"Za3", b"v")]
    assert rows.page(b"Za", b"Za3", 2) == []
    assert rows.page(b"Za", b"Zb", 2) == []
    assert rows.page(b"Za", b"", 0) == []
    assert len(rows.page(b"", b"", 99)) == 6


def test_a_prefix_may_end_in_the_highest_byte(rows: AnyRows) -> None:
    keys = [b"a", b"a\xff", b"a\xff\x00", b"a\xff\xff", b"b", b"\xff", b"\xff\xff", b"\xff\xff\xff"]
    rows.write(dict.fromkeys(keys, b"v"))
    assert rows.scan_keys(b"a\xff") == [b"", b"\x00", b"\xff"]
    assert rows.scan_keys(b"\xff") == [b"", b"\xff", b"\xff\xff"]
    assert rows.scan_keys(b"\xff\xff\xff\xff") == []
    assert rows.scan_keys(b"") == sorted(keys)


def test_a_view_does_not_see_what_is_written_after_it(rows: AnyRows) -> None:
    rows.write({b"%03d" % i: b"old" for i in range(100)})
    view = rows.view()
    rows.write({b"%03d" % i: b"new" for i in range(0, 100, 2)})
    rows.write({b"%03d" % i: None for i in range(1, 100, 2)})
    rows.write({b"200": b"new"})
    rows.flush()
    seen = []
    while chunk := view.take(50):
        seen += chunk
        rows.write({b"later": b"%d" % len(seen)})
    assert seen == [(b"%03d" % i, b"old") for i in range(100)]
    assert view.take(50) == []
    view.close()


def test_a_view_is_taken_in_pieces_of_about_the_bytes_asked_for(rows: AnyRows) -> None:
    rows.write({b"%d" % i: b"x" * 9 for i in range(10)})
    view = rows.view()
    assert [len(view.take(n)) for n in (0, 1, 10, 30, 31, 1000, 1000)] == [1, 1, 1, 3, 4, 0, 0]


def test_a_closed_view_gives_nothing_more(rows: AnyRows) -> None:
    view = rows.view()
    view.close()
    with pytest.raises(ValueError):
        view.take(1)


def test_rows_and_their_views_can_be_closed_in_any_order(quick_path: Path) -> None:
    rows = RocksRows(quick_path / "tree-0")
    rows.write({b"a": b"1"})
    view = rows.view()
    rows.close()
    rows.close()
    with pytest.raises(ValueError):
        view.take(1)
    RocksRows(quick_path / "tree-0").close()  # no iterator of ours holds the folder


def test_our_own_row_is_shown_to_nobody(quick_path: Path) -> None:
    rows = RocksRows(quick_path / "tree-0")
    rows.write({b"!": b"1", b"!format2": b"2", b"\x00": b"0"})
    assert [key for key, _ in rows.view().take(1000)] == [b"\x00", b"!", b"!format2"]
    assert rows.scan_keys(b"!f") == [b"ormat2"]
    assert [key for key, _ in rows.scan(b"")] == [b"\x00", b"!", b"!format2"]
    with pytest.raises(AssertionError):
        rows.write({FORMAT_KEY: b"mine"})
    rows.close()


def test_the_twin_keeps_a_prefix_of_whole_batches_through_a_crash() -> None:
    rows = MemoryRows()
    rows.write({b"a": b"1", b"b": b"1"})
    rows.flush()
    rows.write({b"a": b"2", b"b": None})
    rows.write({b"a": b"3", b"c": b"3"})
    assert rows.unflushed == 2
    assert rows.crash().scan(b"") == [(b"a", b"1"), (b"b", b"1")]
    assert rows.crash(keep_batches=1).scan(b"") == [(b"a", b"2")]
    assert rows.crash(keep_batches=2).scan(b"") == [(b"a", b"3"), (b"c", b"3")]


def test_the_key_behind_a_prefix() -> None:
    assert after_prefix(b"ab") == b"ac"
    assert after_prefix(b"a\xff\xff") == b"b"
    assert after_prefix(b"\xff") is None
    assert after_prefix(b"") is None


KEYS = st.text("\x00\x01!a\xfe\xff", max_size=4).map(lambda text: text.encode("latin-1"))
BATCHES = st.lists(st.dictionaries(KEYS, st.none() | st.binary(max_size=4), max_size=5), max_size=6)


@settings(max_examples=25, deadline=None, database=None)
@given(batches=BATCHES, prefixes=st.lists(KEYS, max_size=5), flush_after=st.integers(0, 6))
def test_rocksdb_and_the_twin_agree(
    batches: list[dict[bytes, bytes | None]], prefixes: list[bytes], flush_after: int
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        rocks, twin = RocksRows(Path(folder) / "tree-0"), MemoryRows()
        for number, batch in enumerate(batches):
            for rows in (rocks, twin):
                rows.write(batch)
                if number == flush_after:
                    rows.flush()
        for prefix in [b"", *prefixes]:
            assert rocks.scan(prefix) == twin.scan(prefix)
            assert rocks.scan_keys(prefix) == twin.scan_keys(prefix)
            assert rocks.get(prefix) == twin.get(prefix)
            for after in prefixes:
                assert rocks.page(prefix, after, 2) == twin.page(prefix, after, 2)
        assert rocks.view().take(10_000) == twin.view().take(10_000)
        rocks.close()
