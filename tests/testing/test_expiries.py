"""Sessions that end before their time: what is certain about that, whatever was lost or late."""

import pytest

from hikari.testing.expiries import Office, judge_expiries
from hikari.testing.history import Applied
from hikari.testing.model import ATTACH, EXPIRE
from hikari_wire.codes import CLOSE_SESSION, CREATE_SESSION, SET_DATA

PASSWORD = b"p" * 16
OPENED = (CREATE_SESSION, 4_000, PASSWORD)


def judged(*story, offices=None):
    """Of (moment, request) in the order of the log, in term 1 since moment 0; or of
    (moment, request, term)."""
    applied, indexes, committed_at = [], [], {}
    for place, (at, request, *term) in enumerate(story, 1):
        session = 1 if request[0] in (CLOSE_SESSION, SET_DATA) else 0
        applied.append(Applied(place, session, request, 0))
        indexes.append(place)
        committed_at[place] = (at, *(term or [1]))
    return judge_expiries(applied, indexes, committed_at, offices or {1: Office(0.0, 1.0)})


def test_a_session_that_was_silent_for_its_time_out_may_be_expired():
    assert judged((1.0, OPENED), (5.0, (EXPIRE, 1, 1))) == []


def test_a_session_is_not_expired_within_its_time_out():
    (wrong,) = judged((1.0, OPENED), (4.9, (EXPIRE, 1, 1)))
    assert "0x1 of 4000 ms" in wrong


def test_it_has_all_of_it_again_on_another_connection():
    moved = ((1.0, OPENED), (4.0, (ATTACH, 1, PASSWORD, 4_000)))
    assert judged(*moved, (7.9, (EXPIRE, 1, 2)))
    assert judged(*moved, (7.96, (EXPIRE, 1, 2))) == [], "but for a tick that was late"
    assert judged(*moved, (8.0, (EXPIRE, 1, 2))) == []


def test_an_expiry_of_an_older_connection_is_void():
    moved = ((1.0, OPENED), (4.9, (ATTACH, 1, PASSWORD, 4_000)), (5.0, (EXPIRE, 1, 1)))
    assert judged(*moved) == []
    assert judged(*moved, (8.0, (EXPIRE, 1, 2))), "and ends nothing: the next one is judged"


def test_a_session_that_was_closed_has_no_time_to_live():
    assert judged((1.0, OPENED), (2.0, (CLOSE_SESSION,)), (2.1, (EXPIRE, 1, 1))) == []


@pytest.mark.parametrize(("at", "early"), [(9.9, True), (10.0, False)])
def test_a_new_leader_lets_everybody_live_for_a_whole_time_out(at, early):
    offices = {1: Office(0.0, 1.0), 2: Office(6.0, 1.0)}
    wrong = judged((1.0, OPENED), (at, (EXPIRE, 1, 1), 2), offices=offices)
    assert bool(wrong) == early


def test_time_is_that_of_the_leaders_clock():
    story = (1.0, OPENED), (4.7, (EXPIRE, 1, 1))
    assert judged(*story)
    assert judged(*story, offices={1: Office(0.0, 1.1)}) == []
