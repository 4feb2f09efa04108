"""Raft's view of the log: the newest entries in memory, the rest in the journal."""

from hikari.raft.entry import Entry, Mark
from hikari.raft.journal import Compacted, Journal, JournalEstranged


class RaftLog:
    """The log of one member.

    Invariants: base.index <= applied <= commit; durable <= last.index;
    `tail` holds the entries tail_first .. last.index, contiguous and chained.
    """

    def __init__(self, journal: Journal, applied: int) -> None:
        self.journal = journal
        self.last = journal.last
        self.durable = journal.last.index
        self.commit = applied
        self.applied = applied  # handed out for application
        self.bytes = 0  # of all records appended by this process
        self.tail: list[Entry] = []
        self.tail_bytes = 0
        self.tail_first = self.last.index + 1
        assert journal.base.index <= applied <= self.last.index

    @property
    def base(self) -> Mark:
        return self.journal.base

    def append(self, entry: Entry) -> None:
        assert entry.index == self.last.index + 1
        assert entry.previous == self.last.checksum
        self.tail.append(entry)
        self.bytes += len(entry.record)
        self.tail_bytes += len(entry.record)
        self.last = entry.mark

    def cut(self, index: int) -> None:
        """Forget the entries from `index` on: another leader decided otherwise."""
        assert index > self.commit, "a committed entry is never cut"
        mark = self.mark_at(index - 1)
        assert mark is not None
        if index <= self.tail_first:
            self.tail, self.tail_first = [], index
        else:
            del self.tail[index - self.tail_first :]
        self.tail_bytes = sum(len(entry.record) for entry in self.tail)
        self.last = mark
        self.durable = min(self.durable, index - 1)

    def mark_at(self, index: int) -> Mark | None:
        """The mark of the entry at `index`; None where this log has (or knows) none."""
        if index == self.last.index:
            return self.last
        if index >= self.tail_first:
            return self.tail[index - self.tail_first].mark if index < self.last.index else None
        if index == self.base.index:
            return self.base
        if index < self.base.index:
            return None
        return self.journal.entries(index, index, 1)[0].mark

    def entries(self, first: int, last: int, bytes_max: int) -> list[Entry]:
        """Entries first..last, fewer if they exceed `bytes_max`, at least one. Raises Compacted."""
        if first <= self.base.index:
            raise Compacted(first)
        if first < self.tail_first:
            return self.journal.entries(first, min(last, self.tail_first - 1), bytes_max)
        chosen = self.tail[first - self.tail_first : last - self.tail_first + 1]
        size = 0
        for count, entry in enumerate(chosen):
            size += len(entry.record)
            if size > bytes_max and count:
                return chosen[:count]
        return chosen

    def first_of_term(self, index: int) -> int:
        """The first index of the run of equal terms that holds `index`, as far as memory tells."""
        mark = self.mark_at(index)
        assert mark is not None
        while index > self.tail_first and self.tail[index - 1 - self.tail_first].term == mark.term:
            index -= 1
        return index

    def demand_another(self, mark: Mark, other: Mark) -> None:
        """Where this log and the leader's differ, the entry here must be of another leader, and
        must never have been committed. Raises JournalEstranged."""
        if mark.index <= self.commit or mark.term == other.term:
            raise JournalEstranged(
                f"entry {mark.index} of term {mark.term} is not what the leader has there, of term"
                f" {other.term}: the others went on without what is here"
            )

    def demand_agreement(self, entries: list[Entry]) -> None:
        """What is committed here, and is sent again, must be the same; the last checksum tells of
        all before it. Raises JournalEstranged."""
        entry = entries[min(self.commit, entries[-1].index) - entries[0].index]
        mark = self.mark_at(entry.index)
        if mark is not None and mark != entry.mark:
            self.demand_another(mark, entry.mark)

    def up_to_date(self, last_index: int, last_term: int) -> bool:
        """Whether a log that ends so is at least as new as ours (Raft, 5.4.1)."""
        return (last_term, last_index) >= (self.last.term, self.last.index)

    def trim(self, entries_kept: int, bytes_kept: int) -> None:
        """Drop from memory what is applied and durable, but for the newest entries: about
        `entries_kept` of them, and no more than about `bytes_kept` bytes."""
        tail = self.tail
        if len(tail) < 2 * entries_kept and self.tail_bytes < 2 * bytes_kept:
            return  # in strides: a list is cut from the front in linear time
        droppable = min(self.applied, self.durable) - self.tail_first + 1
        count, size = 0, self.tail_bytes
        while count < droppable and (len(tail) - count > entries_kept or size > bytes_kept):
            size -= len(tail[count].record)
            count += 1
        del tail[:count]
        self.tail_bytes = size
        self.tail_first += count

    def restore(self, mark: Mark) -> None:
        """Start behind a snapshot; the journal was reset to it before."""
        assert mark.index > self.commit
        assert self.journal.base == mark
        self.last = mark
        self.durable = self.commit = self.applied = mark.index
        self.tail, self.tail_bytes, self.tail_first = [], 0, mark.index + 1
