"""Simulated clients: they speak the wire's bytes over simulated TCP, and write down what they hear.

A client keeps its session as a client library would: it pings, gives up a member that says nothing,
goes on at another with the same session, sets its watches anew, and begins a new session when the
old one has expired. It does what its script says, when it is connected.
"""

import random
from typing import Any

from twisted.internet import protocol
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from hikari.testing.history import FAIL, OK, Conversation, Event, Operation
from hikari.testing.members import CLIENT_PORT, host_of
from hikari.testing.network import Network
from hikari.testing.timeline import Process, Timeline
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest

WATCHABLE = {codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2}
_SPECIAL = {
    codes.PING: codes.XID_PING,
    codes.SET_WATCHES: codes.XID_SET_WATCHES,
    codes.SET_WATCHES2: codes.XID_SET_WATCHES,
}
DATA, EXIST, CHILD, PERSISTENT, RECURSIVE = range(5)
_OF_TYPE = {1: (CHILD,), 2: (DATA, EXIST), 3: range(5), 4: (PERSISTENT,), 5: (RECURSIVE,)}
"""Which of these a type of watcher means."""
ASKED_MAX = 200
"""More unanswered requests than this are not asked."""


class Line(protocol.Protocol):
    """One connection of a client."""

    def __init__(self, client: "SimulatedClient") -> None:
        self.client = client
        self.frames = Frames(1 << 26)

    def connectionMade(self) -> None:
        self.client.connected(self)

    def dataReceived(self, data: bytes) -> None:
        buffer, spans = self.frames.feed(data)
        for at, end in spans:
            if self.client.line is self:
                self.client.heard(buffer[at:end])

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.client.lost(self)


class Dialling(protocol.ClientFactory):
    noisy = False

    def __init__(self, client: "SimulatedClient") -> None:
        self.client = client

    def buildProtocol(self, addr: IAddress | None) -> Line:
        return Line(self.client)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
        self.client.again()


