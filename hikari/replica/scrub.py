"""All rows are read again now and then, a few a tick: what rotted in silence is found.

The digests that members compare follow the changes; a row that nobody changes is seen here.
"""

from typing import Final

from attrs import Factory, define, field

from hikari.tree.census import Census
from hikari.tree.rows import View
from hikari.tree.tree import Tree

SCRUB_BYTES: Final = 32 << 10
"""So much is read a tick: a tree of a gigabyte takes half an hour."""
REST_TICKS: Final = 72_000
"""An hour at 50 ms, between two passes and before the first."""


@define
class Scrub:
    """`passes`: how often all rows were read, and were what they had been when written."""

    passes: int = field(init=False, default=0)
    _view: View | None = field(init=False, default=None)
    _census: Census = field(init=False, default=Factory(Census))
    _rest: int = field(init=False, default=Factory(lambda: REST_TICKS))

    def tick(self, tree: Tree) -> None:
        """One tick passed. Raises RowsDamaged."""
        if self._view is None:
            self._rest -= 1
            if self._rest > 0:
                return
            tree.settle()
            self._view, self._census = tree.rows.view(), Census()
        rows = self._view.take(SCRUB_BYTES)
        if rows:
            self._census.count(rows)
            return
        self._census.demand_whole()
        self.passes += 1
        self.end()

    def end(self) -> None:
        """The pass is over, or the tree is another now."""
        if self._view is not None:
            self._view.close()
            self._view = None
        self._rest = REST_TICKS
