"""What Raft hands out: what is to be done now, and what may be said once that is on disk."""

from attrs import define

from hikari.raft.entry import Entry
from hikari.raft.journal import HardState
from hikari.raft.messages import Chunk, ChunkReply, Message


@define
class Ready:
    """Everything the outside must do now."""

    number: int  # pass it to `durable` once hard_state and entries are; 0: nothing to write
    hard_state: HardState | None
    entries: list[Entry]
    messages: list[tuple[int, Message]]
    committed: list[Entry]
    reads: list[tuple[int, int]]  # (context, index): answered once `index` is applied
    snapshots: list[int]  # members that need rows, not entries
    chunks: list[Chunk | ChunkReply]  # of the current leader, or to it
    recovered: bool  # the journal is whole again: tell it, before it is given the entries


@define
class Pending:
    """A write that is under way to the disk, and what may be said once it is there."""

    number: int
    last_index: int
    replies: list[tuple[int, Message]]
