"""What a new connection is told of watches, however many and long."""

from typing import Any

import pytest

from hikari_client.settings import FRAME_BYTES_MAX
from hikari_client.watching import KINDS, PERSISTENT, Watches
from hikari_wire import codes, requests

MANY = 100_000
SMALL_BUFFER_BYTES = 1 << 18  # a quarter of the server's usual bound


def told(watches: Watches) -> tuple[list[tuple[int, bytes]], int]:
    """What the server reads of it, and the longest frame."""
    found: list[tuple[int, bytes]] = []
    longest = 0
    for request in watches.rearm(7):
        frame = requests.encode(request, codes.XID_SET_WATCHES)
        longest = max(longest, len(frame))
        op, zxid, *lists = requests.DECODE[request[0]](frame, 12, len(frame))
        assert zxid == 7
        assert (op == codes.SET_WATCHES2) == any(lists[PERSISTENT:])
        found += [(kind, path) for kind, paths in enumerate(lists) for path in paths]
    return found, longest


def test_a_hundred_thousand_watches_are_told_once_each_in_small_frames() -> None:
    watches = Watches()
    expected = [(number % len(KINDS), b"/znodes/%06d" % number) for number in range(MANY)]
    for kind, path in expected:
        watches.add(kind, path, "w")
        watches.add(kind, path, "another")
    found, longest = told(watches)
    assert sorted(found) == sorted(expected)
    assert longest < SMALL_BUFFER_BYTES


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[-1]])
def test_a_very_long_path_does_not_make_others_too_long(kind: Any) -> None:
    watches = Watches()
    short = [b"/%0100d" % number for number in range(1200)]
    long = b"/" + b"x" * (FRAME_BYTES_MAX - 100)
    for path in (*short, long, b"/last"):
        watches.add(kind, path, "w")
    found, longest = told(watches)
    assert sorted(path for _, path in found) == sorted([*short, long, b"/last"])
    assert longest - 4 <= FRAME_BYTES_MAX
