"""Terms and votes: who may lead."""

from typing import Any

from mutants.patching import Set
from raft import mutants as classic

from hikari.raft.journal import HardState
from hikari.raft.raft import Raft
from hikari.store.journal import RocksJournal


def term_and_vote_are_written_apart(set: Set) -> None:
    """hashicorp/raft#661: `persistVote` writes the term, then in a second write for whom. A crash
    between them leaves a voter that may vote again. Here the vote waits for the next write."""
    append = RocksJournal.append

    def first_the_term(self: RocksJournal, hard_state: HardState | None, entries: Any) -> None:
        if hard_state is not None and hard_state.term > self.hard_state.term:
            hard_state = HardState(hard_state.term, 0)
        append(self, hard_state, entries)

    set(RocksJournal, "append", first_the_term)


def the_file_of_the_vote_is_lost_in_a_crash(set: Set) -> None:
    """ClickHouse/ClickHouse#113654: Keeper's file with term and vote was not replaced atomically;
    after a crash the server was back in term 0, with committed entries in its log."""
    take_up = RocksJournal._take_up

    def forget(self: RocksJournal, found: Any) -> None:
        promise = self._watermark.promise
        self._watermark.promise = promise._replace(hard_state=HardState(0, 0))
        take_up(self, found._replace(hard_state=HardState(0, 0)))

    set(RocksJournal, "_take_up", forget)


def the_vote_is_forgotten_at_a_start(set: Set) -> None:
    """seaweedfs/raft#9: `votedFor` was never read back; two leaders in one term after a
    restart."""
    classic.vote_is_not_persisted(set)


def the_vote_is_answered_before_it_is_durable(set: Set) -> None:
    """ZOOKEEPER-4643, ZOOKEEPER-3911: a follower moves on to the new epoch and says so before what
    belongs to it is on its disk."""
    classic.vote_is_answered_before_it_is_durable(set)


def a_candidate_asks_before_its_own_vote_is_durable(set: Set) -> None:
    """wenweihu86/raft-java#57: `startVote` asks the others in a new term which it has not
    persisted; after a restart the same term is stood for again."""
    classic.a_vote_is_asked_for_before_it_is_durable(set)


def two_votes_in_a_term(set: Set) -> None:
    """ktoso/akka-raft#56: a member does not remember for whom it voted in this very term."""
    classic.two_votes_in_a_term(set)


def who_steps_down_forgets_its_vote(set: Set) -> None:
    """microsoft/CCF#5891, #8094: a candidate that hears the winner of its own term becomes a
    follower, and clears its vote though the term is the same: it may vote once more in it."""
    follow = Raft._follow

    def forget(self: Raft, term: int, leader: int) -> None:
        follow(self, term, leader)
        self.vote = 0

    set(Raft, "_follow", forget)


def any_log_is_good_enough_for_a_vote(set: Set) -> None:
    """streed/simpleRaft#10: a vote is given without a look at the candidate's last term and
    index. Committed entries are overwritten by who never had them."""
    classic.any_log_is_up_to_date(set)


def the_longer_log_wins(set: Set) -> None:
    """streed/simpleRaft#10, the other half: only the length is compared, not the term of the last
    entry (Raft, 5.4.1)."""
    classic.only_the_length_of_a_log_counts(set)


def a_new_term_rolls_the_log_back(set: Set) -> None:
    """microsoft/CCF#5674, vesoft-inc/nebula#1303: who hears of a newer term rolls back what is not
    committed yet, though it may have acknowledged it, and its leader have committed it."""
    follow = Raft._follow

    def roll_back(self: Raft, term: int, leader: int) -> None:
        newer = term > self.term
        follow(self, term, leader)
        log = self.log
        if newer and log.last.index > max(log.commit, log.base.index):
            self._cut(max(log.commit, log.base.index) + 1)

    set(Raft, "_follow", roll_back)
