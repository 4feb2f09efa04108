"""One client's connection: its order, its session, and what is to be written to it this turn."""

from collections import deque
from typing import Any, Final

from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from hikari.complaints import place
from hikari.gateway.counts import Traffic
from hikari.gateway.door import Door
from hikari.gateway.handshake import Handshake, has_gone
from hikari.gateway.identities import by_address, proved
from hikari.gateway.lending import flush_large
from hikari.gateway.parked import Parked, Spans, park, unpark
from hikari.gateway.pressure import count, hold_back
from hikari.gateway.rearming import DECODE
from hikari.gateway.served import READS, WRITES
from hikari.gateway.slot import Slot, goodbye, ready, unimplemented
from hikari.gateway.telling import Telling
from hikari.lines import Line
from hikari.outlet import Outlet
from hikari.store.disk import DiskFailed
from hikari.tree.acl import Identity
from hikari.tree.rows import RowsDamaged
from hikari.tree.space import REFUSAL, grows
from hikari_wire import codes
from hikari_wire.framing import Frames
from hikari_wire.jute import Malformed
from hikari_wire.replies import BODY, frame
from hikari_wire.requests import HEADER

log = Logger(__name__)

LINGER_S_MAX: Final = 10.0
"""Who has not read what it was told last within this time is cut off."""
LARGE_REPLY_BYTES: Final = 1 << 10
"""Larger ones are counted: after `DEAF_BYTES` of them, see whether the client reads."""
DEAF_BYTES: Final = 64 << 10
"""More unread output, and the client's requests are read no further."""
TOLD_MAX: Final = 1 << 10
"""So many frames are counted at once."""

_header = HEADER.unpack_from

_NONE: Final[Any] = ()
"""What most connections have under way most of the time: it takes no room."""
_NOTHING_PARKED: Final[list[Parked]] = []  # never changed


