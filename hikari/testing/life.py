"""Sessions: they end when they are told to, or when nobody has heard from them for long enough."""

from collections.abc import Sequence
from typing import Final

from hikari.testing.history import Event
from hikari.testing.log_order import Claims, Life
from hikari.testing.model import EXPIRE
from hikari.testing.violation import Findings
from hikari_wire import codes

END: Final = "session end"


def judge_lives(
    claims: Claims,
    closed: dict[int, int],
    asked: Sequence[float],
    heard: Sequence[float],
    report_s: float,
    findings: Findings,
) -> None:
    """`closed`: the zxid at which each session ended. Between `asked[z]` and `heard[z]` the log
    came to zxid z."""
    for life in claims.lives.values():
        ended = closed.get(life.session)
        _told_expired(life, ended, findings)
        if life.given:
            _refused_for_a_reason(life, ended, findings)
        opened = claims.applied[life.session - 1] if life.session <= len(claims.applied) else None
        if opened is None or opened.request[0] != codes.CREATE_SESSION:
            continue
        timeout_ms = opened.request[1]
        for conversation in life.conversations:
            if conversation.timeout_ms not in (0, timeout_ms) and not conversation.expired:
                findings.add(END, f"time-out {conversation.timeout_ms} ms told of {timeout_ms} ms")
        if ended is not None and claims.applied[ended - 1].request[0] == EXPIRE:
            between = (asked[ended], heard[ended])
            _expired(life, ended, between, timeout_ms / 1000, report_s, findings)


def _told_expired(life: Life, ended: int | None, findings: Findings) -> None:
    for conversation in life.conversations:
        if conversation.expired and ended is None:
            findings.add(END, f"session {life.session:#x} was called expired and was not")


def _refused_for_a_reason(life: Life, ended: int | None, findings: Findings) -> None:
    """What was asked on the connection that had the session was not turned away."""
    for number, one in life.refused:
        place = life.given[number] + 1
        ends = [] if ended is None else [ended]
        ends += life.turns[place : place + 1]
        if not ends or one.zxid < min(ends):
            findings.add(END, "refused though the session was there", one)


def _expired(
    life: Life,
    ended: int,
    between: tuple[float, float],
    timeout_s: float,
    report_s: float,
    findings: Findings,
) -> None:
    """It was expired between these two moments. Was there a sign of life, long enough before to
    have reached who decided, that was not yet a time-out old?

    A member that has no leader closes its connections, and what it was to report is lost: so the
    sign counts if its connection served its client for as long as a report takes, and longer.
    """
    earliest, latest = between
    for conversation in life.conversations:
        served = 0.0
        for one in reversed(conversation.arrived):
            if isinstance(one, Event) or one.zxid >= ended:
                continue
            if latest - one.invoked >= timeout_s:
                break
            served = max(served, one.invoked)
            if one.ended <= min(earliest, served) - report_s:
                text = f"session {life.session:#x} was expired at zxid {ended}, between "
                text += f"{earliest:.3f} and {latest:.3f}; it had {timeout_s:.3f} s to live"
                findings.add("expiry", text, one)
                return
