"""Whole ensembles on a simulated disk, network and clock: seeds that nobody chose, plans that once
broke something, and the simulator's own promises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hikari.testing import command
from hikari.testing.plan import Plan, draw

PLANS = sorted((Path(__file__).parent / "plans").glob("*.json"))
TURNS = 1_000
SEEDS = int(os.environ.get("HIKARI_SIMULATED_SEEDS", "60"))
FIRST = int(os.environ.get("HIKARI_SIMULATED_FIRST", "1"))
A_SEED = "from hikari.testing.command import *; begin(); print(live(draw({}, 600, 0)).trace)"


@pytest.fixture(scope="module", autouse=True)
def _begun():
    command.begin()


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_what_was_found_once_is_mended(path):
    assert command.live(Plan.from_json(path.read_text())).broken == ""


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, 10))
def test_no_seed_breaks_a_promise(first):
    for seed in range(first, min(first + 10, FIRST + SEEDS)):
        verdict = command.live(draw(seed, TURNS))
        assert verdict.broken == "", f"hikari simulate --seed {seed} --turns {TURNS}"
        assert verdict.turns >= TURNS


def test_a_seed_is_the_same_run_whatever_the_hash_seed():
    for seed in (3, 4):
        traces = set()
        for hashes in ("1", "2"):
            environment = {**os.environ, "PYTHONHASHSEED": hashes, "PYTHONPATH": ":".join(sys.path)}
            said = subprocess.run(
                [sys.executable, "-c", A_SEED.format(seed)],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            traces.add(said.stdout)
        assert len(traces) == 1


def test_a_plan_is_the_same_after_it_was_written_down():
    plan = draw(7, 500)
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert command.live(again).trace == command.live(plan).trace


def test_after_a_long_cut_members_find_each_other_within_seconds(monkeypatch):
    """TCP alone tries again as late as it has waited: after a cut of a minute, up to a minute."""
    cut = Plan(1, 3, 5_000, faults=[[2.0, "halves", [1], 60.0]])
    for seed in range(1, 4):
        cut.seed = seed
        assert command.live(cut).broken == ""
    monkeypatch.setattr("hikari.peers.link.UNACKNOWLEDGED_MS_MAX", 600_000)
    broken = []
    for seed in range(1, 4):
        cut.seed = seed
        broken.append(command.live(cut).broken.split(":")[0])
    assert "liveness" in broken, "and the simulator sees that"
