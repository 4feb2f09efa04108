"""What a leader knows and does: progress of its followers, commit, read rounds."""

from collections.abc import Callable

from attrs import define, field

from hikari.raft.entry import ORIGIN, Entry, chain
from hikari.raft.journal import Compacted
from hikari.raft.log import RaftLog
from hikari.raft.messages import (
    Append,
    AppendReply,
    Estranged,
    ReadReply,
    ReadRequest,
    TimeoutNow,
)
from hikari.raft.progress import PROBE, REPLICATE, SNAPSHOT, Progress
from hikari.raft.quorum import majority, reached, two_decide

APPEND_BYTES_MAX = 4 << 20  # the simulator tunes it
"""Entries in one Append; one entry may exceed it alone."""


@define
class PendingRead:
    """A read index waiting for its round; 0: for none. `asker` is the member that asked."""

    asker: int
    context: int
    index: int
    round: int


@define
class Leadership:
    """One term of one leader. Invariant: only entries of its own term are committed by counting."""

    member: int
    term: int
    log: RaftLog
    first_own: int  # index of this leader's first entry, the empty one
    progress: dict[int, Progress]
    round: int = 0
    reads: list[PendingRead] = field(factory=list)
    asked: list[tuple[int, int]] = field(factory=list)  # (asker, context) not yet in a round
    vouched: list[tuple[int, int]] = field(factory=list)  # the same, and in no need of one
    wanting_snapshot: list[int] = field(factory=list)
    estranged: list[int] = field(factory=list)  # committed more than this leader has; to be told
    heir: int = 0  # to whom leadership is being handed; 0: nobody
    heir_ticks: int = 0  # since when
    heir_told: bool = False
    _two_decide: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._two_decide = two_decide(len(self.progress) + 1)

    @staticmethod
    def begin(member: int, term: int, log: RaftLog, others: list[int]) -> "Leadership":
        """Take office: an empty entry of the own term, so that older ones can be committed."""
        log.append(chain(log.last, term, b""))
        first = log.last.index
        progress = {other: Progress(first) for other in others}
        return Leadership(member, term, log, first, progress)

    def propose(self, payload: bytes) -> int:
        self.log.append(chain(self.log.last, self.term, payload))
        return self.log.last.index

    # ---- commit

    def advance_commit(self) -> None:
        """Move commit to what a majority has on disk (Raft, 5.3 and 5.4.2). Who is recovering
        may have lost a newer term: it makes no majority."""
        values = [0 if p.forgotten else p.match for p in self.progress.values()]
        values.append(self.log.durable)
        index = reached(values)
        if index > self.log.commit and index >= self.first_own:
            self.log.commit = index

    def replied(self, reply: AppendReply) -> None:
        progress = self.progress[reply.sender]
        progress.active = True
        progress.silent = 0
        if reply.round < progress.forgotten:
            return  # it may be older than the loss
        if not reply.recovering:
            progress.forgotten = 0
            progress.round = max(progress.round, reply.round)
        elif not progress.forgotten or (not reply.ok and reply.before <= progress.match):
            self.round += 1
            progress.forget(self.round, min(reply.index, self.log.last.index) + 1)
            return
        if progress.state == SNAPSHOT and reply.index < self.log.base.index:
            return  # the answer to a heartbeat, while its rows are on their way
        if reply.ok and reply.index > self.log.last.index:
            self.estranged.append(reply.sender)  # it cannot be counted: it has something else
        elif reply.ok:
            progress.matched(reply.index)
            self.advance_commit()
        else:
            progress.refused(reply.before, reply.index)

    # ---- what to send

    def appends(self) -> list[tuple[int, Append]]:
        """What every follower should be told now: entries, a commit, a round; or nothing. Who are
        told the same are given the same object: it is packed once."""
        out: list[tuple[int, Append]] = []
        commit, last, number = self.log.commit, self.log.last.index, self.round
        for member, progress in self.progress.items():
            if (
                (progress.next <= last and not progress.full())
                or self._knows(progress) < commit
                or progress.told_round < number
                or self._may_heal(progress)
            ):
                for _, said in self._append(member, progress, beat=False):
                    same = out and out[-1][1] == said
                    out.append((member, out[-1][1] if same else said))
        return out

    def quiet(self) -> bool:
        """Whether nobody needs to be told, or to be answered, anything now."""
        if self.asked or self.vouched or self.reads or self.wanting_snapshot or self.estranged:
            return False
        if self.heir and self._heir_ready():
            return False
        commit, last, number = self.log.commit, self.log.last.index, self.round
        for progress in self.progress.values():
            if self._knows(progress) < commit or progress.told_round < number:
                return False
            if progress.next <= last and not progress.full():
                return False
            if self._may_heal(progress):
                return False
        return True

    def _may_heal(self, progress: Progress) -> bool:
        """Who has lost its log does not know yet what makes it whole, and can be told: at once,
        since until then it is nobody's vote."""
        forgotten = progress.forgotten
        return 0 < forgotten != progress.told_forgot and self._sure_since(forgotten)

    def _knows(self, progress: Progress) -> int:
        """How far a follower knows, or will once it has written, what is committed."""
        if self._two_decide and not progress.forgotten:
            return max(progress.told_commit, progress.told_durable)
        return progress.told_commit

    def heartbeats(self) -> list[tuple[int, Append]]:
        out = []
        self.round += 1  # so that it is answered
        for member, progress in self.progress.items():
            progress.probed = False  # an unanswered probe is sent again
            progress.silent += 1
            out += self._append(member, progress, beat=True)
        return out

    def _append(self, member: int, progress: Progress, beat: bool) -> list[tuple[int, Append]]:
        log = self.log
        before, entries = ORIGIN, []
        if progress.state != SNAPSHOT:
            try:
                mark = log.mark_at(progress.next - 1)
                if mark is None:
                    raise Compacted(progress.next - 1)
                before = mark
                if progress.next <= log.last.index and not progress.full():
                    entries = log.entries(progress.next, log.last.index, APPEND_BYTES_MAX)
            except Compacted:
                progress.become(SNAPSHOT)
                self.wanting_snapshot.append(member)
        forgot = progress.forgotten > 0 and self._sure_since(progress.forgotten)
        probing = progress.state == PROBE and progress.probed and not beat and not entries
        if probing and progress.told_round >= self.round and not self._may_heal(progress):
            return []  # its place is being looked for: it can use no commit, but it can a round
        if forgot:
            progress.told_forgot = progress.forgotten
        append = Append(
            self.member, self.term, before, log.commit, self.round, log.durable, forgot, entries
        )
        progress.told_commit, progress.told_durable = log.commit, log.durable
        progress.told_round = self.round
        if entries:
            progress.sent(entries[-1].index, _size(entries))
        return [(member, append)]

    def snapshot_ended(self, member: int) -> None:
        """The rows arrived, or did not: look for its place again."""
        progress = self.progress[member]
        if progress.state == SNAPSHOT:
            progress.become(PROBE)

    def unreachable(self, member: int) -> None:
        """The link broke: what was under way is lost. Who was recovering may have become whole
        under another leader, and have lost its log once more: it is told what makes it whole only
        after a round that begins now (found by the simulator)."""
        progress = self.progress[member]
        if progress.forgotten:
            self.round += 1
            progress.forgotten = self.round
        if progress.state == REPLICATE:
            progress.become(PROBE)
        progress.probed = False

    # ---- reads

    def asked_by(self, request: ReadRequest) -> None:
        """A follower asks. Where two decide its question is an answer, too: when it asked, nobody
        had its vote in a newer term, nor this leader's, which leads still. So nobody led a newer
        term, and all that was committed by then is in this log: it needs no round. Not so if it
        has forgotten whom it voted for."""
        member = request.sender
        vouches = not request.recovering and not self.progress[member].forgotten
        where = self.vouched if self._two_decide and vouches else self.asked
        where.append((member, request.context))

    def begin_round(self) -> None:
        """Give what was asked since the last turn its index, and one round if it needs any, once
        the term has a commit."""
        if not (self.asked or self.vouched) or self.log.commit < self.first_own:
            return
        # Where two decide, a follower may have committed what it was told to be on disk here, and
        # have answered for it, before this leader has heard of that.
        index = max(self.log.commit, self.log.durable if self._two_decide else 0)
        if self.asked:
            self.round += 1
        self.reads += [PendingRead(asker, context, index, 0) for asker, context in self.vouched]
        for asker, context in self.asked:
            self.reads.append(PendingRead(asker, context, index, self.round))
        self.asked, self.vouched = [], []

    def confirmed_reads(self) -> list[PendingRead]:
        """The reads that need no round, or whose round a majority has answered, in order."""
        if not self.reads:
            return []
        answered = self._answered()
        confirmed = [read for read in self.reads if read.round <= answered]
        if confirmed:
            self.reads = [read for read in self.reads if read.round > answered]
        return confirmed

    def _answered(self) -> int:
        """The newest round that a majority of those who are not recovering has answered."""
        rounds = [0 if p.forgotten else p.round for p in self.progress.values()]
        rounds.append(self.round)
        return reached(rounds)

    def _sure_since(self, number: int) -> bool:
        """Whether this still was the leader after round `number` began, and its commit index
        covers all that was committed before it: then who has that much has lost nothing."""
        return self.log.commit >= self.first_own and self._answered() >= number

    def read_replies(
        self, confirmed: list[PendingRead], local: Callable[[int, int], None]
    ) -> list[tuple[int, ReadReply]]:
        out = []
        for read in confirmed:
            if read.asker == self.member:
                local(read.context, read.index)
            else:
                reply = ReadReply(self.member, self.term, read.context, read.index)
                out.append((read.asker, reply))
        return out

    # ---- handing over (dissertation 3.10)

    def hand_over(self, to: int) -> bool:
        """Choose who shall lead next: `to`, or (0) whoever has most. False: nobody can."""
        fit = [member for member, p in self.progress.items() if p.fit() and to in (0, member)]
        if fit and not self.heir:
            self.heir = max(fit, key=lambda member: (self.progress[member].match, -member))
            self.heir_ticks, self.heir_told = 0, False
        return bool(fit) and to in (0, self.heir)

    def _heir_ready(self) -> bool:
        """It has all there is, and all of that is committed: nothing will be in doubt."""
        if not self.heir or self.heir_told:
            return False
        log = self.log
        return self.progress[self.heir].match == log.last.index == log.commit

    def words(self) -> list[tuple[int, TimeoutNow | Estranged]]:
        """What is said once: the request to stand, and that somebody has another history."""
        said: list[tuple[int, TimeoutNow | Estranged]] = []
        for member in self.estranged:
            said.append((member, Estranged(self.member, self.term)))
        self.estranged = []
        if self._heir_ready():
            self.heir_told = True
            said.append((self.heir, TimeoutNow(self.member, self.term)))
        return said

    def quorum_active(self) -> bool:
        """Whether a majority was heard since the last call (dissertation 6.2)."""
        heard = 1 + sum(p.active and not p.forgotten for p in self.progress.values())
        for progress in self.progress.values():
            progress.active = False
        return heard >= majority(len(self.progress) + 1)


def _size(entries: list[Entry]) -> int:
    return sum(len(entry.record) for entry in entries)
