"""How a promise is demanded of what is simulated."""

from typing import Any


class Violation(AssertionError):
    """A promise was broken. The message begins with its name."""


def demand(holds: bool, promise: str, *facts: Any) -> None:
    """Raises Violation."""
    if not holds:
        raise Violation(f"{promise}: {' '.join(map(str, facts))}")
