"""The same on real processes and sockets; and secrets, looked for in all that comes out of them."""

from collections import Counter
from pathlib import Path

import pytest
from breakins import canaries, sockets
from breakins.case import judge

pytestmark = pytest.mark.ensemble

# How many outputs of each kind there are at least.
OUTPUTS = {
    "reply": 150,
    "word": 100,
    "admin": 300,
    "peer": 6,
    "shell": 5,
    "client": 7,
    "log": 4,
    "compare": 2,
    "verify": 2,
    "salvage": 2,
    "repr": 6,
    "file": 60,
    "history": 2,
    "traceback": 1,
}


def test_nobody_gets_in_by_a_socket(tmp_path: Path) -> None:
    with sockets.staged(tmp_path) as stage:
        verdict = judge(sockets.cases(stage))
    assert verdict.told == []
    assert verdict.shut_out == []
    assert verdict.tried.total() >= 350


def test_no_secret_comes_out(tmp_path: Path) -> None:
    found = canaries.search(tmp_path)
    assert found.told == []
    kinds = Counter(place.partition(":")[0] for place in found.places)
    assert {kind: count for kind, count in OUTPUTS.items() if kinds[kind] < count} == {}
    assert found.bytes > 400_000
