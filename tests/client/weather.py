"""One session, three false servers, and whatever chance brings between them: delays, broken and
hanging connections, servers that freeze, that greet and go, that are cut off, that expire sessions
at the first moment they may, and a client's process that stands still.

`World(seed).live(steps)` judges while it runs; see `Judge` for what.
"""

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from math import inf
from random import Random
from typing import Any

from client.false_server import ADDRESSES, STAT
from client.judge import Judge

from hikari_client.errors import ClientClosed
from hikari_client.session import Call, Session
from hikari_client.settings import Settings
from hikari_client.values import Auth
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectResponse

PATHS = (b"/a", b"/b", b"/c")
DELAYS_S = (0.001,) * 8 + (0.01,) * 4 + (0.3, 0.3, 1, 5)
EVENTS_MAX = 20_000


class Ensemble:
    """What the servers agree about."""

    def __init__(self) -> None:
        self.zxid = 100
        self.history = {path: [100] for path in PATHS}
        self.heard: dict[int, float] = {}  # session -> when
        self.timeout: dict[int, float] = {}
        self.owner: dict[int, Pipe] = {}
        self.pipes: list[Pipe] = []

    def write(self, path: bytes) -> None:
        self.zxid += 1
        self.history[path].append(self.zxid)
        for pipe in self.pipes:
            pipe.fire(path, self.zxid)


class Pipe:
    """A connection, with the server's end of it. `cut`: nothing more arrives at the client."""

    def __init__(self, world: "World", server: int) -> None:
        self.world, self.server = world, server
        self.cut = self.closed = self.greeted = self.alone = False
        self.session = 0
        self.frames = Frames(1 << 20)
        self.once: set[bytes] = set()
        self.lasting: set[bytes] = set()
        self.last = [0.0, 0.0]  # nothing overtakes: to the server, to the client

    # ---- the way there and back

    def carry(self, way: int, work: Callable[[], None]) -> None:
        world = self.world
        delay = world.chance.choice(world.delays) * world.chance.random()
        self.last[way] = max(self.last[way], world.now + delay)
        if not way:
            self.last[way] = max(self.last[way], world.frozen[self.server])
        world.at(self.last[way], work)

    def send(self, data: bytes) -> None:
        self.carry(0, lambda: self.arrived(data))

    def tell(self, data: bytes) -> None:
        world = self.world
        self.carry(1, lambda: world.inbox.append(lambda: world.received(self, data)))

    def close(self) -> None:
        """The server has had enough."""
        if not self.closed:
            self.closed = True
            self.once.clear()
            self.lasting.clear()
            world = self.world
            self.carry(1, lambda: world.inbox.append(lambda: world.dropped(self)))

    # ---- the server

    def arrived(self, data: bytes) -> None:
        if self.closed:
            return
        buf, spans = self.frames.feed(data)
        for at, end in spans:
            if self.closed:
                return
            if not self.greeted:
                self.greet(requests.decode_connect(buf, at, end))
                continue
            xid, op = requests.HEADER.unpack_from(buf, at)
            ensemble = self.world.ensemble
            if not self.alone:
                ensemble.heard[self.session] = self.world.now
            self.do(xid, requests.DECODE[op](buf, at + requests.HEADER.size, end))

    def greet(self, asked: Any) -> None:
        world, ensemble = self.world, self.world.ensemble
        self.greeted = True
        self.alone = world.alone[self.server]
        if self.alone and not asked.read_only:
            self.close()
            return
        session = asked.session or next(world.numbers)
        if self.alone and not asked.session:
            world.judge.local.add(session)
        if asked.session and session not in ensemble.heard:
            self.tell(replies.encode_connect(ConnectResponse(0, 0, 0, bytes(16), False)))
            self.close()
            return
        timeout_ms = max(4000, min(asked.timeout_ms, 8000))
        answer = ConnectResponse(0, timeout_ms, session, b"p" * 16, self.alone)
        self.tell(replies.encode_connect(answer))
        self.session = session
        if not self.alone:
            if session in ensemble.owner:
                ensemble.owner[session].close()
            ensemble.owner[session] = self
            ensemble.heard[session] = world.now
            ensemble.timeout[session] = timeout_ms / 1000
        if world.chance.random() < world.rude:
            self.close()

    def do(self, xid: int, request: tuple[Any, ...]) -> None:
        op, ensemble, error, body = request[0], self.world.ensemble, 0, b""
        if op == codes.SET_DATA:
            if self.alone:
                error = codes.NOT_READ_ONLY
            else:
                self.world.judge.applied(request[2])
                ensemble.write(request[1])
                body = replies.BODY[op](STAT.pack())
        elif op == codes.GET_DATA:
            if request[2]:
                self.once.add(request[1])
            data = b"%d" % ensemble.history[request[1]][-1]
            body = replies.BODY[op]((data, STAT.pack()))
        elif op == codes.ADD_WATCH:
            self.lasting.add(request[1])
        elif op in (codes.SET_WATCHES, codes.SET_WATCHES2):
            self.rearm(request)
        elif op == codes.REMOVE_WATCHES:
            self.once.discard(request[1])
            self.lasting.discard(request[1])
        self.tell(replies.frame(xid, -1 if xid < 0 else ensemble.zxid, error, body))
        if op == codes.CLOSE_SESSION:
            ensemble.heard.pop(self.session, None)
            self.close()

    def rearm(self, request: tuple[Any, ...]) -> None:
        for path in request[2]:
            changed = self.world.ensemble.history[path][-1]
            if changed > request[1]:
                self.notify(path, changed)
            else:
                self.once.add(path)
        if len(request) > 5:
            for path in request[5]:
                self.lasting.add(path)
                self.world.judge.rearmed(path)

    def fire(self, path: bytes, zxid: int) -> None:
        if path in self.once or path in self.lasting:
            self.once.discard(path)
            self.notify(path, zxid)

    def notify(self, path: bytes, zxid: int) -> None:
        kind = codes.EVENT_DATA_CHANGED
        self.tell(replies.notification(kind, codes.STATE_SYNC_CONNECTED, path, zxid))


