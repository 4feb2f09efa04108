"""Does the simulator see? The field's historical bugs, put into Hikari one at a time.

All of them: `python -m mutants`, a minute of processor time each at most. Here are those that some
of the first seeds find, in every run.
"""

import inspect
import re

import pytest
from mutants.register import MUTANTS, source_of
from mutants.score import (
    ASSERTION,
    CRASH,
    NEVER_ENDS,
    PROMISE,
    TURNS,
    Outcome,
    attack,
    seen,
    summed,
)

from hikari.replica.replica import Replica

SOURCE = re.compile(r"\w+-\d{3}|#\d+|openraft [0-9a-f]{8}|NuRaft#185|Alagappan 2018")
SECONDS = 40
QUICK = [
    "term_and_vote_are_written_apart",
    "the_file_of_the_vote_is_lost_in_a_crash",
    "the_vote_is_forgotten_at_a_start",
    "the_vote_is_answered_before_it_is_durable",
    "two_votes_in_a_term",
    "a_stale_append_cuts_the_log",
    "entries_are_acknowledged_before_they_are_durable",
    "the_leader_counts_what_its_disk_has_not",
    "entries_are_applied_before_they_are_durable",
    "a_doubled_append_is_appended_again",
    "a_read_overtakes_the_writes_before_it",
    "who_lost_its_log_makes_a_majority",
    "nothing_is_ever_fsynced",
    "the_log_is_cut_before_the_tree_is_on_disk",
    "the_rows_of_a_snapshot_are_not_synced",
    "the_former_connection_is_still_served",
    "an_unknown_session_becomes_a_new_one",
    "a_watch_is_set_after_its_read",
    "an_event_comes_before_the_reply_that_armed_it",
    "an_event_comes_after_what_it_tells",
    "what_was_missed_is_not_told",
    "only_who_is_there_is_watched",
    "who_may_not_read_is_told",
    "a_recursive_watch_hears_of_lists",
    "a_watch_that_fires_once_takes_the_place_of_one_that_stays",
    "sequence_numbers_are_given_again",
    "a_multi_that_failed_leaves_its_first_parts",
    "every_member_asks_its_own_clock",
    "what_may_be_lost_is_proposed_again",
    "nobody_is_told_that_the_leader_is_lost",
]


def test_there_are_enough_and_each_has_a_source():
    assert len(MUTANTS) >= 34
    for mutant in MUTANTS.values():
        assert mutant.__doc__, mutant.__name__
        assert SOURCE.search(mutant.__doc__), mutant.__name__


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_one_is_caught(name):
    outcome = attack(name, MUTANTS[name], source_of(MUTANTS[name]), SECONDS, TURNS)
    assert outcome.caught, outcome


@pytest.mark.parametrize("name", MUTANTS)
def test_what_a_mutant_puts_in_takes_what_it_replaces_took(name):
    """Else it is seen by its TypeError, whatever it does. One of them was."""

    def hold_against(owner, attribute, value):
        old = inspect.getattr_static(owner, attribute)
        if not inspect.isfunction(old) or not inspect.isfunction(value):
            return
        known = inspect.signature(old).parameters
        taken = inspect.signature(value).parameters
        if any(one.kind is one.VAR_POSITIONAL for one in taken.values()):
            return
        assert len(taken) == len(known), (owner, attribute)

    MUTANTS[name](hold_against)


def test_the_witness_sees_trees_that_differ_although_no_member_compares_them():
    mutant = MUTANTS["members_differ_and_nobody_compares"]
    outcome = attack("differing", mutant, "", SECONDS, TURNS)
    assert outcome.promise == "equal trees at equal index", outcome


def test_a_mutant_that_is_merely_broken_is_told_apart():
    def broken(set):
        set(Replica, "_apply", lambda self, entries: self.there_is_no_such_thing)

    outcome = attack("broken", broken, "", 1, TURNS)
    assert outcome.seen == CRASH
    assert "AttributeError" in outcome.broken
    assert summed([outcome])[CRASH] == ["broken"]


def test_by_what_a_mutant_is_seen():
    assert seen("equal trees at equal index: 1 7") == PROMISE
    assert seen("a member ends itself: 2 RowsDamaged('b')") == PROMISE
    assert seen("a member ends itself: 2 KeyError('b')") == CRASH
    assert seen("a member ends itself: 2 AssertionError()") == ASSERTION
    assert seen("an error that nobody handles: member 1: TypeError('b')") == CRASH
    assert seen("the judge cannot read it: IndexError()") == CRASH
    assert seen("it never ends: one plan") == NEVER_ENDS
    sums = summed([Outcome("one", "#1", "it never ends: one plan", "seed 3", 3, 20.0)])
    assert sums[NEVER_ENDS] == ["one"]
    assert sums["each"][0]["by"] == "seed 3"


def test_without_a_mistake_nothing_is_seen():
    outcome = attack("nothing", lambda set: None, "", 4.0, TURNS)
    assert not outcome.caught, outcome
    assert outcome.tried > 3


def test_a_mutant_that_cannot_be_put_in_is_not_taken_for_one_that_was_seen():
    def misspelt(set):
        raise AttributeError("there is no such method")

    outcome = attack("misspelt", misspelt, "", 1, TURNS)
    assert not outcome.caught
    assert "AttributeError" in outcome.by
