"""A look at all rows of a tree: are they what the tree has counted as it wrote them?"""

from attrs import define

from hikari.tree import keys
from hikari.tree.digest import MASK, total
from hikari.tree.rows import RowsDamaged
from hikari.tree.state import sum_of


@define
class Tally:
    """Of one view, from its first row to its last; a row that rotted in silence is missed by no
    other means until its znode changes."""

    sum: int = 0
    settled: bytes | None = None  # the settled row

    def add(self, rows: list[tuple[bytes, bytes]]) -> None:
        self.sum = self.sum + total(rows) & MASK
        if self.settled is None:
            self.settled = next((row for key, row in rows if key == keys.META), None)

    def demand_whole(self) -> None:
        """Those were all. Raises RowsDamaged."""
        if self.settled is None:
            raise RowsDamaged("a tree without a settled row")
        if sum_of(self.settled) != self.sum:
            raise RowsDamaged("the rows are not those that were written: one rotted, came or went")
