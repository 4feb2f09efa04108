"""What a client can send that none should, as a table: small families, each row some bytes.

`ROOT` in the bytes stands for a znode that this row has for itself; a real root has as many bytes.
"""

import itertools
import struct
from collections.abc import Iterator
from typing import NamedTuple

ROOT = b"/R/0000"
FRAME_BYTES_MAX = 0xFFFFF
INT_MAX, INT_MIN = 2**31 - 1, -(2**31)
LIES = (INT_MAX, INT_MIN, -2, 1 << 20, 1_000)
"""Lengths that no string has here."""
HTTP = b"GET / HTTP/1.1\r\nHost: hikari\r\nUser-Agent: x\r\n\r\n"
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))
NULL = b"\xff\xff\xff\xff"
OPEN = (31, b"world", b"anyone")


class Row(NamedTuple):
    """`session`: there is one before these bytes come. `racing`: the end overtakes the answers,
    so only the end is compared, and what has become of the tree. `fatal`: ZooKeeper ends of it
    (the process, not the connection), and is not sent it."""

    name: str
    said: bytes
    session: bool = True
    racing: bool = False
    fatal: bool = False


def i32(number: int) -> bytes:
    return struct.pack(">i", number)


def i64(number: int) -> bytes:
    return struct.pack(">q", number)


def text(value: bytes | None) -> bytes:
    return NULL if value is None else i32(len(value)) + value


def acl(*entries: tuple[int, bytes | None, bytes | None]) -> bytes:
    parts = [i32(perms) + text(scheme) + text(id) for perms, scheme, id in entries]
    return i32(len(entries)) + b"".join(parts)


def framed(body: bytes) -> bytes:
    return i32(len(body)) + body


def request(op: int, body: bytes = b"", xid: int = 1) -> bytes:
    return framed(i32(xid) + i32(op) + body)


def connect(
    *,
    protocol: int = 0,
    zxid: int = 0,
    timeout_ms: int = 10_000,
    session: int = 0,
    password: bytes | None = bytes(16),
    end: bytes = b"\0",
) -> bytes:
    """Without the length."""
    return i32(protocol) + i64(zxid) + i32(timeout_ms) + i64(session) + text(password) + end


def create(
    path: bytes, flags: int = 0, who: bytes = acl(OPEN), data: bytes | None = b"", ttl: bytes = b""
) -> bytes:
    return text(path) + text(data) + who + i32(flags) + ttl


CREATE, DELETE, EXISTS, GET_DATA, SET_DATA, GET_ACL, SET_ACL, GET_CHILDREN = range(1, 9)
SYNC, PING, GET_CHILDREN2, MULTI, CREATE2, RECONFIG = 9, 11, 12, 14, 15, 16
CHECK_WATCHES, REMOVE_WATCHES, CREATE_CONTAINER, CREATE_TTL, MULTI_READ = 17, 18, 19, 21, 22
AUTH, SET_WATCHES, SASL, GET_EPHEMERALS, COUNT_ALL, SET_WATCHES2 = 100, 101, 102, 103, 104, 105
ADD_WATCH, WHO_AM_I, CLOSE_SESSION = 106, 107, -11

