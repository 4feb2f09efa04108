"""Look-ups in more rows than a cache holds."""

from pathlib import Path

from hikari.store.rows import RocksRows

ROWS = 600_000
CACHE_BYTES = 8 << 20


def read_bytes() -> int:
    """What this process has read of files so far, wherever it came from."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("rchar:")))


def test_to_find_that_a_row_is_not_there_takes_no_reading(quick_path: Path) -> None:
    """As each create has to: the filter says so, and its piece of it is at hand. As a whole, the
    filter of these rows is too large for any shard of the cache."""
    rows = RocksRows(quick_path / "rows", block_cache_bytes=CACHE_BYTES)
    for first in range(0, ROWS, 50_000):
        rows.write({b"Z%08d" % (2 * at): b"row" for at in range(first, first + 50_000)})
    rows.flush()
    rows.write({b"Z%08d" % (2 * at): b"new" for at in range(0, ROWS, ROWS // 7)})
    rows.flush()
    rows.squeeze()  # of the first level, and of what was only moved, filters are kept in any case
    absent = [b"Z%08d" % (2 * at + 1) for at in range(ROWS // 2, ROWS // 2 + 1_000)]
    before = read_bytes()
    assert [rows.get(key) for key in absent] == [None] * len(absent)
    assert read_bytes() - before < 1 << 20
    rows.close()
