"""One client's session, without I/O: bytes, times and wishes go in; bytes and news come out.

It knows no socket, no clock and no thread, so that every driver and every test is the same to it.
Whoever drives it:

    opened, received, dropped    when a connection does something
    submit                       to ask for something
    tick(now)                    when the time is `deadline()`, or at any other time
    take_dial, take_hang_up      what to do with connections, after any of these
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
    SessionExpired,
    ZKError,
    error_of,
)
from hikari_client.settings import FRAME_BYTES_MAX, REPLY_BYTES_MAX, Address, Settings
from hikari_client.values import EVENT_TYPES, Auth, State, Status
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
MARK_S: Final = 0.02
"""How exactly it is known when a request was sent."""

_WATCHED: Final = {
    codes.GET_DATA: DATA,
    codes.EXISTS: DATA,
    codes.GET_CHILDREN: CHILD,
    codes.GET_CHILDREN2: CHILD,
}
_HEADER: Final = Struct(">iqi")
_header_from = _HEADER.unpack_from
_HEADER_BYTES: Final = _HEADER.size
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
        self.zxid = 0  # the newest seen
        self._wanted = wanted
        self._chance = chance
        self._addresses = list(addresses)
        chance.shuffle(self._addresses)
        self._auth: list[Auth] = list(settings.auth)
        self._session, self._password = 0, _NOBODY
        self._phase = _IDLE
        self._until = 0.0  # when the phase ends by itself
        self._attempts = 0  # since the last greeting
        self._server: Address = self._addresses[0]
        self._frames = Frames(REPLY_BYTES_MAX)
        self._xid = 0
        self._queue: deque[Call] = deque()
        self._pending: deque[Call] = deque()
        self._sent, self._answered = 0, 0  # calls, on this connection
        self._marks: deque[tuple[int, float]] = deque()  # so many were sent, then
        self._pings: deque[float] = deque()  # sent then, and not answered
        self._auths: deque[Call] = deque()
        self._spoke, self._heard = 0.0, 0.0
        self._alive = 0.0  # the server surely heard of this session then, or later
        self._output: list[bytes] = []
        self._news: list[News] = []
        self._dial: Address | None = None
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
        self._phase, self._until = _GREETING, now + self.settings.connect_timeout
        self._frames = Frames(REPLY_BYTES_MAX)
        timeout_ms = round(self.settings.session_timeout * 1000)
        asked = ConnectRequest(
            *(0, self.zxid, timeout_ms, self._session, self._password, self.settings.read_only)
        )
        self._output = [requests.encode_connect(asked)]
        self._spoke = now

    def dropped(self, now: float, why: str = "") -> None:
        """The connection broke, or could not be made."""
        if self._phase == _IDLE:
            return
        was_open = self._phase == _OPEN
        self._phase = _IDLE
        self._output.clear()
        self._unsend(why)
        if self.status.state is State.CLOSED:
            return
        if was_open:
            self._tell(State.SUSPENDED)
            self._attempts = 0
        self._refuse_waiting(why)
        self._next(now)

    def received(self, data: bytes, now: float) -> None:
        """Bytes of the server."""
        self._heard = now
        try:
            buf, spans = self._frames.feed(data)
            if self._phase == _GREETING and spans:
                self._greeted(buf, *spans.pop(0), now)
            if spans:
                self._take(buf, spans)
        except (Malformed, IndexError, error) as wrong:
            self._break(now, f"the server says what nobody understands: {wrong}")

    def submit(self, call: Call) -> None:
        """Ask. What cannot be sent yet waits, or fails, by the settings. Raises BadArguments if it
        cannot be said in the protocol."""
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
        self._auth.append(auth)
        if self._phase == _OPEN:
            self._prove(auth, waiter)
        else:
            self._news.append((DONE, waiter, None))  # it goes first on the next connection

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self.status.state is State.CLOSED:
            return
        if self._session and now >= self._alive + self.timeout:
            self._lose(now, "nobody has vouched for it in time")
        if self._phase == _IDLE and now >= self._until:
            self._open(now)
        elif self._phase in (_DIALING, _GREETING) and now >= self._until:
            self._break(now, "the server did not answer in time")
        elif self._phase == _OPEN:
            if now >= self._heard + self._read_timeout():
                self._break(now, "the server has been silent for too long")
            elif now >= self._spoke + self._ping_interval():
                self._output.append(_PING)
                self._pings.append(now)
                self._spoke = now

    def deadline(self) -> float:
        """When `tick` must be called."""
        if self.status.state is State.CLOSED:
            return inf
        lost = self._alive + self.timeout if self._session else inf
        if self._phase != _OPEN:
            return min(self._until, lost)
        silent = self._heard + self._read_timeout()
        return min(lost, silent, self._spoke + self._ping_interval())

    def close(self, waiter: Any) -> bool:
        """Say good-bye. Whether there is an answer to wait for: else it is over already."""
        if self._phase != _OPEN:
            self.end(ClientClosed("", "it was closed"))
            return False
        self._send(Call((codes.CLOSE_SESSION,), waiter))
        return True

    def end(self, why: ZKError) -> None:
        """Nothing more is done, and whoever waits is told so."""
        if self.status.state is State.CLOSED:
            return
        for call in (*self._pending, *self._queue, *self._auths):
            self._fail(call, ClientClosed(call.path, str(why)))
        self._pending.clear()
        self._queue.clear()
        self._auths.clear()
        self._session, self._phase = 0, _IDLE
        self._hang_up = True
        self._gap(self.watches.drop_once())
        self._tell(State.CLOSED)

    # ---- what comes of it

    def take_dial(self) -> Address | None:
        """Where to open a connection, once."""
        dial, self._dial = self._dial, None
        return dial

    def take_hang_up(self) -> bool:
        """Whether the connection must be closed, once; it need not be told to `dropped`."""
        hang_up, self._hang_up = self._hang_up, False
        return hang_up

    def take_output(self, now: float) -> bytes:
        """What to send now."""
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        self._spoke = now
        if not self._marks or now - self._marks[-1][1] > MARK_S:
            self._marks.append((self._sent, now))
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

    # ---- connections

    def _next(self, now: float) -> None:
        """Look for a server: each once, without haste after that."""
        self._phase = _IDLE
        round_number, place = divmod(self._attempts, len(self._addresses))
        if self._attempts and not place:
            most = min(
                self.settings.backoff_first * 2 ** min(round_number, 16), self.settings.backoff_max
            )
            self._until = now + most * (0.5 + self._chance.random() / 2)
        else:
            self._open(now)

    def _open(self, now: float) -> None:
        self._server = self._addresses[self._attempts % len(self._addresses)]
        self._attempts += 1
        if self._attempts == len(self._addresses):
            self._addresses.sort(key=lambda _: self._chance.random())
        self._dial = self._server
        self._phase, self._until = _DIALING, now + self.settings.connect_timeout

    def _break(self, now: float, why: str) -> None:
        self._hang_up = True
        self.dropped(now, why)

    def _greeted(self, buf: bytes, at: int, end: int, now: float) -> None:
        granted = replies.decode_connect(buf, at, end)
        if granted.timeout_ms <= 0 or not granted.session:
            self._hang_up = True
            self._phase = _IDLE
            self._lose(now, "the servers say that it is over")
            self._attempts -= 1  # this server answers: ask it for a new session
            self._open(now)
            return
        self._session, self._password = granted.session, granted.password
        self.timeout = granted.timeout_ms / 1000
        self._alive = self._spoke
        self._phase, self._attempts = _OPEN, 0
        self._sent = self._answered = 0
        self._marks.clear()
        self._pings.clear()
        for auth in self._auth:
            self._prove(auth, None)
        for request in self.watches.rearm(self.zxid):
            call = Call(request, None)
            call.xid = codes.XID_SET_WATCHES
            self._put(call)
        self._tell(State.READ_ONLY if granted.read_only else State.CONNECTED)
        self._gap(list(self.watches.lasting()))
        queue, self._queue = self._queue, deque()
        for call in queue:
            if self._wanted(call.waiter):
                self._send(call)

    def _lose(self, now: float, why: str) -> None:
        """The session is over. What comes next is another one."""
        broke = self._phase in (_GREETING, _OPEN)
        for call in (*self._pending, *self._queue):
            self._fail(call, SessionExpired(call.path, why, call.maybe_applied))
        self._pending.clear()
        self._queue.clear()
        self._session, self._password = 0, _NOBODY
        self._tell(State.LOST)
        self._gap(self.watches.drop_once())
        if broke:
            self._hang_up = True
            self._output.clear()
            self._next(now)

    def _unsend(self, why: str) -> None:
        """What was sent and can be asked again waits for the next connection; the rest fails."""
        again = []
        for call in self._pending:
            if call.waiter is None:
                continue
            if call.maybe_applied:
                self._fail(call, ConnectionLoss(call.path, why, True))
            else:
                call.xid = 0
                again.append(call)
        self._pending.clear()
        self._queue.extendleft(reversed(again))
        for call in self._auths:
            if call.waiter is not None:
                self._news.append((DONE, call.waiter, None))  # it is proved again by itself
        self._auths.clear()

    def _refuse_waiting(self, why: str) -> None:
        if self.settings.on_disconnect == "fail":
            for call in self._queue:
                self._fail(call, ConnectionLoss(call.path, why))
            self._queue.clear()

    def _read_timeout(self) -> float:
        return self.settings.read_timeout or self.timeout * READ_SHARE

    def _ping_interval(self) -> float:
        return self.settings.ping_interval or self.timeout * PING_SHARE

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
        if len(frame) > FRAME_BYTES_MAX:
            raise BadArguments(call.path, f"a request of {len(frame)} bytes is too long")
        self._output.append(frame)
        self._pending.append(call)
        self._sent += 1

    def _prove(self, auth: Auth, waiter: Any) -> None:
        request = (codes.AUTH, 0, auth.scheme.encode(), auth.credential)
        self._output.append(requests.encode(request, codes.XID_AUTH))
        self._auths.append(Call(request, waiter))

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
                raise Malformed(f"an answer to {xid} where {call.xid} was next")
            self._answered += 1
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
            if call.watcher is not None:
                self._watched(call)
            if call.waiter is not None:
                news.append((DONE, call.waiter, value))
        while self._marks and self._marks[0][0] <= self._answered:
            self._alive = max(self._alive, self._marks.popleft()[1])

    def _take_special(self, xid: int, zxid: int, code: int, buf: bytes, at: int, end: int) -> None:
        if xid == codes.XID_NOTIFICATION:
            event = replies.decode_notification(buf, at + _HEADER_BYTES, end)
            kind = EVENT_TYPES.get(event.type)
            if kind is not None:
                for watcher in self.watches.fired(event.type, event.path):
                    self._news.append((EVENT, watcher, (kind, event.path, zxid)))
        elif xid == codes.XID_PING:
            self._alive = max(self._alive, self._pings.popleft())
        elif xid == codes.XID_AUTH:
            call = self._auths.popleft()
            if code:
                self._fail(call, AuthFailed("", "the server does not believe it"))
                self.end(AuthFailed("", "the server does not believe what was to be proved"))
            elif call.waiter is not None:
                self._news.append((DONE, call.waiter, None))

    def _watched(self, call: Call) -> None:
        op, path = call.request[0], call.request[1]
        kind = (PERSISTENT, RECURSIVE)[call.request[2]] if op == codes.ADD_WATCH else _WATCHED[op]
        self.watches.add(kind, path, call.watcher)

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
        self.status = Status(state, server, self._session)
        self._news.append((STATUS, None, self.status))


_PING: Final = requests.encode((codes.PING,), codes.XID_PING)
