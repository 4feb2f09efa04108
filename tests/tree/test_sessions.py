"""Sessions and their rows. What opens, moves and ends them is told in testdata/sessions.txt."""

import pytest

from hikari.tree import sessions
from hikari.tree.rows import RowsDamaged
from hikari.tree.sessions import Session


@pytest.mark.interpreted
def test_a_row_gives_back_the_session() -> None:
    before = Session(7, 30_000, b"sixteen letters!", attachment=2**60)
    after = sessions.from_row(7, before.row())
    for name in Session.__slots__:
        assert getattr(after, name) == getattr(before, name)


def test_a_row_that_was_cut_is_damage() -> None:
    with pytest.raises(RowsDamaged):
        sessions.from_row(7, b"short")
