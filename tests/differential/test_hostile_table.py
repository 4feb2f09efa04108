"""What no client should send does to us what it does to ZooKeeper, or less."""

import pytest
from differential import servers
from differential.hostile.played import Answer, played, shape
from differential.hostile.rows import rows
from differential.hostile.table import (
    ALLOWED,
    FATAL,
    REFUSED,
    STRICTER,
    TOLD,
    Unexplained,
    compare,
    kept,
    seen,
    verdict,
)

ROWS_MIN = 1_500


@pytest.fixture(scope="module")
def theirs():
    return kept()


@pytest.mark.ensemble
def test_hostile_input_is_answered_as_by_zookeeper_or_more_strictly(theirs, tmp_path):
    """`python -m differential.hostile` says how often; `ALLOWED` says why."""
    found = compare(theirs, played(servers.Hikari(tmp_path)))
    assert not found["unexplained"], "\n".join(found["unexplained"])
    assert sum(map(len, found.values())) >= ROWS_MIN
    assert len(found["agreed"]) > 0.95 * ROWS_MIN
    differing = [name for kind in (STRICTER, FATAL, REFUSED, TOLD) for name in found[kind]]
    unused = [why for why in ALLOWED if not any(name.startswith(why) for name in differing)]
    assert not unused, "nothing differs there any more"


@pytest.mark.ensemble
@pytest.mark.skipif(bool(servers.missing()), reason=str(servers.missing()))
def test_what_is_kept_of_zookeeper_is_what_it_does(theirs, tmp_path):
    """`--record` writes it anew."""
    now = played(servers.ZooKeeper(tmp_path))
    assert {name for name in now if now[name] != theirs.get(name)} == set()
    assert set(now) == set(theirs)


def test_every_row_has_a_name_of_its_own():
    names = [row.name for row in rows()]
    assert len(names) == len(set(names)) >= ROWS_MIN


@pytest.mark.parametrize(
    ("said", "frames", "half"),
    [
        (b"", 0, False),
        (b"\0\0", 0, True),
        (b"\0\0\0\1x", 1, False),
        (b"\0\0\0\1x\0\0\0\2x", 1, True),
        (b"\0\0\0\1x\xff\xff\xff\xff", 1, False),
    ],
)
def test_who_waits_for_answers_knows_how_many_there_may_be(said, frames, half):
    assert shape(said) == (frames, half)


SERVED = Answer(("1 0 20",), "open", ("kept",))
AN_ERROR = Answer(("1 -8 16",), "open", ("kept",))
ANOTHER = Answer(("1 -5 16",), "open", ("kept",))
CLOSED = Answer((), "closed", ("kept",))


@pytest.mark.parametrize(
    ("theirs", "ours", "kind"),
    [
        (SERVED, SERVED, "agreed"),
        (SERVED, AN_ERROR, STRICTER),
        (SERVED, CLOSED, STRICTER),
        (AN_ERROR, CLOSED, STRICTER),
        (None, AN_ERROR, FATAL),
        (AN_ERROR, ANOTHER, REFUSED),
        (SERVED, Answer(("1 0 21",), "open", ("kept",)), TOLD),
        (None, SERVED, "looser"),
        (AN_ERROR, SERVED, "looser"),
        (CLOSED, SERVED, "looser"),
        (AN_ERROR, Answer(("1 -8 16",), "open", ("kept", "n")), "looser"),
        (CLOSED, Answer((), "closed", ("kept", "n")), "looser"),
        (SERVED, Answer(("1 0 20",), "open", ()), "looser"),
    ],
)
def test_what_is_looser_is_never_taken_for_stricter(theirs, ours, kind):
    assert seen(theirs, ours) == kind
    if kind != "agreed":
        with pytest.raises(Unexplained):
            verdict(rows()[0]._replace(name="a row that nothing allows"), theirs, ours)
