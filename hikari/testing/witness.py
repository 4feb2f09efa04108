"""What must be true of all members at every moment, held against what they hold, do and say.

The promises of Raft (figure 3), of the store, and of the tree. The witness looks at a member after
each of its events, and hears every message before it leaves.
"""

from typing import Any

from hikari.raft.entry import Entry, Mark
from hikari.raft.messages import Append, AppendReply, Vote, VoteReply
from hikari.raft.raft import LEADER
from hikari.store.inspection import BASE_KEY, record_key
from hikari.testing.expiries import Office
from hikari.testing.members import Member
from hikari.testing.promises import demand
from hikari.testing.standing import Standing
from hikari.tree import keys
from hikari.tree.digest import MASK, hash64
from hikari.tree.tree import Tree

State = tuple[int, int, int, int, bool, bool, int]
"""zxid, time, znodes, sessions, whether read-only, whether quotas are enforced, and the sum of all
rows: what `Tree.digest` is a hash of."""


class Watched:
    """What the witness last saw of one member's life."""

    def __init__(self) -> None:
        self.term = self.commit = self.applied = self.zxid = 0
        self.last: Mark | None = None
        self.role = -1


class Witness:
    """Sees everything, remembers it, and raises Violation."""

    def __init__(self) -> None:
        self.leaders: dict[int, int] = {}  # term -> who led
        self.offices: dict[int, Office] = {}  # by the same terms
        self.entries: dict[tuple[int, int], int] = {}  # index, term -> checksum
        self.committed: dict[int, Entry] = {}  # by index, in order
        self.committed_at: dict[int, tuple[float, int]] = {}  # and when first; the entry's term
        self.commit_max = 0
        self.commit_term = 0  # in which commit_max was committed
        self.votes: dict[tuple[int, int], int] = {}  # member, term -> for whom
        self.shown: dict[int, int] = {}  # member -> the newest term that others were shown
        self.states: dict[int, State] = {}  # by index
        self.compared = 0  # states of one member with what another was in at that index
        self.changes = 0  # of leaders
        self.lossless = True  # no disk was lost or damaged so far
        self._standing = Standing()
        self._seen: dict[int, Watched] = {}
        self._members: dict[int, Member] = {}

    # ---- what a member does

    def started(self, member: Member, damaged: bool) -> None:
        """A new life, on what the disk has kept. Who was damaged, and knows it, may have forgotten
        what it has shown and voted."""
        raft, number = member.replica.raft, member.number
        if damaged and raft.recovering:
            self._forget(number)
            self._standing.lost(member, self.commit_max)
        else:
            self._standing.keeps(member)
        self._seen[number] = Watched()
        self._members[number] = member
        forgot = raft.recovering and member.recovered and not damaged
        demand(not forgot, "what was whole stays whole", number)
        if not raft.recovering:
            demand(raft.term >= self.shown.get(number, 0), "a term goes back", number, raft.term)
            voted = self.votes.get((number, raft.term))
            demand(voted in (None, raft.vote), "a vote is forgotten", number, raft.term)
        self._seen[number].applied = member.replica.tree.index
        self.moved(member)

    def _forget(self, number: int) -> None:
        self.shown.pop(number, None)
        for key in [key for key in self.votes if key[0] == number]:
            del self.votes[key]

    def moved(self, member: Member) -> None:
        """Something happened in a member."""
        replica = member.replica
        raft, seen = replica.raft, self._seen[member.number]
        log = raft.log
        if raft.role != seen.role or raft.term != seen.term:
            self._changed_role(member, seen)
        if self._standing.lost_at and not raft.recovering:
            self._standing.lost_at.pop(member.number, None)
        if log.last != seen.last:
            self._wrote(member, log, seen)
        if log.commit != seen.commit:
            self._committed(member, log, seen)
        if replica.tree.index != seen.applied:
            self._applied(member, seen)

    def _changed_role(self, member: Member, seen: Watched) -> None:
        raft = member.replica.raft
        demand(raft.term >= seen.term, "a term goes back", member.number, raft.term, seen.term)
        seen.term, seen.role = raft.term, raft.role
        if raft.role == LEADER:
            if raft.term not in self.leaders:
                self.changes += 1
                self.offices[raft.term] = Office(member.timeline.now, member.rate)
            known = self.leaders.setdefault(raft.term, member.number)
            demand(known == member.number, "election safety", raft.term, known, member.number)
            if self.commit_max and raft.term > self.commit_term:
                held = raft.log.mark_at(self.commit_max)
                base = raft.log.base
                want = self.committed[self.commit_max].mark
                whole = held == want or base.index > self.commit_max
                demand(whole, "leader completeness", member.number, raft.term, want, held)

    def _wrote(self, member: Member, log: Any, seen: Watched) -> None:
        index = log.last.index
        while index > log.base.index:
            mark = log.mark_at(index)
            known = self.entries.get((index, mark.term))
            if known is not None:  # the chain holds all before it
                demand(known == mark.checksum, "log matching", member.number, mark)
                break
            self.entries[index, mark.term] = mark.checksum
            index -= 1
        seen.last = log.last
        self._standing.keeps(member)

    def _committed(self, member: Member, log: Any, seen: Watched) -> None:
        demand(log.commit >= seen.commit, "a commit goes back", member.number, log.commit)
        commit = seen.commit = log.commit
        if commit <= self.commit_max:
            return
        first, now = self.commit_max + 1, member.timeline.now
        demand(first > log.base.index, "committed unseen", member.number, first, log.base)
        while first <= commit:
            for entry in log.entries(first, commit, 1 << 30):
                self.committed[entry.index] = entry
                self.committed_at[entry.index] = (now, entry.term)
                first = entry.index + 1
        self.commit_max = commit
        self.commit_term = member.replica.raft.term
        if self.lossless:
            entry = self.committed[commit]
            holders = [n for n, one in self._members.items() if holds(one, entry)]
            most = len(holders) * 2 > len(member.config.ensemble.members)
            demand(most, "committed without a majority", entry, "only on", holders)

    def _applied(self, member: Member, seen: Watched) -> None:
        replica, number = member.replica, member.number
        tree, log = replica.tree, replica.raft.log
        index = tree.index
        demand(index > seen.applied, "applied goes back", number, index, seen.applied)
        demand(index <= log.commit, "applied before committed", number, index, log.commit)
        entry = self.committed[index]
        mark = Mark(tree.index, tree.term, tree.checksum)
        demand(mark == entry.mark, "state machine safety", number, mark, entry.mark)
        demand(tree.zxid >= seen.zxid, "a zxid goes back", number, tree.zxid, seen.zxid)
        found = replica.digests.mismatches
        demand(not found, "equal digests at equal index", number, index, found)
        state = state_of(tree)
        known = self.states.setdefault(index, state)
        self.compared += known is not state
        demand(known == state, "equal trees at equal index", number, index, known, state)
        if index > log.base.index:
            demand(is_durable(member, index), "applied before durable", number, index)
        seen.applied, seen.zxid = index, tree.zxid

    # ---- what a member says

    def says(self, member: Member, to: int, message: Any) -> None:
        kind = type(message)
        if kind is AppendReply:
            self._shows_term(member, message)
            log = member.replica.raft.log
            if message.ok and message.index > log.base.index:
                durable = message.index <= log.durable and is_durable(member, message.index)
                demand(durable, "acknowledged before durable", member.number, message)
                self._standing.acknowledges(member, message, self._leader(message.term))
        elif kind is Append:
            if message.forgot and member.reaches(to):
                self._standing.tells(to, message, len(member.replica.raft.voters))
        elif kind is VoteReply and message.granted and not message.pre:
            self._shows_term(member, message)
            self._votes_for(member, message.term, to)
        elif kind is Vote and not message.pre:
            self._shows_term(member, message)
            self._votes_for(member, message.term, member.number)

    def _leader(self, term: int) -> Member | None:
        """Who leads in this term, if it does so still."""
        member = self._members.get(self.leaders.get(term, 0))
        return member if member and member.leads and member.replica.raft.term == term else None

    def _shows_term(self, member: Member, message: Any) -> None:
        number = member.number
        term, _ = durable_hard_state(member)
        demand(term >= message.term, "a term is shown before it is durable", number, message)
        self.shown[number] = max(self.shown.get(number, 0), message.term)

    def _votes_for(self, member: Member, term: int, candidate: int) -> None:
        number = member.number
        durable = durable_hard_state(member)
        demand(durable >= (term, candidate), "voted before durable", number, term, durable)
        known = self.votes.setdefault((number, term), candidate)
        demand(known == candidate, "one vote a term", number, term, known, candidate)


