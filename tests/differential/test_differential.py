"""Hikari answers as ZooKeeper does: kept scripts, and some that chance draws."""

import json
from pathlib import Path

import pytest
from differential import scripts, servers
from differential.bench import Bench, shown

SEATS = 4
SEEDS, OPERATIONS = range(1, 13), 1_500
CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))

pytestmark = [
    pytest.mark.ensemble,
    pytest.mark.skipif(bool(servers.missing()), reason=str(servers.missing())),
]


@pytest.fixture(scope="module")
def bench():
    with Bench(SEATS) as both:
        yield both


@pytest.fixture(scope="module")
def served(bench):
    return bench.served()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_difference_that_was_mended_does_not_come_back(bench, case):
    script = json.loads(case.read_text())["steps"]
    difference, judge, _ = bench.play(script)
    assert difference is None, shown(difference, script)
    assert judge.operations


@pytest.mark.parametrize("seed", SEEDS)
def test_what_chance_draws_is_answered_alike(bench, served, seed):
    """`python -m differential --seeds …` shrinks what fails here."""
    script = scripts.draw(seed, OPERATIONS, SEATS, served, set())
    difference, judge, _ = bench.play(script)
    assert difference is None, shown(difference, script)
    assert judge.operations > OPERATIONS // 2
    assert judge.events