class Connection:
    """IProtocol. Invariants: replies leave in the order of their requests; a read sees every write
    that its client sent before it and none that it sent after; `waiting` is the subsequence of
    `slots` that the log will answer."""

    # Not in a dict: beyond thirty attributes, reading each of them would take longer.
    __slots__ = (
        *("attachment", "barred", "burdened", "closed", "counted", "deadline", "deaf", "door"),
        *("due", "ending", "frames", "handshake", "held_back", "held_bytes", "identities"),
        *("local", "out", "outlet", "parked", "peer", "session", "shut"),
        *("slots", "syncs", "telling", "timeout_ms", "traffic", "underway_bytes", "waiting"),
        *("of_keeper", "sizes", "transport", "unasked", "watched_bytes"),
    )

    def __init__(self, door: Door) -> None:
        self.door = door
        self.session = 0
        self.attachment = 0
        self.timeout_ms = 0
        self.identities: tuple[Identity, ...] = ()
        self.slots: deque[Slot] = _NONE
        self.waiting: deque[Slot] = _NONE
        self.out: list[bytes] = []
        self.traffic = Traffic()
        self.traffic.made_s = door.now_s
        self.sizes = door.sizes
        self.underway_bytes = 0
        self.counted = 0  # of `slots`, in door.outstanding
        self.held_bytes = 0  # of all that it makes us keep, in door.held_bytes
        self.burdened = False  # there is something in one of the two
        self.watched_bytes = 0  # at most: see hikari.gateway.reads
        self.of_keeper = False  # its client asked for Keeper's features
        self.closed = False  # nothing more is read, proposed or answered
        self.shut = False  # nothing more is read: closed, or about to be
        self.ending = False  # closed once what is in `out` is written
        self.due = False  # in door.due: has something to write at the end of the turn
        self.handshake: Handshake | None = Handshake(self)  # until there is a session
        self.unasked: dict[Connection, None] | None = None  # see hikari.gateway.strangers
        self.deadline: Any = None  # of the last words
        self.syncs = 0  # unanswered, with other answers that are expected so
        self.barred = False  # no write may go on now: there are syncs, or it is local
        self.local = False  # the session is this member's alone: see hikari.gateway.isolation
        self.parked: list[Parked] = _NOTHING_PARKED  # requests from a write behind a sync on
        self.held_back = False  # we do not read: it has too much under way
        self.deaf = False  # it does not read: nor do we
        self.telling: Telling | None = None  # what it is told in pieces

    # ---- from the transport

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        transport, door = self.transport, self.door
        self.peer = transport.getPeer()
        self.identities = by_address(self.peer.host, door.skip_acl)
        self.frames = Frames(door.frame_bytes_max)
        if why := door.admit(self):
            self.refuse(why)
            return
        self.outlet = transport if type(transport) is Line else Outlet(transport, self.drained)
        door.strangers.came(self)

    def keeps_silent(self) -> None:
        """It has asked for no session in time."""
        self.door.counts.strangers += 1
        self.refuse("no session asked for")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nothing of it refers to itself any more: it needs no collector to be let go of."""
        self.closed = self.shut = True
        self.cancel_deadline()
        self.door.gone(self)
        self.handshake = self.telling = None

    def drained(self) -> None:
        """It has read everything: what was put off goes on."""
        count(self)
        if not self.deaf or self.closed:
            return
        self.deaf = False
        if self.telling is not None:
            self.telling.go_on()
            return
        if self.session:
            self.door.heard.add(self.session)  # its pings were not read meanwhile
        try:
            self._drain()
            self._unpark()
        except Exception as error:
            self.failed(error)
            return
        self.flush()
        self.reading()

    def dataReceived(self, data: bytes) -> None:
        if self.handshake is not None:
            self.handshake.received(data)
            return
        if self.shut:
            return
        try:
            buf, spans = self.frames.feed(data)
        except Malformed as malformed:
            self.refuse(str(malformed))
            return
        if self.frames.kept:
            count(self)
            if not spans:
                return  # a sign of life is a whole frame
            if self.frames.broken:
                spans.append((len(buf), len(buf)))  # no frame: what is before it holds
        traffic = self.traffic
        traffic.received += len(spans)
        traffic.bytes += len(data)
        self.door.heard.add(self.session)
        if self.parked:
            self.parked.append(park(buf, spans))
            return
        try:
            self._requests(buf, spans)
        except Exception as error:  # a defect of ours, which must cost nobody but this client
            self.failed(error)

    def _requests(self, buf: bytes, spans: Spans) -> None:
        writes: list[tuple[Any, ...]] = []
        out = self.out
        read_only = self.door.tree.read_only  # nothing is applied meanwhile
        size = behind = told = unsaid = 0
        for at, end in spans:
            if end - at < 8:
                xid, op = self.traffic.last_xid, self.traffic.last_op
                self._no_request()
                break
            xid, op = _header(buf, at)
            read = READS.get(op)
            if read is not None:
                try:
                    request = DECODE[op](buf, at + 8, end)
                except Malformed:
                    self._malformed(xid, op)
                    if self.shut:
                        break
                    continue
                if self.slots:  # it must see what is before it
                    self.slots.append(Slot(xid, op, (read, request), end - at))
                    behind += end - at
                    continue
                reply = read(self, xid, request)
                out.append(reply)
                if len(reply) > LARGE_REPLY_BYTES:
                    unsaid += len(reply)
                    if unsaid > DEAF_BYTES:
                        told += unsaid
                        flush_large(self, request)
                        if self.door.portions.enough(self, unsaid, told):
                            self._park(buf, spans, end)
                            break
                        unsaid = 0
            elif op in WRITES:
                if self.barred:
                    if self._barred(xid, op, buf, spans, at):
                        break
                    continue
                try:
                    request = DECODE[op](buf, at + 8, end)
                except Malformed:
                    self._refused(xid, op, codes.MARSHALLING_ERROR)
                    continue
                if read_only and grows(request):
                    self._refused(xid, op, REFUSAL)  # the log has no room for what it would refuse
                    continue
                slot = Slot(xid, op, None, end - at)
                (self.slots or self.order()).append(slot)
                self.waiting.append(slot)
                size += end - at
                writes.append(request)
            else:
                if op == codes.AUTH and self.slots:  # it holds for what comes after it, not before
                    self._park(buf, spans, at)
                    break
                self._other(xid, op, buf, at + 8, end)
                if self.shut:
                    break
        if spans:
            traffic = self.traffic
            traffic.last_op, traffic.last_xid = op, xid
        if writes:
            self.door.propose(self, writes, size)
        if out and not self.due:
            self.flush()
        if self.slots:
            self.underway_bytes += size + behind
            hold_back(self)

    def order(self) -> deque[Slot]:
        """Of what is under way, to add to it."""
        if self.slots is _NONE:
            self.slots, self.waiting = deque(), deque()
        return self.slots

    # ---- requests that are neither a write nor a read

    def _other(self, xid: int, op: int, buf: bytes, at: int, end: int) -> None:
        try:
            if self.local and op == codes.SYNC:
                self._refused(xid, op, codes.NOT_READ_ONLY)
            elif op == codes.PING:
                self._answered(codes.XID_PING, op, codes.OK, None)
                if not self.slots:  # who pings has nothing else to say, and may have for long
                    self.slots = self.waiting = _NONE
            elif op == codes.AUTH:
                self._authenticate(xid, DECODE[op](buf, at, end))
            elif op == codes.SYNC:
                self._synchronise(xid, DECODE[op](buf, at, end))
            elif op in DECODE:
                self._answered(xid, op, codes.UNIMPLEMENTED, None)
            else:
                self._unknown(xid)
        except Malformed:
            self._malformed(xid, op)

    def _malformed(self, xid: int, op: int) -> None:
        """As in ZooKeeper, who says nobody knows who they are says nothing more."""
        if op in (codes.AUTH, codes.SASL):
            self._end_after_replies()
        else:
            self._refused(xid, op, codes.MARSHALLING_ERROR)

    def _no_request(self) -> None:
        """Nor is anything behind it; but what was before it holds, and is answered."""
        why = self.frames.broken or "a frame without a header"
        self.door.complaints.say(peer=place(self.peer), why=why)
        self._end_after_replies()

    def _unknown(self, xid: int) -> None:
        """No request has this opcode: as in ZooKeeper, that is its client's last one."""
        if self.slots:
            self.slots.append(Slot(xid, 0, (unimplemented, None), 0))
        else:
            self.out.append(unimplemented(self, xid, None))
        self._end_after_replies()

    def _refused(self, xid: int, op: int, error: int) -> None:
        self._answered(xid, op, error, None)

    def _answered(self, xid: int, op: int, error: int, result: Any) -> None:
        """An answer that needs nobody else: now, or behind what is before it."""
        body = BODY[op](result) if error == codes.OK else b""
        if not self.slots:
            zxid = 0 if op == codes.AUTH else self.door.tree.zxid
            self.out.append(frame(xid, zxid, error, body))
            return
        slot = Slot(xid, op, (ready, (error, body)), 0)
        self.slots.append(slot)

    def _authenticate(self, xid: int, request: tuple[Any, ...]) -> None:
        """Holds for what comes after it. A scheme we do not know ends the connection."""
        identities = proved(self.identities, request, self.door.super_digest)
        if identities is not None:
            self.identities = identities
            self._answered(xid, codes.AUTH, codes.OK, None)
        else:
            self.door.counts.auth_failed += 1
            self._answered(xid, codes.AUTH, codes.AUTH_FAILED, None)
            self._end_after_replies()

    def _end_after_replies(self) -> None:
        if self.slots:
            self.slots.append(Slot(0, 0, (goodbye, None), 0))
            self.shut = True
        else:
            self.end()

    def _barred(self, xid: int, op: int, buf: bytes, spans: Spans, at: int) -> bool:
        """A write that cannot be proposed, now or at all: a session of this member alone can only
        be closed. Whether nothing more is to be read."""
        if not self.local:
            self._park(buf, spans, at)
            return True
        if op == codes.CLOSE_SESSION:
            self._answered(xid, op, codes.OK, None)
            self._end_after_replies()
        else:
            self._refused(xid, op, codes.NOT_READ_ONLY)
        return self.shut

    def _synchronise(self, xid: int, request: tuple[Any, ...]) -> None:
        slot = Slot(xid, codes.SYNC, None, 0)
        self.order().append(slot)
        self.expect(1)

        def reached() -> None:
            slot.read = (ready, (codes.OK, BODY[codes.SYNC](request[1])))
            self.came()
            self._due()

        self.door.barrier(reached)

    def expect(self, more: int) -> None:
        """So many more answers, neither reads nor writes, are to come before the next write."""
        self.syncs += more
        self.barred = self.local or self.syncs > 0

    def came(self) -> None:
        """One that was expected: what waited for it goes on."""
        self.expect(-1)
        if not self.closed:
            try:
                self._drain()
                self._unpark()
            except Exception as error:
                self.failed(error)

    def _park(self, buf: bytes, spans: Spans, at: int) -> None:
        """From there on all waits: for a sync, which the write that comes next could overtake in
        the log, to be seen by the reads between them; for what an identity must not hold for; or
        until the client reads."""
        rest = [span for span in spans if span[0] >= at]
        if rest and not self.closed:
            self.parked = [*self.parked, park(buf, rest)]
            self.reading()

    def go_on(self) -> None:
        """Others had their turn."""
        if not self.closed:
            try:
                self._unpark()
            except Exception as error:
                self.failed(error)

    def _unpark(self) -> None:
        """What was parked goes on, up to where it has to wait again."""
        if not self.parked or self.syncs or self.deaf:
            return
        parked, self.parked = self.parked, _NOTHING_PARKED
        for number, one in enumerate(parked):
            if self.parked or self.deaf:
                self.parked = [*self.parked, *parked[number:]]
                break
            if not self.shut:
                self._requests(*unpark(one))
        self.reading()

    # ---- from the turn

    def replied(self, zxid: int, error: int, result: Any) -> None:
        """The next request in `waiting` was applied."""
        if self.closed:
            return
        if self.handshake is not None:
            self.traffic.waited += 1
            self.handshake.answered(error, result)
            return
        self.traffic.waited += 1
        slot = self.waiting.popleft()
        op = slot.op
        body = BODY[op](result) if result is not None or error == codes.OK else b""
        self.underway_bytes -= slot.size
        slots = self.slots
        if slots[0] is slot:
            slots.popleft()
            self.out.append(frame(slot.xid, zxid, error, body))
            if op == codes.CLOSE_SESSION:  # whatever is behind it is nobody's any more
                self.ending = True
                self.flush()
                return
            if slots:
                first = slots[0]
                if first.read is not None or first.reply is not None:  # else it waits as well
                    behind = len(slots)
                    self._drain()
                    self.traffic.behind += behind - len(slots)
            if self.parked and not slots:
                self._unpark()
        else:
            slot.reply = frame(slot.xid, zxid, error, body)
        if not self.due:
            self._due()

    def _drain(self) -> None:
        """Say, and read, whatever nothing stands before any more."""
        slots, out = self.slots, self.out
        unsaid = 0
        while slots:
            slot = slots[0]
            if slot.reply is not None:
                out.append(slot.reply)
            elif slot.read is not None:
                if self.deaf and not self.waiting:
                    break  # no write waits for these reads: they go on when it has read
                read, request = slot.read
                slots.popleft()
                self.underway_bytes -= slot.size
                reply = read(self, slot.xid, request)
                out.append(reply)
                unsaid += len(reply)
                if unsaid > DEAF_BYTES:
                    unsaid = 0
                    flush_large(self, request)
                if self.ending or self.closed:
                    break
                continue
            else:
                break
            slots.popleft()

    def lost(self) -> None:
        """What becomes of its writes is not known here: the client must find out for itself."""
        self.refuse("what becomes of its writes is not known here", quietly=True)

    def gone(self) -> bool:
        """Nobody waits for what it proposed."""
        return self.closed or has_gone(self.transport)

    def failed(self, error: Exception) -> None:
        """To answer it failed: a defect of ours, which must cost nobody but this client."""
        if isinstance(error, (RowsDamaged, DiskFailed)) and self.door.damaged is not None:
            self.door.damaged(error)  # no answer of this member can be trusted any more
        log.failure("cannot answer {peer}", failure=Failure(error), peer=place(self.peer))  # type: ignore[no-untyped-call]
        self.refuse("its answer could not be made", quietly=True)

    def _due(self) -> None:
        """Be written to at the end of this turn."""
        if not self.due:
            self.due = True
            self.door.due.append(self)

    def end(self) -> None:
        """Say what there is to say, then close."""
        self.over()
        self.door.wake()

    def over(self) -> None:
        """The same, at the end of the turn that is under way."""
        self.ending = self.shut = True
        self._due()

    def dismiss(self) -> None:
        """Its session is elsewhere from here on: what it was told before still leaves, and
        nothing else; not even that its requests were refused."""
        self.ending = True
        self.flush()

    def flush(self) -> None:
        """One write for everything of this turn."""
        self.due = False
        out = self.out
        if out and not self.closed:
            sizes, traffic, outlet = self.sizes, self.traffic, self.outlet
            traffic.sent += len(out)
            if len(out) == 1:
                data = out.pop()
                sizes.last = size = len(data)
                sizes.told.add(size)
            else:
                data = b"".join(out)
                size = len(data)
                sizes.last = len(out[-1])
                sizes.told.update(map(len, out))
                out.clear()
            sizes.bytes += size
            if len(sizes.told) > TOLD_MAX:
                sizes.count()
            traffic.told = self.door.moment
            if traffic.waited:
                traffic.took(self.door.replica.proposals.took_ms)
            outlet.write(data, self.ending)
            if waiting := outlet.waiting:
                count(self)
                if waiting > DEAF_BYTES:
                    self._does_not_read()
        if self.ending and not self.closed:
            self.closed = self.shut = True
            self.cancel_deadline()
            if self.outlet.waiting:
                self.deadline = self.door.later_s(LINGER_S_MAX, self.transport.abortConnection)
            self.outlet.close()
        elif self.burdened:
            if self.held_back or self.held_bytes:
                hold_back(self)
            else:
                counted = len(self.slots)
                self.door.outstanding += counted - self.counted
                self.counted = counted
                self.burdened = counted > 0

    def _does_not_read(self) -> None:
        """Its requests are read again when it has read their replies; events cannot wait."""
        if self.outlet.waiting > self.door.output_bytes_max:
            self.refuse("it does not read what it is told")
        elif not self.deaf:
            self.deaf = True
            self.reading()

    def refuse(self, why: str, quietly: bool = False) -> None:
        """Close at once."""
        if not self.closed:
            if not quietly:
                self.door.complaints.say(peer=place(self.peer), why=why)
            self.closed = self.shut = True
            self.transport.abortConnection()

    # ---- back-pressure

    def reading(self) -> None:
        if self.held_back or self.deaf or self.parked or (self.handshake and self.handshake.full):
            self.transport.pauseProducing()
        elif not self.closed:
            self.transport.resumeProducing()

    # ---- the beginning

    def attached(self, session: Any) -> None:
        """It has a session from now on."""
        self.session, self.attachment = session.id, session.attachment
        self.timeout_ms = session.timeout_ms
        self.door.attached(self)
        self._begin()

    def isolated(self, session: int, timeout_ms: int) -> None:
        """It has a session that nobody else knows, to read with."""
        self.session, self.timeout_ms = session, timeout_ms
        self.local = self.barred = True
        self._begin()
        self.door.wake()

    def _begin(self) -> None:
        self.handshake = None
        self.reading()
        self._due()

    def cancel_deadline(self) -> None:
        if self.unasked is not None:
            del self.unasked[self]
            self.unasked = None
        if self.deadline is not None:
            if self.deadline.active():
                self.deadline.cancel()
            self.deadline = None
