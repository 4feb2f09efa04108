"""Does the simulator see? The field's historical bugs, put into Hikari one at a time.

All of them: `python -m mutants`, a minute of processor time each at most. Here are those that some
of the first seeds find, in every run.
"""

import re

import pytest
from mutants.register import MUTANTS, source_of
from mutants.score import TURNS, attack

SOURCE = re.compile(r"\w+-\d{3}|#\d+|openraft [0-9a-f]{8}|NuRaft#185")
SECONDS = 15
QUICK = [
    "the_file_of_the_vote_is_lost_in_a_crash",
    "two_votes_in_a_term",
    "any_log_is_good_enough_for_a_vote",
    "a_stale_append_cuts_the_log",
    "entries_are_acknowledged_before_they_are_durable",
    "the_commit_passes_what_matches",
    "a_read_overtakes_the_writes_before_it",
    "who_lost_its_log_makes_a_majority",
    "a_lost_end_of_the_log_is_not_missed",
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


def test_without_a_mistake_nothing_is_seen():
    outcome = attack("nothing", lambda set: None, "", 4.0, TURNS)
    assert not outcome.caught, outcome
    assert outcome.tried > 3
