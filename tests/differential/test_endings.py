"""What ends by itself ends as in ZooKeeper; whoever holds the two against each other sees well."""

from types import SimpleNamespace

import pytest
from differential import lives, servers
from differential.dues import Dues, Late
from differential.endings import Court, Play, difference

SEEDS = range(1, 9)


@pytest.mark.ensemble
@pytest.mark.skipif(bool(servers.missing()), reason=str(servers.missing()))
def test_what_ends_by_itself_ends_as_in_zookeeper():
    """`python -m differential.endings --seeds …` shrinks what fails here."""
    with Court() as court:
        judged = court.judge_all([lives.draw(seed) for seed in SEEDS])
    assert [found for found, _ in judged] == [None] * len(SEEDS)
    assert all(figures["deletions"] > 50 and figures["left"] > 10 for _, figures in judged)


def reply(body=(), error=0):
    return ("reply", "", "its", 1, error, list(body))


TTL = ["createTTL", "/R/t", "", [], 5, 1_000]


def test_what_may_have_ended_is_not_touched():
    dues = Dues()
    dues.note(TTL, reply(["/R/t"]), 0.0, 0.1)
    dues.demand_alive(["setData", "/R/t", "", -1], 0.9)
    for touch in (["delete", "/R/t", -1], ["create", "/R/t/x", "", [], 0]):
        with pytest.raises(Late):
            dues.demand_alive(["multi", [touch]], 1.0)


def test_a_write_puts_the_end_off_and_a_failed_one_does_not():
    dues = Dues()
    dues.note(TTL, reply(["/R/t"]), 0.0, 0.1)
    dues.note(["setData", "/R/t", "", 7], reply(error=-103), 0.5, 0.6)
    dues.note(["multi", [["setData", "/R/t", "", 7]]], reply([[-1, -103]]), 0.5, 0.6)
    with pytest.raises(Late):
        dues.demand_alive(["delete", "/R/t", -1], 1.0)
    dues.note(["setData", "/R/t", "", -1], reply(), 0.7, 0.8)
    dues.demand_alive(["delete", "/R/t", -1], 1.0)


def test_a_look_is_taken_when_nothing_is_in_doubt():
    dues = Dues()
    dues.note(TTL, reply(["/R/t"]), 0.0, 0.1)
    dues.demand_settled(0.5)
    with pytest.raises(Late):
        dues.demand_settled(1.05)
    dues.settle(1.05)
    with pytest.raises(Late):
        dues.demand_settled(1.1)
    dues.settle(1.2)
    dues.demand_settled(1.3)


def played(look, events=(), raced=None):
    play = Play(SimpleNamespace(addresses=[("127.0.0.1", 1)]), "/e1")
    play.looks = [dict.fromkeys(look, 0)]
    play.raced = raced or {}
    for path, kinds in events:
        play.events[lives.RECURSIVE][path] = list(kinds)
    return play


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (played(["/R/a"]), played([])),
        (played([]), played(["/R/a"])),
        (played([], [("/R/a", [1, 2])]), played([], [("/R/a", [1])])),
        (played([], [("/R/a", [1, 2])]), played([], [("/R/a", [2, 1])])),
        (played([], [("/R/a", [1, 2])]), played([], [("/R/a", [1, 2, 2])])),
    ],
)
def test_what_differs_is_seen(theirs, ours):
    assert difference(theirs, theirs) is None
    assert difference(theirs, ours) is not None


RACE = "/R/raced/n0"


def test_who_wins_a_race_may_differ_but_must_be_told_as_it_is():
    gone = played([], [(RACE, [1, 2])], {RACE: False})
    kept = played([RACE], [(RACE, [1])], {RACE: True})
    told_wrong = played([], [(RACE, [1, 2])], {RACE: True})
    told_late = played([RACE], [(RACE, [1])], {RACE: False})
    assert difference(gone, kept) is None
    assert difference(kept, told_wrong) is not None
    assert difference(kept, told_late) is not None
