"""What members say to each other about agreement. Plain data; `hikari.peers` makes bytes of it."""

from attrs import define

from hikari.raft.entry import Entry, Mark


@define
class Append:
    """AppendEntries (Raft, figure 2). Empty: a heartbeat, news of a commit, or a read round."""

    sender: int
    term: int
    before: Mark  # what must stand right before `entries`
    commit: int
    round: int  # echoed: who answers round r still followed this leader after r began
    durable: int  # the leader has everything up to here on disk
    forgot: bool  # the leader believes nothing of what this follower said before it was recovering
    entries: list[Entry]


@define
class AppendReply:
    """`ok`: the log matches the leader's up to `index`, durably. Else `index` is where to look."""

    sender: int
    term: int
    round: int
    ok: bool
    before: int  # the index of Append.before that is answered: tells stale refusals
    index: int
    recovering: bool


@define
class Vote:
    """RequestVote (figure 2); `pre`: only asked whether one would be given (dissertation 9.6);
    `forced`: the leader itself has asked for this election (3.10); `recovering`: the candidate may
    have forgotten what it had, and stands because nobody seems to have anything."""

    sender: int
    term: int
    last_index: int
    last_term: int
    pre: bool
    forced: bool = False
    recovering: bool = False


@define
class VoteReply:
    sender: int
    term: int
    granted: bool
    pre: bool


@define
class TimeoutNow:
    """The leader of `term` asks the receiver, which has all there is, to take over (3.10)."""

    sender: int
    term: int


@define
class Estranged:
    """The receiver has committed more than the leader of `term` has: see JournalEstranged."""

    sender: int
    term: int


@define
class ReadRequest:
    """A follower asks for a read index on behalf of its barriers (dissertation 6.4). When it sent
    this it was in `term`: unless it is `recovering`, it had elected nobody in a newer one."""

    sender: int
    term: int
    context: int
    recovering: bool


@define
class ReadReply:
    sender: int
    term: int
    context: int
    index: int


@define
class Chunk:
    """A part of a snapshot: rows of the tree as of `mark`. Numbered from 0, in order."""

    sender: int
    term: int
    mark: Mark
    number: int
    rows: list[tuple[bytes, bytes]]
    checksum: int  # crc32 over all keys and values of this chunk and of those before it
    done: bool


@define
class ChunkReply:
    """`number`: the chunk that was taken; -1: start over (or give up: it was not wanted)."""

    sender: int
    term: int
    index: int  # of the snapshot's mark
    number: int


Message = (
    Append
    | AppendReply
    | Vote
    | VoteReply
    | TimeoutNow
    | Estranged
    | ReadRequest
    | ReadReply
    | Chunk
    | ChunkReply
)
