"""Classic mistakes of Raft implementations, put into ours one at a time.

Each is a function that patches by `set(owner, name, value)`. Raft's own chaos and stories look
for them (`raft.test_mutants`): quicker than whole members, and for Raft alone. The register in
tests/mutants has those that somebody had, beside the bugs of all other rooms, and looks for them
with the simulator: one set of patches, two machines that are measured by it.
"""

from collections.abc import Callable
from typing import Any

from raft.world import LaggingJournal

from hikari.raft.journal import HardState
from hikari.raft.leader import Leadership
from hikari.raft.log import RaftLog
from hikari.raft.messages import Append, TimeoutNow, Vote
from hikari.raft.progress import Progress
from hikari.raft.quorum import reached
from hikari.raft.raft import _STEP, FOLLOWER, LEADER, Raft

Set = Callable[[Any, str, Any], None]
Mutant = Callable[[Set], None]


def patching(monkeypatch: Any) -> Set:
    """`monkeypatch.setattr`, which also finds what `Raft.step` looks up by the kind of message."""

    def set(owner: Any, name: str, value: Any) -> None:
        old = getattr(owner, name)
        monkeypatch.setattr(owner, name, value)
        for kind, step in _STEP.items():
            if step is old:
                monkeypatch.setitem(_STEP, kind, value)

    return set


def vote_is_not_persisted(set: Set) -> None:
    began = Raft.__attrs_post_init__

    def begin(self: Raft) -> None:
        began(self)
        self.vote = 0

    set(Raft, "__attrs_post_init__", begin)


def vote_is_answered_before_it_is_durable(set: Set) -> None:
    stepped = Raft._step_vote

    def step(self: Raft, message: Vote) -> None:
        stepped(self, message)
        self._messages += self._held
        self._held = []

    set(Raft, "_step_vote", step)


def a_vote_is_asked_for_before_it_is_durable(set: Set) -> None:
    asked = Raft._ask

    def ask(self: Raft, term: int, pre: bool, forced: bool = False) -> None:
        asked(self, term, pre, forced)
        self._messages += self._held
        self._held = []

    set(Raft, "_ask", ask)


def the_write_of_an_older_term_makes_the_own_vote(set: Set) -> None:
    set(Raft, "_promised", lambda self: self._saved_number <= self._durable_number)


def two_votes_in_a_term(set: Set) -> None:
    stepped = Raft._step_vote

    def step(self: Raft, message: Vote) -> None:
        if not message.pre and self.role == FOLLOWER:
            self.vote = 0
        stepped(self, message)

    set(Raft, "_step_vote", step)


def acknowledged_before_durable(set: Set) -> None:
    def acknowledge(self: Raft, message: Append, match: int) -> None:
        self._messages.append((message.sender, self._reply(message, True, match)))

    set(Raft, "_acknowledge", acknowledge)


def a_cut_write_still_counts_as_durable(set: Set) -> None:
    def cut(self: Raft, index: int) -> None:
        self.log.cut(index)
        self._written = min(self._written, index - 1)

    set(Raft, "_cut", cut)


def older_terms_are_committed_by_counting(set: Set) -> None:
    def advance(self: Leadership) -> None:
        values = [0 if p.forgotten else p.match for p in self.progress.values()]
        self.log.commit = max(self.log.commit, reached([*values, self.log.durable]))

    set(Leadership, "advance_commit", advance)


def leader_counts_what_its_own_disk_has_not(set: Set) -> None:
    def advance(self: Leadership) -> None:
        values = [0 if p.forgotten else p.match for p in self.progress.values()]
        index = reached([*values, self.log.last.index])
        if index > self.log.commit and index >= self.first_own:
            self.log.commit = index

    set(Leadership, "advance_commit", advance)


def any_log_is_up_to_date(set: Set) -> None:
    set(RaftLog, "up_to_date", lambda self, last_index, last_term: True)


def only_the_length_of_a_log_counts(set: Set) -> None:
    set(RaftLog, "up_to_date", lambda self, index, term: index >= self.last.index)


