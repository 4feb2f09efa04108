"""Looks at the room on this member's disk, and sees to what follows for this member alone."""

from collections.abc import Callable, Iterable
from typing import Final

from attrs import define, field
from twisted.logger import Logger

from hikari.replica.compaction import Compaction
from hikari.replica.room import Room
from hikari.store.rows import RocksRows
from hikari.store.space import FLOOR_BYTES, MIB, STARVED_BYTES, Space
from hikari.tree.rows import RowsFull

log = Logger(__name__)

LOOK_S: Final = 0.1
"""So much a greedy writer can take before the reserve is touched (a look is one system call)."""
LOW_LOOKS: Final = 15
"""The journal may be what fills the disk, and needs about a second to give its room back: only
who is low for so long says so. Who has less than a quarter of the mark, or than the floor, says so
at once; so does who would have with its rows flushed, which take as much again as the journal has
of them. (Seen: 29 MiB were free, the flush took them, and what the reserve gave went the same way
until a member stood aside for good.)"""


@define
class DiskWatch:
    space: Space
    room: Room
    compaction: Compaction
    rows: Callable[[], RocksRows]  # the tree's, now
    squeeze_journal: Callable[[], None]
    _short_looks: int = field(init=False, default=0)
    _low_looks: int = field(init=False, default=0)
    _spared: RocksRows | None = field(init=False, default=None)

    def look(self) -> None:
        """To be called every `LOOK_S`. Raises OSError."""
        space, room = self.space, self.room
        space.look()
        left = space.free - self.rows().unflushed_bytes()
        short = space.low or left < space.low_bytes
        if short and not self._short_looks % LOW_LOOKS:
            self.compaction.hurry()
        self._short_looks = self._short_looks + 1 if short else 0
        self._low_looks = self._low_looks + 1 if space.low else 0
        low = left < FLOOR_BYTES or (
            space.low
            and (
                room.low
                or self._low_looks >= LOW_LOOKS
                or space.free < max(space.low_bytes // 4, FLOOR_BYTES)
            )
        )
        if low != room.low or space.starved != room.starved:
            room.low, room.starved = low, space.starved
            self._tell()
        self._spare()

    def _tell(self) -> None:
        space = self.space
        if self.room.starved:
            what = "full: this member stands aside until there is room"
        elif self.room.low:
            what = "short of room"
        else:
            what = "no longer short of room"
        log.warn(
            "the disk is {what}; {free} MiB free, {low} wanted, {held} in reserve",
            what=what,
            free=space.free // MIB,
            low=space.low_bytes // MIB,
            held=space.reserved // MIB,
        )

    def _spare(self) -> None:
        """No merges of the tree's rows while one of them could take the last room."""
        rows = self.rows()
        limit = rows.merge_bytes + 2 * FLOOR_BYTES
        spare = self.space.free < (limit * 3 // 2 if rows is self._spared else limit)
        if spare != (rows is self._spared):
            rows.sparing(spare)
            self._spared = rows if spare else None

    def squeeze(self) -> None:
        """On the tree's thread."""
        self.squeeze_journal()
        rows = self.rows()
        if self.space.free + self.space.reserved < rows.merge_bytes + STARVED_BYTES:
            return  # more is not asked for: what deletes give back may be the only way out
        try:
            rows.squeeze()
        except RowsFull:
            log.warn("no room to merge the tree's rows: deletes give back their room later")

    def figures(self) -> Iterable[tuple[str, int]]:
        space = self.space
        yield "hikari_disk_free_bytes", space.free
        yield "hikari_disk_total_bytes", space.total
        yield "hikari_disk_low_bytes", space.low_bytes
        yield "hikari_disk_reserve_bytes", space.reserved
