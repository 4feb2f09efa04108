"""All mutants, by name, in the order of their families."""

import inspect
from types import ModuleType
from typing import Final

from mutants import (
    amnesia,
    proposals,
    raft_log,
    raft_reads,
    raft_votes,
    sessions,
    snapshots,
    storage,
    tree,
    watches,
)
from mutants.patching import Mutant

FAMILIES: Final = (
    *(raft_votes, raft_log, raft_reads, amnesia, storage, snapshots),
    *(sessions, watches, tree, proposals),
)


def _of(family: ModuleType) -> list[Mutant]:
    made = [
        value
        for value in vars(family).values()
        if inspect.isfunction(value) and value.__module__ == family.__name__
    ]
    return sorted(made, key=lambda mutant: mutant.__code__.co_firstlineno)


MUTANTS: Final[dict[str, Mutant]] = {
    mutant.__name__: mutant for family in FAMILIES for mutant in _of(family)
}


def source_of(mutant: Mutant) -> str:
    """Project and number: what its docstring begins with, up to the colon."""
    text = " ".join((mutant.__doc__ or "").split())
    return text.split(": ")[0]
