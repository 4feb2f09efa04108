"""What went wrong can be told, and looked into afterwards."""

import json

import pytest
from faults import evidence, figures, rotation, scenarios
from faults.evidence import Evidence
from faults.folders import new_folder
from faults.scenarios import Scenario, Verdict
from faults.workloads import WORKLOADS, Scene, Workload

from hikari.testing.history import OK, Conversation, Event, Operation
from hikari.testing.tallies import Grant
from hikari_wire import codes


def caught(raises):
    try:
        raises()
    except Exception as error:
        return figures.told(error)
    raise AssertionError("it raised nothing")


def with_words():
    assert evidence is figures, "they are two"


def test_an_assertion_without_words_is_told_by_its_line():
    exec("def planted():\n    assert 1 > 2\n", space := {})  # pytest gives words to its own
    said = caught(space["planted"])
    assert "AssertionError" in said
    assert ":2: " in said


def test_nothing_that_is_raised_is_told_by_nothing():
    assert caught(with_words).startswith("test_evidence.py:")
    assert "they are two" in caught(with_words)
    for error in (AssertionError(), AssertionError(""), OSError(), ValueError(" \n")):
        assert type(error).__name__ in figures.told(error)


def history():
    asked = Operation(7, (codes.GET_DATA, b"/a", False), 10.25, 1, 10.5, OK, 3, 0, None)
    event = Event(7, codes.EVENT_DELETED, b"/a", 10.375)
    return Conversation(7, 2, 10.0, 0, 4000, 11.0, asked=[asked], arrived=[event, asked])


def test_a_history_is_kept_for_readers_and_for_judges(tmp_path):
    grants = [Grant("c1", 5, 10.125, 10.3)]
    Evidence([history()], trees={1: {b"/a": (b"", None)}}, grants=grants).write(tmp_path)
    lines = (tmp_path / "history.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == [
        *("10.000000", "10.125000", "10.250000", "10.375000", "11.000000")
    ]
    assert all("session 0x7 at member 2" in line for line in (lines[0], *lines[2:]))
    kept = evidence.read(tmp_path)
    assert kept.conversations[0].asked[0].request == (codes.GET_DATA, b"/a", False)
    assert kept.grants == grants
    assert kept.trees[1] == {b"/a": (b"", None)}


def test_two_failures_of_one_name_are_kept_beside_each_other(tmp_path):
    places = []
    for _ in range(3):
        places.append(evidence.place(tmp_path / "failed", "locks-calm-1"))
        places[-1].mkdir()
    assert [one.name for one in places] == ["locks-calm-1", "locks-calm-1-2", "locks-calm-1-3"]


def test_a_sum_tells_all_that_was_wrong_with_a_scenario():
    total = rotation.Sum()
    total.add(Verdict("run it", ["first", "second " + "x" * 999]), 1.0)
    (said,) = total.told()["failed"]
    assert "first | second" in said
    assert len(said) < 700


@pytest.mark.ensemble
def test_a_scenario_that_the_harness_itself_breaks_is_kept_too(monkeypatch):
    """It counts as failed, the soak goes on, and all is there to find out why."""

    def broken(scene: Scene):
        def act(client):
            yield 0.3
            raise KeyError("a fault of the harness")

        return act

    register = WORKLOADS["registers"]
    monkeypatch.setitem(scenarios.WORKLOADS, "broken", Workload(register.roots, [(1, broken)]))
    with new_folder() as folder:
        verdict = Scenario("broken", "calm", "1", folder, seconds=1).run()
        (said,) = verdict.failures
        assert said.startswith("KeyError: test_evidence.py:")
        assert "a fault of the harness" in (folder / "traceback").read_text()
        kept = json.loads((folder / "verdict.json").read_text())
        assert kept["failures"] == verdict.failures
        assert "faults run broken calm 1" in kept["command"]
        assert {"code", "wall_minus_monotonic", "acts"} <= set(kept)
        assert evidence.read(folder).conversations
        assert "member 1 " in (folder / "look").read_text()
        assert (folder / "member-1" / "log").exists()
