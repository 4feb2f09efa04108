"""What is measured: every row of the goals, as cases in groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hikari_tools.bench.load import Level

SMALL, LARGE = 128, 1024  # bytes of a znode
WATCHERS = (1_000, 10_000)
WATCHED = "/watched"  # stays: it must be there on every member before anybody watches
LISTED = 100_000
IDLE = 10_000
DIRECTORY = 1_000_000


@dataclass(frozen=True)
class Case:
    """One figure: a workload of zkload's, how much at once, and the size of a znode."""

    workload: str
    level: Level
    value_bytes: int = SMALL
    options: tuple[str, ...] = ()
    """Further words for zkload."""
    called: str = ""

    @property
    def name(self) -> str:
        """What a table calls it: the same name is the same figure."""
        size = "" if self.value_bytes == SMALL else f" {self.value_bytes} B"
        return self.called or f"{self.workload} {self.level}{size}"


def of(workloads: str, levels: str, value_bytes: int = SMALL) -> list[Case]:
    """Every one of these workloads at every one of these levels."""
    return matrix(workloads.split(), map(Level.parse, levels.split()), value_bytes)


def matrix(
    workloads: Sequence[str], levels: Iterable[Level], value_bytes: int = SMALL
) -> list[Case]:
    """The same of words that are parsed already."""
    at = list(levels)
    return [Case(workload, level, value_bytes) for workload in workloads for level in at]


def watch(watchers: int, rounds: int = 10) -> Case:
    """One set, and so many who wait for it; so many times."""
    words = ("--rounds", str(rounds), "--root", WATCHED, "--keep")
    return Case("watch", Level(watchers, 1), options=words)


def idling(sessions: int, when: str) -> Case:
    """So many sessions that do nothing: what memory is used depends on what was before."""
    return Case("idle", Level(sessions, 1), called=f"{sessions:,} idle sessions {when}")


def listing(children: int, rounds: int = 10) -> Case:
    """A getChildren of so many."""
    words = ("--children", str(children), "--rounds", str(rounds))
    return Case("list", Level(16, 1), options=words, called=f"getchildren of {children:,}")


STANDING: Mapping[str, Sequence[Case]] = {
    "reads": [*of("get exists getchildren", "16x16 64x16"), *of("get", "1x1 16x1")],
    "sync": of("syncget", "1x1 16x1 16x16 64x16"),
    "writes": [
        *of("set create", "16x1 16x16 64x16"),
        *of("set create", "16x16 64x16", LARGE),
        *of("set", "1x1"),
    ],
    "mixed": of("mixed multi lock", "1x1 16x1 16x16 64x16"),
    "watches": [watch(watchers) for watchers in WATCHERS],
    "sessions": [*of("churn", "16x1 64x1"), idling(IDLE, "after work")],
    "list": [listing(LISTED)],
}
"""Measured on ensembles that stand for the whole comparison: what reads comes first."""

BY_THEMSELVES = ("open", "idle", "directory", "scale")
"""Groups that are more than cases: they need what was measured before, or servers of their own."""

GROUPS = (*STANDING, *BY_THEMSELVES)

SHORT: Mapping[str, Sequence[Case]] = {
    "reads": [*of("get exists getchildren", "16x16"), *of("get", "1x1")],
    "writes": [*of("set create", "16x16"), *of("set", "1x1")],
    "mixed": of("mixed multi lock", "16x16"),
    "sync": of("syncget", "16x16"),
    "watches": [watch(100, rounds=3)],
    "sessions": of("churn", "16x1"),
    "list": [listing(1_000)],
}
"""A taste of each that takes a minute in all: it finds what fails, and prints ratios."""
