"""Majorities: which index has one, and is a vote decided."""

from collections.abc import Collection, Iterable


def majority(voters: int) -> int:
    """How many of `voters` are more than half."""
    return voters // 2 + 1


def two_decide(voters: int) -> bool:
    """Whether the leader and any one other are a majority: then that other one knows, too, when
    something is committed."""
    return majority(voters) == 2


def reached(values: Collection[int]) -> int:
    """The greatest value that a majority of the voters has reached (one value a voter)."""
    return sorted(values, reverse=True)[majority(len(values)) - 1]


def decided(granted: Iterable[bool], voters: int) -> bool | None:
    """True: won, False: lost, None: still open."""
    answers = list(granted)
    if sum(answers) >= majority(voters):
        return True
    if len(answers) - sum(answers) > voters - majority(voters):
        return False
    return None
