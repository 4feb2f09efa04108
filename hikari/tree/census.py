"""Holds all rows of a tree against what its settled row says of them: is it all of them, and are
they what was written? A row that rots in silence is missed by no other means until it changes.
"""

from collections.abc import Sequence

from hikari.tree import keys
from hikari.tree.digest import MASK, total
from hikari.tree.rows import RowsDamaged
from hikari.tree.state import Meta, read_meta

_ZNODE = keys.ZNODE[0]


class Census:
    """Counts rows as they come by, a part at a time."""

    def __init__(self) -> None:
        self.meta: Meta | None = None
        self.rows = 0
        self.znodes = 0
        self.sum = 0

    def count(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        """Raises RowsDamaged."""
        self.sum = self.sum + total(rows) & MASK
        self.rows += len(rows)
        for key, row in rows:
            if key[0] == _ZNODE:
                self.znodes += 1
            elif key == keys.META:
                self.meta = read_meta(row)

    def demand_whole(self) -> Meta:
        """All rows were counted: the settled row is among them, no znode is missing, and all are
        what was written. Raises RowsDamaged."""
        if self.meta is None:
            raise RowsDamaged(f"no settled row among {self.rows} rows")
        if self.meta.znodes != self.znodes:
            raise RowsDamaged(f"{self.znodes} znodes, where there must be {self.meta.znodes}")
        if self.meta.sum != self.sum:
            raise RowsDamaged("the rows are not those that were written: one rotted, came or went")
        return self.meta
