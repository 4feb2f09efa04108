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
read            every read is the model's at the zxid of its reply
sync            what is read behind a sync knows all that anybody had heard of when it was asked
watch           each armed watch fires once, if and only if its change came, in the order of the
                changes, before any reply that knows of it
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
from hikari.testing.log_order import WRITES, Claims, arrivals_in_order, claim
from hikari.testing.model import Model
from hikari.testing.permissions import digest
from hikari.testing.violation import Findings, Violation, words
from hikari.testing.watching import Armed, Listener, compare
from hikari_wire import codes

NEVER: Final = float("inf")
REPORT_S: Final = 2.5

READS: Final = frozenset(
    (
        *(codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2),
        *(codes.GET_ACL, codes.MULTI_READ),
    )
)
_WATCHED: Final = READS - {codes.GET_ACL, codes.MULTI_READ}
# Looked at while the log is replayed: reads, and what changes how later reads are answered.
_REPLAYED: Final = READS | {codes.SET_WATCHES, codes.AUTH}


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
    listeners, reads = _arrivals(conversations, known, at_rest, findings)
    closed = _replay(claims, reads, findings)
    for listener in listeners:
        compare(listener, known.asked, at_rest, findings)
    judge_lives(claims, closed, known.asked, known.heard, report_s, findings)
    return findings.all()


@define(eq=False)
class _Known:
    """`asked[z]`: nothing of the state at zxid z can be seen before this moment. `heard[z]`: by
    this moment somebody had heard of zxid z."""

    asked: list[float]
    heard: list[float]

    @staticmethod
    def of(claims: Claims) -> "_Known":
        invoked = [0.0 if one is None else one.invoked for one in claims.by_zxid]
        heard = [NEVER] * (len(invoked) + 1)
        last = len(invoked)
        for life in claims.lives.values():
            for conversation in life.conversations:
                for one in conversation.arrived:
                    if type(one) is Operation:
                        zxid = one.zxid
                        if 0 <= zxid < last and one.ended < heard[zxid]:
                            heard[zxid] = one.ended
        heard.reverse()
        heard = list(accumulate(heard, min))
        heard.reverse()
        return _Known(list(accumulate(invoked, max)), heard)


_Reads = dict[int, list[tuple[Operation, Listener]]]


def _arrivals(
    conversations: Sequence[Conversation], known: _Known, at_rest: bool, findings: Findings
) -> tuple[list[Listener], _Reads]:
    """One pass over all that came: its order, its moments; and the reads by zxid."""
    reads: _Reads = {}
    listeners = []
    seen: dict[int, list[Conversation]] = {}
    for conversation in sorted(conversations, key=lambda one: one.began):
        arrivals_in_order(conversation, findings)
        listener = Listener(conversation, conversation.identities)
        listeners.append(listener)
        before = seen.setdefault(conversation.session, [])
        _headers(conversation, _seen_before(conversation, before), known, findings)
        before.append(conversation)
        last = len(known.asked)
        for one in conversation.arrived:
            if type(one) is Operation and one.request[0] in _REPLAYED and 0 < one.zxid < last:
                at = reads.get(one.zxid)
                if at is None:
                    reads[one.zxid] = [(one, listener)]
                else:
                    at.append((one, listener))
        if at_rest and not conversation.ended:
            _all_answered(conversation, findings)
    return listeners, reads


def _seen_before(conversation: Conversation, before: list[Conversation]) -> int:
    """The newest zxid its session had heard of when this connection began."""
    newest = conversation.seen
    for earlier in before:
        for one in reversed(earlier.arrived):
            if type(one) is Operation and one.ended <= conversation.began:
                newest = max(newest, one.zxid)
                break
    return newest


def _headers(conversation: Conversation, newest: int, known: _Known, findings: Findings) -> None:
    """The zxids of what came never decrease; a write's is new; none is known too early."""
    asked, heard = known.asked, known.heard
    last = len(asked)
    before = 0.0
    for one in conversation.arrived:
        if type(one) is Event:
            if one.at < before:
                findings.add("reply order", "moments go back on one connection", one)
            before = one.at
            continue
        assert isinstance(one, Operation)
        zxid, ended = one.zxid, one.ended
        if zxid < newest:
            findings.add("session view", f"it had seen zxid {newest} before", one)
        elif zxid == newest and one.request[0] in WRITES and one.error != codes.MARSHALLING_ERROR:
            findings.add("session view", f"a write of zxid {zxid}, which it had seen before", one)
        newest = zxid
        if not 0 < zxid < last:
            findings.add("real time", "the log does not reach so far", one)
        elif ended < asked[zxid]:
            findings.add("real time", "it knows of what was asked only afterwards", one)
        elif one.request[0] == codes.SYNC and not one.error and heard[zxid + 1] < one.invoked:
            findings.add("sync", "somebody had heard of a later zxid when it was asked", one)
        if ended < before or ended < one.invoked:
            findings.add("reply order", "moments go back on one connection", one)
        before = ended


def _all_answered(conversation: Conversation, findings: Findings) -> None:
    replies = sum(type(one) is Operation for one in conversation.arrived)
    if replies < len(conversation.asked):
        findings.add("answer", "never answered, and at rest", conversation.asked[replies])


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
        at = reads.get(zxid)
        if at is not None:
            for one, listener in at:
                _read(one, listener, model, armed, findings)
    return model.ended


def _read(
    one: Operation, listener: Listener, model: Model, armed: Armed, findings: Findings
) -> None:
    request = one.request
    op = request[0]
    if op == codes.AUTH:
        if not one.error and request[2] == b"digest":
            who = (b"digest", digest(request[3]))
            listener.identities = tuple(dict.fromkeys((*listener.identities, who)))
        return
    if one.error == codes.MARSHALLING_ERROR:
        return  # it was not understood, or so the door says
    if op == codes.SET_WATCHES:
        armed.set_watches(one, model, listener)
        return
    if op == codes.MULTI_READ and one.error == codes.BAD_ARGUMENTS:
        return  # more than a reply may hold
    error, value = model.read(request, listener.identities)
    if one.error != error or one.value != value:
        right = f"the model says {codes.ERROR_NAMES.get(error, error)} {words((value,))}"
        findings.add("read", right, one)
    elif op in _WATCHED and request[2]:
        armed.read(one, error, listener)
