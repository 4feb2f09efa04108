"""The judge of the differential test sees what differs, and what only looks so."""

import json

import pytest
from differential.judge import Judge, Pairs
from differential.shrinking import case, shrink, shrunk


def reply(zxid, error=0, body=(), name="setData"):
    return ("reply", name, "its", zxid, error, list(body))


def stat(zxid, version=0, time=1):
    return (zxid, zxid, time, time, version, 0, 0, 0, 0, 0, zxid)


def event(kind, path):
    return ("event", -1, 0, kind, 3, path)


SCRIPT = [{"seat": 0, "ask": [["setData", "/R", "", -1]]}]


def first(theirs, ours):
    return Judge().first(SCRIPT, [[[]], [theirs]], [[[]], [ours]])


def test_times_and_the_numbers_of_zxids_are_no_difference():
    assert first([reply(7, body=[stat(7, time=1)])], [reply(90, body=[stat(90, time=2)])]) is None


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ([reply(7)], [reply(7, error=-101)]),
        ([reply(7)], []),
        ([], [reply(7)]),
        ([reply(7, body=[stat(7)])], [reply(7, body=[stat(7, version=1)])]),
        ([reply(7, body=[stat(7)])], [reply(7, body=[stat(6)])]),
        ([reply(7, body=[stat(7)])], [reply(7, body=[stat(7, time=0)])]),
        ([event(3, "/a"), reply(7)], [reply(7), event(3, "/a")]),
        ([event(3, "/a"), reply(7)], [event(3, "/b"), reply(7)]),
        ([event(3, "/a"), event(4, "/"), reply(7)], [event(4, "/"), event(3, "/a"), reply(7)]),
        ([reply(7), ("closed",)], [reply(7)]),
        ([reply(7, body=["x"])], [reply(7, body=[None])]),
    ],
)
def test_what_differs_is_seen(theirs, ours):
    assert first(theirs, theirs) is None
    assert first(theirs, ours) is not None


def test_zxids_pair_up_in_one_order():
    pairs = Pairs()
    assert pairs.same(10, 100)
    assert pairs.same(20, 200)
    assert pairs.same(10, 100)
    assert not pairs.same(10, 101)
    assert not pairs.same(11, 100)
    assert not pairs.same(15, 250)
    assert pairs.same(15, 150)
    assert pairs.near(17, 199)
    assert not pairs.near(17, 200)


def test_children_in_another_order_are_the_same_but_two_fields_are_not():
    judge = Judge()
    assert judge.body("getChildren", [["a", "b"]], [["b", "a"]])
    assert not judge.body("getChildren", [["a", "b"]], [["b", "b"]])
    assert not judge.body("setACL", [["a", "b"]], [["b", "a"]])


def test_a_script_is_cut_down_to_what_differs():
    script = [{"seat": 0, "ask": [["ping"], ["sync", f"/{number}"]]} for number in range(40)]

    def differs(candidate):
        asked = [request for step in candidate for request in step["ask"]]
        return ["sync", "/7"] in asked and ["sync", "/33"] in asked

    small = shrink(script, True, differs, runs=500)
    assert [step["ask"] for step in small] == [[["sync", "/7"]], [["sync", "/33"]]]


def test_who_is_out_of_time_shrinks_no_further():
    script = [{"seat": 0, "ask": [["sync", f"/{number}"]]} for number in range(40)]
    at = iter(range(100))
    small = shrink(script, True, lambda _: True, seconds_max=2, seconds=lambda: next(at))
    assert len(small) == 20, "one run, that halved it"


def test_what_was_shrunk_is_written_as_it_is_kept():
    script = [{"seat": 0, "ask": [["sync", "/a"]]}, {"seat": 1, "drop": True}]
    assert json.loads(case(script))["steps"] == script


def test_a_difference_that_a_bench_shows_is_cut_down_with_it():
    """A bench whose servers differ at one path."""

    class Bench:
        def play(self, script):
            steps = [{"ask": []}, *script]
            paths = [["/7" in str(step["ask"])] for step in steps]
            theirs = [[[reply(9)] if at else []] for (at,) in paths]
            ours = [[[reply(9, error=-101)] if at else []] for (at,) in paths]
            return Judge().first(script, theirs, ours), None, []

    script = [{"seat": 0, "ask": [["sync", f"/{number}"]]} for number in range(9)]
    difference, _, _ = Bench().play(script)
    small, heard = shrunk(Bench(), script, difference)
    assert small == [script[7]]
    assert "-101" in heard
