"""Seeded chaos: whatever befalls the members, nothing promised is broken, and in the end all heals.

HIKARI_CHAOS_SEEDS=20000 runs so many seeds instead of the few that fit a coffee break;
HIKARI_CHAOS_FIRST=… says where to start.
"""

import os

import pytest
from raft.chaos import live

SEEDS = int(os.environ.get("HIKARI_CHAOS_SEEDS", "240"))
FIRST = int(os.environ.get("HIKARI_CHAOS_FIRST", "0"))
BATCH = 20
KEPT = {
    13916: "an answer to a question of its life before the loss makes a wiped member stand",
}


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, BATCH))
def test_nothing_promised_is_broken_and_all_heals(first: int) -> None:
    for seed in range(first, first + BATCH):
        live(seed)


@pytest.mark.parametrize("seed", KEPT)
def test_what_was_found_once_stays_mended(seed: int) -> None:
    live(seed)
