"""What may be run again, and what may not."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
LATE = """
from timely import demand_within, timely
runs = []

@timely
def test_of_time():
    runs.append(1)
    assert len(runs) != {wrong}, "wrong"
    demand_within(1, 5 if len(runs) <= {late} else 1, of="s")
"""


def outcome(folder: Path, late: int, wrong: int = 0) -> str:
    """What pytest says at its end of a test that is too late in so many runs, and wrong in one."""
    (folder / "test_one.py").write_text(LATE.format(late=late, wrong=wrong))
    asked = ["-p", "no:cacheprovider", "--rootdir", str(folder), "-o", f"pythonpath={TESTS}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked, str(folder)], capture_output=True, text=True
    )
    return done.stdout.splitlines()[-1].strip("= ").rpartition(" in ")[0]


def test_what_is_too_late_by_luck_is_run_again(tmp_path):
    assert outcome(tmp_path, late=1) == "1 passed, 1 rerun"
    assert outcome(tmp_path, late=2) == "1 passed, 2 rerun"


def test_what_is_too_late_each_time_fails(tmp_path):
    assert outcome(tmp_path, late=3) == "1 failed, 2 rerun"


def test_what_is_wrong_fails_at_once(tmp_path):
    assert outcome(tmp_path, late=0, wrong=1) == "1 failed"
    assert outcome(tmp_path, late=1, wrong=2) == "1 failed, 1 rerun"
