"""Strangers cannot fill the log."""

from twisted.internet.task import Clock

from hikari.complaints import TOLD_MAX, WINDOW_S, Complaints


def test_a_few_are_told_and_the_rest_is_counted():
    clock, said = Clock(), []
    complaints = Complaints(clock.callLater, said.append)
    for number in range(1000):
        complaints.tell(f"refused {number}")
    assert said == [f"refused {number}" for number in range(TOLD_MAX)]
    clock.advance(WINDOW_S)
    assert said[TOLD_MAX:] == [f"{1000 - TOLD_MAX} more like these in 10 s"]
    complaints.tell("again")
    assert said[-1] == "again"
    clock.advance(WINDOW_S)
    assert said[-1] == "again", "nothing was kept back: nothing more to say"
    assert not clock.getDelayedCalls()
