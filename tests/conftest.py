"""Says at the end how long the tests of reliability took in this run of pytest, that is, in one of
the two lanes of ./test: the sum of what each test took, not a time by the clock. It has 25 minutes
in each lane, and one that took longer is told so in red; it does not fail, since a busy machine is
no fault of the code."""

import signal
from collections import Counter

import hypothesis
import pytest

from hikari.compiled.use import in_use, use_if_asked

ROOMS = (
    *("simulation", "testing", "mutants", "faults", "fuzz", "differential", "keeper"),
    *("raft", "ensemble", "breakins"),
)
MINUTES_MAX = 25.0

hypothesis.settings.register_profile("hikari", deadline=None)  # a busy machine is not wrong
hypothesis.settings.load_profile("hikari")
use_if_asked()  # the same tests of the same rooms, compiled: before any of them is imported
seconds: Counter[str] = Counter()


def pytest_configure():
    """Who is started in the background of a shell, and all that it starts, would ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Who replaces parts of what is compiled, or looks into them, cannot do so there."""
    if in_use():
        skip = pytest.mark.skip(reason="the rooms are compiled")
        for item in items:
            if item.get_closest_marker("interpreted"):
                item.add_marker(skip)


def pytest_runtest_logreport(report):
    """Set-up and teardown count too."""
    folder, _, rest = report.nodeid.removeprefix("tests/").partition("/")
    if rest and folder in ROOMS:
        seconds[folder] += report.duration


def pytest_terminal_summary(terminalreporter):
    if not seconds:
        return
    minutes = seconds.total() / 60
    each = ", ".join(f"{room} {spent:.0f}" for room, spent in seconds.most_common())
    terminalreporter.write_line(f"reliability: {minutes:.1f} min of tests in this lane ({each} s)")
    if minutes > MINUTES_MAX:
        told = f"ERROR: reliability took {minutes:.1f} min in this lane, of {MINUTES_MAX:g}"
        terminalreporter.write_line(told, red=True)
