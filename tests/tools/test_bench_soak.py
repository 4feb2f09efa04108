"""hikari-bench soak: what is said of many windows, and that a real one is told and kept."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from tools.canned import cells, report
from tools.test_bench_compare import BENCH, ROOT, needs_zkload, running_in

from hikari_tools.bench import steadiness
from hikari_tools.bench.__main__ import main
from hikari_tools.bench.peers import BenchError
from hikari_tools.bench.soaking import Plan, disk_mb, sample
from hikari_tools.bench.timelines import draw_soak

SVG = "{http://www.w3.org/2000/svg}"
SHORT = ("--members", "1", "--seconds", "1.5", "--window", "0.5", "--znodes", "100")


def window(at_s, rss_mb=(400, 410), p99=5_000, **more):
    taken = [{"rss_mb": one, "disk_mb": 200, "files": 40, "leads": False} for one in rss_mb]
    latency = {"p50": 500, "p99": p99, "p99.9": 20_000}
    return report("soak", "hikari", at_s=at_s, members=taken, latency_us=latency, **more)


def test_a_run_is_told_in_tenths():
    """Each of its windows once, in order; a short run in as many parts as it has windows."""
    numbers = list(range(37))
    tenths = list(steadiness.parts(numbers))
    assert len(tenths) == 10
    assert [number for part in tenths for number in part] == numbers
    assert list(steadiness.parts([1, 2, 3])) == [[1], [2], [3]]


def test_a_slope_is_not_moved_by_a_disturbed_window():
    """Something that grows by one a second grows by 3600 an hour, whatever one window says."""
    steady = [(float(second), second * 1.0) for second in range(9)]
    steady[4] = (4.0, 1_000.0)
    assert steadiness.slope_an_hour(steady) == pytest.approx(3600)
    assert steadiness.slope_an_hour(steady[:1]) is None


def test_slopes_are_those_of_the_second_half():
    """What fills caches at first is no leak."""
    windows = [
        window(60.0 * n, rss_mb=(100 + 50 * n if n < 5 else 400, 300 + n)) for n in range(10)
    ]
    rows = {line.split("|")[1].strip(): cells(line) for line in _rows(windows)}
    assert rows["memory, member 1"][1:] == ["400 MB", "+0.00 MB", "+0.0%"]
    assert rows["memory, member 2"][1:] == ["307 MB", "+60.0 MB", "+19.5%"]
    assert rows["p99"][1:] == ["5,000 µs", "+0.00 µs", "+0.0%"]


def _rows(windows):
    return steadiness.slopes_table(windows).splitlines()[2:]


def test_errors_stand_beside_the_part_in_which_they_were():
    """Added up, by name."""
    lost = {"errors": {"mixed CONNECTIONLOSS": 2}}
    windows = [window(60), window(120, **lost), window(180, **lost)]
    told = [cells(line)[-1] for line in steadiness.parts_table(windows).splitlines()[2:]]
    assert told == ["0", "mixed CONNECTIONLOSS 2", "mixed CONNECTIONLOSS 2"]
    assert steadiness.errors(windows) == "mixed CONNECTIONLOSS 4"


def test_pictures_have_a_line_for_each_thing_and_a_point_for_each_window(tmp_path):
    """Memory from zero on, with the disk dashed, of each member; and three percentiles."""
    windows = [window(60 * n, p99=4_000 + n) for n in range(1, 8)]
    files = draw_soak(windows, tmp_path / "plots", "soak")
    assert [file.name for file in files] == ["soak-memory.svg", "soak-latency.svg"]
    for file, lines in zip(files, (4, 3), strict=True):
        picture = ElementTree.parse(file)
        points = [line.get("points").split() for line in picture.iter(f"{SVG}polyline")]
        assert sum(len(one) == len(windows) for one in points) == lines
        assert "minutes" in [word.text for word in picture.iter(f"{SVG}text")]
    assert draw_soak(windows[:1], tmp_path / "none", "soak") == []
    assert not (tmp_path / "none").exists()


def test_a_soak_without_a_disk_does_not_replace_one_with_it(tmp_path):
    """Each has its place in the document, and its pictures."""
    document, lines = tmp_path / "page.md", tmp_path / "lines"
    for system, p99 in (("ext4", 5_000), ("tmpfs", 3_000), ("ext4", 7_000)):
        kept = [
            *(window(60 * n, p99=p99) for n in (1, 2)),
            {"note": f"On Linux, data on {system}."},
        ]
        lines.write_text("".join(json.dumps(one) + "\n" for one in kept))
        done = CliRunner().invoke(main, ["plot", str(lines), "--report", str(document)])
        assert done.exit_code == 0, done.output
    text = document.read_text()
    assert [text.count(f"| {p99} |") for p99 in ("5,000", "3,000", "7,000")] == [0, 2, 2]
    names = [
        f"soak{place}-{what}" for place in ("", "-in-memory") for what in ("memory", "latency")
    ]
    assert re.findall(r"!\[.*\]\(plots/(.*)\.svg\)", text) == names
    assert sorted(file.stem for file in (tmp_path / "plots").iterdir()) == sorted(names)


def test_each_window_has_the_next_set_of_znodes():
    """Until all have been used; few znodes are one set."""
    plan = Plan(60, 10, 0.5, 30_000, 1024)
    roots = [plan.words(number)[1] for number in range(4)]
    assert roots == ["/soak/set0", "/soak/set1", "/soak/set2", "/soak/set0"]
    assert plan.words(0)[2:] == ("--keep", "--keys", "10000", "--value-size", "1024")
    assert Plan(60, 10, 0.5, 100, 1024).words(7)[:5] == (*plan.words(0)[:4], "100")


def test_a_folder_takes_what_is_written_and_not_what_is_only_long(tmp_path):
    """With all folders in it."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "one").write_bytes(b"x" * (3 << 20))
    with (tmp_path / "hole").open("wb") as hole:
        hole.truncate(64 << 20)
    assert disk_mb(tmp_path) == pytest.approx(3, abs=0.1)


