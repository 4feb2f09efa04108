"""A client: a session, a loop that drives it, and every operation.

    async with aio.client("127.0.0.1:2181/app") as zk:
        await zk.create("/a", b"1", parents=True)

Everything is called from the thread of its loop.
"""

import logging
import os
import ssl
import weakref
from collections.abc import Callable, Coroutine
from math import inf
from random import Random
from typing import Any, Final, Self, TypeVar, Unpack

from hikari_client.conveniences import Conveniences
from hikari_client.errors import ClientClosed, DeadlineExceeded, ForkedClient, ZKError
from hikari_client.lasting import Lasting
from hikari_client.loop import Answer, Line, Loop, Task, Timer, Waiter
from hikari_client.operations import Operations, Watch
from hikari_client.session import DONE, EVENT, FAILED, GAP, Call, Session
from hikari_client.settings import Address, Settings, SomeSettings, parse_hosts
from hikari_client.stream import Stream
from hikari_client.transaction import Transaction
from hikari_client.values import Auth, Event, EventType, State, Status
from hikari_client.watching import CHILD, DATA, EXIST
from hikari_wire import codes

T = TypeVar("T")
log: Final = logging.getLogger("hikari_client")
CLOSE_S: Final = 2.0
"""So long `close` waits for the server to have heard of it."""
_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()


