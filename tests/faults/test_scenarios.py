"""A rotation of workloads and faults, bounded in time: another one each day, or by seed.

HIKARI_FAULTS_SEED=2026-11-20 HIKARI_FAULTS_S=100 ./test tests/faults/test_scenarios.py
"""

import json
import os
import time

import pytest
from faults import rotation
from faults.nemesis import FAULTS, NEED_CLOCKS, draw
from faults.workloads import WORKLOADS

pytestmark = pytest.mark.ensemble

PLAY_S = float(os.environ.get("HIKARI_FAULTS_S", "80"))
SCENARIO_S = 7.0


def test_a_rotation_of_faults(tmp_path, capsys):
    """No promise is broken, whatever goes wrong."""
    seed = os.environ.get("HIKARI_FAULTS_SEED") or rotation.seed_of_today()

    def say(text):
        with capsys.disabled():
            print(text)

    say(f"\nfaults, seed {seed}:")
    total = rotation.play(seed, SCENARIO_S, time.monotonic() + PLAY_S, say, tmp_path / "failed")
    say(json.dumps(total.told()))
    assert total.scenarios
    assert not total.failed


def test_a_round_has_every_fault_and_so_many_rounds_every_pair():
    drawn = rotation.rotation("seed", FAULTS)
    first = [next(drawn)[:2] for _ in FAULTS]
    assert {fault for _, fault in first} == set(FAULTS)
    rest = [next(drawn)[:2] for _ in range(len(FAULTS) * (len(WORKLOADS) - 1))]
    assert len({*first, *rest}) == len(FAULTS) * len(WORKLOADS)


def test_a_script_is_the_same_for_the_same_seed():
    for fault in FAULTS:
        for members in (3, 5):
            script = draw(fault, "a", members, 20)
            assert script
            assert json.loads(json.dumps(script)) == script == draw(fault, "a", members, 20)
            if fault not in ("calm", "restart", "pause-long", *NEED_CLOCKS):
                assert script != draw(fault, "b", members, 20)
