"""Whose quota is exceeded is said, but not as often as somebody tries."""

from twisted.logger import capturedLogs

from hikari.replica.over_quota import PATHS_MAX, TOLD_TICKS, OverQuota


def test_a_quota_is_named_once_a_minute_however_often_it_is_exceeded() -> None:
    over = OverQuota()
    with capturedLogs() as logged:
        for _ in range(TOLD_TICKS + 1):
            over.tick({b"/a"})
        over.tick({b"/b", b"/a"})
    assert [event["path"] for event in logged] == ["/a", "/a", "/b"]


def test_what_was_said_is_taken_out_and_not_remembered_without_bound() -> None:
    over = OverQuota()
    paths = {b"/%d" % number for number in range(3 * PATHS_MAX)}
    with capturedLogs():
        over.tick(paths)
    assert not paths
    assert len(over._silent_until) <= PATHS_MAX
