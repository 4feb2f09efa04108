"""The client for Twisted: what is awaited are Deferreds, and so is what `spawn` gives.

Needs `hikari-client[twisted]`. Time is the monotonic clock's, also under a reactor whose own
follows the wall clock; but such a reactor's timers stand still while the wall clock is set back,
and LOST is then told late. Who cannot have that sets `reactor.seconds = time.monotonic` before the
reactor runs.
"""

import sys
from collections.abc import Callable, Coroutine
from ssl import MemoryBIO, SSLContext, SSLError, SSLObject, SSLWantReadError
from time import monotonic
from typing import Any, Final, TypeVar, Unpack, cast

from twisted.internet.defer import CancelledError, Deferred, _inlineCallbacks
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, ITCPTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from twisted.python.runtime import seconds as wall_clock

from hikari_client.client import Client
from hikari_client.loop import Line, Listener
from hikari_client.settings import SomeSettings

T = TypeVar("T")
_TLS_READ_BYTES: Final = 1 << 16
_DRIVER: Final = _inlineCallbacks.__code__
_OPEN_S_MAX: Final = 3600.0  # the session has a deadline of its own


class _Timer:
    """A DelayedCall that may be cancelled when it is over."""

    __slots__ = ("_call",)

    def __init__(self, call: IDelayedCall) -> None:
        self._call = call

    def cancel(self) -> None:
        if self._call.active():
            self._call.cancel()


class _Line(Protocol):
    """See `hikari_client.loop.Line`."""

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener
        self.opening: Deferred[Any] | None = None

    def connectionMade(self) -> None:
        if self.closed:
            self._tcp.abortConnection()
            return
        self._tcp.setTcpNoDelay(True)
        self.ready()

    @property
    def closed(self) -> bool:
        return self._listener is None

    @property
    def _tcp(self) -> ITCPTransport:
        return cast(ITCPTransport, self.transport)

    def ready(self) -> None:
        """What is written now arrives."""
        if self._listener is not None:
            self._listener.opened(self)

    def dataReceived(self, data: bytes) -> None:
        if self._listener is not None:
            self._listener.received(self, data)

    def connectionLost(self, reason: Failure | None = None) -> None:
        if reason is None or isinstance(reason.value, ConnectionDone):
            self.lost("the server closed the connection")
        else:
            self.lost(reason.getErrorMessage())

    def lost(self, why: str) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.dropped(self, why)

    def write(self, data: bytes) -> None:
        self._tcp.write(data)

    def close(self) -> None:
        """At once: what was not sent yet never is."""
        self._listener = None
        if self.transport is not None:
            self._tcp.abortConnection()
        elif self.opening is not None:
            self.opening.cancel()


class _TLSLine(_Line):
    """The same behind TLS, by the standard library's: an SSLContext means the same to all drivers,
    and nothing more need be installed."""

    def __init__(self, listener: Listener, tls: SSLContext, host: str) -> None:
        super().__init__(listener)
        self._in, self._out = MemoryBIO(), MemoryBIO()
        self._tls: SSLObject = tls.wrap_bio(self._in, self._out, server_hostname=host)
        self._shaken = False

    def ready(self) -> None:
        self._move()

    def dataReceived(self, data: bytes) -> None:
        self._in.write(data)
        self._move()

    def write(self, data: bytes) -> None:
        self._tls.write(data)
        self._flush()

    def _move(self) -> None:
        """Take what has come as far as it goes."""
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
                super().ready()
            while data := self._tls.read(_TLS_READ_BYTES):
                super().dataReceived(data)
            self._end("the server closed the connection")
        except SSLWantReadError:
            self._flush()
        except SSLError as error:
            self._flush()  # the alert says why
            self._end(str(error))

    def _flush(self) -> None:
        if data := self._out.read():
            self._tcp.write(data)

    def _end(self, why: str) -> None:
        self._tcp.loseConnection()
        self.lost(why)