class SimulatedClient:
    """One client; over time it may have several sessions, each over several connections."""

    def __init__(
        self,
        number: int,
        members: int,
        timeout_ms: int,
        timeline: Timeline,
        network: Network,
        chance: random.Random,
    ) -> None:
        self.number = number
        self.name = f"client {number}"
        self.members, self.network, self.chance = members, network, chance
        self.process = Process(timeline, self.name, f"10.0.1.{number}")
        self.timeline = timeline
        self.timeout_ms = timeout_ms  # asked for
        self.session, self.password, self.seen = 0, bytes(16), 0
        self.line: Line | None = None
        self.conversation: Conversation | None = None  # since the connect request was answered
        self.conversations: list[Conversation] = []
        self.versions: dict[bytes, int] = {}  # of znodes it has seen
        self.leaving = False  # its session is being closed
        self.pending: list[Operation] = []
        self.next_member = 0  # to go on at; 0: anybody
        self._away_until = 0.0
        self._xid = self._written = 0
        self._member = 0
        self._spoke = self._listened = 0.0
        self._watches: list[set[bytes]] = [set() for _ in range(5)]

    def begin(self) -> None:
        self.process.call_later(self.chance.random() * 0.2, self.dial)
        self.process.call_later(0.1, self._tick)

    # ---- its connection

    def dial(self) -> None:
        away_s = self._away_until - self.timeline.now
        if away_s > 0:
            self.process.call_later(away_s, self.dial)
        elif self.line is None:
            self._member = self.next_member or self.chance.randrange(self.members) + 1
            self.next_member = 0
            self.network.connect(
                self.process, host_of(self._member), CLIENT_PORT, Dialling(self), timeout=1.0
            )

    def again(self) -> None:
        self.process.call_later(0.02 + 0.3 * self.chance.random(), self.dial)

    def connected(self, line: Line) -> None:
        self.line = line
        self._listened = self._spoke = self.timeline.now
        asked = ConnectRequest(0, self.seen, self.timeout_ms, self.session, self.password, False)
        self._say(requests.encode_connect(asked))

    def _say(self, data: bytes) -> None:
        assert self.line is not None
        transport: Any = self.line.transport
        transport.write(data)
        self._spoke = self.timeline.now

    def lost(self, line: Line) -> None:
        if self.line is not line:
            return
        self.line = None
        now = self.timeline.now
        self.pending.clear()
        if self.conversation is not None:
            self.conversation.ended = now
            self.conversation = None
        if self.leaving:  # whether it is closed or not: nobody will use it again
            self.forget()
        self.again()

    def forget(self) -> None:
        self.session, self.password, self.leaving = 0, bytes(16), False
        self.versions.clear()
        for paths in self._watches:
            paths.clear()

    def hang_up(self) -> None:
        """Break the connection."""
        if self.line is not None:
            transport: Any = self.line.transport
            transport.abortConnection()

    def stay_away(self, beyond_s: float) -> float:
        """Hang up, and come back when nobody has heard of it for its time-out and `beyond_s`. When
        that is; 0.0: it was not connected."""
        if self.line is None:
            return 0.0
        self._away_until = self._spoke + self.timeout_ms / 1000 + beyond_s
        self.hang_up()
        return self._away_until

    def _tick(self) -> None:
        """Ping, and give up who says nothing."""
        self.process.call_later(0.1, self._tick)
        if self.line is None:
            return
        now = self.timeline.now
        timeout_s = (self.conversation.timeout_ms if self.conversation else self.timeout_ms) / 1000
        if now - self._listened > timeout_s * 2 / 3:
            self.hang_up()
        elif self.conversation is not None and now - self._spoke > timeout_s / 3:
            self.ask((codes.PING,))

    # ---- requests

    def unique(self) -> bytes:
        """Data that nobody else writes."""
        self._written += 1
        return b"%d.%d" % (self.number, self._written)

    def ask(self, *asked: tuple[Any, ...]) -> list[Operation]:
        """Send requests in one piece, if it is connected."""
        conversation = self.conversation
        if conversation is None or len(self.pending) > ASKED_MAX or self.leaving:
            return []
        now, frames, operations = self.timeline.now, [], []
        for request in asked:
            self._xid += 1
            xid = _SPECIAL.get(request[0], self._xid)
            frames.append(requests.encode(request, xid))
            operations.append(Operation(self.session, request, now, xid))
            if request[0] == codes.CLOSE_SESSION:
                self.leaving = True
        conversation.asked += operations
        self.pending += operations
        self._say(b"".join(frames))
        return operations

    # ---- what it hears

    def heard(self, body: bytes) -> None:
        self._listened = self.timeline.now
        if self.conversation is None:
            self._welcomed(body)
            return
        header = replies.decode_header(body, 0, len(body))
        if header.xid == codes.XID_NOTIFICATION:
            event = replies.decode_notification(body, replies.HEADER_BYTES, len(body))
            self._fired(event.type, event.path)
            return
        operation = self.pending.pop(0)
        assert header.xid == operation.xid, f"reply {header.xid} to request {operation.xid}"
        operation.ended, operation.zxid = self.timeline.now, header.zxid
        operation.error = header.error
        operation.outcome = FAIL if header.error else OK
        op = operation.request[0]
        if not header.error:
            operation.value = replies.decode_body(op, body, replies.HEADER_BYTES, len(body))
        self.seen = max(self.seen, header.zxid)
        self.conversation.arrived.append(operation)
        self._learn(operation)
        if op == codes.CLOSE_SESSION and not header.error:
            self.hang_up()

    def _welcomed(self, body: bytes) -> None:
        response = replies.decode_connect(body, 0, len(body))
        now = self.timeline.now
        if not response.session:
            self.conversations.append(
                Conversation(self.session, self._member, now, self.seen, ended=now, expired=True)
            )
            self.forget()
            self.hang_up()
            return
        resumed = bool(self.session)
        assert self.session in (0, response.session), "another session than was asked for"
        self.session, self.password = response.session, response.password
        self.conversation = Conversation(
            self.session,
            self._member,
            now,
            self.seen,
            response.timeout_ms,
            identities=((b"ip", self.process.host.encode()),),
        )
        self.conversations.append(self.conversation)
        if resumed and any(self._watches):
            paths = [tuple(sorted(some)) for some in self._watches]
            if paths[PERSISTENT] or paths[RECURSIVE]:
                self.ask((codes.SET_WATCHES2, self.seen, *paths))
            else:
                self.ask((codes.SET_WATCHES, self.seen, *paths[:PERSISTENT]))

    def _fired(self, type: int, path: bytes) -> None:
        assert self.conversation is not None
        self.conversation.arrived.append(Event(self.session, type, path, self.timeline.now))
        kinds: tuple[int, ...] = (DATA, EXIST)
        if type == codes.EVENT_CHILDREN_CHANGED:
            kinds = (CHILD,)
        elif type == codes.EVENT_DELETED:
            kinds = (DATA, EXIST, CHILD)
        for kind in kinds:
            self._watches[kind].discard(path)

    def _learn(self, operation: Operation) -> None:
        op, value = operation.request[0], operation.value
        path = operation.request[1] if len(operation.request) > 1 else b""
        if op == codes.SET_DATA and not operation.error:
            self.versions[path] = value.version
        elif op == codes.GET_DATA and not operation.error:
            self.versions[path] = value[1].version
        if op in WATCHABLE and operation.request[2]:
            if op == codes.EXISTS and operation.error in (codes.OK, codes.NO_NODE):
                self._watches[EXIST if operation.error else DATA].add(path)
            elif not operation.error:
                self._watches[DATA if op == codes.GET_DATA else CHILD].add(path)
        elif op == codes.ADD_WATCH and not operation.error:
            self._watches[(PERSISTENT, RECURSIVE)[operation.request[2]]].add(path)
        elif op == codes.REMOVE_WATCHES and not operation.error:
            for kind in _OF_TYPE[operation.request[2]]:
                self._watches[kind].discard(path)
