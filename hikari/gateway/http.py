"""What a member says over HTTP: probes, ZooKeeper's admin commands, and metrics. Nothing else, and
to nobody who does not read it."""

import json
from collections.abc import Callable, Iterator
from html import escape
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IPushProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from hikari.gateway import admin
from hikari.gateway.callers import Port
from hikari.gateway.health import health
from hikari.gateway.metrics import CONTENT_TYPE, Metrics
from hikari.gateway.telling import PATIENCE_S, TURN_BYTES

if TYPE_CHECKING:
    from hikari.gateway.door import Door

log = Logger(__name__)

PROBES: Final = (b"/livez", b"/readyz", b"/health")
_JSON: Final = b"application/json"


class _Page(Resource):
    """All paths of one port. `pages` answer GET and HEAD."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, pages: dict[bytes, Callable[[Any], Any]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pages = pages
        self.below: tuple[bytes, Callable[[Any, str], Any]] | None = None  # (prefix, page)

    def render(self, request: Any) -> Any:
        request.setHeader(b"cache-control", b"no-store")
        path = request.path
        below = self.below
        page = self.pages.get(path)
        if below is not None and path.startswith(below[0]):
            name = path[len(below[0]) :].decode("latin-1")
            if request.method == b"POST" or page is None:
                return self._below(request, name, below[1])
        if request.method not in (b"GET", b"HEAD"):
            request.setResponseCode(405)
            request.setHeader(b"allow", b"GET, HEAD")
            return _text(request, b"{}\n")
        if page is None:
            request.setResponseCode(404)
            return _text(request, b"{}\n")
        return page(request)

    def _below(self, request: Any, name: str, page: Callable[[Any, str], Any]) -> Any:
        """Only what is refused anyway may be posted."""
        command = admin.COMMANDS.get(name)
        refused = command is not None and command.names[0] in admin.REFUSED
        if request.method in (b"GET", b"HEAD") or (request.method == b"POST" and refused):
            return page(request, name)
        request.setResponseCode(405)
        request.setHeader(b"allow", b"GET, HEAD")
        return _text(request, b"{}\n")


def _text(request: Any, body: bytes, kind: bytes = _JSON) -> bytes:
    request.setHeader(b"content-type", kind)
    return b"" if request.method == b"HEAD" else body


@implementer(IPushProducer)
class _Pieces:
    """A long answer, each piece of it made when those before it have left. Who does not read is
    waited for a while, and then cut off."""

    def __init__(self, door: "Door", request: Any, pieces: Iterator[bytes]) -> None:
        self._later_s = door.later_s
        self._request, self._pieces = request, pieces
        self._paused = self._ended = False
        self._patience: Any = None
        request.notifyFinish().addErrback(lambda _: self.stopProducing())
        request.registerProducer(self, True)
        self._go_on()

    def pauseProducing(self) -> None:
        self._paused = True
        if self._patience is None and not self._ended:
            self._patience = self._later_s(PATIENCE_S, self._abort)

    def resumeProducing(self) -> None:
        self._paused = False
        self._cancel()
        self._later_s(0, self._go_on)

    def stopProducing(self) -> None:
        self._ended = True
        self._cancel()

    def _cancel(self) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self._patience = None

    def _go_on(self) -> None:
        said = 0
        while not self._paused and not self._ended:
            if said > TURN_BYTES:
                self._later_s(0, self._go_on)
                return
            try:
                piece = next(self._pieces, None)
            except Exception:
                log.failure("cannot answer {uri}", failure=Failure(), uri=self._request.uri)  # type: ignore[no-untyped-call]
                self._abort()
                return
            if piece is None:
                self.stopProducing()
                self._request.unregisterProducer()
                self._request.finish()
            else:
                said += len(piece)
                self._request.write(piece)

    def _abort(self) -> None:
        self.stopProducing()
        self._request.channel.transport.abortConnection()


def metrics_port(door: "Door") -> Port:
    """Where Prometheus asks, as ZooKeeper has it on a port of its own."""
    return Port(door, _Page({b"/metrics": _metrics(door)}))


def admin_port(door: "Door", commands: str) -> Port:
    """Probes and metrics, and the admin commands below `commands`."""
    prefix = commands.encode()
    page = _Page({b"/metrics": _metrics(door), prefix: lambda request: _links(request, prefix)})
    page.pages[prefix + b"/"] = page.pages[prefix]
    for path in PROBES:
        page.pages[path] = lambda request: _probe(door, request)
    page.below = (prefix + b"/", lambda request, name: _command(door, request, name))
    return Port(door, page)


def _metrics(door: "Door") -> Callable[[Any], bytes]:
    metrics = Metrics(door)
    return lambda request: _text(request, metrics.page(), CONTENT_TYPE)


def _probe(door: "Door", request: Any) -> bytes:
    found = health(door)
    if request.path != b"/livez" and not found["ready"]:
        request.setResponseCode(503)
    return _text(request, json.dumps(found).encode() + b"\n")


def _links(request: Any, prefix: bytes) -> bytes:
    url = escape(prefix.decode(), quote=True)
    lines = [f'<a href="{url}/{name}">{name}</a>\n<br/>\n' for name in admin.NAMES]
    return _text(request, "".join(lines).encode(), b"text/html")


def _command(door: "Door", request: Any, name: str) -> Any:
    arguments = {
        key.decode("latin-1"): values[0].decode("latin-1") for key, values in request.args.items()
    }
    status, pieces = admin.run(door, name, arguments)
    request.setResponseCode(status)
    request.setHeader(b"content-type", _JSON)
    if request.method == b"HEAD":
        return b""
    first, second = next(pieces), next(pieces, None)
    if second is None:
        return first
    _Pieces(door, request, chain((first, second), pieces))
    return NOT_DONE_YET
