"""Judges what clients saw by what the log says happened: the zxid of every reply names the very
state it must be equal to. O(n log n); what trusts no zxid is in `hikari.testing.linear`.

Promises, by the word that a violation begins with:

log             zxids are 1, 2, 3, …
acknowledged    an answered write stands in the log at its zxid, with its own request, once
session order   a session's writes stand in the log in the order asked, the unanswered ones too,
                none doubled, none left out before another
reply order     replies come in the order of the requests
real time       nothing is known before it was asked; what ended before another write was asked
                stands before it in the log
session view    the zxids that a session sees never decrease, whichever member it asks
result          every result, Stat and error of a write is the model's
atomicity       the same of a multi
read-only       nothing is refused for want of room but what may grow the tree, by a member that had
                applied that the tree is read-only, and not that it is so no more; in the log, the
                model decides
read            every read is the model's at the zxid of its reply
sync            what is read behind a sync knows all that anybody had heard of when it was asked
watch           each armed watch fires, once or as often as it should, if and only if its change
                came and may be known, in the order of the changes, before any reply that knows of
                it; what is set, asked for and taken back is what is armed
session end     nothing is done for a session behind its close; who is told "expired" was
expiry          no session is expired while its client is heard from
answer          at rest, whoever was connected to the end got all its answers
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from attrs import define

from hikari.testing.history import Applied, Conversation, Event, Operation
from hikari.testing.life import judge_lives
from hikari.testing.log_order import NEVER, NOT_UNDERSTOOD, WRITES, Claims, claim
from hikari.testing.model import Model
from hikari.testing.permissions import digest
from hikari.testing.violation import Findings, Violation, words
from hikari.testing.watching import Armed, Listener, compare
from hikari_wire import codes

REPORT_S: Final = 2.5

READS: Final = frozenset(
    (
        *(codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2),
        *(codes.GET_ACL, codes.MULTI_READ, codes.WHO_AM_I),
        *(codes.GET_EPHEMERALS, codes.GET_ALL_CHILDREN_NUMBER),
    )
)
_WATCHED: Final = frozenset((codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2))
# What the door says instead of looking: not understood, or more than a reply may hold.
_NOT_LOOKED_AT: Final = {
    codes.GET_DATA: (NOT_UNDERSTOOD,),
    codes.MULTI_READ: (NOT_UNDERSTOOD, codes.BAD_ARGUMENTS),
}
# Looked at while the log is replayed: reads, and what changes how later reads are answered.
_ABOUT_WATCHES: Final = frozenset((codes.ADD_WATCH, codes.CHECK_WATCHES, codes.REMOVE_WATCHES))
_SET_AGAIN: Final = frozenset((codes.SET_WATCHES, codes.SET_WATCHES2))
_REPLAYED: Final = READS | _ABOUT_WATCHES | _SET_AGAIN | {codes.AUTH}


def judge(
    applied: Sequence[Applied],
    conversations: Sequence[Conversation],
    *,
    at_rest: bool = False,
    report_s: float = REPORT_S,
) -> list[Violation]:
    """What was broken; nothing, if all is well.

    `applied` is the whole log from zxid 1, `conversations` all of every session that is judged;
    a client opens one connection of a session after another, so they follow each other by
    `began`. `at_rest`: the run ended when nothing was under way any more, so that whoever was
    still connected had heard everything. `report_s`: how long a sign of life may take from
    a member to who decides that a session is expired; under partitions, the time after which a
    member without a leader closes its connections.
    """
    findings = Findings()
    for place, one in enumerate(applied):
        if one.zxid != place + 1:
            findings.add("log", f"zxid {place + 1} is missing, there is {one}")
            return findings.all()
    claims = claim(applied, conversations, findings)
    known = _Known.of(claims)
    reads: _Reads = [None] * (len(applied) + 1)
    listeners = []
    before: dict[int, list[Conversation]] = {}
    for conversation in sorted(conversations, key=lambda one: one.began):
        earlier = before.setdefault(conversation.session, [])
        listener = Listener(conversation, conversation.identities)
        newest = _seen_before(conversation, earlier)
        replies = _arrivals(conversation, listener, newest, claims, known, reads, findings)
        if at_rest and not conversation.ended and replies < len(conversation.asked):
            findings.add("answer", "never answered, and at rest", conversation.asked[replies])
        earlier.append(conversation)
        listeners.append(listener)
    closed = _replay(claims, reads, findings)
    for listener in listeners:
        compare(listener, known.asked, at_rest, findings)
    judge_lives(claims, closed, known.asked, known.heard, report_s, findings)
    return findings.all()


_Reads = list[list[tuple[Operation, Listener]] | None]  # by zxid


@define(eq=False)
class _Known:
    """`asked[z]`: nothing of the state at zxid z can be seen before this moment. `heard[z]`: by
    this moment somebody had heard of zxid z."""

    asked: list[float]
    heard: list[float]

    @staticmethod
    def of(claims: Claims) -> "_Known":
        asked = accumulate([0.0 if one is None else one.invoked for one in claims.by_zxid], max)
        heard = list(accumulate([NEVER, *reversed(claims.heard)], min))
        heard.reverse()
        return _Known(list(asked), heard)


def _seen_before(conversation: Conversation, before: list[Conversation]) -> int:
    """The newest zxid its session had heard of when this connection began."""
    newest = conversation.seen
    for earlier in before:
        for one in reversed(earlier.arrived):
            if type(one) is Operation and one.ended <= conversation.began:
                newest = max(newest, one.zxid)
                break
    return newest


def _arrivals(
    conversation: Conversation,
    listener: Listener,
    newest: int,
    claims: Claims,
    known: _Known,
    reads: _Reads,
    findings: Findings,
) -> int:
    """One pass over all that came on one connection: its order, its zxids and its moments. Puts
    the reads where they belong. How many replies there were."""
    asked, heard, order = known.asked, known.heard, conversation.asked
    at_door, last, count = claims.at_door, len(asked) - 1, 0
    before = 0.0
    for one in conversation.arrived:
        if type(one) is not Operation:
            assert type(one) is Event
            if one.at < before:
                findings.add("reply order", "moments go back on one connection", one)
            before = one.at
            continue
        if count >= len(order) or one is not order[count]:
            findings.add("reply order", "not the reply to what was asked next", one)
        count += 1
        op, zxid, ended = one.request[0], one.zxid, one.ended
        if op == codes.AUTH and not zxid:  # its answer names no state: it is where it came
            zxid = max(newest, 1)
        if zxid <= newest and (zxid < newest or (op in WRITES and one not in at_door)):
            findings.add("session view", f"it had seen zxid {newest} before", one)
        newest = zxid
        if ended < before or ended < one.invoked:
            findings.add("reply order", "moments go back on one connection", one)
        before = ended
        if not 0 < zxid <= last:
            findings.add("real time", "the log does not reach so far", one)
            continue
        if ended < asked[zxid]:
            findings.add("real time", "it knows of what was asked only afterwards", one)
        if op in _REPLAYED:
            at = reads[zxid]
            if at is None:
                reads[zxid] = [(one, listener)]
            else:
                at.append((one, listener))
        elif op == codes.SYNC and not one.error and heard[zxid + 1] < one.invoked:
            findings.add("sync", "somebody had heard of a later zxid when it was asked", one)
    return count


def _replay(claims: Claims, reads: _Reads, findings: Findings) -> dict[int, int]:
    """The log once through the model, with every read at its place; the zxid at which each
    session ended."""
    model, armed = Model(), Armed()
    by_zxid, apply, fire, sessions = claims.by_zxid, model.apply, armed.fire, model.sessions
    for applied in claims.applied:
        zxid = applied.zxid
        if applied.session and applied.admitted and applied.session not in sessions:
            findings.add("session end", f"done for a session that is no more: {applied}")
        error, value = apply(applied)
        one = by_zxid[zxid]
        if one is not None and one.ended and (one.error != error or one.value != value):
            promise = "atomicity" if applied.request[0] == codes.MULTI else "result"
            right = f"the model says {codes.ERROR_NAMES.get(error, error)} {words((value,))}"
            findings.add(promise, right, one)
        if model.events:
            fire(model.events, zxid)
        at = reads[zxid]
        if at is not None:
            for one, listener in at:
                _read(one, listener, model, armed, findings)
    return model.ended


def _read(
    one: Operation, listener: Listener, model: Model, armed: Armed, findings: Findings
) -> None:
    request = one.request
    op = request[0]
    if op in READS:
        error, value = model.read(request, listener.identities, one.session)
        if one.error == error and one.value == value:
            if op in _WATCHED and request[2]:
                armed.read(one, error, listener)
        elif one.error not in _NOT_LOOKED_AT.get(op, _NOT_LOOKED_AT[codes.GET_DATA]):
            right = f"the model says {codes.ERROR_NAMES.get(error, error)} {words((value,))}"
            findings.add("read", right, one)
    elif op == codes.AUTH:
        if not one.error and request[2] == b"digest":
            who = (b"digest", digest(request[3]))
            listener.identities = tuple(dict.fromkeys((*listener.identities, who)))
    elif op in _ABOUT_WATCHES:
        add = op == codes.ADD_WATCH
        error = armed.add_watch(one, listener) if add else armed.find(one, listener)
        if one.error != error:
            right = f"it should have been {codes.ERROR_NAMES[error]}"
            findings.add("watch", right, one)
    elif not one.error:
        armed.set_watches(one, model, listener)
