"""Hikari answers as ZooKeeper does: kept scripts, and some that chance draws."""

import json
from pathlib import Path

import pytest
from differential import scripts, servers
from differential.bench import Bench, shown
from differential.shrinking import case, shrunk

SEATS = 4
SEEDS, OPERATIONS = range(1, 13), 1_500
SEEDS_OF_THREE, OPERATIONS_OF_THREE = range(13, 15), 800
SHRINKING_RUNS, SHRINKING_S = 60, 90
CASES = sorted(Path(__file__).with_name("cases").glob("*.json"))
DIFFERING = sorted(Path(__file__).with_name("differing").glob("*.json"))

pytestmark = [
    pytest.mark.ensemble,
    pytest.mark.skipif(bool(servers.missing()), reason=str(servers.missing())),
]


@pytest.fixture(scope="module")
def bench():
    with Bench(SEATS) as both:
        yield both


@pytest.fixture(scope="module")
def bench_of_three():
    with Bench(SEATS, members=3) as both:
        yield both


@pytest.fixture(scope="module")
def served(bench):
    return bench.served()


@pytest.mark.parametrize("kept", CASES, ids=lambda kept: kept.stem)
def test_a_difference_that_was_mended_does_not_come_back(bench, kept):
    script = json.loads(kept.read_text())["steps"]
    difference, judge, _ = bench.play(script)
    assert difference is None, shown(difference, script)
    assert judge.operations


@pytest.mark.parametrize("kept", DIFFERING, ids=lambda kept: kept.stem)
def test_a_difference_that_may_be_is_still_the_same(bench, kept):
    """`sometimes`: by chance ZooKeeper answers as we do."""
    said = json.loads(kept.read_text())
    difference, _, (_, ours) = bench.play(said["steps"])
    heard = [answer(item) for streams in ours for stream in streams for item in stream]
    assert said["ours"] in [*heard, None]
    if difference is None:
        assert said["sometimes"]
    else:
        both = answer(difference.theirs), answer(difference.ours)
        assert both == (said["theirs"], said["ours"])


def answer(item):
    """Of a reply what it answers, without zxids."""
    if not item:
        return None
    return [item[1], item[4], item[5]] if item[0] == "reply" else list(item)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_chance_draws_is_answered_alike(bench, served, seed):
    alike(bench, scripts.draw(seed, OPERATIONS, SEATS, served, set()))


@pytest.mark.parametrize("seed", SEEDS_OF_THREE)
def test_three_members_answer_like_one_zookeeper(bench_of_three, served, seed):
    alike(bench_of_three, scripts.draw(seed, OPERATIONS_OF_THREE, SEATS, served, set()))


def alike(bench, script):
    """What differs is told as a case to keep, cut down as far as there is time."""
    difference, judge, _ = bench.play(script)
    if difference is not None:
        small, heard = shrunk(bench, script, difference, SHRINKING_RUNS, SHRINKING_S)
        pytest.fail(f"{shown(difference, script)}\nshrunk:\n{case(small)}{heard}")
    assert judge.operations > sum(len(step.get("ask", ())) for step in script) // 2
    assert judge.events
