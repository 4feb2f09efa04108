"""Raft as a value: ticks, messages and chance in; entries to write and messages to send out.

Raft (Ongaro, Ousterhout 2014) with the dissertation's pre-vote (9.6), check-quorum (6.2) and
ReadIndex (6.4). The driver has no ordering rule to break: whatever `ready` gives may be done at
once and in any order, because what depends on the disk is given only after `durable`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from attrs import Factory, define, field

from hikari.raft.entry import Entry, Mark
from hikari.raft.journal import HardState, Journal, JournalEstranged
from hikari.raft.leader import Leadership
from hikari.raft.log import RaftLog
from hikari.raft.messages import (
    Append,
    AppendReply,
    Chunk,
    ChunkReply,
    Estranged,
    Message,
    ReadReply,
    ReadRequest,
    TimeoutNow,
    Vote,
    VoteReply,
)
from hikari.raft.quorum import decided, two_decide
from hikari.raft.ready import Pending, Ready

FOLLOWER: Final = 0
PRE_CANDIDATE: Final = 1
CANDIDATE: Final = 2
LEADER: Final = 3
ROLE_NAMES: Final = ("follower", "pre-candidate", "candidate", "leader")

COMMITTED_BYTES_MAX = 1 << 20  # the simulator tunes it
"""How much `ready` hands out for application at once: some ten thousand requests, at most a tenth
of a second; a member that catches up must still hear and be heard."""

HASTY_ROUNDS: Final = 8
"""So many quick candidacies follow a leader's known death before patience returns."""


