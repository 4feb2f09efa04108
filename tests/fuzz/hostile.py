"""What strangers do to a client port, by name: each is what one connection says, piece by piece.

A number between two pieces is so many seconds of silence; `DEAF` takes nothing any more that it is
told, `SESSION` opens a session. What else is there is bytes.
"""

from typing import Final

from fuzz.attacks import HTTP, TLS, framed, hello

from hikari_wire import acl, codes, requests
from hikari_wire.records import ConnectRequest

DEAF: Final = object()
SESSION: Final = object()
Step = bytes | float | object

LENGTHS = {
    "negative": b"\xff\xff\xff\xff",
    "least": b"\x80\x00\x00\x00",
    "largest": b"\x7f\xff\xff\xff",
    "a byte over the limit": (0x100000).to_bytes(4, "big"),
    "nothing": bytes(4),
    "half a header": b"\0\0\0\4" + bytes(4),
}
LARGEST = 0xFFFFF


def _request(*request: object, xid: int = 1) -> bytes:
    return requests.encode(tuple(request), xid)


def _raw(op: int, body: bytes) -> bytes:
    return framed(requests.HEADER.pack(1, op) + body)


def _text(said: bytes) -> bytes:
    return len(said).to_bytes(4, "big") + said


def _vector(count: int, *texts: bytes) -> bytes:
    return count.to_bytes(4, "big", signed=True) + b"".join(map(_text, texts))


def _connect(**changed: object) -> bytes:
    asked = ConnectRequest(0, 0, 10_000, 0, bytes(16), False)
    return requests.encode_connect(asked._replace(**changed))  # type: ignore[arg-type]


_MANY = _request(codes.SET_WATCHES, 0, (b"/",) * 200_000, (), ())
_MANY_AND_A_LIE = _vector(200_000, *[b""] * 199_999) + b"\x7f\xff\xff\xff"
_WIDE = _request(codes.MULTI, ((codes.CHECK, b"/", -1),) * 20_000)
_READS = _request(codes.MULTI_READ, ((codes.GET_CHILDREN, b"/", False),) * 20_000)
_BIG = _request(codes.CREATE, b"/big", bytes(1_000_000), acl.OPEN, codes.EPHEMERAL)
_GET_BIG = _request(codes.GET_DATA, b"/big", False)

HOSTILE: Final[dict[str, list[Step]]] = {
    # before a session
    "silence": [30.0],
    "half a word": [b"ru", 30.0],
    "half a handshake": [hello()[:20], 30.0],
    "a handshake a byte a second": [step for byte in hello() for step in (bytes([byte]), 1.0)],
    "another protocol": [HTTP % b"x"],
    "tls": [TLS],
    "a handshake of a megabyte": [(1 << 20).to_bytes(4, "big") + bytes(1 << 20)],
    "a password of half a megabyte": [_connect(password=bytes(1 << 19))],
    "a password that lies": [hello()[:28] + b"\x7f\xff\xff\xff" + bytes(17)],
    "a session of nobody": [_connect(session=-1, password=b"x")],
    "all has been seen": [_connect(zxid_last_seen=2**63 - 1)],
    "a time-out of all time": [_connect(timeout_ms=-(2**31)), 60.0],
    "read-only": [_connect(read_only=True), 60.0],
    "two handshakes": [hello() + hello()],
    **{f"a frame before a session: {name}": [length] for name, length in LENGTHS.items()},
    # within one
    **{f"a frame: {name}": [SESSION, length + bytes(9)] for name, length in LENGTHS.items()},
    "half a frame": [SESSION, LARGEST.to_bytes(4, "big") + bytes(9_000), 60.0],
    "a frame a byte a second": [
        *(SESSION, b"\0\0\0\x7f"),
        *[step for _ in range(100) for step in (b"x", 1.0)],
    ],
    "a frame byte by byte": [SESSION, *[bytes([byte]) for byte in _GET_BIG * 40]],
    "a vector that lies": [SESSION, _raw(codes.SET_WATCHES, bytes(8) + _vector(2**31 - 1))],
    "a negative vector": [SESSION, _raw(codes.SET_WATCHES, bytes(8) + _vector(-2))],
    "a late lie": [SESSION, _raw(codes.SET_WATCHES, bytes(8) + _MANY_AND_A_LIE)],
    "a multi without an end": [SESSION, _raw(codes.MULTI, b"\0\0\0\1\0\xff\xff\xff\xff")],
    "a wide multi": [SESSION, _WIDE],
    "many reads in one": [SESSION, _READS],
    "all watches at once": [SESSION, _MANY, _MANY, 20.0],
    "an acl without end": [SESSION, _raw(codes.CREATE, _text(b"/a") + bytes(4) + b"\x40\0\0\0")],
    "a path of a megabyte": [SESSION, _request(codes.EXISTS, b"/" + b"x" * 1_000_000, True)],
    "a deep path": [SESSION, _request(codes.CREATE, b"/x" * 500_000, b"", acl.OPEN, 0)],
    "a path that is no text": [SESSION, _request(codes.CREATE, b"/\xed\xa0\x80", b"", acl.OPEN, 0)],
    "surrogates": [SESSION, _request(codes.CREATE, b"/\xf0\x9f\x98\x80", b"", acl.OPEN, 0)],
    "a long name": [SESSION, _request(codes.CREATE, b"/" + b"\xc2" * 99, b"", acl.OPEN, 0)],
    "all opcodes": [SESSION, *[_raw(op, b"\xff" * 40) for op in (*range(-20, 130), 500, 1 << 30)]],
    "an auth of half a megabyte": [SESSION, _request(codes.AUTH, 0, b"digest", bytes(1 << 19))],
    "it never reads": [SESSION, _BIG, DEAF, *[_GET_BIG * 50] * 20, 60.0],
    "it never reads its events": [
        *(SESSION, _BIG, DEAF, _request(codes.GET_DATA, b"/big", True) * 400),
        *[_request(codes.SET_DATA, b"/big", bytes(900_000), -1)] * 5,
        60.0,
    ],
    "it asks and asks": [SESSION, *[_request(codes.SYNC, b"/") * 5_000] * 3],
    "it is closed and goes on": [SESSION, _request(codes.CLOSE_SESSION) + _BIG * 3],
}
