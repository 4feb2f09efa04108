"""Many sessions cost a member little, and clients that never read cost the others nothing."""

import pytest
from faults import sessions

SESSIONS, DEAF = 1_000, 50


@pytest.mark.ensemble
def test_a_thousand_sessions_and_fifty_deaf_clients(tmp_path):
    """`python -m faults sessions` has as many as a process may have sockets."""
    found = sessions.campaign(SESSIONS, DEAF, tmp_path / "ensemble")
    assert found["answered"] == SESSIONS + sessions.WARM_UP
    assert found["lost"] == 0
    assert found["bytes_a_session"] <= sessions.SESSION_BYTES_MAX
    by_size = {int(size): int(mb * (1 << 20)) for size, mb in found["deaf_mb"].items()}
    assert all(by_size)