SOUND: dict[str, tuple[int, bytes]] = {
    "create": (CREATE, create(ROOT + b"/n")),
    "create2": (CREATE2, create(ROOT + b"/n")),
    "createTTL": (CREATE_TTL, create(ROOT + b"/n", 5, ttl=i64(1 << 30))),
    "createContainer": (CREATE_CONTAINER, create(ROOT + b"/n", 4)),
    "delete": (DELETE, text(ROOT + b"/kept") + i32(-1)),
    "exists": (EXISTS, text(ROOT) + b"\0"),
    "getData": (GET_DATA, text(ROOT) + b"\0"),
    "setData": (SET_DATA, text(ROOT) + text(b"new") + i32(-1)),
    "getACL": (GET_ACL, text(ROOT)),
    "setACL": (SET_ACL, text(ROOT) + acl(OPEN) + i32(-1)),
    "getChildren": (GET_CHILDREN, text(ROOT) + b"\0"),
    "getChildren2": (GET_CHILDREN2, text(ROOT) + b"\0"),
    "sync": (SYNC, text(ROOT)),
    "removeWatches": (REMOVE_WATCHES, text(ROOT) + i32(3)),
    "checkWatches": (CHECK_WATCHES, text(ROOT) + i32(3)),
    "auth": (AUTH, i32(0) + text(b"digest") + text(b"ann:secret")),
    "setWatches": (SET_WATCHES, i64(1 << 40) + (i32(1) + text(ROOT)) * 3),
    "setWatches2": (SET_WATCHES2, i64(1 << 40) + (i32(1) + text(ROOT)) * 5),
    "getEphemerals": (GET_EPHEMERALS, text(ROOT)),
    "getAllChildrenNumber": (COUNT_ALL, text(ROOT)),
    "addWatch": (ADD_WATCH, text(ROOT) + i32(0)),
    "reconfig": (RECONFIG, text(b"") * 3 + i64(-1)),
    "multi": (MULTI, i32(13) + b"\0" + NULL + text(ROOT) + i32(-1) + NULL + b"\1" + NULL),
    "multiRead": (MULTI_READ, i32(4) + b"\0" + NULL + text(ROOT) + b"\0" + NULL + b"\1" + NULL),
}
END = NULL + b"\1" + NULL
"""Of a multi."""


def part(op: int, body: bytes) -> bytes:
    return i32(op) + b"\0" + NULL + body


# ---- before there is a session


def first_lengths() -> Iterator[Row]:
    for length in (-1, -2, INT_MIN, INT_MAX, FRAME_BYTES_MAX + 1, 1 << 24, 0):
        yield Row(f"stranger: length {length}", i32(length), False)
    for length in (1, 8, 27, 28, 31, 32, 44, 4_096, 4_097, 100_000, FRAME_BYTES_MAX):
        yield Row(f"stranger: length {length} and half of it", i32(length) + bytes(9), False)
    for length in (1, 7, 8, 27, 28, 31, 32, 44, 45, 100, 4_096, 4_097, 100_000):
        yield Row(f"stranger: {length} zeros", framed(bytes(length)), False)
    for count in range(1, 4):
        yield Row(f"stranger: {count} bytes of a length", bytes(count), False)


def connects() -> Iterator[Row]:
    for protocol in (1, -1, INT_MAX, INT_MIN):
        yield Row(f"connect: protocol {protocol}", framed(connect(protocol=protocol)), False)
    for zxid in (-1, 1 << 40, 2**63 - 1, -(2**63)):
        yield Row(f"connect: zxid {zxid}", framed(connect(zxid=zxid)), False)
    for timeout_ms in (0, -5, 1, 1_999, 2_000, 40_000, 40_001, INT_MAX, INT_MIN):
        yield Row(f"connect: timeout {timeout_ms}", framed(connect(timeout_ms=timeout_ms)), False)
    for session in (-1, 0x7766554433221100, 2**63 - 1, -(2**63)):
        for name, password in (("sixteen", bytes(16)), ("empty", b""), ("null", None)):
            said = framed(connect(session=session, password=password))
            yield Row(f"connect: session {session:x}, {name} password", said, False)
    for size in (0, 1, 15, 17, 100, 3_000, 5_000, 100_000):
        said = framed(connect(password=b"p" * size))
        yield Row(f"connect: a password of {size} for nothing", said, False)
    yield Row("connect: a null password", framed(connect(password=None)), False)
    for length in (*LIES, 17, 18):
        body = connect()[:24] + i32(length) + bytes(17)
        yield Row(f"connect: a password that says {length}", framed(body), False)
    for end in (b"", b"\1", b"\2", b"\xff", b"\0\0", b"\0" + b"x" * 100, b"\0" + b"x" * 5_000):
        said = framed(connect(end=end))
        yield Row(f"connect: read-only {end[:1].hex()} and {len(end[1:])} more", said, False)
    for size in range(0, 44, 3):
        yield Row(f"connect: cut to {size} bytes", framed(connect()[:size]), False)
    for size in (5, 30, 48):
        yield Row(f"connect: the first {size} bytes", framed(connect())[:size], False)


