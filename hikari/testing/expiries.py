"""No session is expired before its time, as those know it who see all members at once.

What clients saw proves little about expiry: a sign of life may be under way for long. But two
things are certain whatever was lost or late: who opened or moved a session, and who took office,
lets it live for a whole time-out from then on, by its own clock.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hikari.testing.history import Applied
from hikari.testing.model import ATTACH, EXPIRE
from hikari_wire import codes

SLACK_MS = 50
"""One tick: the first may be late, because its member was busy, and the next in time."""


class Office(NamedTuple):
    """One term's leader: since when, and how fast its clock runs."""

    since: float
    rate: float


class _Living(NamedTuple):
    attachment: int
    timeout_ms: int
    since: float


def judge_expiries(
    applied: Sequence[Applied],
    indexes: Sequence[int],
    committed_at: Mapping[int, tuple[float, int]],
    offices: Mapping[int, Office],
) -> list[str]:
    """What was expired too soon. `indexes`: of each request, the entry that it stands in.
    `committed_at`: of each entry, the first moment at which somebody took it for committed, and
    its term. `offices`: the leaders, by term."""
    wrong = []
    living: dict[int, _Living] = {}
    for one, index in zip(applied, indexes, strict=True):
        op = one.request[0]
        at, term = committed_at[index]
        if op == codes.CREATE_SESSION:
            living[one.zxid] = _Living(one.zxid, one.request[1], at)
        elif op == ATTACH and one.request[1] in living:
            living[one.request[1]] = _Living(one.zxid, one.request[3], at)
        elif op == codes.CLOSE_SESSION and one.admitted:
            living.pop(one.session, None)
        elif op == EXPIRE and (ended := living.get(one.request[1])) is not None:
            if ended.attachment != one.request[2]:
                continue  # it is void
            del living[one.request[1]]
            office = offices[term]
            since = max(ended.since, office.since)
            if (at - since) * office.rate * 1000 < ended.timeout_ms - SLACK_MS:
                wrong.append(
                    f"session {one.request[1]:#x} of {ended.timeout_ms} ms, opened at"
                    f" {ended.since:.3f}, expired at {at:.3f}; term {term} began at"
                    f" {office.since:.3f}"
                )
    return wrong
