"""hikari-bench soak's eye on the disk: how long it had something to do and did nothing."""

import os
import time

import pytest
from tools.canned import cells, report

from hikari_tools.bench import standstill, steadiness
from hikari_tools.bench.standstill import Standstill


def looked(*looks):
    found = Standstill()
    for look in looks:
        found.look(*look)
    return found.longest_s


def test_a_disk_that_is_asked_and_does_nothing_stands_still():
    """From the last look at which something was done until the next one."""
    busy = [(0.00, 7, 1), (0.02, 8, 2), (0.04, 8, 4), (0.24, 8, 4), (0.26, 12, 0)]
    assert looked(*busy) == pytest.approx(0.22)


def test_a_disk_of_which_nothing_is_asked_does_not():
    """Nor one that does one thing between two looks that are far apart."""
    assert looked((0.0, 7, 0), (5.0, 7, 0), (9.0, 7, 0)) == 0
    assert looked((0.0, 7, 1), (5.0, 8, 1), (9.0, 9, 1)) == 0


def test_a_real_disk_is_looked_at_until_the_end(tmp_path):
    """As far as the kernel counts what it does: a file system in memory has no disk."""
    with standstill.watched(tmp_path) as still, (tmp_path / "file").open("wb") as file:
        began = time.monotonic()
        while time.monotonic() - began < 0.2:
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
    if still is None:
        assert standstill.device(tmp_path) is None
    else:
        assert 0 <= still.longest_s < time.monotonic() - began


def window(at_s, **more):
    taken = [{"rss_mb": 400, "disk_mb": 200, "files": 40, "leads": False}]
    return report("soak", "hikari", at_s=at_s, members=taken, **more)


def test_what_the_disk_did_is_told_apart():
    """How long requests took where it worked, beside what they took in all."""
    latency = {"p50": 500, "p99": 5_000, "p99.9": 9_000}
    waited = {"disk_still_ms": 1_000.0, "latency_us": latency | {"p99": 950_000}}
    windows = [window(n, disk_still_ms=0.0, latency_us=latency) for n in range(10)]
    rows = [window(n, **waited) if n in (7, 8, 9) else one for n, one in enumerate(windows)]
    told = {cells(row)[0]: cells(row)[1:] for row in steadiness.slopes_table(rows).splitlines()}
    assert told["p99"][0] == "950,000 µs"
    assert told["p99 while the disk works"] == ["5,000 µs", "+0.00 µs", "+0.0%"]
    assert "p99 while the disk works" not in steadiness.slopes_table(windows)


def test_each_part_of_a_soak_tells_the_longest_of_its_windows():
    """And nothing where nobody counted."""
    counted = [window(10 * n, disk_still_ms=still) for n, still in enumerate([3.0, 231.4] * 10)]
    for windows, told in (counted, "231"), ([window(10), window(20, disk_still_ms=None)], "-"):
        table = steadiness.parts_table(windows).splitlines()
        place = cells(table[0]).index("disk stood still, ms")
        assert {cells(row)[place] for row in table[2:]} == {told}