def state_of(tree: Tree) -> State:
    """What must be the same on all members at one index. Nothing is settled for it, as `digest`
    would: what is not yet in the rows is counted as if it were."""
    counts = (tree.zxid, tree.time_ms, tree.znodes, len(tree.sessions))
    return (*counts, tree.read_only, tree.enforces_quotas, sum_of(tree))


def sum_of(tree: Tree) -> int:
    """The sum of the rows (`hikari.tree.digest`) that the next settling leaves."""
    total = tree.sum
    for path, znode in tree.changed.items():
        if znode is not None:
            total += hash64(keys.znode_key(path) + znode.row()) - znode.hashed
    for id, session in tree.moved.items():
        if session is not None:
            total += hash64(keys.session_key(id) + session.row()) - session.hashed
    return total & MASK


def _journal(member: Member) -> Any:
    return member.disk.folders[f"/m{member.number}/journal"]


def is_durable(member: Member, index: int) -> bool:
    """Whether the loss of power now would leave the entry at `index`."""
    content = _journal(member)
    key = record_key(index)
    return key in content.rows and not any(
        changed == key for undo in content.unsynced for changed, _ in undo
    )


def holds(member: Member, entry: Entry) -> bool:
    """Whether the disk of the member, which may be dead, has this entry for good, or a snapshot in
    its place."""
    rows = _journal(member).rows
    if int.from_bytes(rows[BASE_KEY][6:14], "big") >= entry.index:
        return True
    return rows.get(record_key(entry.index)) == entry.record and is_durable(member, entry.index)


def durable_hard_state(member: Member) -> tuple[int, int]:
    """Term and vote that the loss of power now would leave."""
    row = _journal(member).rows[b"H"]
    for undo in reversed(_journal(member).unsynced):
        for key, old in undo:
            if key == b"H" and old is not None:
                row = old
    return int.from_bytes(row[4:12], "big"), int.from_bytes(row[12:20], "big")
