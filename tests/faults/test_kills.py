"""kill -9 and lost disks under load: some; `python -m faults kills` and `disks-lost` do more."""

import pytest
from faults import kills

pytestmark = pytest.mark.ensemble

KEEPS = "[journal]\nentries_kept = 300\nflush_entries = 300\n"


def test_members_are_killed_and_nothing_is_lost(seed, tmp_path, capsys):
    found = kills.campaign("kills", kills.kill, seed=seed, times=12, keep=tmp_path)
    with capsys.disabled():
        print(f"kills: {found}")
    assert not found["wrong"]


def test_a_member_that_lost_its_disk_rejoins_by_itself(seed, tmp_path, capsys):
    found = kills.campaign(
        "disks-lost", kills.lose_disk, seed=seed, times=3, settings=KEEPS, keep=tmp_path
    )
    with capsys.disabled():
        print(f"disks lost: {found}")
    assert not found["wrong"]
