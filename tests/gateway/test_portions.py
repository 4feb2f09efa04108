"""Large replies of all connections share what may be told in one poll."""

from collections.abc import Callable

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

    def __init__(self, portions: Portions, bytes_: int) -> None:
        self.portions, self.left, self.polls = portions, bytes_, 0

    def go_on(self) -> None:
        self.polls += 1
        told = 0
        while self.left:
            self.left -= (more := min(self.left, 1 << 16))
            told += more
            enough = self.portions.spend(more)
            if told >= CONNECTION_BYTES_MAX or enough:
                self.portions.wait(self)  # type: ignore[arg-type]
                return


def test_a_poll_tells_no_more_than_its_portion_and_everybody_in_turn():
    reactor = Reactor()
    portions = Portions(reactor.later_s)
    crowd = [Greedy(portions, 3 << 20) for _ in range(50)]
    for one in crowd:
        portions.wait(one)
    left = sum(one.left for one in crowd)
    while left:
        reactor.poll()
        before, left = left, sum(one.left for one in crowd)
        assert 0 < before - left <= POLL_BYTES_MAX + (1 << 16)
        polls = [one.polls for one in crowd]
        assert max(polls) - min(polls) <= 1, "one after the other"
    for _ in range(20):
        reactor.poll()
    assert not reactor.asked, "and then it is quiet"


def test_nothing_is_carried_over_into_the_next_poll():
    reactor = Reactor()
    portions = Portions(reactor.later_s)
    assert not portions.spend(POLL_BYTES_MAX - 1)
    assert portions.spend(1)
    reactor.poll()
    assert not portions.spend(POLL_BYTES_MAX - 1)
