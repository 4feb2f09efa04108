"""What a soak of scenarios comes to is told, whatever came between."""

import pytest
from faults import rotation
from faults.scenarios import Scenario, Verdict


def test_each_failed_scenario_is_one_line_of_the_figures():
    total = rotation.Sum()
    total.add(Verdict("run a b 1"), 1.0)
    total.add(Verdict("run c d 2", ["Trouble: at\n\tone\nplace", "and another"]), 1.0)
    told = total.told()
    assert told["scenarios"] == 2
    assert told["failed"] == ["run c d 2: Trouble: at one place | and another"]


@pytest.fixture
def rounds(monkeypatch):
    """Three scenarios, without looking at the machine."""
    drawn = [("bank", "calm", str(number), 3) for number in range(3)]
    monkeypatch.setattr(rotation, "possible", lambda say: ["calm"])
    monkeypatch.setattr(rotation, "rotation", lambda *asked: iter(drawn))


def _play(tmp_path):
    return rotation.play("seed", 1.0, float("inf"), lambda line: None, tmp_path / "failed")


def test_a_scenario_that_the_harness_breaks_has_failed_and_the_next_is_played(
    rounds, monkeypatch, tmp_path
):
    def run(self):
        if self.seed == "1":
            raise OSError("no more namespaces")
        return Verdict(self.command(), figures={"digests_compared": 5})

    monkeypatch.setattr(Scenario, "run", run)
    told = _play(tmp_path).told()
    assert told["scenarios"] == 3
    assert told["digests_compared"] == 10
    (said,) = told["failed"]
    assert "bank calm 1 " in said
    assert "no more namespaces" in said
    assert len(list((tmp_path / "failed").iterdir())) == 1


def test_a_soak_that_is_interrupted_tells_what_it_has(rounds, monkeypatch, tmp_path):
    def run(self):
        if self.seed == "1":
            raise KeyboardInterrupt
        return Verdict(self.command(), ["wrong"])

    monkeypatch.setattr(Scenario, "run", run)
    assert _play(tmp_path).told()["scenarios"] == 1
