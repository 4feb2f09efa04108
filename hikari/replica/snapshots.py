"""Rows for a follower that is too far behind for entries: sent in chunks, taken in a new folder."""

from collections.abc import Callable
from typing import Final
from zlib import crc32

from attrs import Factory, define, field

from hikari.raft.entry import Mark
from hikari.raft.messages import Chunk, ChunkReply
from hikari.tree.rows import Rows, RowsFull, View

CHUNK_BYTES: Final = 1 << 20
CHUNKS_AHEAD: Final = 4
"""So many chunks are on their way unanswered."""
PATIENCE_TICKS: Final = 200
"""A transfer that does not move for so long is given up; Raft will ask for another."""
REST_TICKS: Final = 10
"""After a refused chunk nothing is sent for so long: who has the entries already, on a disk that
is slow to say so, would be sent everything again and again."""


def checksum(rows: list[tuple[bytes, bytes]]) -> int:
    value = 0
    for key, data in rows:
        value = crc32(data, crc32(key, value))
    return value


@define
class _Transfer:
    view: View
    mark: Mark
    sent: int = 0  # chunks
    answered: int = 0
    finished: bool = False
    idle_ticks: int = 0


@define
class Sending:
    """The leader's side: one transfer a follower."""

    member: int
    ended: Callable[[int], None]  # Raft.snapshot_ended
    _transfers: dict[int, _Transfer] = field(init=False, default=Factory(dict))
    _resting: dict[int, int] = field(init=False, default=Factory(dict))  # peer -> ticks left

    def begin(self, peer: int, view: View, mark: Mark) -> None:
        self.end(peer)
        self._transfers[peer] = _Transfer(view, mark)

    def sends_to(self, peer: int) -> bool:
        return peer in self._transfers

    def lowest(self) -> int | None:
        """The journal must keep what follows this index while a transfer runs."""
        return min((t.mark.index for t in self._transfers.values()), default=None)

    def chunks(self, term: int) -> list[tuple[int, Chunk]]:
        """What may be sent now. Raises RowsDamaged: then nothing of it may be believed."""
        out = []
        for peer, transfer in self._transfers.items():
            while not transfer.finished and transfer.sent - transfer.answered < CHUNKS_AHEAD:
                rows = transfer.view.take(CHUNK_BYTES)
                transfer.finished = not rows
                out.append((peer, self._chunk(term, transfer, rows)))
                transfer.sent += 1
        return out

    def _chunk(self, term: int, transfer: _Transfer, rows: list[tuple[bytes, bytes]]) -> Chunk:
        return Chunk(
            self.member,
            term,
            transfer.mark,
            transfer.sent,
            rows,
            checksum(rows),
            transfer.finished,
        )

    def replied(self, reply: ChunkReply) -> None:
        transfer = self._transfers.get(reply.sender)
        if transfer is None or transfer.mark.index != reply.index:
            return
        transfer.idle_ticks = 0
        transfer.answered = max(transfer.answered, reply.number + 1)
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


@define
class Receiving:
    """The follower's side: rows go into a new folder; nothing of ours changes before the end."""

    member: int
    open_rows: Callable[[str], Rows]  # a new, empty folder of that name
    drop_rows: Callable[[str], None]  # close whoever may have it open, then delete it
    _rows: Rows | None = field(init=False, default=None)
    _mark: Mark | None = field(init=False, default=None)
    _next: int = field(init=False, default=0)

    def take(self, chunk: Chunk) -> tuple[ChunkReply, tuple[Mark, str, Rows] | None]:
        """Keep a chunk. The answer to send and, with the last one, what is now whole."""
        term, index = chunk.term, chunk.mark.index
        name = f"tree-{index}"
        if chunk.number == 0:
            self.abandon()
            self._rows, self._mark, self._next = self.open_rows(name), chunk.mark, 0
        if self._rows is None or chunk.mark != self._mark or chunk.number != self._next:
            return ChunkReply(self.member, term, index, -1), None
        if checksum(chunk.rows) != chunk.checksum or not self._kept(chunk):
            self.abandon()
            return ChunkReply(self.member, term, index, -1), None
        self._next += 1
        reply = ChunkReply(self.member, term, index, chunk.number)
        if not chunk.done:
            return reply, None
        rows, self._rows = self._rows, None
        return reply, (chunk.mark, name, rows)

    def _kept(self, chunk: Chunk) -> bool:
        """The chunk's rows are written, and with the last one all are durable. False: no room."""
        assert self._rows is not None
        try:
            if chunk.rows:
                self._rows.write(dict(chunk.rows))
            if chunk.done:
                self._rows.flush()
        except RowsFull:
            return False
        return True

    def abandon(self) -> None:
        """What was begun is of no use any more."""
        if self._rows is not None and self._mark is not None:
            self._rows.close()
            self._rows = None
            self.drop_rows(f"tree-{self._mark.index}")
