"""How a mistake is put into the code of a process that will not live long."""

from collections.abc import Callable
from typing import Any

from hikari.gateway.reads import READS
from hikari.raft.raft import _STEP
from hikari.tree.table import APPLY, PARTS

Set = Callable[[Any, str, Any], None]
Mutant = Callable[[Set], None]

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
