"""Many sessions on one loop: they reconnect, ping, set their watches again, and note everything.

What a client does is a generator. It yields a request and is sent the Operation when that is
decided; a list of requests goes out in one packet; a float is a sleep; `EVENT` waits for a watch
event. A request that is asked while there is no connection waits for one.
"""

import heapq
import random
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from hikari.testing.history import FAIL, OK, Conversation, Event, Operation
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest

TIMEOUT_MS = 6_000
ATTEMPT_S = 1.0
"""A connection that is not a session's after so long is tried elsewhere."""
ROUND_S = 0.03
"""The pause before every attempt but the first."""
TICK_S = 0.1
FRAME_BYTES_MAX = 1 << 26
EVENT = "event"
SPECIAL = {codes.PING: codes.XID_PING, codes.SET_WATCHES: codes.XID_SET_WATCHES}

Actor = Generator[Any, Any, None]


class Loop:
    """All clients of a run. `dial(member)` gives a socket and where to connect it."""

    def __init__(self, net: Any, seed: str, timeout_ms: int = TIMEOUT_MS) -> None:
        self.net = net
        self.chance = random.Random(seed)
        self.timeout_ms = timeout_ms
        self.selector = selectors.DefaultSelector()
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self.number = 0
        self.clients: list[Client] = []
        self._ticked = 0.0

    def client(
        self, name: str, actor: Callable[["Client"], Actor], members: tuple[int, ...] = ()
    ) -> "Client":
        """A new client that connects at once and then does what `actor` says."""
        made = Client(self, name, members)
        self.clients.append(made)
        made.connect()
        made.act(actor(made))
        return made

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.number += 1
        heapq.heappush(self.timers, (time.monotonic() + seconds, self.number, call))

    def run(self, until: Callable[[], bool], seconds: float) -> bool:
        """Move until it is so; False if it is not after so many seconds."""
        deadline = time.monotonic() + seconds
        while not until():
            now = time.monotonic()
            if now > deadline:
                return False
            due = min(self.timers[0][0] if self.timers else deadline, self._ticked + TICK_S)
            for key, mask in self.selector.select(max(due - now, 0.0)):
                key.data.ready(mask)
            now = time.monotonic()
            while self.timers and self.timers[0][0] <= now:
                heapq.heappop(self.timers)[2]()
            if now - self._ticked > TICK_S:  # behind what came: we may have been asleep ourselves
                self._ticked = now
                for client in self.clients:
                    client.tick(now)
        return True

    def close(self) -> None:
        for client in self.clients:
            client.leave()
        self.selector.close()


