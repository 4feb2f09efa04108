"""Says at the end how long the reliability part took: it has 25 minutes on two cores, that is, in
each of the two lanes of ./test."""

import signal
from collections import Counter

ROOMS = ("simulation", "testing", "mutants", "faults", "fuzz", "differential", "keeper")
seconds: Counter[str] = Counter()


def pytest_configure():
    """Who is started in the background of a shell, and all that it starts, would ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_logreport(report):
    """Set-up and teardown count too."""
    folder, _, rest = report.nodeid.removeprefix("tests/").partition("/")
    if rest and folder in ROOMS:
        seconds[folder] += report.duration


def pytest_terminal_summary(terminalreporter):
    if seconds:
        each = ", ".join(f"{room} {spent:.0f}" for room, spent in seconds.most_common())
        terminalreporter.write_line(f"reliability: {seconds.total() / 60:.1f} min ({each} s)")