class World:
    def __init__(self, seed: int) -> None:
        self.chance = chance = Random(seed)
        self.now = 1000.0
        self.settings = Settings(
            session_timeout=chance.choice((4, 6, 8)),
            on_disconnect=chance.choice(("wait", "wait", "fail")),
            read_only=chance.random() < 0.3,
            auth=(Auth("digest", b"a:b"),) if chance.random() < 0.3 else (),
        )
        self.rude = chance.choice((0, 0, 0.1, 0.9))
        self.delays = DELAYS_S
        self.ensemble = Ensemble()
        self.numbers = count(1)
        self.frozen = [0.0] * len(ADDRESSES)
        self.alone = [False] * len(ADDRESSES)
        self.stalled = 0.0  # the client's process stands still until then
        self.later: list[tuple[float, int, Callable[[], None]]] = []
        self.order = count()
        self.inbox: deque[Callable[[], None]] = deque()  # what the client's process has not seen
        self.pipe: Pipe | None = None
        self.given_up: set[Any] = set()
        self.session = Session(
            self.settings, ADDRESSES, Random(seed), lambda waiter: waiter not in self.given_up
        )
        self.judge = Judge(self)
        self.session.start(self.now)
        self.pump()

    def at(self, when: float, work: Callable[[], None]) -> None:
        heapq.heappush(self.later, (when, next(self.order), work))

    # ---- what chance does

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.step()
            self.run(self.now + self.chance.choice((0, 0, 0.01, 0.2, 1.5)))
        self.calm_down()
        self.judge.all_is_told()

    def step(self) -> None:
        dice = self.chance.random()
        if dice < 0.75 and self.stalled <= self.now:
            for _ in range(self.chance.choice((1, 1, 3, 20))):
                self.ask()
            if self.chance.random() < 0.9:
                self.pump()
        elif 0.75 < dice < 0.80 and self.judge.waiting:
            self.given_up.add(self.chance.choice(sorted(self.judge.waiting)))
        elif 0.80 < dice < 0.87:
            self.break_pipe()
        elif 0.87 < dice < 0.92:
            server = self.chance.randrange(len(ADDRESSES))
            self.frozen[server] = self.now + self.chance.choice((0.5, 3, 9))
        elif 0.92 < dice < 0.94:
            server = self.chance.randrange(len(ADDRESSES))
            self.alone[server] = not self.alone[server]
        elif 0.94 < dice < 0.97:
            self.stalled = self.now + self.chance.choice((0.5, 3, 12))
        else:
            self.ensemble.write(self.chance.choice(PATHS))

    def ask(self) -> None:
        path, kind = self.chance.choice(PATHS), self.chance.random()
        number = len(self.judge.calls) + 1
        if kind < 0.4:
            call = Call((codes.SET_DATA, path, b"%d" % number, -1), number, None, "")
        elif kind < 0.7:
            call = Call((codes.GET_DATA, path, False), number, None, "")
        elif kind < 0.9:
            call = Call((codes.GET_DATA, path, True), number, None, "", ("once", number, path))
        else:
            call = Call((codes.ADD_WATCH, path, 0), number, self.zxid, "", ("stays", number, path))
        self.judge.asked(number, call)
        self.session.submit(call)

    def zxid(self, _: object) -> int:
        return self.session.zxid

    def break_pipe(self) -> None:
        """Of what is under way to the server, some may still arrive, much later."""
        pipe = self.pipe
        if pipe is not None and not pipe.cut:
            pipe.cut = True
            if self.chance.random() < 0.5:
                pipe.closed = True
            self.inbox.append(lambda: self.broken(pipe))

    def calm_down(self) -> None:
        """Everything works, for long enough."""
        self.rude, self.stalled, self.delays = 0, 0.0, DELAYS_S[:1]
        self.frozen = [0.0] * len(ADDRESSES)
        self.alone = [False] * len(ADDRESSES)
        self.run(self.now + 200)
        self.judge.is_well()
        self.session.end(ClientClosed("", "the end"))
        self.pump()

    # ---- time

    def run(self, until: float) -> None:
        """Let happen what happens, in order; the client's clock rings in time unless it stalls."""
        for _ in range(EVENTS_MAX):
            rings = max(self.session.deadline(), self.stalled, self.now)
            reads = max(self.stalled, self.now) if self.inbox else inf
            event = self.later[0][0] if self.later else inf
            expiry = min(
                (when + self.ensemble.timeout[s] for s, when in self.ensemble.heard.items()),
                default=inf,
            )
            first = min(rings, reads, event, expiry)
            if first > until:
                self.now = until
                return
            self.now = max(self.now, first)
            if rings == first and (reads > first or self.chance.random() < 0.5):
                self.session.tick(self.now)
                self.pump()
                assert self.session.deadline() > self.now, "time would stand still"
            elif reads == first:
                self.inbox.popleft()()
            elif event == first:
                heapq.heappop(self.later)[2]()
            else:
                self.expire()
        raise AssertionError(f"{EVENTS_MAX} events until {self.now}: a hot loop")

    def expire(self) -> None:
        for session, when in list(self.ensemble.heard.items()):
            if self.now >= when + self.ensemble.timeout[session]:
                del self.ensemble.heard[session]
                self.judge.expired(session)
                self.ensemble.owner.pop(session).close()

    # ---- the driver

    def pump(self) -> None:
        session = self.session
        self.judge.news(session.take_news())
        if session.take_hang_up() and self.pipe is not None:
            self.pipe.cut, self.pipe = True, None
        probe = session.take_probe()
        if probe is not None and not self.alone[ADDRESSES.index(probe)]:
            self.at(self.now + 0.01, lambda: self.inbox.append(lambda: self.probed(probe)))
        dial = session.take_dial()
        if dial is not None:
            assert self.pipe is None, "two connections at once"
            self.judge.dialled()
            self.dial(ADDRESSES.index(dial))
        data = session.take_output(self.now)
        if data and self.pipe is not None and not self.pipe.cut:
            self.pipe.send(data)
        self.judge.looks()

    def probed(self, address: Any) -> None:
        self.session.probed(address, self.now)
        self.pump()

    def dial(self, server: int) -> None:
        pipe = self.pipe = Pipe(self, server)
        self.ensemble.pipes.append(pipe)
        dice = self.chance.random()
        if dice < 0.8:
            pipe.carry(1, lambda: self.inbox.append(lambda: self.opened(pipe)))
        elif dice < 0.95:
            pipe.carry(1, lambda: self.inbox.append(lambda: self.dropped(pipe)))

    def opened(self, pipe: Pipe) -> None:
        if not pipe.cut:
            self.session.opened(self.now)
            self.pump()
            self.judge.opened()

    def received(self, pipe: Pipe, data: bytes) -> None:
        if not pipe.cut:
            self.session.received(data, self.now)
            self.pump()

    def dropped(self, pipe: Pipe) -> None:
        if not pipe.cut:
            pipe.cut = True
            self.broken(pipe)

    def broken(self, pipe: Pipe) -> None:
        if self.pipe is pipe:
            self.pipe = None
            self.session.dropped(self.now, "reset")
            self.pump()
