"""When the tree is settled: what changes often is written once; a restart replays a little more."""

from typing import Final

from attrs import define, field

from hikari.tree.tree import Tree

SETTLE_ROWS = 2048  # the simulator tunes it
"""With so many changed rows: writing them takes some milliseconds."""
SETTLE_BYTES: Final = 4 << 20
"""With so many bytes more in the journal: what is not settled is in no account of the disk yet."""
SETTLE_TICKS: Final = 4
"""Once in so many ticks in any case."""


@define
class Settling:
    """Of one member's tree, in turns that `tick` and what came in ask for."""

    _ticks: int = field(init=False, default=0)
    _due: bool = field(init=False, default=False)
    _due_bytes: int = field(init=False, default=SETTLE_BYTES)

    def tick(self, tree: Tree) -> None:
        """One tick passed. Nothing is let go of while something is unsettled: so at once if more is
        in memory than may be."""
        self._ticks += 1
        if self._ticks >= SETTLE_TICKS or tree.cache.is_full():
            self._due = True

    def consider(self, tree: Tree, log_bytes: int) -> None:
        """Called every turn. `log_bytes`: of all records appended so far."""
        if self._due or len(tree.changed) >= SETTLE_ROWS or log_bytes >= self._due_bytes:
            self._due, self._ticks = False, 0
            self._due_bytes = log_bytes + SETTLE_BYTES
            tree.settle()
