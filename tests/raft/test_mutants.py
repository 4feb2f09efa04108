"""Do the tests see? Every classic mistake that is put into Raft is found, by chaos or by a story.

Where chance finds a mistake rarely, it is given its own bad weather and a seed to begin at.
"""

from collections.abc import Callable
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from raft import mutants
from raft.chaos import live
from raft.story import Story
from raft.witness import Violation
from raft.world import Manners
from transcript import check

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
]
SEEN_BY_STORIES: list[tuple[mutants.Mutant, str]] = [
    (mutants.a_snapshot_replaces_a_log_that_has_more, "snapshot_not_needed"),
    (mutants.an_amnesiac_is_whole_at_any_commit, "amnesia_makes_no_majority"),
]
