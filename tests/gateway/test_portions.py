"""Large replies of all connections share what may be told in one poll."""

from collections.abc import Callable

import pytest

from hikari.gateway.portions import CONNECTION_BYTES_MAX, POLL_BYTES_MAX, Portions


class Reactor:
    """Polls when it is told to: what is asked for meanwhile is of the next poll."""

    def __init__(self) -> None:
        self.asked: list[Callable[[], None]] = []

    def later_s(self, seconds: float, call: Callable[[], None]) -> None:
        assert seconds == 0
        self.asked.append(call)

    def poll(self) -> None:
        asked, self.asked = self.asked, []
        for call in asked:
            call()


class Greedy:
    """Has so much to say, and says a part each time that it may."""

    deaf = closed = False

    def __init__(self, portions: Portions, bytes_: int) -> None:
        self.portions, self.left, self.polls = portions, bytes_, 0

    def go_on(self) -> None:
        self.polls += 1
        told = 0
        while self.left:
            self.left -= (more := min(self.left, 1 << 16))
            told += more
            if self.portions.enough(self, more, told):
                return


@pytest.mark.interpreted
def test_a_poll_tells_no_more_than_its_portion_and_everybody_in_turn():
    reactor = Reactor()
    portions = Portions(reactor.later_s)
    crowd = [Greedy(portions, 3 << 20) for _ in range(50)]
    for one in crowd:
        one.go_on()
    left = sum(one.left for one in crowd)
    while left:
        reactor.poll()
        before, left = left, sum(one.left for one in crowd)
        assert 0 < before - left <= POLL_BYTES_MAX + (1 << 16)
        lefts = [one.left for one in crowd]
        assert max(lefts) - min(lefts) <= 2 * CONNECTION_BYTES_MAX, "one after the other"
    assert min(one.polls for one in crowd) > 3, "a portion each time"
    for _ in range(20):
        reactor.poll()
    assert not reactor.asked, "and then it is quiet"


@pytest.mark.interpreted
def test_nothing_is_carried_over_into_the_next_poll():
    reactor = Reactor()
    portions = Portions(reactor.later_s)
    one = Greedy(portions, 0)
    assert not portions.enough(one, POLL_BYTES_MAX - 1, 0)
    assert portions.enough(one, 1, 0)
    reactor.poll()
    assert not portions.enough(one, POLL_BYTES_MAX - 1, 0)


@pytest.mark.interpreted
def test_of_one_connection_it_is_enough_sooner():
    reactor = Reactor()
    portions = Portions(reactor.later_s)
    one = Greedy(portions, 0)
    assert not portions.enough(one, 1, CONNECTION_BYTES_MAX - 1)
    assert portions.enough(one, 1, CONNECTION_BYTES_MAX)
    reactor.poll()
    assert one.polls == 1


@pytest.mark.interpreted
def test_who_does_not_read_waits_until_it_does():
    reactor = Reactor()
    portions = Portions(reactor.later_s)
    one = Greedy(portions, 0)
    one.deaf = True
    assert portions.enough(one, 1, 1)
    reactor.poll()
    assert one.polls == 0
