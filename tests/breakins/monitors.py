"""What is asked without a session: four-letter words and HTTP. Nothing that is not in the whitelist
is answered, nothing but what is counted is changed, and no file is told."""

from collections.abc import Iterator
from typing import Any, Final

import attrs
from breakins.case import Case
from replica.cluster import Cluster, Member
from twisted.internet.testing import StringTransport

from hikari.gateway import admin
from hikari.gateway.http import admin_port, metrics_port
from hikari.gateway.words import WORDS
from hikari_wire import codes

WORD_FAMILY: Final = "four-letter words"
HTTP_FAMILY: Final = "admin over HTTP"

NAMES: Final = tuple(sorted(word.decode() for word in WORDS))
MASK: Final = b"\0\0\0\0\0\0\0\x07"
REFUSAL: Final = " is not executed because it is not in the whitelist.\n"


class Watched:
    """A member, and what nobody who asks may change."""

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self.cluster = Cluster(1)
        self.member: Member = self.cluster.leader
        door = self.member.door
        config = door.about.config
        door.about.config = attrs.evolve(config, member=attrs.evolve(config.member, words=words))
        client = self.cluster.client(self.member)
        client.create(b"/secret-path", b"secret data", codes.EPHEMERAL)
        client.ask((codes.GET_DATA, b"/secret-path", True))
        self.cluster.run()
        self.before = self.state()

    def state(self) -> tuple[Any, ...]:
        """The tree, what is watched, what is counted and kept."""
        door = self.member.door
        return (
            self.member.everything(),
            len(door.watches),
            len(door.by_session),
            door.trace_mask,
            door.traffic().latency().among(1),
            [one.traffic.received for one in door.by_session.values()],
            door.sizes.range(),
        )


# ---- words


def _spoken(watched: Watched, said: tuple[bytes, ...]) -> str:
    stranger = watched.cluster.dial(watched.member, "10.3.3.3")
    for piece in said:
        stranger.wire.say(piece)
        watched.cluster.run()
    return stranger.wire.told.decode("latin-1")


def _ways(word: bytes) -> dict[str, tuple[bytes, ...]]:
    return {
        "alone": (word,),
        "with a mask": (word + MASK,),
        "with a line's end": (word + b"\r\n",),
        "letter by letter": tuple(word[at : at + 1] for at in range(4)),
        "before another word": (word + b"srvrruok",),
    }


WAYS: Final = tuple(_ways(b"ruok"))


def unlisted(name: str, way: str, listed: tuple[str, ...]) -> str:
    """It is refused, in ZooKeeper's words, and changes nothing."""
    watched = Watched(listed)
    told = _spoken(watched, _ways(name.encode())[way])
    if watched.state() != watched.before:
        return "it changed something"
    return "" if told == name + REFUSAL else f"it was told {told[:40]!r}"


def misspelt(said: bytes) -> str:
    """What is no word is answered with nothing."""
    watched = Watched(("*",))
    told = _spoken(watched, (said,))
    if watched.state() != watched.before:
        return "it changed something"
    return f"it was told {told[:40]!r}" if told else ""


def listed(name: str, listed: tuple[str, ...]) -> str:
    """It is answered."""
    told = _spoken(Watched(listed), (name.encode() + MASK,))
    return "" if REFUSAL in told else "as it may"


def _words() -> Iterator[Case]:
    for name in NAMES:
        if name != "srvr":  # which is always answered
            for way in WAYS:
                yield Case(WORD_FAMILY, "anybody", way, name, unlisted, (name, way, ()))
            others = tuple(sorted({*NAMES} - {name}))
            what = f"{name}, where all others are answered"
            yield Case(WORD_FAMILY, "anybody", "alone", what, unlisted, (name, "alone", others))
        for given in (("*",), (name,)):
            what = f"{name}, where {given[0]} is answered"
            yield Case(WORD_FAMILY, "anybody", "alone", what, listed, (name, given), control=True)
    for said in sorted({one for name in NAMES for one in _misspelt(name)}):
        what = repr(said)
        yield Case(WORD_FAMILY, "anybody", "misspelt", what, misspelt, (said.encode(),))


