"""Anything that may be asked, of whole members in memory."""

import random

import pytest
from fuzz.crowd import Crowd

from hikari.gateway.reads import READS
from hikari.tree import acl
from hikari_wire import codes

STEPS = 1_000


@pytest.mark.parametrize("seed", [1, 2, random.SystemRandom().getrandbits(30)])
def test_a_crowd_changes_nothing_that_is_not_its_own(seed):
    crowd = Crowd(seed)
    crowd.run(STEPS)
    assert crowd.frames > 1_000
    assert {codes.OK, codes.NO_AUTH, codes.MARSHALLING_ERROR, codes.NO_NODE} <= set(crowd.answers)


@pytest.mark.interpreted
def test_a_member_that_lets_others_write_is_seen(monkeypatch):
    """The judge's data changes, or what is in its folder."""
    monkeypatch.setattr(acl, "may", lambda *_: True)
    with pytest.raises(AssertionError):
        Crowd(1).run(STEPS)


def test_a_request_that_fails_is_seen(monkeypatch):
    """What a connection survives by closing itself is a defect all the same."""

    def defect(*_):
        raise IndexError

    monkeypatch.setitem(READS, codes.GET_ACL, defect)
    with pytest.raises(AssertionError, match="IndexError"):
        Crowd(1).run(STEPS)
