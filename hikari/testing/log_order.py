"""Which operation each request of the log is, and whether each session's stand there in its order.

A reply names its place in the log by the zxid of its header. What was never answered is found by
position and content: of each connection the log holds the first few writes, all of them, in the
order asked, between the request that gave it the session and the next that gave the session away.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from attrs import define, field

from hikari.testing.history import Applied, Conversation, Operation
from hikari.testing.model import ATTACH
from hikari.testing.violation import Findings
from hikari_wire import codes

ORDER: Final = "session order"
LOST: Final = "acknowledged"

WRITES: Final = frozenset(
    (
        *(codes.CREATE, codes.CREATE2, codes.DELETE, codes.SET_DATA, codes.SET_ACL),
        *(codes.CHECK, codes.MULTI, codes.CLOSE_SESSION),
    )
)
NEVER: Final = float("inf")
_REFUSALS: Final = (codes.SESSION_MOVED, codes.SESSION_EXPIRED)
NOT_UNDERSTOOD: Final = codes.MARSHALLING_ERROR  # answered at the door, never in the log


@define(eq=False)
class Life:
    """One session: its conversations as they followed each other, and its part of the log."""

    session: int
    conversations: list[Conversation]
    password: bytes = b""
    turns: list[int] = field(factory=list)  # zxids at which a connection was given the session
    requests: list[Applied] = field(factory=list)  # its own requests, in order
    given: list[int] = field(factory=list)  # of each conversation: its place in `turns`
    refused: list[tuple[int, Operation]] = field(factory=list)  # conversation, and what was refused


@define(eq=False)
class Claims:
    """`by_zxid[z]` is the operation that the request of zxid z is, if a client is known that
    asked for it. `lives` has every session that somebody had a conversation in."""

    applied: Sequence[Applied]
    by_zxid: list[Operation | None] = field(init=False)
    heard: list[float] = field(init=False)  # by zxid, when the first reply with it came
    lives: dict[int, Life] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.by_zxid = [None] * (len(self.applied) + 1)
        self.heard = [NEVER] * (len(self.applied) + 1)


def claim(
    applied: Sequence[Applied], conversations: Sequence[Conversation], findings: Findings
) -> Claims:
    """Finds the operation of each request of the log. Tells what stands there wrongly."""
    claims = Claims(applied)
    ordered = sorted(conversations, key=lambda one: (one.session, one.began))
    for session, several in groupby(ordered, key=lambda one: one.session):
        claims.lives[session] = Life(session, list(several))
    for one in applied:
        if one.session:
            life = claims.lives.get(one.session)
            if life is not None:
                life.requests.append(one)
        elif one.request[0] == codes.CREATE_SESSION:
            life = claims.lives.get(one.zxid)
            if life is not None:
                life.turns.append(one.zxid)
                life.password = one.request[2]
        elif one.request[0] == ATTACH:
            life = claims.lives.get(one.request[1])
            if life is not None and life.turns and one.request[2] == life.password:
                life.turns.append(one.zxid)
    for life in claims.lives.values():
        _answered(life, claims, findings)
        _unanswered(life, claims, findings)
    return claims


def first_header(conversation: Conversation) -> int | None:
    for one in conversation.arrived:
        if type(one) is Operation:
            return one.zxid
    return None


def written(conversation: Conversation) -> list[Operation]:
    """What it asked of the log."""
    return [
        one
        for one in conversation.asked
        if one.request[0] in WRITES and not (one.ended and one.error == NOT_UNDERSTOOD)
    ]


def _answered(life: Life, claims: Claims, findings: Findings) -> None:
    """Each answered write stands in the log at its zxid, with its own request, once."""
    applied, by_zxid, heard, session = claims.applied, claims.by_zxid, claims.heard, life.session
    last = len(applied)
    for number, conversation in enumerate(life.conversations):
        for one in conversation.arrived:
            if type(one) is not Operation:
                continue
            zxid = one.zxid
            within = 0 < zxid <= last
            if within and one.ended < heard[zxid]:
                heard[zxid] = one.ended
            if one.request[0] not in WRITES or one.error == NOT_UNDERSTOOD:
                continue
            if not within:
                findings.add(LOST, "no such zxid in the log", one)
                continue
            stands = applied[zxid - 1]
            if stands.session != session or stands.request != one.request:
                findings.add(LOST, f"another request stands there: {stands}", one)
                continue
            other = by_zxid[zxid]
            if other is not None:
                findings.add(LOST, "one request of the log for two of the client", one, other)
            by_zxid[zxid] = one
            if one.error in _REFUSALS:
                life.refused.append((number, one))


def _unanswered(life: Life, claims: Claims, findings: Findings) -> None:
    """The log holds, of each connection, the first few of its writes and no others."""
    windows = _windows(life)
    asked = [written(conversation) for conversation in life.conversations]
    fits = _fits(life, asked, windows, claims)
    if fits is None:
        _tell_misfit(life, asked, claims, findings)
        return
    life.given = fits
    rest: Counter[Any] = Counter()
    for writes, place in zip(asked, fits, strict=True):
        count = len(windows[place])
        for one, stands in zip(writes, windows[place], strict=False):
            claims.by_zxid[stands.zxid] = one
        rest.update(one.request for one in writes[count:] if not one.ended)
    for stands in life.requests:
        if stands.admitted or claims.by_zxid[stands.zxid] is not None:
            continue
        if rest[stands.request] > 0:  # it came late and was refused: which of equals is all one
            rest[stands.request] -= 1
        else:
            findings.add(ORDER, f"in the log but asked by nobody, or once too often: {stands}")


def _windows(life: Life) -> list[list[Applied]]:
    """The admitted requests behind each turn, up to the next."""
    windows: list[list[Applied]] = [[] for _ in life.turns]
    place = -1
    for one in life.requests:
        while place + 1 < len(life.turns) and life.turns[place + 1] < one.zxid:
            place += 1
        if one.admitted and place >= 0:
            windows[place].append(one)
    return windows


def _fits(
    life: Life, asked: list[list[Operation]], windows: list[list[Applied]], claims: Claims
) -> list[int] | None:
    """The window of each conversation, in order, such that nothing in the log is left over: the
    earliest, where several would do."""
    heads = [first_header(conversation) for conversation in life.conversations]
    steps: list[dict[int, int]] = []  # of each conversation: window -> the window before it
    reached: dict[int, int] = {-1: -1}
    for writes, head in zip(asked, heads, strict=True):
        after: dict[int, int] = {}
        for before in sorted(reached):
            for place in range(before + 1, len(windows)):
                if head is not None and life.turns[place] > head:
                    break
                if place not in after and _is_prefix(windows[place], writes, claims):
                    after[place] = before
                if windows[place]:  # nobody else can have said this
                    break
        if not after:
            return None
        steps.append(after)
        reached = after
    ends = [place for place in reached if not any(windows[place + 1 :])]
    if not ends:
        return None
    fits = [min(ends)]
    for step in reversed(steps[1:]):
        fits.append(step[fits[-1]])
    return fits[::-1]


def _is_prefix(window: list[Applied], writes: list[Operation], claims: Claims) -> bool:
    """Whether these requests are the first of these operations, answered ones at their zxid, and
    no operation behind them was answered from elsewhere but by a refusal."""
    count = len(window)
    if count > len(writes):
        return False
    for stands, one in zip(window, writes, strict=False):
        if stands.request != one.request or (one.ended and one.zxid != stands.zxid):
            return False
        if not one.ended and claims.by_zxid[stands.zxid] is not None:
            return False
    if count == len(writes) or not writes[count].ended:
        return True
    return not any(
        one.ended and 0 < one.zxid <= len(claims.applied) and claims.applied[one.zxid - 1].admitted
        for one in writes[count:]
    )


def _tell_misfit(
    life: Life, asked: list[list[Operation]], claims: Claims, findings: Findings
) -> None:
    """Why nothing fits: the first request of the log that is not the next thing asked."""
    if not life.turns:
        findings.add(ORDER, f"session {life.session:#x} was given out, the log never opened it")
        return
    place, at = 0, 0
    for stands in life.requests:
        if not stands.admitted:
            continue
        while place < len(asked) and (
            at >= len(asked[place]) or asked[place][at].request != stands.request
        ):
            place, at = place + 1, 0
        if place == len(asked):
            one = claims.by_zxid[stands.zxid]
            seen = (one,) if one is not None else ()
            findings.add(ORDER, f"not the next that the session asked: {stands}", *seen)
            return
        at += 1
    findings.add(
        ORDER,
        f"session {life.session:#x}: {len(life.requests)} requests in the log do not fit what its "
        f"{len(asked)} connections asked, each the first few of its writes in order",
        *[one for writes in asked for one in writes if one.ended][-1:],
    )
