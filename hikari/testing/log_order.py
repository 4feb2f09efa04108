"""Which operation each request of the log is, and whether each session's stand there in its order.

A reply names its place in the log by the zxid of its header. What was never answered is found by
position and content: of each connection the log holds the first few writes, all of them, in the
order asked, between the request that gave it the session and the next that gave the session away.
A write may be answered at the door and then stands nowhere: if it was not understood, or if it may
grow the tree and the member had a tree that was read-only.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from attrs import define, field

from hikari.testing.history import Applied, Conversation, Operation
from hikari.testing.model import ATTACH, READ_ONLY, REFUSED, may_grow
from hikari.testing.violation import Findings
from hikari_wire import codes

ORDER: Final = "session order"
LOST: Final = "acknowledged"
READ_ONLY_PROMISE: Final = "read-only"

WRITES: Final = frozenset(
    (
        *(codes.CREATE, codes.CREATE2, codes.DELETE, codes.SET_DATA, codes.SET_ACL),
        *(codes.CHECK, codes.MULTI, codes.CLOSE_SESSION),
        *(codes.CREATE_CONTAINER, codes.CREATE_TTL, codes.CREATE_IF_NOT_EXISTS),
        *(codes.CHECK_NOT_EXISTS, codes.CHECK_STAT, codes.TRY_REMOVE, codes.REMOVE_RECURSIVE),
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
    at_door: set[Operation] = field(init=False, factory=set)  # writes that the log never saw
    read_only: list[tuple[int, float]] = field(init=False, factory=list)
    """From a zxid on, and before another, the tree refused what grows."""

    def __attrs_post_init__(self) -> None:
        self.by_zxid = [None] * (len(self.applied) + 1)
        self.heard = [NEVER] * (len(self.applied) + 1)

    def refusing(self, first: int, last: int) -> bool:
        """Whether the tree was read-only at one of these zxids, both included."""
        return any(since <= last and first < until for since, until in self.read_only)


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
        elif one.request[0] == READ_ONLY:
            _switched(claims.read_only, one)
    for life in claims.lives.values():
        _answered(life, claims, findings)
        _unanswered(life, claims, findings)
    return claims


def _switched(read_only: list[tuple[int, float]], one: Applied) -> None:
    on = bool(read_only) and read_only[-1][1] == NEVER
    if one.request[1] and not on:
        read_only.append((one.zxid, NEVER))
    elif on and not one.request[1]:
        read_only[-1] = (read_only[-1][0], one.zxid)


def first_header(conversation: Conversation) -> int | None:
    for one in conversation.arrived:
        if type(one) is Operation and one.request[0] != codes.AUTH:  # that one names no state
            return one.zxid
    return None


def _written(conversation: Conversation, at_door: set[Operation]) -> list[Operation]:
    """What it asked of the log."""
    return [one for one in conversation.asked if one.request[0] in WRITES and one not in at_door]


def _known(conversation: Conversation, one: Operation, place: int) -> int:
    """A zxid that its member had reached when it was asked this: of the replies that came before
    `place`, the newest that had come by then."""
    for at in range(place - 1, -1, -1):
        reply = conversation.arrived[at]
        if type(reply) is Operation and reply.ended <= one.invoked:
            return reply.zxid
    return max(conversation.seen, conversation.session)


def _answered(life: Life, claims: Claims, findings: Findings) -> None:
    """Each answered write stands in the log at its zxid, with its own request, once."""
    applied, by_zxid, heard, session = claims.applied, claims.by_zxid, claims.heard, life.session
    last = len(applied)
    for number, conversation in enumerate(life.conversations):
        for place, one in enumerate(conversation.arrived):
            if type(one) is not Operation:
                continue
            zxid = one.zxid
            within = 0 < zxid <= last
            if within and one.ended < heard[zxid]:
                heard[zxid] = one.ended
            if one.request[0] not in WRITES:
                continue
            if one.error == NOT_UNDERSTOOD:
                claims.at_door.add(one)
                continue
            if not within:
                findings.add(LOST, "no such zxid in the log", one)
                continue
            stands = applied[zxid - 1]
            if one.error == REFUSED and not _refused_in_log(session, one, stands, by_zxid):
                claims.at_door.add(one)
                since = _known(conversation, one, place)
                if not (may_grow(one.request) and claims.refusing(since, zxid)):
                    findings.add(READ_ONLY_PROMISE, "refused, and the tree was not read-only", one)
                continue
            if stands.session != session or stands.request != one.request:
                findings.add(LOST, f"another request stands there: {stands}", one)
                continue
            other = by_zxid[zxid]
            if other is not None:
                findings.add(LOST, "one request of the log for two of the client", one, other)
            by_zxid[zxid] = one
            if one.error in _REFUSALS:
                life.refused.append((number, one))


def _refused_in_log(
    session: int, one: Operation, stands: Applied, by_zxid: list[Operation | None]
) -> bool:
    """Whether the log has it. What is answered at the door behind a write of its connection that
    asked the same may have that one's zxid."""
    mine = stands.session == session and stands.request == one.request
    return mine and stands.admitted and by_zxid[stands.zxid] is None


def _unanswered(life: Life, claims: Claims, findings: Findings) -> None:
    """The log holds, of each connection, the first few of its writes and no others."""
    windows = _windows(life)
    asked = [_written(conversation, claims.at_door) for conversation in life.conversations]
    fits = _fits(life, asked, windows, claims)
    if fits is None:
        _tell_misfit(life, asked, claims, findings)
        return
    life.given = fits
    rest: Counter[Any] = Counter()
    for number, place in enumerate(fits):
        matched = _match(life.conversations[number], windows[place], asked[number], claims)
        assert matched is not None
        for one, stands in zip(matched, windows[place], strict=True):
            claims.by_zxid[stands.zxid] = one
        there = set(matched)
        rest.update(one.request for one in asked[number] if not one.ended and one not in there)
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
    for conversation, writes, head in zip(life.conversations, asked, heads, strict=True):
        after: dict[int, int] = {}
        for before in sorted(reached):
            for place in range(before + 1, len(windows)):
                if head is not None and life.turns[place] > head:
                    break
                if (
                    place not in after
                    and _match(conversation, windows[place], writes, claims) is not None
                ):
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


def _match(
    conversation: Conversation, window: list[Applied], writes: list[Operation], claims: Claims
) -> list[Operation] | None:
    """The operations that these requests are: the first of `writes`, answered ones at their zxid,
    while no operation behind them was answered from elsewhere but by a refusal. Left out may be
    what was never answered, and may have been refused at the door."""
    matched: list[Operation] = []
    at = 0
    for stands in window:
        while at < len(writes) and writes[at].request != stands.request:
            one = writes[at]
            if one.ended or not may_grow(one.request):
                return None
            known = _known(conversation, one, len(conversation.arrived))
            if not claims.refusing(known, stands.zxid - 1):
                return None
            at += 1
        if at == len(writes) or (writes[at].ended and writes[at].zxid != stands.zxid):
            return None
        if not writes[at].ended and claims.by_zxid[stands.zxid] is not None:
            return None
        matched.append(writes[at])
        at += 1
    if at == len(writes) or not writes[at].ended:
        return matched
    elsewhere = any(
        one.ended and 0 < one.zxid <= len(claims.applied) and claims.applied[one.zxid - 1].admitted
        for one in writes[at:]
    )
    return None if elsewhere else matched


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
