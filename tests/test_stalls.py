"""Late ticks are seen, and how late they were."""

import pytest

from hikari.stalls import Stalls


def test_late_ticks_are_counted_and_the_latest_is_kept():
    now_s = 1_000.0
    stalls = Stalls(50, lambda: now_s)
    late = []
    for gap_s in (0.0, 0.05, 0.08, 0.02, 0.35, 0.05):
        now_s += gap_s
        late.append(stalls.tick())
    assert late == pytest.approx([0, 0, 30, 0, 300, 0], abs=1e-6)
    assert stalls.longest_ms == pytest.approx(300)
    assert (stalls.count, stalls.last_ms) == (1, pytest.approx(0, abs=1e-6))
