"""The life of one member, as far as no other test sees it."""

import pytest
from twisted.internet.testing import MemoryReactorClock

from hikari import service
from hikari.config import Address, Config, Ensemble, Member, MemberAddress


class Reactor(MemoryReactorClock):
    """Keeps what is to be done after this poll."""

    def __init__(self):
        super().__init__()
        self.after = []

    def after_poll(self, call):
        self.after.append(call)


@pytest.fixture
def server(tmp_path, monkeypatch):
    def broken(error):
        raise AssertionError("the process would have ended") from error

    monkeypatch.setattr(service, "broken", broken)
    me = MemberAddress(1, Address("127.0.0.1", 2181), Address("127.0.0.1", 2281))
    return service.Server(Config(Member(1, tmp_path), Ensemble((me,))), Reactor())


def test_a_turn_that_was_asked_for_before_the_stop_comes_to_nothing(server):
    """Found by stopping members under load: the turn wrote to a store that was closed, and a
    member that had stopped well ended with status 70."""
    server.start()
    server.replica.tick()
    assert server.reactor.after
    server.stop()
    for call in server.reactor.after:
        call()