def early_requests() -> Iterator[Row]:
    """What is no connect request is read as one."""
    for name, (op, body) in SOUND.items():
        yield Row(f"before connect: {name}", request(op, body), False)
    for op in (PING, WHO_AM_I, CLOSE_SESSION, 0, -1, 9_999):
        yield Row(f"before connect: opcode {op}", request(op), False)
    yield Row("before connect: behind it a getData", framed(connect()) + _get(), False)
    closing = framed(connect()) + request(CLOSE_SESSION)
    yield Row("before connect: behind it the end", closing, False)
    for name, bad in _BAD_LENGTHS.items():
        yield Row(f"before connect: behind it {name}", framed(connect()) + bad, False, True)


def words() -> Iterator[Row]:
    """Four letters that are none."""
    for word in (b"RUOK", b"ruo\n", b"\nruo", b"kill", b"help", b"quit", b"rrok", b"ruo\0", b"    "):
        yield Row(f"word: {word!r}", word, False)
        yield Row(f"word: {word!r} and a line end", word + b"\r\n", False)
    for word in (b"ruok", b"srvr", b"stat", b"mntr", b"isro", b"wchs"):
        yield Row(f"word: {word!r} in a session", word)
    for word in (b"r", b"ru", b"ruo"):
        yield Row(f"word: {word!r} alone", word, False)


def other_protocols() -> Iterator[Row]:
    said = {
        "http": HTTP,
        "http post": b"POST /commands/ruok HTTP/1.1\r\nContent-Length: 4\r\n\r\nruok",
        "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "tls": TLS,
        "tls alert": b"\x15\x03\x03\x00\x02\x02\x28",
        "ssh": b"SSH-2.0-OpenSSH_9.2p1\r\n",
        "redis": b"*1\r\n$4\r\nPING\r\n",
        "smtp": b"EHLO hikari\r\n",
        "line ends": b"\r\n\r\n",
        "proxy": b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
        "ones": b"\xff" * 64,
        "spaces": b" " * 64,
    }
    for name, bytes_ in said.items():
        yield Row(f"protocol: {name}", bytes_, False)
        yield Row(f"protocol: {name} in a session", bytes_)


# ---- frames of a session

_BAD_LENGTHS = {
    f"length {length}": i32(length)
    for length in (-1, -2, INT_MIN, INT_MAX, FRAME_BYTES_MAX + 1, 1 << 24)
}


def _get(xid: int = 1) -> bytes:
    return request(GET_DATA, text(ROOT) + b"\0", xid)


def _make(name: bytes, xid: int = 1) -> bytes:
    return request(CREATE, create(ROOT + b"/" + name), xid)


def frame_lengths() -> Iterator[Row]:
    for name, bad in _BAD_LENGTHS.items():
        yield Row(f"frame: {name}", bad)
        yield Row(f"frame: {name} behind a read", _get() + bad, racing=True)
        yield Row(f"frame: {name} behind a write", _make(b"before") + bad, racing=True)
        several = b"".join([_make(b"before%d" % n, n) for n in range(1, 6)])
        yield Row(f"frame: {name} behind five writes", several + bad, racing=True)
        between = _make(b"before") + bad + _make(b"behind", 2)
        yield Row(f"frame: {name} between two writes", between, racing=True)
    for length in (8, 100, 1 << 16, FRAME_BYTES_MAX):
        yield Row(f"frame: {length} bytes and half of it", i32(length) + bytes(4))
    for length in range(0, 8):
        yield Row(f"frame: {length} bytes", framed(bytes(length)), racing=True)
        said = _make(b"before") + framed(bytes(length))
        yield Row(f"frame: {length} bytes behind a write", said, racing=True)
    yield Row("frame: a part of a length", b"\0\0")
    yield Row("frame: a request and a part of one", _make(b"before") + _get()[:9])
    for size in (FRAME_BYTES_MAX - 1, FRAME_BYTES_MAX, FRAME_BYTES_MAX + 1, 1 << 21):
        body = create(ROOT + b"/n", data=b"")
        filled = create(ROOT + b"/n", data=b"d" * (size - 8 - len(body)))
        yield Row(f"frame: a create of {size} bytes", request(CREATE, filled))


