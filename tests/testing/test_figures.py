"""All machines add what they found to one list, under the same keys."""

import json

from click.testing import CliRunner
from faults import figures as of_faults
from fuzz.__main__ import main as fuzz

from hikari.testing.command import simulate


def test_campaigns_of_all_kinds_stand_in_one_file(tmp_path, capsys):
    path = tmp_path / "figures.json"
    runner = CliRunner()
    of_faults.append(path, "kills", {"kills": 3})
    crowd = ["crowd", "--seeds", "1..1", "--steps", "50", "--figures", str(path)]
    assert runner.invoke(fuzz, crowd).exit_code == 0
    seeds = ["--seeds", "1..2", "--turns", "200", "--processes", "1", "--figures", str(path)]
    assert runner.invoke(simulate, seeds).exit_code == 0
    kept = json.loads(path.read_text())
    assert [one["campaign"] for one in kept] == ["kills", "fuzz crowd", "simulated seeds"]
    assert all(list(one)[:2] == ["campaign", "when"] for one in kept)
    assert kept[2]["states"] > 0
    assert kept[2]["digests"] > 0
    assert "unjudged" in kept[2]
