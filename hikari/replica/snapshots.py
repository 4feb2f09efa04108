"""Rows for a follower that is too far behind for entries: sent in chunks, taken in a new folder."""

from collections.abc import Callable
from typing import Final
from zlib import crc32

from attrs import Factory, define, field
from twisted.logger import Logger

from hikari.raft.entry import Mark
from hikari.raft.messages import Chunk, ChunkReply
from hikari.tally import Tally
from hikari.tree import keys
from hikari.tree.census import Census
from hikari.tree.rows import Rows, RowsDamaged, RowsFull, View

log = Logger(__name__)

CHUNK_BYTES = 128 << 10  # the simulator tunes it
"""Of small rows some thousand: to read and to pack them keeps the leader for some milliseconds."""
CHUNKS_AHEAD: Final = 16
"""So many chunks are on their way unanswered."""
PATIENCE_TICKS: Final = 200
"""A transfer that does not move for so long is given up; Raft will ask for another."""
REST_TICKS: Final = 10
"""After a refused chunk nothing is sent for so long: who has the entries already, on a disk that
is slow to say so, would be sent everything again and again."""


def checksum(rows: list[tuple[bytes, bytes]], before: int = 0) -> int:
    """Over a chunk and, by the checksum of the one before it, all chunks so far: the last one's
    covers the whole snapshot."""
    value = before
    for key, data in rows:
        value = crc32(data, crc32(key, value))
    return value


def demand_mark(census: Census, mark: Mark) -> None:
    """The rows that were counted are all of the tree at `mark`. Raises RowsDamaged."""
    meta = census.demand_whole()
    if meta.done or (meta.index, meta.term, meta.checksum) != mark:
        raise RowsDamaged(f"{meta} is not the tree of {mark}")


@define
class _Transfer:
    view: View
    mark: Mark
    sent: int = 0  # chunks
    answered: int = 0
    finished: bool = False
    idle_ticks: int = 0
    checksum: int = 0  # of all that was sent
    census: Census = field(factory=Census)


@define
class Sending:
    """The leader's side: one transfer a follower."""

    member: int
    ended: Callable[[int], None]  # Raft.snapshot_ended
    begun: int = field(init=False, default=0)
    at_once: Tally = field(init=False, default=Factory(Tally))  # under way, whenever one begins
    _transfers: dict[int, _Transfer] = field(init=False, default=Factory(dict))
    _resting: dict[int, int] = field(init=False, default=Factory(dict))  # peer -> ticks left

    def begin(self, peer: int, view: View, mark: Mark) -> None:
        self.begun += 1
        self.end(peer)
        self._transfers[peer] = _Transfer(view, mark)
        self.at_once.add(len(self._transfers))

    def sends_to(self, peer: int) -> bool:
        return peer in self._transfers

    def lowest(self) -> int | None:
        """The journal must keep what follows this index while a transfer runs."""
        return min((t.mark.index for t in self._transfers.values()), default=None)

    def chunks(self, term: int) -> list[tuple[int, Chunk]]:
        """What may be sent in this turn: at most one a peer, so that no turn becomes long. Raises
        RowsDamaged: then nothing of it may be believed, and nobody has, because the last chunk is
        missing."""
        out = []
        for peer, transfer in self._transfers.items():
            if not transfer.finished and transfer.sent - transfer.answered < CHUNKS_AHEAD:
                rows = transfer.view.take(CHUNK_BYTES)
                transfer.census.count(rows)
                transfer.finished = not rows
                if not rows:
                    demand_mark(transfer.census, transfer.mark)
                out.append((peer, self._chunk(term, transfer, rows)))
                transfer.sent += 1
        return out

    def _chunk(self, term: int, transfer: _Transfer, rows: list[tuple[bytes, bytes]]) -> Chunk:
        total = transfer.checksum = checksum(rows, transfer.checksum)
        return Chunk(
            self.member, term, transfer.mark, transfer.sent, rows, total, transfer.finished
        )

    def replied(self, reply: ChunkReply) -> None:
        transfer = self._transfers.get(reply.sender)
        if transfer is None or transfer.mark.index != reply.index:
            return
        if reply.number >= transfer.answered:  # else it is told again
            transfer.idle_ticks = 0
            transfer.answered = reply.number + 1
        if reply.number < 0:
            self.end(reply.sender)
            self._resting[reply.sender] = REST_TICKS
        elif transfer.finished and transfer.answered == transfer.sent:
            self.end(reply.sender)
            self.ended(reply.sender)

    def tick(self) -> None:
        for peer, transfer in list(self._transfers.items()):
            transfer.idle_ticks += 1
            if transfer.idle_ticks > PATIENCE_TICKS:
                self.lost(peer)
        for peer in list(self._resting):
            self._resting[peer] -= 1
            if not self._resting[peer]:
                self.lost(peer)

    def lost(self, peer: int) -> None:
        if peer in self._transfers or peer in self._resting:
            self.end(peer)
            self.ended(peer)

    def end(self, peer: int) -> None:
        self._resting.pop(peer, None)
        transfer = self._transfers.pop(peer, None)
        if transfer is not None:
            transfer.view.close()

    def end_all(self) -> None:
        for peer in [*self._transfers, *self._resting]:
            self.end(peer)