def opcodes() -> Iterator[Row]:
    known = {op for op, _ in SOUND.values()}
    special = (-200, -12, -10, -9, -8, -5, -4, -3, -2, -1, 0, 10, 13, 20, 23, 24, 30, 99, 108, 109)
    for op in (*special, 110, 255, 508, 1_000, 9_999, 1 << 20, INT_MAX, INT_MIN):
        if op not in known:
            yield Row(f"opcode {op}", request(op))
            yield Row(f"opcode {op} with a body", request(op, text(ROOT) + bytes(20)))
    for xid in (0, -1, -2, -4, -8, INT_MAX, INT_MIN):
        yield Row(f"xid {xid}: a getData", _get(xid))
        yield Row(f"xid {xid}: a create", _make(b"n", xid))
        yield Row(f"xid {xid}: a ping", request(PING, b"", xid))
    yield Row("ping with a body", request(PING, b"x" * 100))
    yield Row("closeSession with a body", request(CLOSE_SESSION, b"x" * 100))
    yield Row("a second connect request", framed(connect()), racing=True)
    yield Row("a second connect request of a session", framed(connect(session=7)), racing=True)


def bodies() -> Iterator[Row]:
    """Every record cut short, with a length that lies, with bytes behind it."""
    for name, (op, body) in SOUND.items():
        yield Row(f"{name}: sound", request(op, body))
        cuts = sorted({0, 2, 4, 7, len(body) // 2, len(body) - 4, len(body) - 1})
        for cut in [cut for cut in cuts if cut < len(body)]:
            yield Row(f"{name}: cut to {cut} bytes", request(op, body[:cut]))
        for more in (1, 100):
            yield Row(f"{name}: {more} bytes behind it", request(op, body + b"x" * more))
        at = body.find(text(ROOT)[:8])
        if at < 0:
            continue
        for lie in (*LIES, len(body) - at - 3):
            lying = body[:at] + i32(lie) + body[at + 4 :]
            yield Row(f"{name}: a path that says {lie}", request(op, lying))


def vectors() -> Iterator[Row]:
    counts = (INT_MAX, INT_MIN, -2, 1 << 20, 2, 100)
    one = acl(OPEN)[4:]
    for count in counts:
        who = i32(count) + one
        yield Row(f"vector: {count} ACLs of a create", request(CREATE, create(ROOT + b"/n", 0, who)))
        body = text(ROOT) + who + i32(-1)
        yield Row(f"vector: {count} ACLs of a setACL", request(SET_ACL, body))
        sound = i32(1) + text(ROOT)
        lying = i32(count) + text(ROOT)
        for number in range(5):
            vectors = b"".join([lying if number == at else sound for at in range(5)])
            body = i64(1 << 40) + vectors
            if number < 3:
                ends = i64(1 << 40) + vectors[: 3 * len(sound)]
                yield Row(f"vector: {count} in {number} of setWatches", request(SET_WATCHES, ends))
            yield Row(f"vector: {count} in {number} of setWatches2", request(SET_WATCHES2, body))
    for count in (INT_MAX, INT_MIN, -2, 1 << 20):
        for at, name in ((8, "scheme"), (17, "id")):
            who = acl(OPEN)
            lying = who[:at] + i32(count) + who[at + 4 :]
            said = request(CREATE, create(ROOT + b"/n", 0, lying))
            yield Row(f"vector: an ACL whose {name} says {count}", said)
        body = text(ROOT) + i32(count) + b"data" + i32(-1)
        yield Row(f"vector: data of {count}", request(SET_DATA, body))


def multis() -> Iterator[Row]:
    made = part(CREATE, create(ROOT + b"/n"))
    said = {
        "nothing": b"",
        "only the end": END,
        "no end": made,
        "half of a header": made + END[:5],
        "a part of a header": made + END[:3],
        "behind the end": made + END + made,
        "two ends": made + END + END,
        "a read": made + part(GET_DATA, text(ROOT) + b"\0") + END,
        "a multi": made + part(MULTI, made + END) + END,
        "a ping": made + part(PING, b"") + END,
        "a closeSession": made + part(CLOSE_SESSION, b"") + END,
        "an auth": made + part(AUTH, SOUND["auth"][1]) + END,
        "no opcode": made + part(9_999, b"") + END,
        "opcode 0": made + part(0, b"") + END,
        "the same twice": made + made + END,
        "an illegal path": made + part(CREATE, create(ROOT + b"/a//b")) + END,
        "an illegal ACL": made + part(CREATE, create(ROOT + b"/m", 0, acl())) + END,
        "a path that lies": made + part(DELETE, i32(INT_MAX) + ROOT + i32(-1)) + END,
        "ACLs that lie": made + part(CREATE, create(ROOT + b"/m", 0, i32(INT_MAX))) + END,
        "five hundred of one": made * 500 + END,
        "five thousand checks": part(13, text(ROOT) + i32(-1)) * 5_000 + END,
        "an end in place of the first": END + made,
    }
    for name, body in said.items():
        yield Row(f"multi: {name}", request(MULTI, body))
    looked = part(GET_DATA, text(ROOT) + b"\0")
    said = {
        "nothing": b"",
        "only the end": END,
        "no end": looked,
        "a write": looked + made + END,
        "a multi": looked + part(MULTI, END) + END,
        "a multiRead": looked + part(MULTI_READ, looked + END) + END,
        "a missing path": looked + part(GET_DATA, text(ROOT + b"/no") + b"\0") + END,
        "an empty path": looked + part(GET_DATA, text(b"") + b"\0") + END,
        "a path that lies": looked + part(GET_DATA, i32(INT_MAX) + ROOT + b"\0") + END,
        "no opcode": looked + part(9_999, b"") + END,
        "thousand": looked * 1_000 + END,
    }
    for name, body in said.items():
        yield Row(f"multiRead: {name}", request(MULTI_READ, body))


# ---- what is well formed and must not be

PATHS: dict[str, bytes] = {
    "empty": b"",
    "no slash": b"a",
    "no slash, long": ROOT[1:] + b"/n",
    "two slashes": b"//",
    "two slashes in it": ROOT + b"//n",
    "a slash behind it": ROOT + b"/n/",
    "a slash behind what is there": ROOT + b"/kept/",
    "a dot": ROOT + b"/.",
    "two dots": ROOT + b"/..",
    "a dot in it": ROOT + b"/./n",
    "two dots in it": ROOT + b"/kept/../n",
    "three dots": ROOT + b"/...",
    "a dot in a name": ROOT + b"/.n",
    "NUL": ROOT + b"/\0",
    "NUL in a name": ROOT + b"/a\0b",
    "U+0001": ROOT + b"/\x01",
    "U+001F": ROOT + b"/a\x1f",
    "U+007F": ROOT + b"/\x7f",
    "U+0080": ROOT + "/\x80".encode(),
    "U+009F": ROOT + "/\x9f".encode(),
    "U+00A0": ROOT + "/\xa0".encode(),
    "U+D7FF": ROOT + "/\ud7ff".encode(),
    "U+D800": ROOT + b"/\xed\xa0\x80",
    "U+E000": ROOT + "/\ue000".encode(),
    "U+F8FF": ROOT + "/\uf8ff".encode(),
    "U+F900": ROOT + "/\uf900".encode(),
    "U+FFEF": ROOT + "/\uffef".encode(),
    "U+FFF0": ROOT + "/\ufff0".encode(),
    "U+FFFD": ROOT + "/\ufffd".encode(),
    "U+FFFF": ROOT + "/\uffff".encode(),
    "U+1F600": ROOT + "/\U0001f600".encode(),
    "U+202E": ROOT + "/\u202e".encode(),
    "no UTF-8": ROOT + b"/\xff",
    "half of UTF-8": ROOT + b"/\xc3",
    "overlong slash": ROOT + b"/a\xc0\xafb",
    "overlong NUL": ROOT + b"/\xc0\x80",
    "latin-1": ROOT + b"/\xe9t\xe9",
    "spaces": ROOT + b"/ ",
    "a line end": ROOT + b"/a\nb",
    "a missing parent": ROOT + b"/no/n",
    "deep": ROOT + b"/d" * 2_000,
    "long": ROOT + b"/" + b"n" * 100_000,
    "the root": b"/",
    "backslashes": ROOT + b"\\..\\n",
    "percent": ROOT + b"/%2e%2e",
}


def paths() -> Iterator[Row]:
    for name, path in PATHS.items():
        bodies = {
            "create": (CREATE, create(path)),
            "sequential": (CREATE2, create(path, 2)),
            "getData": (GET_DATA, text(path) + b"\0"),
            "exists": (EXISTS, text(path) + b"\1"),
            "getChildren": (GET_CHILDREN2, text(path) + b"\0"),
            "setData": (SET_DATA, text(path) + text(b"x") + i32(5)),
            "delete": (DELETE, text(path) + i32(5)),
            "getACL": (GET_ACL, text(path)),
            "sync": (SYNC, text(path)),
            "addWatch": (ADD_WATCH, text(path) + i32(0)),
            "check in a multi": (MULTI, part(13, text(path) + i32(5)) + END),
        }
        if path == b"/":
            del bodies["sequential"]  # others list it
        for what, (op, body) in bodies.items():
            yield Row(f"path: {what}, {name}", request(op, body))
    for what, (op, rest) in {
        "getData": (GET_DATA, b"\0"),
        "exists": (EXISTS, b"\0"),
        "getChildren": (GET_CHILDREN, b"\0"),
        "getACL": (GET_ACL, b""),
        "create": (CREATE, text(b"") + acl(OPEN) + i32(0)),
        "delete": (DELETE, i32(-1)),
        "setData": (SET_DATA, text(b"") + i32(-1)),
        "setACL": (SET_ACL, acl(OPEN) + i32(-1)),
    }.items():
        yield Row(f"path: {what}, null", request(op, NULL + rest))


def acls() -> Iterator[Row]:
    ids: dict[str, tuple[int, bytes | None, bytes | None]] = {
        "perms 0": (0, b"world", b"anyone"),
        "perms 32": (32, b"world", b"anyone"),
        "perms -1": (-1, b"world", b"anyone"),
        "perms of 2^31-1": (INT_MAX, b"world", b"anyone"),
        "world of somebody": (31, b"world", b"ann"),
        "world of nobody": (31, b"world", b""),
        "world of null": (31, b"world", None),
        "World": (31, b"World", b"anyone"),
        "no scheme": (31, b"", b"anyone"),
        "null scheme": (31, None, b"anyone"),
        "unknown scheme": (31, b"none", b"anyone"),
        "scheme of no UTF-8": (31, b"\xff\xfe", b"x"),
        "super": (31, b"super", b"ann"),
        "auth of nobody": (31, b"auth", b""),
        "digest without a colon": (31, b"digest", b"ann"),
        "digest of nothing": (31, b"digest", b""),
        "digest of two colons": (31, b"digest", b"ann:x:y"),
        "digest of a colon": (31, b"digest", b":"),
        "ip of nothing": (31, b"ip", b""),
        "ip of a name": (31, b"ip", b"localhost"),
        "ip of 256": (31, b"ip", b"127.0.0.256"),
        "ip of three parts": (31, b"ip", b"127.0.0"),
        "ip of five parts": (31, b"ip", b"127.0.0.1.1"),
        "ip with 33 bits": (31, b"ip", b"127.0.0.1/33"),
        "ip with -1 bits": (31, b"ip", b"127.0.0.1/-1"),
        "ip with 0 bits": (31, b"ip", b"0.0.0.0/0"),
        "ip with no bits": (31, b"ip", b"127.0.0.1/"),
        "ip with two masks": (31, b"ip", b"127.0.0.1/8/8"),
        "sasl": (31, b"sasl", b"ann"),
        "x509": (31, b"x509", b"CN=ann"),
    }
    for name, entry in ids.items():
        for also, who in (("", acl(entry)), (", behind an open one", acl(OPEN, entry))):
            yield Row(f"acl: create, {name}{also}", request(CREATE, create(ROOT + b"/n", 0, who)))
            body = text(ROOT + b"/kept") + who + i32(-1)
            yield Row(f"acl: setACL, {name}{also}", request(SET_ACL, body))
    for name, who in (("empty", acl()), ("null", NULL), ("doubled", acl(OPEN, OPEN))):
        yield Row(f"acl: create, {name}", request(CREATE, create(ROOT + b"/n", 0, who)))
        body = text(ROOT + b"/kept") + who + i32(-1)
        yield Row(f"acl: setACL, {name}", request(SET_ACL, body))


def flags() -> Iterator[Row]:
    for flag in (*range(-2, 9), 99, 256, INT_MAX, INT_MIN):
        for name, op in (("create", CREATE), ("create2", CREATE2)):
            yield Row(f"flags {flag}: {name}", request(op, create(ROOT + b"/n", flag)))
        body = create(ROOT + b"/n", flag)
        yield Row(f"flags {flag}: createContainer", request(CREATE_CONTAINER, body))
        for ttl_ms in (0, -1, 1 << 30, 2**63 - 1, -(2**63)):
            said = request(CREATE_TTL, create(ROOT + b"/n", flag, ttl=i64(ttl_ms)))
            fatal = ttl_ms < 0 and flag in range(5)
            yield Row(f"flags {flag}: createTTL of {ttl_ms}", said, fatal=fatal)


def numbers() -> Iterator[Row]:
    for version in (-2, 1, 99, INT_MAX, INT_MIN):
        yield Row(f"version {version}: delete", request(DELETE, text(ROOT + b"/kept") + i32(version)))
        body = text(ROOT) + text(b"x") + i32(version)
        yield Row(f"version {version}: setData", request(SET_DATA, body))
        yield Row(
            f"version {version}: setACL", request(SET_ACL, text(ROOT) + acl(OPEN) + i32(version))
        )
        body = part(13, text(ROOT) + i32(version)) + END
        yield Row(f"version {version}: check", request(MULTI, body))
    for number in (-1, 0, 1, 2, 3, 4, 5, 6, 99, INT_MAX, INT_MIN):
        for name, op in (("addWatch", ADD_WATCH), ("removeWatches", 18), ("checkWatches", 17)):
            yield Row(f"mode {number}: {name}", request(op, text(ROOT) + i32(number)))
    for byte in (2, 127, 255):
        yield Row(f"watch {byte}: exists", request(EXISTS, text(ROOT) + bytes([byte])))
    for zxid in (-1, 2**63 - 1, -(2**63)):
        said = request(SET_WATCHES, i64(zxid) + (i32(1) + text(ROOT + b"/no")) * 3)
        yield Row(f"setWatches since {zxid}", said)


def identities() -> Iterator[Row]:
    schemes: dict[str, tuple[bytes | None, bytes | None]] = {
        "no scheme": (b"", b"ann:secret"),
        "unknown scheme": (b"none", b"x"),
        "scheme of no UTF-8": (b"\xff\xfe", b"x"),
        "a long scheme": (b"s" * 50_000, b"x"),
        "Digest": (b"Digest", b"ann:secret"),
        "world": (b"world", b"anyone"),
        "auth": (b"auth", b""),
        "super": (b"super", b"super:secret"),
        "ip": (b"ip", b"10.0.0.1"),
        "x509": (b"x509", b"CN=ann"),
        "sasl": (b"sasl", b"ann"),
        "digest of nothing": (b"digest", b""),
        "digest without a colon": (b"digest", b"ann"),
        "digest of a colon": (b"digest", b":"),
        "digest of no UTF-8": (b"digest", b"\xff:\xfe"),
        "digest of NUL": (b"digest", b"\0:\0"),
        "a wrong super": (b"digest", b"super:wrong"),
        "a long password": (b"digest", b"ann:" + b"p" * 100_000),
        "a long user": (b"digest", b"a" * 10_000 + b":p"),
        "a very long user": (b"digest", b"a" * 100_000 + b":p"),
    }
    for name, (scheme, auth) in schemes.items():
        yield Row(f"auth: {name}", request(AUTH, i32(0) + text(scheme) + text(auth), -4))
    for kind in (-1, 7, INT_MAX):
        said = request(AUTH, i32(kind) + text(b"digest") + text(b"ann:secret"), -4)
        yield Row(f"auth: of type {kind}", said)
    several = b"".join(
        [request(AUTH, i32(0) + text(b"digest") + text(b"u%d:p" % n), -4) for n in range(50)]
    )
    yield Row("auth: as fifty", several)
    for name, token in (("empty", b""), ("null", None), ("garbage", b"\xff" * 100)):
        yield Row(f"sasl: {name}", request(SASL, text(token)))


FAMILIES = (
    *(first_lengths, connects, early_requests, words, other_protocols, frame_lengths, opcodes),
    *(bodies, vectors, multis, paths, acls, flags, numbers, identities),
)


def rows() -> list[Row]:
    """All of them. The names are unique."""
    return list(itertools.chain.from_iterable(family() for family in FAMILIES))
