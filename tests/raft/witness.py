"""What must be true of every Raft at every moment, held against what hosts say and do."""

from typing import Any

from hikari.raft.entry import Entry, Mark
from hikari.raft.messages import AppendReply, Vote, VoteReply
from hikari.raft.raft import LEADER


class Violation(AssertionError):
    """A promise of Raft was broken. The message begins with its name."""


def demand(holds: bool, promise: str, *facts: Any) -> None:
    if not holds:
        raise Violation(f"{promise}: {' '.join(map(str, facts))}")


class Witness:
    """Sees everything, remembers it, and raises Violation."""

    def __init__(self, members: list[int]) -> None:
        self.leaders: dict[int, int] = {}  # term -> who led
        self.entries: dict[tuple[int, int], int] = {}  # index, term -> checksum
        self.committed: dict[int, Mark] = {}
        self.commit_max = 0
        self.commit_term = 0  # in which commit_max was committed
        self.votes: dict[tuple[int, int], int] = {}  # member, term -> for whom
        self.terms = dict.fromkeys(members, 0)  # shown to others
        self.commits = dict.fromkeys(members, 0)
        self.reads: dict[int, int] = {}  # context -> what was committed when it was asked
        self.reads_answered = 0

    # ---- what a host does

    def started(self, host: Any) -> None:
        demand(host.raft.term >= self.terms[host.member], "term goes back", host.member)
        voted = self.votes.get((host.member, host.raft.term))
        demand(voted in (None, host.raft.vote), "vote is forgotten", host.member, host.raft.term)
        self.commits[host.member] = host.settled.index
        self.look(host)

    def wiped(self, host: Any) -> None:
        self.terms[host.member] = 0
        for key in [key for key in self.votes if key[0] == host.member]:
            del self.votes[key]

    def wrote(self, host: Any, entries: list[Entry]) -> None:
        for entry in entries:
            known = self.entries.setdefault((entry.index, entry.term), entry.checksum)
            demand(known == entry.checksum, "log matching", host.member, entry)

    def restored(self, host: Any, mark: Mark) -> None:
        demand(self.committed.get(mark.index) == mark, "snapshot of what is not committed", mark)
        self.commits[host.member] = mark.index

    def applies(self, host: Any, entry: Entry) -> None:
        demand(entry.index == host.applied.index + 1, "applied in order", host.member, entry)
        demand(self.committed.get(entry.index) == entry.mark, "state machine safety", entry)
        held = host.journal.durable_mark(entry.index)
        demand(held == entry.mark, "applied before durable", host.member, entry, held)

    # ---- what a host says

    def says(self, host: Any, to: int, message: Any) -> None:
        member, journal = host.member, host.journal
        if isinstance(message, AppendReply):
            self.shows_term(host, message)
            if message.ok and message.index > journal.base.index:
                held = journal.durable_mark(message.index)
                demand(held is not None, "acknowledged before durable", member, message)
                written = host.raft.log.mark_at(message.index)
                demand(held == written, "acknowledged what was cut", member, message)
        elif isinstance(message, VoteReply) and message.granted and not message.pre:
            self.shows_term(host, message)
            self.votes_for(host, message.term, to)
        elif isinstance(message, Vote) and not message.pre:
            self.shows_term(host, message)
            self.votes_for(host, message.term, member)

    def shows_term(self, host: Any, message: Any) -> None:
        term, _ = host.journal.durable_hard_state
        demand(term >= message.term, "term shown before durable", host.member, message)
        self.terms[host.member] = max(self.terms[host.member], message.term)

    def votes_for(self, host: Any, term: int, candidate: int) -> None:
        durable = host.journal.durable_hard_state
        demand(durable >= (term, candidate), "voted before durable", host.member, term, durable)
        known = self.votes.setdefault((host.member, term), candidate)
        demand(known == candidate, "one vote a term", host.member, term, known, candidate)

    # ---- reads

    def read_asked(self, context: int) -> None:
        self.reads[context] = self.commit_max

    def read_answered(self, host: Any, context: int, index: int) -> None:
        self.reads_answered += 1
        demand(index >= self.reads[context], "stale read", host.member, index, self.reads[context])

    # ---- what a host is, after every event

    def look(self, host: Any) -> None:
        raft, member = host.raft, host.member
        if raft is None:
            return
        log = raft.log
        if raft.role == LEADER and self.leaders.get(raft.term) != member:
            self.leads(host)
        commit = log.commit
        if commit > self.commits[member]:
            self.commits_to(host, commit)
        demand(commit >= self.commits[member], "commit goes back", member, commit)
        demand(log.applied <= min(commit, log.durable), "applied too early", member)
        demand(commit <= log.last.index, "commit beyond the log", member)
        if log.durable > host.journal.base.index:
            held, known = host.journal.durable_mark(log.durable), log.mark_at(log.durable)
            demand(held == known, "believed durable", member, held, known)

    def leads(self, host: Any) -> None:
        raft, member = host.raft, host.member
        known = self.leaders.setdefault(raft.term, member)
        demand(known == member, "election safety", raft.term, known, member)
        durable = host.journal.durable_hard_state
        demand(durable == (raft.term, member), "leads before its vote is durable", durable)
        if raft.term > self.commit_term and self.commit_max > host.journal.base.index:
            last = raft.log.last.index
            mark = raft.log.mark_at(self.commit_max) if self.commit_max <= last else None
            complete = mark == self.committed[self.commit_max]
            demand(complete, "leader completeness", member, raft.term, mark, self.commit_max)

    def commits_to(self, host: Any, commit: int) -> None:
        for index in range(self.commits[host.member] + 1, commit + 1):
            mark = host.raft.log.mark_at(index)
            if mark is None:
                continue
            known = self.committed.setdefault(index, mark)
            demand(known == mark, "committed entries never change", host.member, known, mark)
        self.commits[host.member] = commit
        if commit > self.commit_max:
            self.commit_max, self.commit_term = commit, host.raft.term
