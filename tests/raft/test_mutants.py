"""Do the tests see? Every classic mistake that is put into Raft is found, by chaos or by a story.

Where chance finds a mistake rarely, it is given its own bad weather and a seed to begin at.
"""

from pathlib import Path
from typing import Any

import pytest
from raft import mutants
from raft.chaos import live
from raft.story import Story
from raft.witness import Violation
from raft.world import Manners
from transcript import check

pytestmark = pytest.mark.interpreted

SEEDS_MAX = 120
DYING_LEADERS = Manners(
    loss=0.05,
    delay_max=10,
    small_appends=True,
    killed=0.03,
    killed_at_commit=0.5,
    kinds={"crash leader": 2, "crash": 1, "isolate": 1, "join": 4},
    misfortune_every=60,
)
STRAGGLERS = Manners(
    loss=0.05,
    delay_max=20,
    straggler=0.2,
    kinds={"isolate": 3, "join": 2, "pause": 2, "suspect": 2},
    misfortune_every=60,
)
Weather = tuple[int, Manners | None]
MIXED: Weather = (0, None)  # every seed draws its own
FIVE_DYING: Weather = (5, DYING_LEADERS)
THREE_DYING: Weather = (3, DYING_LEADERS)
THREE_STRAGGLING: Weather = (3, STRAGGLERS)

SEEN_BY_CHAOS: list[tuple[mutants.Mutant, Weather, int]] = [
    (mutants.vote_is_not_persisted, MIXED, 0),
    (mutants.vote_is_answered_before_it_is_durable, MIXED, 0),
    (mutants.a_vote_is_asked_for_before_it_is_durable, MIXED, 0),
    (mutants.the_write_of_an_older_term_makes_the_own_vote, MIXED, 15),
    (mutants.two_votes_in_a_term, MIXED, 0),
    (mutants.terms_are_lost_in_a_crash, MIXED, 0),
    (mutants.acknowledged_before_durable, MIXED, 0),
    (mutants.a_cut_write_still_counts_as_durable, MIXED, 9),
    (mutants.older_terms_are_committed_by_counting, THREE_DYING, 181),
    (mutants.leader_counts_what_its_own_disk_has_not, MIXED, 10),
    (mutants.any_log_is_up_to_date, MIXED, 0),
    (mutants.only_the_length_of_a_log_counts, THREE_STRAGGLING, 11),
    (mutants.an_append_cuts_what_follows_it, MIXED, 0),
    (mutants.commit_passes_what_matches, MIXED, 7),
    (mutants.the_place_before_is_not_checked, MIXED, 12),
    (mutants.reads_wait_for_no_round, THREE_STRAGGLING, 60),
    (mutants.reads_wait_for_no_commit_of_the_term, MIXED, 0),
    (mutants.an_old_answer_confirms_a_new_round, THREE_STRAGGLING, 380),
    (mutants.the_lease_is_ignored, MIXED, 16),
    (mutants.nobody_asks_before_it_stands, MIXED, 0),
    (mutants.no_quorum_is_checked, MIXED, 0),
    (mutants.what_an_amnesiac_said_still_counts, MIXED, 4),
    (mutants.an_amnesiac_votes, MIXED, 8),
    (mutants.an_amnesiac_makes_a_majority, MIXED, 0),
    (mutants.a_follower_commits_what_it_has_not_on_disk, THREE_DYING, 17),
    (mutants.a_follower_commits_entries_of_older_terms, THREE_DYING, 55),
    (mutants.a_leader_vouches_for_what_it_has_not_on_disk, MIXED, 7),
    (mutants.five_believe_that_two_decide, FIVE_DYING, 2),
    (mutants.who_was_asked_takes_office_without_a_vote, MIXED, 0),
]
SEEN_BY_STORIES: list[tuple[mutants.Mutant, str]] = [
    (mutants.a_snapshot_replaces_a_log_that_has_more, "snapshot_not_needed"),
    (mutants.a_blank_member_votes_for_any_blank_one, "wiped_asks_the_empty"),
    (mutants.an_amnesiac_is_whole_at_any_commit, "amnesia_makes_no_majority"),
    (mutants.older_terms_are_committed_by_counting, "figure_8"),
    (mutants.a_cut_write_still_counts_as_durable, "truncation_under_way"),
    (mutants.reads_wait_for_no_commit_of_the_term, "read_index"),
    (mutants.a_question_vouches_for_its_leader, "read_of_five"),
    (mutants.an_amnesiac_vouches_for_its_leader, "read_vouched"),
    (mutants.a_forced_vote_is_given_to_any_log, "transfer_late"),
    (mutants.a_forced_vote_is_not_heard_beside_a_leader, "transfer"),
    (mutants.a_leader_that_hands_over_goes_on_committing, "transfer"),
    (mutants.the_heir_is_asked_before_it_has_everything, "transfer"),
    (mutants.an_amnesiac_is_asked_to_lead, "transfer_chooses"),
    (mutants.a_word_of_an_old_term_makes_a_member_stand, "transfer_overtaken"),
    (mutants.nobody_gives_up_handing_over, "transfer_given_up"),
]


def name_of(value: Any) -> str | None:
    return value.__name__ if callable(value) else None


@pytest.mark.parametrize(("mutant", "weather", "first"), SEEN_BY_CHAOS, ids=name_of)
def test_some_seed_finds_it(
    mutant: mutants.Mutant, weather: Weather, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(mutants.patching(monkeypatch))
    for seed in range(first, first + SEEDS_MAX):
        try:
            live(seed, *weather)
        except Violation:
            return
    pytest.fail(f"{SEEDS_MAX} seeds saw nothing")


@pytest.mark.parametrize(("mutant", "story"), SEEN_BY_STORIES, ids=name_of)
def test_a_story_goes_otherwise(
    mutant: mutants.Mutant, story: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(mutants.patching(monkeypatch))
    monkeypatch.delenv("REWRITE", raising=False)
    with pytest.raises(AssertionError):
        check(Path(__file__).parent / "testdata" / f"{story}.txt", Story().run)


@pytest.mark.parametrize("seed", [85, 304])
def test_a_first_leader_that_died_as_it_spoke_is_elected_again(seed: int) -> None:
    live(seed, *THREE_DYING)


@pytest.mark.parametrize("weather", [MIXED, FIVE_DYING, THREE_DYING, THREE_STRAGGLING])
def test_without_a_mistake_all_weathers_are_survived(weather: Weather) -> None:
    for seed in range(25):
        live(seed, *weather)
