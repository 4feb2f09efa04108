"""What Raft and the turn need of the disk: the seam that `hikari.store` fills."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hikari.raft.entry import Entry, Mark


class HardState(NamedTuple):
    """What must survive: durable before any message that shows it leaves."""

    term: int
    vote: int  # the member voted for in `term`; 0: none


class Compacted(LookupError):
    """The entries asked for are no longer in the journal."""


class JournalDamaged(Exception):
    """The journal cannot be trusted as it is; the message says what is damaged and where."""


class JournalForeign(JournalDamaged):
    """The journal is in order, but of a version that is not known here: leave it alone."""


class JournalEstranged(JournalDamaged):
    """The log here is of a history that the others gave up: an operator accepted its loss while
    this member was away. Raft alone cannot bring that about. None of it can be kept."""


class Journal(Protocol):
    """The log on disk. Used by one thread, except `sync`, which may run on another."""

    base: Mark
    """The journal starts behind it. Invariant: base.index <= last.index."""
    last: Mark
    """The newest entry written (durable or not); equals `base` when there is none."""
    hard_state: HardState
    recovering: bool
    """True when entries that were promised durable are missing: this member must not vote. Also
    for a journal made new (a lost folder looks like that), until `recovered`."""
    bereft: bool
    """Recovering, and it is known that there was something to lose: such a member must not take
    part in the first election of a new ensemble, even if nothing is left."""
    tree_name: str
    """The folder, beside the journal, of the tree that belongs to this journal."""

    def append(self, hard_state: HardState | None, entries: Sequence[Entry]) -> None:
        """Write both in one batch, not yet durable.

        `entries` are contiguous and chained to what is before them; the first has an index in
        base.index + 1 .. last.index + 1. Where it is not last.index + 1, all entries from it on
        are replaced (and the watermark is lowered, durably, first).
        """

    def sync(self) -> None:
        """Block until all that was appended before this call is durable; raise the watermark."""

    def entries(self, first: int, last: int, bytes_max: int) -> list[Entry]:
        """Entries first..last (both included), verified; fewer if they exceed `bytes_max`, at
        least one. Raises Compacted if `first` <= base.index, JournalDamaged on a bad record."""

    def compact(self, mark: Mark) -> None:
        """Forget entries up to and including `mark`, which becomes the base. Lazy is fine."""

    def reset(self, hard_state: HardState, mark: Mark, tree_name: str) -> None:
        """Forget every entry: a snapshot at `mark`, in folder `tree_name`, takes their place.
        Durable on return, atomic in a crash."""

    def recovered(self) -> None:
        """The missing entries are back: clear `recovering`, durably."""

    def close(self) -> None: ...
