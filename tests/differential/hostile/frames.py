"""The bytes of requests, sound ones too, and what a row of the table is.

`ROOT` in the bytes stands for a znode that the row has for itself; a real root has as many bytes.
"""

import struct
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
    "sasl": (SASL, text(b"a token")),
    "reconfig": (RECONFIG, text(b"") * 3 + i64(-1)),
    "multi": (MULTI, i32(13) + b"\0" + NULL + text(ROOT) + i32(-1) + NULL + b"\1" + NULL),
    "multiRead": (MULTI_READ, i32(4) + b"\0" + NULL + text(ROOT) + b"\0" + NULL + b"\1" + NULL),
}
END = NULL + b"\1" + NULL
"""Of a multi."""


def part(op: int, body: bytes) -> bytes:
    return i32(op) + b"\0" + NULL + body


BAD_LENGTHS = {
    f"length {length}": i32(length)
    for length in (-1, -2, INT_MIN, INT_MAX, FRAME_BYTES_MAX + 1, 1 << 24)
}


def get(xid: int = 1) -> bytes:
    return request(GET_DATA, text(ROOT) + b"\0", xid)


def make(name: bytes, xid: int = 1) -> bytes:
    return request(CREATE, create(ROOT + b"/" + name), xid)
