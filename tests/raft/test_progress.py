"""What the leader believes of one follower."""

import pytest

from hikari.raft import progress as module
from hikari.raft.progress import PROBE, REPLICATE, SNAPSHOT, Progress


def replicating(match: int) -> Progress:
    progress = Progress(match + 1)
    progress.matched(match)
    return progress


def test_one_probe_at_a_time() -> None:
    progress = Progress(5)
    assert not progress.full()
    progress.sent(7, 100)
    assert progress.full()
    assert progress.next == 5  # where it looks is not known yet


def test_a_match_opens_the_pipeline() -> None:
    progress = Progress(5)
    progress.sent(7, 100)
    progress.matched(7)
    assert (progress.state, progress.match, progress.next) == (REPLICATE, 7, 8)
    progress.sent(9, 100)
    progress.sent(12, 100)
    assert (progress.next, progress.bytes, progress.full()) == (13, 200, False)


def test_an_answer_covers_all_that_was_sent_before_it() -> None:
    progress = replicating(4)
    for last in (5, 6, 7):
        progress.sent(last, 10)
    progress.matched(6)
    assert (list(progress.appends), progress.bytes) == ([(7, 10)], 10)


def test_a_match_never_goes_back() -> None:
    progress = replicating(9)
    progress.matched(4)
    assert (progress.match, progress.next) == (9, 10)


def test_a_follower_that_does_not_answer_is_sent_no_more() -> None:
    progress = replicating(0)
    for index in range(module.INFLIGHT_APPENDS_MAX):
        assert not progress.full()
        progress.sent(index + 1, 1)
    assert progress.full()


@pytest.mark.interpreted
def test_a_follower_is_sent_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INFLIGHT_BYTES_MAX", 100)
    progress = replicating(0)
    progress.sent(1, 100)
    assert not progress.full()
    progress.sent(2, 1)
    assert progress.full()
    progress.matched(1)
    assert not progress.full()


def test_a_refusal_goes_back_to_where_the_follower_says() -> None:
    progress = replicating(3)
    progress.sent(20, 10)
    assert progress.refused(before=20, hint=7)
    assert (progress.state, progress.next, progress.full()) == (PROBE, 8, False)


@pytest.mark.parametrize("hint", [0, 5, 19, 20, 99])
def test_the_next_place_is_always_earlier_and_never_before_the_match(hint: int) -> None:
    progress = Progress(21)
    progress.match = 3
    assert progress.refused(before=20, hint=hint)
    assert 3 < progress.next <= 20


def test_an_old_refusal_is_no_news() -> None:
    progress = replicating(9)
    assert not progress.refused(before=9, hint=2)  # it has that since
    progress.become(PROBE)
    assert not progress.refused(before=14, hint=12)  # not where it is being looked for
    assert progress.next == 10


def test_a_broken_link_starts_again_behind_the_match() -> None:
    progress = replicating(4)
    progress.sent(9, 10)
    progress.become(PROBE)
    assert (progress.next, list(progress.appends), progress.bytes) == (5, [], 0)


def test_nothing_is_sent_while_rows_are_on_their_way() -> None:
    progress = Progress(5)
    progress.become(SNAPSHOT)
    assert progress.full()


def test_an_amnesiac_is_believed_nothing_but_where_to_look() -> None:
    progress = replicating(9)
    progress.round = 4
    progress.forget(number=6, next_index=8)
    assert (progress.match, progress.round, progress.next) == (0, 0, 8)
    assert (progress.state, progress.forgotten) == (PROBE, 6)