def _misspelt(name: str) -> tuple[str, ...]:
    return (name.upper(), name.capitalize(), " " + name[:3], name[:3] + "\0", name[::-1])


# ---- HTTP


def _asked(watched: Watched, said: bytes, metrics: bool = False) -> bytes:
    door = watched.member.door
    port = metrics_port(door) if metrics else admin_port(door, "/commands")
    caller = port.buildProtocol(None)
    transport = StringTransport()
    transport.abortConnection = transport.loseConnection  # type: ignore[attr-defined]
    caller.makeConnection(transport)
    caller.dataReceived(said)
    watched.cluster.clock.advance(60)
    return transport.value()


def _head(method: str, target: str, *lines: str, host: str = "Host: a") -> bytes:
    head = [f"{method} {target} HTTP/1.1", *((host,) if host else ()), "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1")


COUNTING: Final = {"connection_stat_reset", "crst", "stat_reset", "srst", "set_trace_mask", "stmk"}
"""What a GET may change: what is counted. As in ZooKeeper."""
METHODS: Final = (
    *("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "G\0T"),
)
LIES: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "forwarded": ("X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "X-Real-IP: 127.0.0.1"),
    "superuser": ("Authorization: digest super:test", "Authorization: Basic c3VwZXI6dGVzdA=="),
    "another method": ("X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT"),
    "another path": ("X-Original-URL: /commands/restore", "X-Rewrite-URL: /commands/restore"),
    "upgrade": ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    "a cookie": ("Cookie: session=1",),
    "a body and chunks": ("Transfer-Encoding: chunked", "Content-Length: 4"),
    "two lengths": ("Content-Length: 0", "Content-Length: 99"),
    "a length below nothing": ("Content-Length: -1",),
    "a form": ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"),
    "a form of parts": ("Content-Type: multipart/form-data; boundary=", "Content-Length: 0"),
}
PATHS: Final = (
    *("/../../../../etc/passwd", "/commands/../../../../etc/passwd", "/commands/..", "/./commands"),
    *("/%2e%2e/%2e%2e/etc/passwd", "/commands/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "//etc/passwd"),
    *("/commands//etc/passwd", "/commands/....//etc/passwd", "/commands/\\..\\..\\etc\\passwd"),
    *("/commands/ruok/../restore", "/commands/%72estore", "/commands/restore%00", "/commands/\xff"),
    *("http://169.254.169.254/latest", "file:///etc/passwd", "ftp://a/etc/passwd", "*", "", "?"),
    *("/hikari.toml", "/commands/hikari.toml", "/.git/config", "/journal", "/metrics/", "/livez/x"),
    *("/commands/secret-path", "/commands/get?path=/secret-path", "/commands?command=restore"),
    *("/console", "/admin", "/debug/pprof", "/shutdown", "/commands/shutdown", "/commands/kill"),
    *("/commands/stop", "/commands/reconfig", "/commands/snapshot", "/commands/restore"),
    *("/commands/<script>alert(1)</script>", "/commands/ruok%0d%0aSet-Cookie:%20a=b"),
    *("/" + "a" * 20_000, "/commands/" + "%41" * 4_000, "/commands/ruok?" + "a=b&" * 3_000),
)
FILES: Final = (b"root:", b"secret data", b"[member]", b"super_digest")
"""What stands in files, and in the tree."""


def _judged(watched: Watched, told: bytes, may_be: tuple[int, ...]) -> str:
    if watched.state() != watched.before:
        return "it changed something"
    head, _, body = told.partition(b"\r\n\r\n")
    for secret in FILES:
        if secret in body:
            return f"it was told {secret!r}"
    if b"Set-Cookie" in head or (b"<script>" in body and b"application/json" not in head):
        return "it made the answer say its own words"
    status = int(told.split()[1]) if told.startswith(b"HTTP/1.") else 0
    return "" if status in may_be else f"it was answered {status}"


def with_method(method: str, target: str, body: bytes) -> str:
    """Only GET and HEAD are answered; what is refused anyway may be posted, and is."""
    watched = Watched()
    length = (f"Content-Length: {len(body)}",) if body else ()
    told = _asked(watched, _head(method, target, *length) + body)
    name = target.rpartition("/")[2]
    refused = method == "POST" and name in ("snapshot", "restore", "snap", "rest")
    return _judged(watched, told, (501,) if refused else (0, 400, 405))


def to_path(target: str, method: str) -> str:
    """There is no such page, and no file is one."""
    watched = Watched()
    told = _asked(watched, _head(method, target))
    if target in ("/commands/snapshot", "/commands/restore"):
        return _judged(watched, told, (501,))
    if told.startswith(b"HTTP/1.1 200") and target.startswith("/commands"):
        known = target.partition("?")[0] in ("/commands", "/commands/ruok")
        unknown = b"Unknown command" in told or method == "HEAD"
        return _judged(watched, told, (200,) if known or unknown else ())
    return _judged(watched, told, (0, 400, 404, 405, 408))


def with_lies(target: str, lie: str, host: str) -> str:
    """No line of a header makes anybody somebody else, or the request another."""
    watched = Watched()
    told = _asked(watched, _head("GET", target, *LIES[lie], host=host))
    name = target.rpartition("/")[2]
    wanted = {"restore": (501,), "snapshot": (501,), "nothing": (404,)}.get(name, (200,))
    if name == "livez" and b"secret" in told:
        return "a probe was told a path"
    return _judged(watched, told, (0, 400, *wanted))


def oversized(what: str, said: bytes, metrics: bool) -> str:
    """Too much is cut off, and is not kept."""
    watched = Watched()
    told = _asked(watched, said, metrics)
    return _judged(watched, told, (0, 400, 404, 405, 408, 413, 414, 431))


def answered(name: str) -> str:
    """A command is answered."""
    told = _asked(Watched(), _head("GET", f"/commands/{name}"))
    return "as it may" if told.startswith(b"HTTP/1.1 200") else ""


_TOO_MUCH: Final = {
    "a request line": b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\n\r\n",
    "a header": _head("GET", "/livez", "X: " + "a" * (1 << 20)),
    "many headers": _head("GET", "/livez", *(f"X-{n}: a" for n in range(20_000))),
    "a body": _head("POST", "/commands/restore", "Content-Length: 9000000") + bytes(1 << 20),
    "a body in chunks": _head("POST", "/commands/restore", "Transfer-Encoding: chunked")
    + b"fffff\r\n"
    + bytes(1 << 20),
    "no end": b"GET /livez HTTP/1.1\r\nHost: a\r\n",
    "no request": bytes(1 << 16),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),
}


def _http() -> Iterator[Case]:
    for name in admin.COMMANDS:
        for method in METHODS:
            target = f"/commands/{name}"
            what = f"{method} {target}"
            yield Case(HTTP_FAMILY, "anybody", "method", what, with_method, (method, target, b""))
        if name not in ("snapshot", "snap", "restore", "rest"):
            yield Case(HTTP_FAMILY, "anybody", "GET", name, answered, (name,), control=True)
    for name in ("restore", "snapshot", "rest", "snap"):
        for body in (b"", b"x", bytes(1_000)):
            given = ("POST", f"/commands/{name}", body)
            what = f"{name} with {len(body)} bytes"
            yield Case(HTTP_FAMILY, "anybody", "posted", what, with_method, given)
    for path in PATHS:
        for method in ("GET", "HEAD"):
            what = f"{method} {path[:60]!r}"
            yield Case(HTTP_FAMILY, "anybody", "path", what, to_path, (path, method))
    hosts = ("Host: a", "", "Host: evil.example", "Host: 127.0.0.1\r\nHost: evil.example")
    for target in (
        "/commands/restore",
        "/commands/snapshot",
        "/commands/ruok",
        "/livez",
        "/nothing",
    ):
        for lie in LIES:
            for host in hosts:
                what = f"{target} with {lie}, {host or 'no host'!r}"
                given = (target, lie, host)
                yield Case(HTTP_FAMILY, "a liar", "header", what, with_lies, given)
    for what, said in _TOO_MUCH.items():
        for metrics in (False, True):
            given = (what, said, metrics)
            port = "at the metrics' port" if metrics else "at the admin port"
            yield Case(HTTP_FAMILY, "anybody", port, f"too much: {what}", oversized, given)


def cases() -> Iterator[Case]:
    """All words and all commands."""
    yield from _words()
    yield from _http()
