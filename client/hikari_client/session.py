"""One client's session, without I/O: bytes, times and wishes go in; bytes and news come out.

It knows no socket, no clock and no thread, so that every driver and every test is the same to it.
Whoever drives it:

    opened, received, dropped    when a connection does something
    submit                       to ask for something
    tick(now)                    when the time is `deadline()`, or at any other time
    take_dial, take_hang_up      what to do with connections, after any of these
    take_probe, probed           whom to ask whether it serves writes, and that it does
    take_output, take_news       what to send, and what to tell to whom, in this order of things

All times are seconds of one monotonic clock.
"""

from collections import deque
from collections.abc import Callable
from math import inf
from random import Random
from struct import Struct, error
from typing import Any, Final

from hikari_client.errors import (
    AuthFailed,
    BadArguments,
    ClientClosed,
    ConnectionLoss,
    MarshallingError,
    SessionExpired,
    ZKError,
    error_of,
)
from hikari_client.search import Search
from hikari_client.settings import FRAME_BYTES_MAX, REPLY_BYTES_MAX, Address, Settings
from hikari_client.values import EVENT_TYPES, Auth, EventType, State, Status
from hikari_client.vouching import Vouching
from hikari_client.watching import CHILD, DATA, EXIST, PERSISTENT, RECURSIVE, Watcher, Watches
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.jute import Malformed
from hikari_wire.records import PASSWORD_BYTES, ConnectRequest
from hikari_wire.requests import Request

# What the news are: (kind, for whom, what).
DONE, FAILED, EVENT, GAP, STATUS = range(5)
News = tuple[int, Any, Any]

# What becomes of the connection.
_IDLE, _DIALING, _GREETING, _OPEN = range(4)

READS: Final = frozenset(
    {
        *(codes.EXISTS, codes.GET_DATA, codes.GET_ACL, codes.GET_CHILDREN, codes.GET_CHILDREN2),
        *(codes.SYNC, codes.CHECK_WATCHES, codes.MULTI_READ, codes.GET_EPHEMERALS),
        *(codes.GET_ALL_CHILDREN_NUMBER, codes.ADD_WATCH, codes.WHO_AM_I, codes.FILTERED_LIST),
        *(codes.FILTERED_LIST_WITH_DATA, codes.LIST_RECURSIVE, codes.SET_WATCHES2),
    }
)
"""What can be asked twice without harm."""
READ_SHARE: Final = 2 / 3
PING_SHARE: Final = 1 / 3

_WATCHED: Final = {
    codes.GET_DATA: DATA,
    codes.EXISTS: DATA,
    codes.GET_CHILDREN: CHILD,
    codes.GET_CHILDREN2: CHILD,
}
_HEADER: Final = Struct(">iqi")
_header_from = _HEADER.unpack_from
_HEADER_BYTES: Final = _HEADER.size
_FRAME_BYTES: Final = 4 + FRAME_BYTES_MAX
_SURE_BYTES: Final = _FRAME_BYTES - 32  # so much longer is the same path in a SetWatches
_NOBODY: Final = bytes(PASSWORD_BYTES)


class Call:
    """One request on its way. `convert` makes the caller's value of the reply's (or raises
    ZKError); `path` is the caller's, for errors; `watcher` is added if the server has done so."""

    __slots__ = ("convert", "path", "request", "waiter", "watcher", "xid")

    def __init__(
        self,
        request: Request,
        waiter: Any,
        convert: Callable[[Any], Any] | None = None,
        path: str = "",
        watcher: Watcher = None,
    ) -> None:
        self.request = request
        self.waiter = waiter
        self.convert = convert
        self.path = path
        self.watcher = watcher
        self.xid = 0  # 0: it was not sent

    @property
    def maybe_applied(self) -> bool:
        """It was sent, and is no read."""
        return self.xid != 0 and self.request[0] not in READS