class Client(Operations, Conveniences):
    """See the module, and `Settings` for what can be set. Raises ValueError for bad hosts or
    settings. Before `start`, and after `close`, everything raises ClientClosed at once."""

    def __init__(
        self,
        hosts: str,
        loop: Loop,
        *,
        chance: Random | None = None,
        **settings: Unpack[SomeSettings],
    ) -> None:
        self.loop = loop
        self.settings = Settings(**settings)
        addresses, self._root = parse_hosts(hosts)
        self._tls = _tls_context(self.settings.tls)
        self._session = Session(self.settings, addresses, chance or Random(), loop.waits)
        self._line: Line | None = None
        self._timer: Timer | None = None
        self._timer_at = inf
        self._probe: _Probe | None = None
        self._pumping = False  # a turn will, or does
        self._started = False
        self._complained = ""  # each trouble is logged once
        self._useless: type[ZKError] | None = ClientClosed  # not started
        self._statuses: list[Stream[Status]] = []
        self._listeners: list[Callable[[Status], None]] = []
        self._lasting_refused = False  # by a server before 3.6
        self._events: weakref.WeakSet[Stream[Event]] = weakref.WeakSet()
        self._connected: list[Waiter] = []
        _clients.add(self)

    # ---- its life

    async def start(self, deadline: float | None = None) -> Self:
        """Connect. Raises DeadlineExceeded, AuthFailed; without a deadline it is patient."""
        if not self._started:
            self._started = True
            self._useless = None
            self._session.start(self.loop.now())
            self._pump()
        await self.connected(deadline)
        if self.settings.auth:
            await self._ask((codes.EXISTS, b"/", False), deadline=deadline)  # behind the proofs
        return self

    async def close(self) -> None:
        """End the session: its ephemerals go at once, if a server can be reached."""
        self._started = True
        if self._useless is not None:
            return
        waiter = self.loop.waiter()
        self._useless = ClientClosed
        try:
            if self._session.close(waiter):
                self._expire(waiter, CLOSE_S, lambda: DeadlineExceeded())
                self._wake()
                await waiter
        except ZKError as error:
            log.debug("the server was not told of the end: %s", error)
        finally:
            self._session.end(ClientClosed("", "it was closed"))
            self._wake()

    async def __aenter__(self) -> Self:
        try:
            return await self.start()
        except BaseException:  # nobody else would
            self._useless = self._useless or ClientClosed
            self._session.end(ClientClosed("", "it was closed"))
            self._wake()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def useless(self) -> type[ZKError] | None:
        """What every call raises; None if it is of use."""
        return self._useless

    @property
    def status(self) -> Status:
        """How it stands to the ensemble, now."""
        return self._session.status

    @property
    def session_id(self) -> int:
        """0 while there is none."""
        return self._session.credentials[0]

    @property
    def session_timeout(self) -> float:
        """As granted, in seconds."""
        return self._session.timeout

    @property
    def vouched_until(self) -> float:
        """On the loop's clock: no server can have given the session up before, as far as is known.
        In the past when there is none."""
        return self._session.vouched_until

    def listen(self, listener: Callable[[Status], None]) -> Callable[[], None]:
        """Call it with every change of the status, before `states` and whoever waits for the
        connection are told. What is returned ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def states(self) -> Stream[Status]:
        """Every change of the status from now on."""
        stream: Stream[Status] = Stream(self.loop, disarm=lambda: self._statuses.remove(stream))
        self._statuses.append(stream)
        return stream

    async def connected(self, deadline: float | None = None) -> None:
        """Wait until it is, read-only or not."""
        if self._useless is not None:
            raise self._useless("", "it is not in use")
        if self.status.state in (State.CONNECTED, State.READ_ONLY):
            return
        waiter = self.loop.waiter()
        self._connected = [one for one in self._connected if self.loop.waits(one)]
        self._connected.append(waiter)
        if deadline is not None:
            self._expire(
                waiter,
                deadline,
                lambda: DeadlineExceeded("", f"no server was found; {self.status.why}"),
            )
        await waiter

    # ---- what recipes are made of

    async def sleep(self, seconds: float) -> None:
        waiter = self.loop.waiter()
        timer = self.loop.at(self.loop.now() + seconds, lambda: self.loop.resolve(waiter, None))
        try:
            await waiter
        finally:
            timer.cancel()

    def spawn(self, work: Coroutine[Any, Any, T]) -> Task[T]:
        """Run it beside; its value or error is that of what is returned, when awaited."""
        return self.loop.spawn(work)

    def transaction(self, *, deadline: float | None = None) -> Transaction:
        """All or nothing: see `Transaction`."""
        return Transaction(self, deadline)

    def watch(self, path: str, *, recursive: bool = False) -> Stream[Event]:
        """Every change of a znode (created, changed, deleted, children), or with `recursive` of all
        below it too (created, changed, deleted), as an async iterator that outlives connections
        and sessions: whenever something may have been missed, an event with `gap` says so.

        `async with zk.watch(…) as events:` waits until the server knows of it: what is read after
        that and the events together have no hole. It ends when the client is closed. On servers
        before ZooKeeper 3.6 it is made of watches that fire once, with more gaps; `recursive`
        raises Unimplemented there.
        """
        return Lasting(self, path, recursive).stream

    def forget(self, path: str, watcher: Watch) -> None:
        """A watch that was given with a read, and has not fired, will not be called any more."""
        for kind in (DATA, EXIST, CHILD):
            self._forget(kind, self._wire(path), watcher)

    def _forget(self, kind: int, where: bytes, watcher: Watch) -> None:
        """A persistent watch is not needed any more: the server is told if it serves nobody."""
        session = self._session
        last = session.watches.remove(kind, where, watcher) and not session.needed(where)
        if last and self._useless is None and self.status.state is State.CONNECTED:
            self._session.submit(Call((codes.REMOVE_WATCHES, where, codes.WATCHER_ANY), None))
            self._wake()

    # ---- Operations

    def _ask(
        self,
        request: tuple[Any, ...],
        path: str = "",
        convert: Callable[[Any], Any] | None = None,
        watcher: Watch | None = None,
        deadline: float | None = None,
    ) -> Answer[Any]:
        if self._useless is not None:
            raise self._useless(path, "it is not in use")
        waiter = self.loop.waiter()
        call = Call(request, waiter, convert, path, watcher)
        self._session.submit(call)
        if not self._pumping:
            self._wake()
        if deadline is not None:
            self._expire(
                waiter,
                deadline,
                lambda: DeadlineExceeded(
                    path, f"no answer in time; {self.status.why}".rstrip("; "), call.maybe_applied
                ),
            )
        return waiter  # type: ignore[no-any-return]

    def _prove(self, auth: Auth) -> Answer[Any]:
        if self._useless is not None:
            raise self._useless("", "it is not in use")
        waiter = self.loop.waiter()
        self._session.add_auth(auth, waiter)
        self._wake()
        return waiter  # type: ignore[no-any-return]

    def _run(self, work: Any) -> Answer[Any]:
        return self.loop.spawn(work)

    def _zxid(self) -> int:
        return self._session.zxid

    def _expire(self, waiter: Waiter, seconds: float, error: Callable[[], ZKError]) -> None:
        loop = self.loop
        timer = loop.at(loop.now() + seconds, lambda: loop.reject(waiter, error()))
        loop.when_over(waiter, timer.cancel)

    # ---- Listener

    def opened(self, line: Line) -> None:
        self._session.opened(self.loop.now())
        self._pump()

    def received(self, line: Line, data: bytes) -> None:
        self._session.received(data, self.loop.now())
        self._pump()

    def dropped(self, line: Line, why: str) -> None:
        self._line = None
        self._session.dropped(self.loop.now(), why)
        if self.status.why != self._complained:
            self._complained = self.status.why
            log.warning("no connection to %s", self._complained)
        self._pump()

    # ---- the heart

    def _wake(self) -> None:
        """Once this turn of the loop is over, send what it brought."""
        if not self._pumping:
            self._pumping = True
            self.loop.soon(self._pump)

    def _pump(self) -> None:
        """Carry out what the session wants: the only place that does."""
        self._pumping = True  # whoever is told something may ask for something
        try:
            self._tell()
            self._connect()
            data = self._session.take_output(self.loop.now())
            if data and self._line is not None:
                self._line.write(data)
            when = self._session.deadline()
            if when < self._timer_at or when == inf:
                self._set_timer(when)
        finally:
            self._pumping = False

    def _connect(self) -> None:
        session = self._session
        if session.take_hang_up():
            self._hang_up()
        dial = session.take_dial()
        if dial is not None:
            self._hang_up()
            self._line = self.loop.open(*dial, self._tls, self)
        probe = session.take_probe()
        if probe is not None:
            if self._probe is not None:
                self._probe.close()
            self._probe = _Probe(self.loop, probe, self._tls, self._probed)

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._probe is not None:
            self._probe.close()
            self._probe = None

    def _probed(self, address: Address) -> None:
        self._session.probed(address, self.loop.now())
        self._pump()

    def _set_timer(self, when: float) -> None:
        """A timer may be early: it is moved only forwards, since most deadlines never come."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, inf
        if when < inf:
            self._timer, self._timer_at = self.loop.at(when, self._tick), when

    def _tick(self) -> None:
        self._timer, self._timer_at = None, inf
        if self._useless is not ForkedClient:
            self._session.tick(self.loop.now())
            self._pump()

    def _tell(self) -> None:
        loop, session = self.loop, self._session
        while news := session.take_news():
            if session.ended is not None:  # before anybody is told, and asks for more
                self._useless = self._useless or type(session.ended)
            for kind, target, what in news:
                if kind == DONE:
                    loop.resolve(target, what)
                elif kind == FAILED:
                    loop.reject(target, what)
                elif kind == EVENT:
                    self._fire(target, Event(what[0], self._local(what[1]), what[2]))
                elif kind == GAP:
                    self._fire(target, Event(EventType.GAP, self._local(what)))
                else:
                    self._moved(what)

    def _fire(self, watcher: Watch, event: Event) -> None:
        try:
            watcher(event)
        except Exception:
            log.exception("a watcher of %s failed", event.path)

    def _moved(self, status: Status) -> None:
        """Streams first: whoever is woken by its waiter may look at them at once."""
        for listener in list(self._listeners):
            listener(status)
        for stream in list(self._statuses):
            stream.put(status)
        if status.state in (State.CONNECTED, State.READ_ONLY):
            for waiter in self._take_connected():
                self.loop.resolve(waiter, None)
        if status.state is State.CLOSED:
            streams: list[Stream[Any]] = [*self._statuses, *self._events]
            for one in streams:
                one.end()
            why = self._session.ended or ClientClosed("", "it was closed")
            for waiter in self._take_connected():
                self.loop.reject(waiter, type(why)("", why.said))

    def _take_connected(self) -> list[Waiter]:
        waiters, self._connected = self._connected, []
        return waiters


class _Probe:
    """A connection beside the session's, which asks a server whether it serves writes."""

    def __init__(
        self,
        loop: Loop,
        address: Address,
        tls: ssl.SSLContext | None,
        found: Callable[[Address], None],
    ) -> None:
        self._address = address
        self._found = found
        self._answer = b""
        self._line = loop.open(*address, tls, self)

    def opened(self, line: Line) -> None:
        line.write(b"isro")

    def received(self, line: Line, data: bytes) -> None:
        self._answer += data
        if self._answer.startswith(b"rw"):
            self._found(self._address)
        elif len(self._answer) > 2:
            line.close()

    def dropped(self, line: Line, why: str) -> None:
        """The next one may do."""

    def close(self) -> None:
        self._line.close()


def _tls_context(tls: bool | ssl.SSLContext) -> ssl.SSLContext | None:
    if isinstance(tls, ssl.SSLContext):
        return tls
    return ssl.create_default_context() if tls else None


def _forked() -> None:
    """The connections belong to the parent: whoever used them here would break its session."""
    for client in list(_clients):
        client._useless = ForkedClient


os.register_at_fork(after_in_child=_forked)
