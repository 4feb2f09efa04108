"""Power cuts on mounted file systems: some; `python -m faults power-cuts` makes hundreds."""

import pytest
from faults import power_cuts
from faults.disks import why_not

pytestmark = [pytest.mark.ensemble, pytest.mark.usefixtures("compiler")]

CUTS = 8


def test_what_was_acknowledged_before_a_cut_is_there_after_it(seed, tmp_path, capsys):
    """On one member, on two, on all at the same instant; and the same without fsync is lost."""
    if reason := why_not():
        pytest.skip(reason)
    found = power_cuts.campaign(seed=seed, cycles=CUTS, keep=tmp_path)
    with capsys.disabled():
        print(f"power cuts: {found}")
    assert not found["wrong"]
    assert not found["lost"]
    assert found["cuts"] == CUTS
    assert found["canary"]["lost"] > 0, "this test could not see a loss"