class Client:
    """One session at a time; a new one when it expired. `conversations` is what it noted."""

    def __init__(self, loop: Loop, name: str, members: tuple[int, ...] = ()) -> None:
        """`members`: the only ones it goes to; all, if none are named."""
        self.loop, self.name = loop, name
        self.members = members or tuple(range(1, loop.net.members + 1))
        self.conversations: list[Conversation] = []
        self.complaints: list[str] = []
        self.events: deque[Event] = deque()  # for the actor, who takes them out
        self.session, self.password, self.zxid = 0, bytes(16), 0
        self.generation = 0  # how many sessions it has had
        self.member = 0
        self.up = False
        self.done = True  # its actor has ended
        self.tries = self.lost = 0  # to attach again; connections of a session that ended
        self.same = self.refused = 0  # attached again as the same session; told it has expired
        self.data: set[bytes] = set()
        self.exist: set[bytes] = set()
        self.child: set[bytes] = set()
        self.heard_at = 0.0
        self._said_at = 0.0
        self._socket: socket.socket | None = None
        self._since = 0.0
        self._out = b""
        self._pending: deque[Operation] = deque()
        self._xid = 0
        self._actor: Actor | None = None
        self._asked: list[Operation] | None = None  # what the actor waits for
        self._single = False
        self._queued: list[tuple[Any, ...]] | None = None  # for want of a connection
        self._waits = 0  # numbers the actor's sleeps, so that a late timer wakes nobody
        self._wants_event = False
        self._leaving = False
        self._order: list[int] = []

    # ---- the actor

    def act(self, actor: Actor) -> None:
        self._actor, self.done = actor, False
        self._go_on(None)

    def _go_on(self, value: Any) -> None:
        """Give the actor what it waited for, and see what it wants next."""
        self._waits += 1
        self._wants_event = False
        assert self._actor is not None
        try:
            wanted = self._actor.send(value)
        except StopIteration:
            self.done, self._actor = True, None
            return
        if isinstance(wanted, float | int):
            self._sleep(wanted)
        elif wanted == EVENT:
            if self.events:
                self.loop.later(0.0, self._waker())
            else:
                self._wants_event = True
                self._sleep(0.5)
        else:
            self._single = isinstance(wanted, tuple)
            self._queued = [wanted] if self._single else wanted
            if self.up:
                self._send_queued()

    def _sleep(self, seconds: float) -> None:
        self.loop.later(seconds, self._waker())

    def _waker(self) -> Callable[[], None]:
        number = self._waits

        def wake() -> None:
            if number == self._waits and self._actor is not None:
                self._go_on(None)

        return wake

    def _answered(self) -> None:
        if self._asked is not None and all(one.ended for one in self._asked):
            self._decided()

    def _decided(self) -> None:
        """All that the actor waits for is answered, or never will be."""
        if self._asked is not None:
            asked, self._asked = self._asked, None
            self._go_on(asked[0] if self._single else asked)

    # ---- the connection

    def connect(self) -> None:
        """Try the next member, in an order of chance."""
        if self._leaving:
            return
        if not self._order:
            self._order = list(self.members)
            self.loop.chance.shuffle(self._order)
        self.member = self._order.pop()
        self._socket = self.loop.net.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._since = time.monotonic()
        self._socket.connect_ex(self.loop.net.client(self.member))
        self._seen = self.zxid
        asked = ConnectRequest(
            0, self.zxid, self.loop.timeout_ms, self.session, self.password, False
        )
        self._out = requests.encode_connect(asked)
        self.tries += bool(self.session)
        self._frames = Frames(FRAME_BYTES_MAX)
        self.loop.selector.register(
            self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self
        )

    def drop(self) -> None:
        """The connection is over; what was under way is unknown. Another is tried soon."""
        if self._socket is None:
            return
        self.loop.selector.unregister(self._socket)
        self._socket.close()
        self._socket, self._out = None, b""
        now = time.monotonic()
        if self.up:
            self.conversations[-1].ended = now
            self.lost += not self._leaving
        self.up = False
        self._pending.clear()
        self.loop.later(ROUND_S * (1 + self.loop.chance.random()), self.connect)
        self._decided()

    def go(self, member: int) -> None:
        """Leave, and try this member first."""
        self._order = [member]
        self.drop()

    def leave(self) -> None:
        """Close the socket for good, and say nothing."""
        self._leaving = True
        self.drop()

    def tick(self, now: float) -> None:
        """Ping when idle; give up what does not answer."""
        if self._socket is None:
            return
        timeout_s = self.loop.timeout_ms / 1000
        if not self.up:
            if now - self._since > ATTEMPT_S:
                self.drop()
        elif self._pending and now - self.heard_at > 2 * timeout_s / 3:
            self.drop()
        elif now - self._said_at > timeout_s / 3 and not self._pending:
            self.send([(codes.PING,)])

    def ready(self, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush()
        if mask & selectors.EVENT_READ and self._socket is not None:
            try:
                data = self._socket.recv(1 << 18)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.drop()
                return
            self.heard_at = time.monotonic()
            buffer, spans = self._frames.feed(data)
            connection = self._socket
            for at, end in spans:
                if connection is not self._socket:
                    break
                if self.up:
                    self._receive(buffer, at, end)
                else:
                    self._welcome(buffer, at, end)

    def _flush(self) -> None:
        assert self._socket is not None
        try:
            sent = self._socket.send(self._out) if self._out else 0
        except BlockingIOError:
            return
        except OSError:
            self.drop()
            return
        self._out = self._out[sent:]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        self.loop.selector.modify(self._socket, events, self)

    def _welcome(self, buffer: bytes, at: int, end: int) -> None:
        response = replies.decode_connect(buffer, at, end)
        now = time.monotonic()
        session = response.session or self.session
        told = Conversation(session, self.member, now, self._seen, response.timeout_ms)
        self.conversations.append(told)
        self._order = []
        if not response.session:
            told.expired, told.ended = True, now
            self.refused += 1
            self.session, self.password = 0, bytes(16)
            self.data, self.exist, self.child = set(), set(), set()
            self.drop()
            return
        if self.session not in (0, response.session):
            self.complaints.append(f"asked for {self.session:#x}, given {response.session:#x}")
        fresh = not self.session
        self.same += self.session == response.session
        self.generation += fresh
        self.session, self.password = response.session, response.password
        self.up = True
        if not fresh and (self.data or self.exist or self.child):
            watched = (sorted(self.data), sorted(self.exist), sorted(self.child))
            self.send([(codes.SET_WATCHES, self._seen, *map(tuple, watched))])
        if self._queued is not None:
            self._send_queued()

    # ---- requests and replies

    def _send_queued(self) -> None:
        queued, self._queued = self._queued, None
        assert queued is not None
        self._asked = self.send(queued)
        if not self.up:  # the connection broke in the midst of it
            self._decided()

    def send(self, asked: list[tuple[Any, ...]]) -> list[Operation]:
        """All of it in one packet."""
        now = self._said_at = time.monotonic()
        if not self._pending:
            self.heard_at = now
        operations, frames = [], []
        for request in asked:
            self._xid += 1
            xid = SPECIAL.get(request[0], self._xid)
            frames.append(requests.encode(request, xid))
            operations.append(Operation(self.session, request, now, xid))
        self._pending += operations
        self.conversations[-1].asked += operations
        self._out += b"".join(frames)
        self._flush()
        return operations

    def _receive(self, buffer: bytes, at: int, end: int) -> None:
        header = replies.decode_header(buffer, at, end)
        told = self.conversations[-1]
        if header.xid == codes.XID_NOTIFICATION:
            seen = replies.decode_notification(buffer, at + replies.HEADER_BYTES, end)
            event = Event(self.session, seen.type, seen.path, self.heard_at)
            told.arrived.append(event)
            self._fired(event)
            return
        if not self._pending or self._pending[0].xid != header.xid:
            self.complaints.append(f"{self.name}: a reply {header} out of order")
            self.drop()
            return
        operation = self._pending.popleft()
        op = operation.request[0]
        operation.zxid, operation.error = header.zxid, header.error
        operation.outcome = FAIL if header.error else OK
        if not header.error:
            operation.value = replies.decode_body(op, buffer, at + replies.HEADER_BYTES, end)
        operation.ended = self.heard_at
        if header.zxid > 0:
            if header.zxid < self.zxid:
                self.complaints.append(f"{self.name}: back from {self.zxid} to {header.zxid}")
            self.zxid = header.zxid
        told.arrived.append(operation)
        if op in (codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN) and operation.request[2]:
            self._watch(op, operation)
        if op == codes.CLOSE_SESSION:
            self._leaving = True
        self._answered()

    def _watch(self, op: int, operation: Operation) -> None:
        path = operation.request[1]
        if op == codes.EXISTS and operation.error == codes.NO_NODE:
            self.exist.add(path)
        elif operation.outcome == OK:
            (self.child if op == codes.GET_CHILDREN else self.data).add(path)

    def _fired(self, event: Event) -> None:
        if event.type == codes.EVENT_CHILDREN_CHANGED:
            self.child.discard(event.path)
        else:
            self.data.discard(event.path)
            self.exist.discard(event.path)
            if event.type == codes.EVENT_DELETED:
                self.child.discard(event.path)
        self.events.append(event)
        if self._wants_event and self._actor is not None:
            self._go_on(None)