class _Body:
    """See `hikari_client.loop.Body`. Not its Deferred is cancelled, but what it waits for: it goes
    on with CancelledError, and its Deferred need not know."""

    def __init__(self, loop: "TwistedLoop", status: Any, coroutine: Any) -> None:
        self._loop = loop
        self._status = status  # of Twisted's driver: `deferred` and `waitingOn`
        self._deferred = status.deferred  # another one as soon as that is cancelled
        self._coroutine = coroutine
        self._over = False

    def interrupt(self) -> None:
        if self._over:
            return
        if getattr(self._coroutine, "cr_running", False):  # it waits for nothing just now
            self._loop.soon(self.interrupt)
        else:
            self._status.waitingOn.cancel()

    def recovered(self, error: BaseException | None) -> bool:
        self._over = True
        return isinstance(error, CancelledError) and self._status.deferred is self._deferred


class TwistedLoop:
    """See `hikari_client.loop.Loop`. `reactor`: IReactorTime and IReactorTCP."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        own: Callable[[], float] = reactor.seconds
        self.now: Callable[[], float] = monotonic if own is wall_clock else own
        self.waiter: Callable[[], Deferred[Any]] = Deferred

    def soon(self, work: Callable[[], None]) -> None:
        self._reactor.callLater(0, work)

    def at(self, when: float, work: Callable[[], None]) -> _Timer:
        return _Timer(self._reactor.callLater(max(0.0, when - self.now()), work))

    def waits(self, waiter: "Deferred[Any]") -> bool:
        return not waiter.called

    def resolve(self, waiter: "Deferred[Any]", value: Any) -> None:
        if not waiter.called:
            waiter.callback(value)

    def reject(self, waiter: "Deferred[Any]", error: Exception) -> None:
        if not waiter.called:
            waiter.errback(error)

    def when_over(self, waiter: "Deferred[Any]", work: Callable[[], None]) -> None:
        def over(result: Any) -> Any:
            work()
            return result

        waiter.addBoth(over)

    def spawn(self, work: Coroutine[Any, Any, T]) -> "Deferred[T]":
        return Deferred.fromCoroutine(self._begin(work))

    async def _begin(self, work: Coroutine[Any, Any, T]) -> T:
        """It begins in the next turn, as asyncio's tasks do: who spawned it is first."""
        turn: Deferred[None] = Deferred()
        timer = self.at(self.now(), lambda: self.resolve(turn, None))
        try:
            await turn
        except BaseException:
            timer.cancel()
            work.close()
            raise
        return await work

    def running(self) -> _Body | None:
        """Twisted has no word for the coroutine that runs, so its driver's frame is looked for (a
        test holds each Twisted to it). None: another driver runs it."""
        frame = sys._getframe(1)
        while frame.f_code is not _DRIVER:
            if frame.f_back is None:
                return None
            frame = frame.f_back
        return _Body(self, frame.f_locals["status"], frame.f_locals["gen"])

    def open(self, host: str, port: int, tls: SSLContext | None, listener: Listener) -> Line:
        line = _Line(listener) if tls is None else _TLSLine(listener, tls, host)
        self.soon(lambda: self._open(line, host, port))
        return line

    def _open(self, line: _Line, host: str, port: int) -> None:
        """In a turn of its own: whoever asks for a line is never told of it in the same breath."""
        if line.closed:
            return
        endpoint = HostnameEndpoint(self._reactor, host.encode(), port, timeout=_OPEN_S_MAX)
        line.opening = endpoint.connect(Factory.forProtocol(lambda: line))
        line.opening.addErrback(_refused, line)


def _refused(failure: Failure, line: _Line) -> None:
    if not isinstance(failure.value, CancelledError):
        line.lost(failure.getErrorMessage())


def client(hosts: str, reactor: Any = None, **settings: Unpack[SomeSettings]) -> Client:
    """A client of this reactor, or of the global one: see `Client`. `async with client(...) as zk:`
    waits until it is connected, and closes it."""
    if reactor is None:
        from twisted.internet import reactor
    return Client(hosts, TwistedLoop(reactor), **settings)