@define(eq=False)
class _Arriving:
    """One snapshot on its way in. Rows are the thread's."""

    mark: Mark
    next: int = 0  # the number of the chunk that is wanted
    rows: Rows | None = None
    broken: bool = False  # of no use: the thread does nothing more for it
    checksum: int = 0  # of all that was taken
    census: Census = field(factory=Census)
    meta: bytes = b""

    @property
    def name(self) -> str:
        return f"tree-{self.mark.index}"

    def check(self, chunk: Chunk) -> dict[bytes, bytes]:
        """What is to be written of a chunk. Raises RowsDamaged."""
        self.checksum = checksum(chunk.rows, self.checksum)
        if self.checksum != chunk.checksum:
            raise RowsDamaged(f"chunk {chunk.number} does not match its checksum")
        self.census.count(chunk.rows)
        batch = dict(chunk.rows)
        self.meta = batch.pop(keys.META, self.meta)
        if chunk.done:
            demand_mark(self.census, self.mark)
            batch[keys.META] = self.meta
        return batch


@define
class Receiving:
    """The follower's side: rows go into a new folder; nothing of ours changes before the end.

    All work on that folder is done `aside`, on the tree's thread: to open it, to write it and to
    make it durable takes longer than a turn may. Then `whole` holds what is to be restored, until
    the turn has taken it.
    """

    member: int
    open_rows: Callable[[str], Rows]  # a new, empty folder of that name
    drop_rows: Callable[[str], object]  # close whoever may have it open, then delete it
    aside: Callable[[Callable[[], None], Callable[[], None]], None]  # (work, then back here)
    whole: tuple[Mark, str, Rows] | None = field(init=False, default=None)
    answered: ChunkReply | None = field(init=False, default=None)
    """The newest answer while a transfer goes on: it may have found no link, so it is repeated."""
    _arriving: _Arriving | None = field(init=False, default=None)

    def take(self, chunk: Chunk, answer: Callable[[ChunkReply], None]) -> None:
        """Keep a chunk, and answer when that is done."""
        if chunk.number == 0:
            self.abandon()
            self._arriving = _Arriving(chunk.mark)
        arriving = self._arriving
        if arriving is None or chunk.mark != arriving.mark or chunk.number != arriving.next:
            answer(self._reply(chunk, -1))
            return
        arriving.next += 1
        self.aside(lambda: self._keep(arriving, chunk), lambda: self._kept(arriving, chunk, answer))

    def _keep(self, arriving: _Arriving, chunk: Chunk) -> None:
        """On the thread. The settled row comes last, and only if all others are there: where it is
        found after a crash, the rows are whole."""
        if arriving.broken:
            return
        if arriving.rows is None:
            arriving.rows = self.open_rows(arriving.name)
        try:
            batch = arriving.check(chunk)
        except RowsDamaged as error:
            log.warn("a snapshot of {mark} is refused: {error}", mark=arriving.mark, error=error)
            arriving.broken = True
            return
        try:
            if batch:
                arriving.rows.write(batch)
            if chunk.done:
                arriving.rows.flush()
        except RowsFull as full:
            log.warn("no room for a snapshot: {error}", error=full)
            arriving.broken = True

    def _kept(
        self, arriving: _Arriving, chunk: Chunk, answer: Callable[[ChunkReply], None]
    ) -> None:
        if arriving is not self._arriving:
            return  # another one has begun
        if arriving.broken:
            self.abandon()
            answer(self._reply(chunk, -1))
            return
        if chunk.done:
            assert arriving.rows is not None
            self.whole = (arriving.mark, arriving.name, arriving.rows)
        self.answered = self._reply(chunk, chunk.number)
        answer(self.answered)

    def _reply(self, chunk: Chunk, number: int) -> ChunkReply:
        return ChunkReply(self.member, chunk.term, chunk.mark.index, number)

    def taken(self) -> None:
        """What is whole is the tree now."""
        self.whole = self._arriving = self.answered = None

    def abandon(self, mark: Mark | None = None) -> None:
        """What was begun (of `mark`, or whatever it is) is of no use any more."""
        arriving = self._arriving
        if arriving is not None and mark in (None, arriving.mark):
            self._arriving = self.whole = self.answered = None
            arriving.broken = True
            self.aside(lambda: self._drop(arriving), lambda: None)

    def _drop(self, arriving: _Arriving) -> None:
        """On the thread."""
        if arriving.rows is not None:
            arriving.rows.close()
            self.drop_rows(arriving.name)
