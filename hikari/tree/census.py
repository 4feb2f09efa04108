"""Holds all rows of a tree against what its settled row says of them: is it all of them?"""

from collections.abc import Iterable

from hikari.tree import keys
from hikari.tree.rows import RowsDamaged
from hikari.tree.state import Meta, read_meta

_ZNODE = keys.ZNODE[0]


class Census:
    """Counts rows as they come by, a part at a time."""

    def __init__(self) -> None:
        self.meta: Meta | None = None
        self.rows = 0
        self.znodes = 0

    def count(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Raises RowsDamaged."""
        for key, row in rows:
            self.rows += 1
            if key[0] == _ZNODE:
                self.znodes += 1
            elif key == keys.META:
                self.meta = read_meta(row)

    def demand_whole(self) -> Meta:
        """All rows were counted: the settled row is among them, and no znode is missing. Raises
        RowsDamaged."""
        if self.meta is None:
            raise RowsDamaged(f"no settled row among {self.rows} rows")
        if self.meta.znodes != self.znodes:
            raise RowsDamaged(f"{self.znodes} znodes, where there must be {self.meta.znodes}")
        return self.meta