@define
class Raft:
    """One member's part in the agreement. Not thread-safe; knows no clock: call `tick`."""

    member: int
    voters: Sequence[int]
    journal: Journal
    applied: int
    election_ticks: int
    heartbeat_ticks: int
    jitter: Callable[[int], int]  # a random number in 0 .. n - 1

    log: RaftLog = field(init=False)
    term: int = field(init=False)
    vote: int = field(init=False)
    recovering: bool = field(init=False)
    role: int = field(init=False, default=FOLLOWER)
    leader: int = field(init=False, default=0)  # 0: none is known
    leadership: Leadership | None = field(init=False, default=None)

    _others: list[int] = field(init=False)
    _two_decide: bool = field(init=False)
    _votes: dict[int, bool] = field(init=False, default=Factory(dict))
    _elapsed: int = field(init=False, default=0)
    _timeout: int = field(init=False, default=0)
    _beat: int = field(init=False, default=0)
    _hasty: int = field(init=False, default=HASTY_ROUNDS)  # at the start nobody is to be disturbed
    _goal: int = field(init=False, default=0)  # recovering: whole again when this is matched
    _agreed: int = field(init=False, default=0)  # up to here a leader was seen to have the same
    _vouched: int = field(init=False, default=0)  # ... and that one has it on disk
    _round: int = field(init=False, default=0)  # of the leader, the newest that was answered
    _acknowledged: int = field(init=False, default=-1)  # to this leader: all up to here
    _saved: HardState = field(init=False)
    _written: int = field(init=False)  # the newest entry handed out for the journal
    _number: int = field(init=False, default=0)  # of the newest write
    _saved_number: int = field(init=False, default=0)  # of the write that holds `_saved`
    _durable_number: int = field(init=False, default=0)
    _pending: deque[Pending] = field(init=False, default=Factory(deque))
    _messages: list[tuple[int, Message]] = field(init=False, default=Factory(list))
    _held: list[tuple[int, Message]] = field(init=False, default=Factory(list))
    _reads: list[tuple[int, int]] = field(init=False, default=Factory(list))
    _chunks: list[Chunk | ChunkReply] = field(init=False, default=Factory(list))
    _recovered: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        assert self.member in self.voters
        self.term, self.vote = self._saved = self.journal.hard_state
        self.recovering = self.journal.recovering
        self.log = RaftLog(self.journal, self.applied)
        self._written = self.log.last.index
        self._two_decide = two_decide(len(self.voters))
        self._others = [voter for voter in self.voters if voter != self.member]
        self._timeout = self._patience() if self._others else 1

    # ---- what moves it

    def tick(self) -> None:
        """One unit of time passed."""
        self._elapsed += 1
        leadership = self.leadership
        if leadership is not None:
            self._beat += 1
            if self._elapsed >= self.election_ticks:
                self._elapsed = 0
                if not leadership.quorum_active():
                    self._follow(self.term, 0)
                    return
            leadership.heir_ticks += 1
            if leadership.heir_ticks >= self.election_ticks:
                leadership.heir = 0  # it did not take over: this goes on as before
            if self._beat >= self.heartbeat_ticks:
                self._beat = 0
                self._messages += leadership.heartbeats()
        elif self._elapsed >= self._timeout:
            if self.leader:
                self._hasty = HASTY_ROUNDS  # it hangs: ask soon again if this was a little early
            self._campaign()

    def step(self, message: Message) -> None:
        """A message arrived. Messages of members that do not vote here are ignored."""
        if message.sender not in self._others:
            return
        if message.term > self.term and not self._newer_term(message):
            return
        if message.term < self.term:
            self._answer_old(message)
            return
        _STEP[type(message)](self, message)

    def propose(self, payload: bytes) -> bool:
        """Append an entry. False: not the leader, or about to be one no more."""
        if self.leadership is None or self.leadership.heir:
            return False
        self.leadership.propose(payload)
        return True

    def transfer(self, to: int = 0) -> bool:
        """Hand leadership to member `to`, or (0) to the fittest; no entry is taken until that is
        done, or given up after an election time-out. False: not the leader, or nobody is fit."""
        return self.leadership is not None and self.leadership.hand_over(to)

    def stay(self) -> None:
        """Lead on after all, if nobody was asked to take over yet."""
        if self.leadership is not None and not self.leadership.heir_told:
            self.leadership.heir = 0

    @property
    def heir(self) -> int:
        """To whom this leader is handing over, and takes no entries meanwhile; 0: to nobody."""
        return self.leadership.heir if self.leadership is not None else 0

    def read(self, context: int) -> bool:
        """A barrier wants an index. False: no leader is known; ask again when one is."""
        if self.leadership is not None:
            self.leadership.asked.append((self.member, context))
        elif self.leader:
            request = ReadRequest(self.member, self.term, context, self.recovering)
            self._messages.append((self.leader, request))
        return bool(self.leader)

    def suspect(self, member: int) -> None:
        """The link to `member` broke. If it led, do not wait for the time-out to replace it."""
        if self.leadership is not None:
            self.leadership.unreachable(member)
        elif member == self.leader:
            self.leader = 0
            self._hasty = HASTY_ROUNDS
            survivors = [voter for voter in sorted(self.voters) if voter != member]
            self._elapsed = 0
            self._timeout = 1 + 2 * survivors.index(self.member)  # by rank: no split vote

    def snapshot_ended(self, member: int) -> None:
        """The rows for `member` were sent, or given up."""
        if self.leadership is not None:
            self.leadership.snapshot_ended(member)

    def wants(self, mark: Mark) -> bool:
        """Whether a snapshot at `mark` is of use. A log that goes on behind it keeps what it has,
        and may have acknowledged (Raft, 7): all that the snapshot tells it is what is committed."""
        log = self.log
        if log.commit < mark.index <= log.last.index and log.mark_at(mark.index) == mark:
            log.commit = mark.index
        return mark.index > log.commit

    def restore(self, mark: Mark) -> None:
        """A snapshot at `mark` replaced the tree, and the journal was reset to it."""
        self.log.restore(mark)
        self._written = self._agreed = mark.index
        for pending in self._pending:
            pending.last_index = 0
        reply = AppendReply(self.member, self.term, 0, True, 0, mark.index, self.recovering)
        if self.leader:
            self._messages.append((self.leader, reply))
        self._maybe_recovered()

    # ---- what comes of it

    def ready(self, quick: bool = False) -> Ready:
        """Everything that must be done now. Entries and messages are handed out once. `quick`: the
        disk is, so that a leader writes first: it says only then what is new, and that it has it.
        Then ask again at once."""
        log = self.log
        snapshots: list[int] = []
        if self.leadership is not None and not (quick and log.last.index > self._written):
            snapshots = self._lead()
        hard_state = None
        if self._saved != (self.term, self.vote):
            hard_state = HardState(self.term, self.vote)
        entries: list[Entry] = []
        if log.last.index > self._written:
            entries = log.entries(self._written + 1, log.last.index, 1 << 60)
        number = 0
        if entries or hard_state is not None:
            self._number = number = self._number + 1
            self._pending.append(Pending(number, log.last.index, self._held))
            self._written = log.last.index
            if hard_state is not None:
                self._saved, self._saved_number = hard_state, number
        elif self._pending:
            self._pending[-1].replies += self._held
        else:
            self._messages += self._held
        self._held = []
        chunks, self._chunks = self._chunks, []
        for chunk in chunks:
            if isinstance(chunk, Chunk):
                self.wants(chunk.mark)
        committed: list[Entry] = []
        limit = min(log.commit, log.durable)
        if log.applied < limit:
            committed = log.entries(log.applied + 1, limit, COMMITTED_BYTES_MAX)
            log.applied = committed[-1].index
        messages, self._messages = self._messages, []
        reads, self._reads = self._reads, []
        recovered, self._recovered = self._recovered, False
        return Ready(
            number,
            hard_state,
            entries,
            messages,
            committed,
            reads,
            snapshots,
            chunks,
            recovered,
        )

    def quiet(self) -> bool:
        """Whether `ready` would have nothing: an answer that only confirmed what was known."""
        log = self.log
        if self._messages or self._held or self._reads or self._chunks or self._recovered:
            return False
        if log.last.index > self._written or self._saved != (self.term, self.vote) or self.more():
            return False
        return self.leadership is None or self.leadership.quiet()

    def more(self) -> bool:
        """Whether `ready` would have committed entries left over from the last time."""
        return self.log.applied < min(self.log.commit, self.log.durable)

    def durable(self, number: int) -> None:
        """All that was handed out up to `number` is on disk."""
        pending = self._pending
        while pending and pending[0].number <= number:
            done = pending.popleft()
            self.log.durable = max(self.log.durable, done.last_index)
            self._messages += [(to, m) for to, m in done.replies if m.term == self.term]
        self._durable_number = max(self._durable_number, number)
        if self.role == CANDIDATE and self._promised():
            self._count(self.member, True)
        if self.leadership is not None:
            self.leadership.advance_commit()
        else:
            self._commit_vouched()
        self._maybe_recovered()

    # ---- terms and roles

    def _patience(self) -> int:
        if self._hasty:
            self._hasty -= 1
            return 2 + self.jitter(4)
        # One tick more than the lease: the others have lost patience with the same leader too.
        return self.election_ticks + 1 + self.jitter(max(1, self.election_ticks // 2))

    def _newer_term(self, message: Message) -> bool:
        """Enter the newer term of `message`. False: it is to be ignored instead."""
        if isinstance(message, Vote):
            if self._has_live_leader() and not message.forced:
                return False  # whoever rejoins disturbs nobody (dissertation 4.2.3)
            if message.pre:
                return True  # nobody enters a term for the asking
        if isinstance(message, VoteReply) and message.pre and message.granted:
            return True
        leads = isinstance(message, (Append, Chunk, TimeoutNow))
        self._follow(message.term, message.sender if leads else 0)
        return True

    def _has_live_leader(self) -> bool:
        if self.leadership is not None:
            return True
        return self.leader != 0 and self._elapsed < self.election_ticks

    def _answer_old(self, message: Message) -> None:
        """A message of an older term: tell a leader that it is none, a candidate that it lost."""
        if isinstance(message, Append):
            reply = AppendReply(self.member, self.term, 0, False, 0, 0, self.recovering)
            self._held.append((message.sender, reply))
        elif isinstance(message, Vote):
            self._held.append(
                (message.sender, VoteReply(self.member, self.term, False, message.pre))
            )

    def _follow(self, term: int, leader: int) -> None:
        if term > self.term:
            self.term, self.vote = term, 0
            self._goal = 0
        self.role, self.leadership, self.leader = FOLLOWER, None, leader
        self._acknowledged, self._vouched = -1, 0
        self._votes = {}
        self._elapsed = 0
        if leader:
            self._hasty = 0
        self._timeout = self._patience()

    def _campaign(self) -> None:
        """Ask whether one would be elected; only then disturb the others with a new term."""
        self._elapsed = 0
        self._timeout = self._patience()
        if self.recovering and (self.log.last.index or self.journal.bereft):
            self.leader = 0
            return
        self.role, self.leader = PRE_CANDIDATE, 0
        self._votes = {}
        self._ask(self.term + 1, pre=True)
        self._count(self.member, True)

    def _stand(self, forced: bool = False) -> None:
        self.role, self.leader = CANDIDATE, 0
        self.term += 1
        self.vote = self.member
        self._goal = 0
        self._votes = {}
        self._elapsed = 0
        self._timeout = self._patience()
        self._ask(self.term, pre=False, forced=forced)
        # The own vote counts once it is durable: see `durable`.

    def _ask(self, term: int, pre: bool, forced: bool = False) -> None:
        last = self.log.last
        for other in self._others:
            vote = Vote(self.member, term, last.index, last.term, pre, forced, self.recovering)
            # After a crash the same term may be stood for again, with less of a log: what was
            # granted for this log must not be counted for that one. So it is made durable first.
            (self._messages if pre else self._held).append((other, vote))

    def _count(self, voter: int, granted: bool) -> None:
        self._votes[voter] = granted
        outcome = decided(self._votes.values(), len(self.voters))
        if outcome and self.recovering and self.role == PRE_CANDIDATE:
            # Without a log it stands only where nobody has one: a majority that was wiped must
            # not outvote the one that was not.
            outcome = all(self._votes.values()) if len(self._votes) == len(self.voters) else None
        if outcome is None:
            return
        if not outcome:
            self.role = FOLLOWER  # the time-out runs on
        elif self.role == PRE_CANDIDATE:
            self._stand()
        else:
            self._take_office()

    def _take_office(self) -> None:
        self.role, self.leader = LEADER, self.member
        self._hasty = self._elapsed = self._beat = 0
        self.leadership = Leadership.begin(self.member, self.term, self.log, self._others)
        self._whole()  # if it was not, it has been elected by a majority without a log

    def _promised(self) -> bool:
        """Whether term and vote are durable as they are now."""
        return self._saved_number <= self._durable_number and self._saved == (self.term, self.vote)

    def _lead(self) -> list[int]:
        leadership = self.leadership
        assert leadership is not None
        leadership.begin_round()
        self._messages += leadership.appends()
        if leadership.estranged or leadership.heir:
            self._messages += leadership.words()
        self._messages += leadership.read_replies(
            leadership.confirmed_reads(),
            lambda context, index: self._reads.append((context, index)),
        )
        snapshots, leadership.wanting_snapshot = leadership.wanting_snapshot, []
        return snapshots

    # ---- one function a message

    def _step_vote(self, message: Vote) -> None:
        grant = self.log.up_to_date(message.last_index, message.last_term)
        grant = grant and (not self.recovering or self._blank(message))
        if message.pre:
            grant = grant and message.term > self.term and not self._has_live_leader()
            if grant:  # promises nothing: it waits for no disk
                reply = VoteReply(self.member, message.term, True, True)
                self._messages.append((message.sender, reply))
            else:
                self._held.append((message.sender, VoteReply(self.member, self.term, False, True)))
            return
        grant = grant and self.vote in (0, message.sender) and self.leadership is None
        if grant:
            self.vote = message.sender
            self._elapsed = 0
            self._whole()
        self._held.append((message.sender, VoteReply(self.member, self.term, grant, False)))

    def _blank(self, message: Vote) -> bool:
        """Neither has a log: a new ensemble elects its first leader. A member that lost all it
        had cannot be told from a new one, unless it knows; so it votes for nobody who has more.

        Whoever stands so, recovering, was told by all before (pre-vote) that none has a log: then
        there is nothing to have lost, and who gives this vote is whole. A candidate that is whole
        and has no log has asked nobody: the others may have committed what has not reached it yet
        (found by the simulator)."""
        nothing = self.log.last.index == 0 and message.last_index == 0
        return nothing and message.recovering and not self.journal.bereft

    def _step_vote_reply(self, message: VoteReply) -> None:
        asked = PRE_CANDIDATE if message.pre else CANDIDATE
        term = self.term + (message.pre and message.granted)
        if self.role == asked and message.term == term:
            self._count(message.sender, message.granted)

    def _step_append(self, message: Append) -> None:
        assert self.leadership is None, "two leaders in one term"
        if self.leader != message.sender or self.role != FOLLOWER:
            self._follow(message.term, message.sender)
        self._elapsed = 0
        log, before = self.log, message.before
        if before.index > log.last.index:
            self._refuse(message, log.last.index)
            return
        mark = log.mark_at(before.index)
        if mark is not None and mark != before:
            log.demand_another(mark, before)
            self._refuse(message, max(log.commit, log.first_of_term(before.index) - 1))
            return
        if message.entries and message.entries[0].index <= log.commit:
            log.demand_agreement(message.entries)
        if self.recovering:
            self._heal(message)
        self._take(message.entries)
        match = before.index + len(message.entries)
        log.commit = max(log.commit, min(message.commit, match))
        self._agreed = max(self._agreed, match)
        self._vouched = max(self._vouched, min(message.durable, match))
        self._commit_vouched()
        self._maybe_recovered()
        self._acknowledge(message, max(match, log.commit))  # what is committed, the leader has

    def _commit_vouched(self) -> None:
        """Where two are a majority, what the leader and this member have on disk is committed, if
        it is of the leader's term (Raft, 5.4.2): the leader need not say so."""
        index = min(self._vouched, self.log.durable)
        if index <= self.log.commit or self.recovering or not self._two_decide:
            return
        mark = self.log.mark_at(index)
        if mark is not None and mark.term == self.term and self._promised():
            self.log.commit = index

    def _heal(self, message: Append) -> None:
        """See how much of the leader's log makes this member whole: what it has committed, or told
        of in a way that this member may have committed it before its loss, and what was committed
        here, which must turn out to be a part of that."""
        if message.forgot and not self._goal:
            told = message.durable if self._two_decide else 0
            self._goal = max(message.commit, told, self.log.commit, 1)
            self.vote = self.vote or message.sender  # if another vote was lost, it lost the term

    def _take(self, entries: list[Entry]) -> None:
        """Append what is new; where the logs part, the leader is right."""
        log = self.log
        for entry in entries:
            if entry.index <= log.commit:
                continue
            if entry.index <= log.last.index:
                mark = log.mark_at(entry.index)
                assert mark is not None
                if mark.checksum == entry.checksum:
                    continue
                log.demand_another(mark, entry.mark)
                self._cut(entry.index)
            log.append(entry)

    def _cut(self, index: int) -> None:
        self.log.cut(index)
        self._written = min(self._written, index - 1)
        for pending in self._pending:
            pending.last_index = min(pending.last_index, index - 1)

    def _acknowledge(self, message: Append, match: int) -> None:
        """Answer what is durable at once, the rest when it is."""
        if not message.entries and message.round == self._round and self._acknowledged >= match:
            return  # it only brought a commit
        self._round, self._acknowledged = message.round, match
        promised, durable = self._promised(), self.log.durable
        if promised and (match <= durable or not message.entries):
            self._messages.append((message.sender, self._reply(message, True, min(match, durable))))
        if promised and match <= durable:
            return
        reply = self._reply(message, True, match)
        if self._held:
            _, held = self._held[-1]
            if isinstance(held, AppendReply) and held.ok and held.term == self.term:
                self._held.pop()  # one answer says it all; the older may have said more
                reply.index = max(match, held.index)
                reply.round = max(message.round, held.round)
        self._held.append((message.sender, reply))

    def _reply(self, message: Append, ok: bool, index: int) -> AppendReply:
        before = message.before.index
        return AppendReply(
            self.member, self.term, message.round, ok, before, index, self.recovering
        )

    def _refuse(self, message: Append, hint: int) -> None:
        self._acknowledged = -1
        self._held.append((message.sender, self._reply(message, False, hint)))

    def _maybe_recovered(self) -> None:
        if not self.recovering or not self._goal:
            return
        if min(self.log.durable, self.log.commit, self._agreed) >= self._goal:
            self._whole()

    def _whole(self) -> None:
        if self.recovering:
            self.recovering, self._recovered = False, True

    def _step_timeout_now(self, message: TimeoutNow) -> None:
        if message.sender == self.leader and self.role == FOLLOWER and not self.recovering:
            self._stand(forced=True)

    def _step_estranged(self, message: Estranged) -> None:
        if message.sender == self.leader:
            raise JournalEstranged(
                f"entry {self.log.commit} is committed here, and the leader does not have it: the"
                " others went on without what is here"
            )

    def _step_append_reply(self, message: AppendReply) -> None:
        if self.leadership is not None:
            self.leadership.replied(message)

    def _step_read_request(self, message: ReadRequest) -> None:
        if self.leadership is not None:
            self.leadership.asked_by(message)

    def _step_read_reply(self, message: ReadReply) -> None:
        self._reads.append((message.context, message.index))

    def _step_chunk(self, message: Chunk) -> None:
        if self.leader != message.sender or self.role != FOLLOWER:
            self._follow(message.term, message.sender)
        self._elapsed = 0
        self._chunks.append(message)

    def _step_chunk_reply(self, message: ChunkReply) -> None:
        if self.leadership is not None:
            self._chunks.append(message)


_STEP: dict[type[Any], Callable[[Any, Any], None]] = {
    Vote: Raft._step_vote,
    VoteReply: Raft._step_vote_reply,
    TimeoutNow: Raft._step_timeout_now,
    Estranged: Raft._step_estranged,
    Append: Raft._step_append,
    AppendReply: Raft._step_append_reply,
    ReadRequest: Raft._step_read_request,
    ReadReply: Raft._step_read_reply,
    Chunk: Raft._step_chunk,
    ChunkReply: Raft._step_chunk_reply,
}