class Session:
    """See the module. `wanted` says whether a waiter still waits: what was not sent for one that
    gave up never is.

    Invariants: `_pending` holds what was sent on this connection and not answered, in order;
    `_queue` what was not; the two are never both filled while the connection is open.
    """

    def __init__(
        self,
        settings: Settings,
        addresses: list[Address],
        chance: Random,
        wanted: Callable[[Any], bool] = lambda waiter: True,
    ) -> None:
        self.settings = settings
        self.watches = Watches()
        self.status = Status(State.CONNECTING)
        self.timeout = settings.session_timeout  # as granted
        self.zxid = 0  # the newest that this session has seen
        self._wanted = wanted
        self.ended: ZKError | None = None  # why it is closed
        self._search = Search(settings, addresses, chance)
        self._auth: list[Call] = [_proof(auth, None) for auth in settings.auth]
        self._session, self._password = 0, _NOBODY
        self._local = False  # of a read-only server alone: no other knows of it
        self._phase = _IDLE
        self._until = 0.0  # when the phase ends by itself
        self._greeted_at = 0.0
        self._server: Address = addresses[0]
        self._frames = Frames(REPLY_BYTES_MAX)
        self._xid = 0
        self._queue: deque[Call] = deque()
        self._pending: deque[Call] = deque()
        self._sent, self._handed = 0, 0  # calls, on this connection; to `take_output`
        self._auths: deque[Call] = deque()
        self._spoke, self._heard = 0.0, 0.0
        self._vouching = Vouching()
        self._output: list[bytes] = []
        self._news: list[News] = []
        self._dial: Address | None = None
        self._probe: Address | None = None
        self._probe_at = inf
        self._hang_up = False

    # ---- what moves it

    def start(self, now: float) -> None:
        """Look for a server."""
        self._next(now)

    def opened(self, now: float) -> None:
        """The connection that was asked for is there."""
        if self._phase != _DIALING:
            self._hang_up = True  # it came too late
            return
        self._judge(now)
        self._phase, self._until = _GREETING, now + self._search.patience(self.timeout)
        self._frames = Frames(REPLY_BYTES_MAX)
        timeout_ms = round(self.settings.session_timeout * 1000)
        asked = ConnectRequest(
            *(0, self.zxid, timeout_ms, self._session, self._password, self.settings.read_only)
        )
        self._output = [requests.encode_connect(asked)]
        self._spoke = now

    def dropped(self, now: float, why: str = "") -> None:
        """The connection broke, or could not be made."""
        if self._phase != _IDLE:
            self._disconnect(now, why)
            self._next(now)

    def received(self, data: bytes, now: float) -> None:
        """Bytes of the server."""
        self._heard = now
        try:
            buf, spans = self._frames.feed(data)
            if self._phase == _GREETING and spans:
                self._greeted(buf, *spans.pop(0), now)
            if spans and self._phase == _OPEN:
                self._take(buf, spans)
            if self._frames.broken:
                raise Malformed(self._frames.broken)
        except (Malformed, IndexError, error) as wrong:
            self._break(now, f"the server says what nobody understands: {wrong}", again=False)
        self._judge(now)  # who stood still for long hears of that before anything new

    def submit(self, call: Call) -> None:
        """Ask. What cannot be sent yet waits, or fails, by the settings."""
        if self.status.state is State.CLOSED:
            self._news.append((FAILED, call.waiter, ClientClosed(call.path)))
        elif self._phase == _OPEN:
            self._send(call)
        elif self.settings.on_disconnect == "fail":
            self._news.append((FAILED, call.waiter, ConnectionLoss(call.path, "no connection")))
        else:
            self._queue.append(call)

    def add_auth(self, auth: Auth, waiter: Any) -> None:
        """Prove something more, here and on every later connection."""
        proof = _proof(auth, waiter)
        self._auth.append(proof)
        if self._phase == _OPEN:
            self._prove(proof)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self.status.state is State.CLOSED:
            return
        self._judge(now)
        if self._phase == _IDLE and now >= self._until:
            self._open(now, self._server)
        elif self._phase in (_DIALING, _GREETING) and now >= self._until:
            self._break(now, "the server did not answer in time")
        elif self._phase == _OPEN:
            if now >= self._heard + self._read_timeout():
                self._break(now, "the server has been silent for too long")
                return
            if now >= self._spoke + self._ping_interval():
                self._output.append(_PING)
                self._vouching.pinged(now)
                self._spoke = now
            if now >= self._probe_at:
                self._probe, pause = self._search.probe(self._server)
                self._probe_at = now + pause

    def deadline(self) -> float:
        """When `tick` must be called."""
        if self.status.state is State.CLOSED:
            return inf
        lost = self.vouched_until if self._session else inf
        if self._phase != _OPEN:
            return min(self._until, lost)
        silent = self._heard + self._read_timeout()
        return min(lost, silent, self._spoke + self._ping_interval(), self._probe_at)

    def probed(self, address: Address, now: float) -> None:
        """This server says that it serves writes."""
        if self._phase == _OPEN and self.status.state is State.READ_ONLY:
            self._hang_up = True
            self._disconnect(now, "a server was found that serves writes")
            self._open(now, address)

    def close(self, waiter: Any) -> bool:
        """Say good-bye, on the next connection if there is none. Whether there is an answer to wait
        for: else it is over already."""
        call = Call((codes.CLOSE_SESSION,), waiter)
        if self._phase == _OPEN:
            self._send(call)
        elif self._session:
            self._queue.append(call)
        else:
            self.end(ClientClosed("", "it was closed"))
        return self.status.state is not State.CLOSED

    def end(self, why: ZKError) -> None:
        """Nothing more is done, and whoever waits is told so."""
        if self.status.state is State.CLOSED:
            return
        self.ended = why
        waiting = (*self._pending, *self._queue, *self._auth)
        for calls in (self._pending, self._queue, self._auth, self._auths, self._output):
            calls.clear()
        self._session, self._phase = 0, _IDLE
        self._hang_up = True
        self._tell(State.CLOSED)
        for call in waiting:
            told = type(why)(call.path, why.said)
            told.maybe_applied = call.maybe_applied
            self._fail(call, told)
        self._gap(self.watches.drop_once())

    def needed(self, path: bytes) -> bool:
        """Whether anybody waits for anything of just this path, or has asked to."""
        return self.watches.watched(path) or any(
            call.watcher is not None and call.request[1] == path
            for call in (*self._pending, *self._queue)
        )

    # ---- what comes of it

    def take_dial(self) -> Address | None:
        """Where to open a connection, once."""
        dial, self._dial = self._dial, None
        return dial

    def take_hang_up(self) -> bool:
        """Whether the connection must be closed, once; it need not be told to `dropped`."""
        hang_up, self._hang_up = self._hang_up, False
        return hang_up

    def take_probe(self) -> Address | None:
        """Whom to ask "isro" on a connection beside, once. Who answers "rw" is told to `probed`."""
        probe, self._probe = self._probe, None
        return probe

    def take_output(self, now: float) -> bytes:
        """What to send now."""
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        self._spoke = now
        if self._sent != self._handed:
            self._vouching.sent(self._sent, now)
            self._handed = self._sent
        return data

    def take_news(self) -> list[News]:
        """What happened since the last time, in order: of the answers and the watch events that is
        the server's order, which no driver may change."""
        news, self._news = self._news, []
        return news

    @property
    def credentials(self) -> tuple[int, bytes]:
        """The session and its password; (0, …) while there is none."""
        return self._session, self._password

    @property
    def vouched_until(self) -> float:
        """Until then the session surely lives; -inf while there is none."""
        return self._vouching.since + self.timeout if self._session else -inf

    # ---- connections

    def _next(self, now: float) -> None:
        """Look for a server, with pauses if that takes long."""
        if self.status.state is not State.CLOSED:
            self._server, pause = self._search.next()
            if pause:
                self._phase, self._until = _IDLE, now + pause
            else:
                self._open(now, self._server)

    def _open(self, now: float, server: Address) -> None:
        self._server = self._dial = server
        self._phase, self._until = _DIALING, now + self._search.patience(self.timeout)

    def _break(self, now: float, why: str, again: bool = True) -> None:
        self._hang_up = True
        self._disconnect(now, why, again)
        self._next(now)

    def _disconnect(self, now: float, why: str, again: bool = True) -> None:
        """The connection is gone. `again`: what can be asked twice is asked on the next one. The
        state is told before any call fails: who goes on must not believe in what is lost."""
        was_open = self._phase == _OPEN
        self._phase = _IDLE
        self._output.clear()
        self._judge(now)
        self.status = self.status._replace(why="{}:{}: {}".format(*self._server, why))
        self._probe_at, self._probe = inf, None
        if self._local:
            self._session, self._password, self._local = 0, _NOBODY, False
        if was_open:
            self._search.served(now - self._greeted_at)
        if was_open and self.status.state is not State.LOST:
            self._tell(State.SUSPENDED)
        self._unsend(why, again)
        self._refuse_waiting(why)

    def _greeted(self, buf: bytes, at: int, end: int, now: float) -> None:
        granted = replies.decode_connect(buf, at, end)
        if granted.timeout_ms <= 0 or granted.session != self._session != 0:
            if not self._session:
                self._break(now, "the server gives no session")
                return
            self._hang_up = True
            self._disconnect(now, "the session is over")
            self._lose("the servers say that it is over")
            self._open(now, self._server)  # this one answers: ask it for a new session
            return
        if now >= self._spoke + granted.timeout_ms / 1000:
            self._break(now, "the server's word came too late to be true")
            return
        read_only = bool(granted.read_only)
        self._local = read_only and not self._session
        self._session, self._password = granted.session, granted.password
        self.timeout = granted.timeout_ms / 1000
        self._vouching.begin(self._spoke, counts=self._local or not read_only)
        self._judge(now)  # a server that is cut off cannot know that the session is over
        if not self._session:
            return
        self._phase, self._greeted_at = _OPEN, now
        self._sent = self._handed = 0
        self._resume()
        if read_only:
            self._probe_at = now + self._search.probe(self._server)[1]
        self._tell(State.READ_ONLY if read_only else State.CONNECTED)
        self._gap(list(self.watches.lasting()))
        queue, self._queue = self._queue, deque()
        for call in queue:
            if self._wanted(call.waiter):
                self._send(call)

    def _resume(self) -> None:
        """Who this is, and what it watches."""
        for proof in self._auth:
            self._prove(proof)
        self._rearm()

    def _rearm(self) -> None:
        for request in self.watches.rearm(self.zxid):
            call = Call(request, None)
            call.xid = codes.XID_SET_WATCHES
            self._put(call)

    def _judge(self, now: float) -> None:
        """Nobody has vouched for the session in time: it is over by this clock."""
        if self._session and now >= self.vouched_until:
            connected = self._phase in (_GREETING, _OPEN)
            self._lose("nobody has vouched for it in time")
            if connected:
                self._hang_up = True
                self._disconnect(now, "the session is over")
                self._next(now)

    def _lose(self, why: str) -> None:
        """The session is over. What comes next is another one. Its state is told first."""
        waiting = (*self._pending, *self._queue)
        self._pending.clear()
        self._queue.clear()
        self._session, self._password, self._local = 0, _NOBODY, False
        self.zxid = 0  # an ensemble that was restored from an older copy would never let it in
        self._tell(State.LOST)
        for call in waiting:
            self._fail(call, SessionExpired(call.path, why, call.maybe_applied))
        self._gap(self.watches.drop_once())

    def _unsend(self, why: str, again: bool) -> None:
        """What was sent and can be asked again waits for the next connection, with what the
        connection has never got; the rest fails."""
        kept = self._queue  # empty if anything was sent
        handed = self._handed - (self._sent - len(self._pending))
        for place, call in enumerate(self._pending):
            if call.waiter is None:
                continue
            if place < handed and (call.maybe_applied or not again):
                self._fail(call, ConnectionLoss(call.path, why, call.maybe_applied))
            else:
                call.xid = 0
                kept.append(call)
        self._pending.clear()
        self._auths.clear()
        self._queue = deque(call for call in kept if self._wanted(call.waiter))

    def _refuse_waiting(self, why: str) -> None:
        if self.settings.on_disconnect == "fail":
            for call in self._queue:
                self._fail(call, ConnectionLoss(call.path, why))
            self._queue.clear()

    def _read_timeout(self) -> float:
        return min(self.settings.read_timeout or inf, self.timeout * READ_SHARE)

    def _ping_interval(self) -> float:
        return min(self.settings.ping_interval or inf, self.timeout * PING_SHARE)

    # ---- requests

    def _send(self, call: Call) -> None:
        self._xid = self._xid % 0x7FFFFFFF + 1
        call.xid = self._xid
        try:
            self._put(call)
        except BadArguments as wrong:
            call.xid = 0
            self._fail(call, wrong)

    def _put(self, call: Call) -> None:
        try:
            frame = requests.encode(call.request, call.xid)
        except (error, KeyError, TypeError) as wrong:
            raise BadArguments(call.path, f"it cannot be said: {wrong}") from None
        if len(frame) > _SURE_BYTES and (call.watcher is not None or len(frame) > _FRAME_BYTES):
            raise BadArguments(call.path, f"a request of {len(frame) - 4} bytes is too long")
        self._output.append(frame)
        self._pending.append(call)
        self._sent += 1

    def _prove(self, proof: Call) -> None:
        self._output.append(requests.encode(proof.request, codes.XID_AUTH))
        self._auths.append(proof)

    # ---- replies

    def _take(self, buf: bytes, spans: list[tuple[int, int]]) -> None:
        pending, news = self._pending, self._news
        for at, end in spans:
            xid, zxid, code = _header_from(buf, at)
            if xid < 0 and xid != codes.XID_SET_WATCHES:
                self._take_special(xid, zxid, code, buf, at, end)
                continue
            call = pending.popleft()
            if call.xid != xid:
                pending.appendleft(call)
                raise Malformed(f"an answer to {xid} where {call.xid} was next")
            if zxid > self.zxid:
                self.zxid = zxid
            op = call.request[0]
            if code:
                if code == codes.NO_NODE and op == codes.EXISTS:  # an answer like another
                    if call.watcher is not None:
                        self.watches.add(EXIST, call.request[1], call.watcher)
                    news.append((DONE, call.waiter, None))
                elif call.waiter is not None:
                    news.append((FAILED, call.waiter, error_of(code, call.path)))
                elif op == codes.SET_WATCHES2 and code == codes.UNIMPLEMENTED:
                    self._refused_lasting()
                continue
            if op == codes.CLOSE_SESSION:
                self.end(ClientClosed("", "it was closed"))
            try:
                value = replies.decode_body(op, buf, at + _HEADER_BYTES, end)
                if call.convert is not None:
                    value = call.convert(value)
            except ZKError as wrong:
                news.append((FAILED, call.waiter, wrong))
                continue
            except Exception as wrong:  # whatever it is: no other caller's trouble
                self._fail(call, MarshallingError(call.path, f"what was answered? {wrong}"))
                continue
            if call.watcher is not None:
                self._watched(call)
            if call.waiter is not None:
                news.append((DONE, call.waiter, value))
        self._vouching.answered(self._sent - len(pending))

    def _take_special(self, xid: int, zxid: int, code: int, buf: bytes, at: int, end: int) -> None:
        if xid == codes.XID_NOTIFICATION:
            event = replies.decode_notification(buf, at + _HEADER_BYTES, end)
            kind = EVENT_TYPES.get(event.type)
            if kind is not None:
                for watcher in self.watches.fired(event.type, event.path):
                    self._news.append((EVENT, watcher, (kind, event.path, zxid)))
        elif xid == codes.XID_PING:
            self._vouching.ponged()
        elif xid == codes.XID_AUTH:
            proof = self._auths.popleft()
            if code:
                self.end(AuthFailed("", "the server does not believe what was to be proved"))
            elif proof.waiter is not None:
                self._news.append((DONE, proof.waiter, None))
                proof.waiter = None

    def _watched(self, call: Call) -> None:
        op, path = call.request[0], call.request[1]
        if not self._wanted(call.waiter):
            if op == codes.ADD_WATCH and not self.needed(path):
                self._send(Call((codes.REMOVE_WATCHES, path, codes.WATCHER_ANY), None))
            return
        kind = (PERSISTENT, RECURSIVE)[call.request[2]] if op == codes.ADD_WATCH else _WATCHED[op]
        self.watches.add(kind, path, call.watcher)

    def _refused_lasting(self) -> None:
        """A server before 3.6: it has set none of what it was told."""
        for path, watcher in self.watches.drop_lasting():
            self._news.append((EVENT, watcher, (EventType.REMOVED, path, -1)))
        self._rearm()

    # ---- news

    def _fail(self, call: Call, error: ZKError) -> None:
        if call.waiter is not None:
            self._news.append((FAILED, call.waiter, error))

    def _gap(self, watchers: list[tuple[bytes, Watcher]]) -> None:
        for path, watcher in watchers:
            self._news.append((GAP, watcher, path))

    def _tell(self, state: State) -> None:
        if state is self.status.state:
            return
        server = "{}:{}".format(*self._server) if self._phase == _OPEN else ""
        self.status = Status(state, server, self._session, "" if server else self.status.why)
        self._news.append((STATUS, None, self.status))


def _proof(auth: Auth, waiter: Any) -> Call:
    return Call((codes.AUTH, 0, auth.scheme.encode(), auth.credential), waiter)


_PING: Final = requests.encode((codes.PING,), codes.XID_PING)
