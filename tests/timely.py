"""Claims about time by the clock, on a machine that has other work as well.

A machine under load may withhold a fifth of a second from anybody, once. What the project itself
does too slowly it does each time. So a test that is marked `timely` and finds something too late
is run again, twice at most; any other failure of it is a failure at once. A run of all tests says
which of them were run again.
"""

import pytest


class TooLate(AssertionError):
    """The only failure that may be luck."""


timely = pytest.mark.flaky(reruns=2, only_rerun=[TooLate])


def demand_within(most: float, *taken: float, of: str) -> None:
    """None took longer than `most`, both in the same unit. Raises TooLate."""
    longest = max(taken)
    if longest > most:
        raise TooLate(f"{of}: {longest:g}, at most {most:g} is right")
