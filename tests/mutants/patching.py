"""How a mistake is put into the code of a process that will not live long."""

from typing import Any

from raft.mutants import Mutant, Set

from hikari.gateway.reads import READS
from hikari.raft.raft import _STEP
from hikari.tree.table import APPLY, PARTS

__all__ = ["Mutant", "Set", "set"]

TABLES: list[dict[Any, Any]] = [_STEP, READS, APPLY, PARTS]
"""What looks functions up by the kind of message or request."""


def set(owner: Any, name: str, value: Any) -> None:
    """`setattr`, also in the tables. Nothing takes it back: see `mutants.score`."""
    old = getattr(owner, name)
    setattr(owner, name, value)
    for table in TABLES:
        for kind, known in table.items():
            if known is old:
                table[kind] = value
