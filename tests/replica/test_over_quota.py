"""Whose quota is exceeded is said, but not as often as somebody tries."""

from twisted.logger import capturedLogs, formatEvent

from hikari.replica.over_quota import PATHS_MAX, TOLD_TICKS, OverQuota


def test_a_quota_is_named_once_a_minute_however_often_it_is_exceeded() -> None:
    over = OverQuota()
    with capturedLogs() as logged:
        for _ in range(TOLD_TICKS + 1):
            over.tick({b"/a": ("count", 11, 10)})
        over.tick({b"/b": ("byteHardLimit", 2_000, 1_000), b"/a": ("count", 12, 10)})
    said = [formatEvent(event) for event in logged]
    assert said[0] == said[1] == "more than the quota of /a allows: its count is 10, this is 11"
    assert said[2] == "more than the quota of /b allows: its byteHardLimit is 1000, this is 2000"
    assert len(said) == 3


def test_what_was_said_is_taken_out_and_not_remembered_without_bound() -> None:
    over = OverQuota()
    paths = {b"/%d" % number: ("count", 2, 1) for number in range(3 * PATHS_MAX)}
    with capturedLogs():
        over.tick(paths)
    assert not paths
    assert len(over._silent_until) <= PATHS_MAX