def an_append_cuts_what_follows_it(set: Set) -> None:
    took = Raft._take

    def take(self: Raft, entries: list[Any]) -> None:
        took(self, entries)
        if entries and self.log.commit < entries[-1].index < self.log.last.index:
            self._cut(entries[-1].index + 1)

    set(Raft, "_take", take)


def commit_passes_what_matches(set: Set) -> None:
    stepped = Raft._step_append

    def step(self: Raft, message: Append) -> None:
        stepped(self, message)
        self.log.commit = max(self.log.commit, min(message.commit, self.log.last.index))

    set(Raft, "_step_append", step)


def the_place_before_is_not_checked(set: Set) -> None:
    marked = RaftLog.mark_at
    stepped = Raft._step_append

    def step(self: Raft, message: Append) -> None:
        mark = marked(self.log, message.before.index) if message.before.index > 0 else None
        if mark is not None and mark.term != message.before.term:
            message = Append(*(getattr(message, n) for n in Append.__slots__[:8]))
            message.before, message.entries = mark, []
        stepped(self, message)

    set(Raft, "_step_append", step)


def reads_wait_for_no_round(set: Set) -> None:
    def confirmed(self: Leadership) -> list[Any]:
        reads, self.reads = self.reads, []
        return reads

    set(Leadership, "confirmed_reads", confirmed)


def a_question_vouches_for_its_leader(set: Set) -> None:
    """Of five, too, where the asker and the leader are no majority."""

    def asked(self: Leadership, request: Any) -> None:
        self.vouched.append((request.sender, request.context))

    set(Leadership, "asked_by", asked)


def an_amnesiac_vouches_for_its_leader(set: Set) -> None:
    by = Leadership.asked_by

    def asked(self: Leadership, request: Any) -> None:
        progress = self.progress[request.sender]
        request.recovering = False
        forgotten, progress.forgotten = progress.forgotten, 0
        by(self, request)
        progress.forgotten = forgotten

    set(Leadership, "asked_by", asked)


def reads_wait_for_no_commit_of_the_term(set: Set) -> None:
    began = Leadership.begin_round

    def begin(self: Leadership) -> None:
        first, self.first_own = self.first_own, 0
        began(self)
        self.first_own = first

    set(Leadership, "begin_round", begin)


def an_old_answer_confirms_a_new_round(set: Set) -> None:
    replied = Leadership.replied

    def reply(self: Leadership, message: Any) -> None:
        message.round = self.round
        replied(self, message)

    set(Leadership, "replied", reply)


def the_lease_is_ignored(set: Set) -> None:
    set(Raft, "_has_live_leader", lambda self: False)


def nobody_asks_before_it_stands(set: Set) -> None:
    asked = Raft._campaign

    def campaign(self: Raft) -> None:
        asked(self)
        if self.role != FOLLOWER and not self.recovering:
            self._stand()

    set(Raft, "_campaign", campaign)


def no_quorum_is_checked(set: Set) -> None:
    set(Leadership, "quorum_active", lambda self: True)


def what_an_amnesiac_said_still_counts(set: Set) -> None:
    def forget(self: Progress, number: int, next_index: int) -> None:
        self.forgotten = number

    set(Progress, "forget", forget)


def an_amnesiac_votes(set: Set) -> None:
    set(Raft, "_blank", lambda self, message: True)


def a_blank_member_votes_for_any_blank_one(set: Set) -> None:
    def blank(self: Raft, message: Vote) -> bool:
        nothing = self.log.last.index == 0 and message.last_index == 0
        return nothing and not self.journal.bereft

    set(Raft, "_blank", blank)


def an_amnesiac_makes_a_majority(set: Set) -> None:
    replied = Leadership.replied

    def reply(self: Leadership, message: Any) -> None:
        message.recovering = False
        replied(self, message)

    set(Leadership, "replied", reply)


def an_amnesiac_is_whole_at_any_commit(set: Set) -> None:
    set(Leadership, "_sure_since", lambda self, number: True)


