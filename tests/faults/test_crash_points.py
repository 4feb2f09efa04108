"""Death and failing disks at the points where a member writes: some of them; `python -m faults
crash-points --all` and `crash-three` run the rest."""

import pytest
from ensemble.recorder import create
from faults import crash_points, crash_three
from faults.crash_points import judge
from timely import demand_within, timely

pytestmark = [pytest.mark.ensemble, pytest.mark.usefixtures("compiler")]

SECONDS = 30.0
CASES_MIN = 5
"""Fewer say nothing; with a core of one's own it is a hundred."""


@timely
def test_what_was_acknowledged_is_there_wherever_a_member_dies(seed, tmp_path, capsys):
    found = crash_points.campaign(seed=seed, seconds=SECONDS, keep=tmp_path)
    if not found["wrong"] and found["reached"] < CASES_MIN:  # those where it lives on take long
        found = crash_points.campaign(seed=seed + 1, seconds=2 * SECONDS, keep=tmp_path)
    with capsys.disabled():
        print(f"crash points: {found}")
    assert not found["wrong"]
    assert found["reached"] >= CASES_MIN
    demand_within(
        crash_points.RESTART_S_MAX, found["restart_s"]["p50"], of="s to restart, the median"
    )


def test_so_it_is_on_one_of_three_while_the_third_is_down(seed, tmp_path, capsys):
    found = crash_three.campaign(seed=seed, cases=4, keep=tmp_path)
    with capsys.disabled():
        print(f"crash points of one of three: {found}")
    assert not found["wrong"]


def test_the_judge_sees_a_lost_write_a_torn_one_and_one_that_nobody_made():
    model = {}
    done = list(crash_points.steps("new"))
    assert done[0][0] == create(b"/new", b"")
    both = next(n for n, (request, _) in enumerate(done) if isinstance(request[1], tuple))
    for _, do in done[:both]:
        do(model)
    asked = dict(model)
    done[both][1](asked)
    judge(model, model, asked)
    judge(asked, model, asked)
    (changed, *others) = [path for path in {*model, *asked} if model.get(path) != asked.get(path)]
    assert others
    torn = {path: data for path, data in asked.items() if path != changed}
    torn |= {changed: model[changed]} if changed in model else {}
    for wrong in (torn, {**model, b"/more": b""}, {**model, b"/new/register": b"older"}, {}):
        with pytest.raises(AssertionError):
            judge(wrong, model, asked)
    with pytest.raises(AssertionError):
        judge(asked, model, None)
