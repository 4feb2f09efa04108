"""Damaged files of one of three members: some; `python -m faults corruptions` does thousands."""

import pytest
from faults import corruptions
from faults.corruptions import FINE, HEALED, NOTHING, Bench, Damage
from faults.members import lane

from hikari.store.rows import RocksRows

pytestmark = pytest.mark.ensemble

SECONDS = 20.0
CASES_MIN = 5
"""Fewer say nothing; with a core of one's own it is fifty."""
STRICT = True
"""Whether a member must come back from any damage without an operator."""


def test_a_damaged_member_never_shows_what_is_wrong(seed, tmp_path, capsys):
    found = corruptions.campaign(
        seed=seed, cases=2000, seconds=SECONDS, least=CASES_MIN, strict=STRICT, keep=tmp_path
    )
    with capsys.disabled():
        print(f"corruptions: {found}")
    assert found["SILENT"] == 0, found["bad"]
    assert found["hung"] == 0, found["bad"]
    assert not found["errors"]
    assert found["cases"] >= CASES_MIN
    if STRICT:
        assert found["refused"] == 0, found["bad"]


class Forged(Damage):
    """No checksum tells it: somebody has written another value."""

    def do(self, home):
        (tree,) = home.glob("tree-*")
        rows = RocksRows(tree)
        ((key, value),) = [row for row in rows.scan(b"Z") if row[0].endswith(b"/n-23/below")]
        assert value.count(b"23") == 1
        rows.write({key: value.replace(b"23", b"32")})
        rows.close()
        return "forged"


def test_the_harness_sees_what_is_wrong_and_what_is_not():
    with lane("forged", library=None) as (folder, nursery):
        bench = Bench(folder, nursery, 1)
        try:
            bench.begin()
            assert bench.run(0, Damage("", NOTHING)).what == FINE
            assert bench.run(1, Damage("watermark", "delete")).what == HEALED
            forged = bench.run(2, Forged("tree *.sst", "forge"))
            assert forged.what != FINE, "a forged row went unseen"
            assert bench.run(3, Damage("", NOTHING)).what == FINE
        finally:
            bench.ensemble.close()