def a_snapshot_replaces_a_log_that_has_more(set: Set) -> None:
    set(Raft, "wants", lambda self, mark: mark.index > self.log.commit)


def terms_are_lost_in_a_crash(set: Set) -> None:
    crashed = LaggingJournal.crash

    def crash(self: LaggingJournal, keep: int = 0, lose: int = 0) -> LaggingJournal:
        found = crashed(self, keep, lose)
        term, _ = found.hard_state
        found._written.hard_state = found._durable.hard_state = HardState(max(0, term - 1), 0)
        found._show()
        return found

    set(LaggingJournal, "crash", crash)


def a_forced_vote_is_given_to_any_log(set: Set) -> None:
    stepped = Raft._step_vote

    def step(self: Raft, message: Vote) -> None:
        if message.forced:
            message = Vote(message.sender, message.term, 1 << 40, 1 << 40, False, True)
        stepped(self, message)

    set(Raft, "_step_vote", step)


def a_forced_vote_is_not_heard_beside_a_leader(set: Set) -> None:
    entered = Raft._newer_term

    def enter(self: Raft, message: Any) -> bool:
        if isinstance(message, Vote):
            message.forced = False
        return entered(self, message)

    set(Raft, "_newer_term", enter)


def a_leader_that_hands_over_goes_on_committing(set: Set) -> None:
    def propose(self: Raft, payload: bytes) -> bool:
        if self.leadership is not None:
            self.leadership.propose(payload)
        return self.leadership is not None

    set(Raft, "propose", propose)


def the_heir_is_asked_before_it_has_everything(set: Set) -> None:
    set(Leadership, "_heir_ready", lambda self: bool(self.heir) and not self.heir_told)


def an_amnesiac_is_asked_to_lead(set: Set) -> None:
    set(Progress, "fit", lambda self: True)


def a_word_of_an_old_term_makes_a_member_stand(set: Set) -> None:
    stepped = Raft.step

    def step(self: Raft, message: Any) -> None:
        if isinstance(message, TimeoutNow) and self.role != LEADER:
            self._stand(forced=True)
        else:
            stepped(self, message)

    set(Raft, "step", step)


def who_was_asked_takes_office_without_a_vote(set: Set) -> None:
    stood = Raft._stand

    def stand(self: Raft, forced: bool = False) -> None:
        stood(self, forced)
        if forced:
            self._take_office()

    set(Raft, "_stand", stand)


def nobody_gives_up_handing_over(set: Set) -> None:
    ticked = Raft.tick

    def tick(self: Raft) -> None:
        if self.leadership is not None:
            self.leadership.heir_ticks = 0
        ticked(self)

    set(Raft, "tick", tick)


# ---- where two of three decide, and a follower commits by itself


def a_follower_commits_what_it_has_not_on_disk(set: Set) -> None:
    def commit(self: Raft) -> None:
        durable, self.log.durable = self.log.durable, self.log.last.index
        committed(self)
        self.log.durable = durable

    committed = Raft._commit_vouched
    set(Raft, "_commit_vouched", commit)


def a_follower_commits_entries_of_older_terms(set: Set) -> None:
    def commit(self: Raft) -> None:
        index = min(self._vouched, self.log.durable)
        if self._two_decide and not self.recovering:
            self.log.commit = max(self.log.commit, index)

    set(Raft, "_commit_vouched", commit)


def a_leader_vouches_for_what_it_has_not_on_disk(set: Set) -> None:
    appended = Leadership._append

    def append(self: Leadership, *args: Any, **more: Any) -> Any:
        out = appended(self, *args, **more)
        for _, message in out:
            message.durable = self.log.last.index
        return out

    set(Leadership, "_append", append)


def five_believe_that_two_decide(set: Set) -> None:
    began, led = Raft.__attrs_post_init__, Leadership.__attrs_post_init__

    def begin(self: Raft) -> None:
        began(self)
        self._two_decide = True

    def lead(self: Leadership) -> None:
        led(self)
        self._two_decide = True

    set(Raft, "__attrs_post_init__", begin)
    set(Leadership, "__attrs_post_init__", lead)