def test_a_member_that_has_gone_is_named(tmp_path):
    """And not measured as nothing."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(BenchError, match="member-2 has gone"):
        sample(gone.pid, tmp_path / "member-2")
    assert sample(os.getpid(), tmp_path)["rss_mb"] > 1


def soak(*words):
    return CliRunner().invoke(main, ["soak", "--bench-folder", str(BENCH), *SHORT, *words])


@pytest.mark.ensemble
@needs_zkload
def test_a_short_soak_is_told_drawn_and_kept(tmp_path):
    """A real member and a real load; from what is kept the same text and pictures are made."""
    lines, data, document = tmp_path / "lines", tmp_path / "data", tmp_path / "docs" / "page.md"
    data.mkdir()
    document.parent.mkdir()
    done = soak("--data", str(data), "--out", str(lines), "--report", str(document))
    assert done.exit_code == 0, done.output
    assert "gets and sets (9 to 1) of 100 znodes of 1,024 bytes" in done.stdout
    kept = [json.loads(line) for line in lines.read_text().splitlines()]
    windows = [one for one in kept if one.get("figure") == "soak"]
    assert all(one["members"][0]["rss_mb"] > 20 for one in windows)
    assert all(rate > 0 for one in windows for rate in one["beside"].values())
    pictures = sorted(document.parent.glob("plots/*.svg"))
    assert [file.name for file in pictures] == ["soak-latency.svg", "soak-memory.svg"]
    before = [document.read_text(), *(file.read_text() for file in pictures)]
    again = CliRunner().invoke(main, ["plot", str(lines), "--report", str(document)])
    assert again.stdout == done.stdout
    assert before == [document.read_text(), *(file.read_text() for file in pictures)]
    assert list(data.iterdir()) == []


@pytest.mark.ensemble
@needs_zkload
def test_a_soak_that_is_interrupted_leaves_nobody_behind(tmp_path):
    """No member, no load, no folder; the windows until then are kept."""
    lines, data = tmp_path / "lines", tmp_path / "data"
    data.mkdir()
    words = [*SHORT, "--seconds", "600", "--data", str(data), "--out", str(lines)]
    packages = os.pathsep.join(str(ROOT / name) for name in (".", "client", "tools"))
    process = subprocess.Popen(
        [sys.executable, "-m", "hikari_tools.bench", "soak", "--bench-folder", str(BENCH), *words],
        env=os.environ | {"PYTHONPATH": packages},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if "op/s  p99" in line and "at most" not in line:
                break
        loads = _children(process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode
    assert loads
    assert [pid for pid in loads if Path(f"/proc/{pid}").exists()] == []
    assert running_in(data) == []
    assert list(data.iterdir()) == []
    assert [json.loads(line)["figure"] for line in lines.read_text().splitlines()][-1] == "soak"


def _children(pid: int) -> list[int]:
    """The supervisor, and whatever loads just now."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
