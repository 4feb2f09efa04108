"""What is well formed, and must not be."""

from collections.abc import Iterator

from differential.hostile.frames import (
    ADD_WATCH,
    AUTH,
    CREATE,
    CREATE2,
    CREATE_CONTAINER,
    CREATE_TTL,
    DELETE,
    END,
    EXISTS,
    GET_ACL,
    GET_CHILDREN,
    GET_CHILDREN2,
    GET_DATA,
    INT_MAX,
    INT_MIN,
    MULTI,
    NULL,
    OPEN,
    ROOT,
    SASL,
    SET_ACL,
    SET_DATA,
    SET_WATCHES,
    SYNC,
    Row,
    acl,
    create,
    i32,
    i64,
    part,
    request,
    text,
)

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
        yield Row(
            f"version {version}: delete", request(DELETE, text(ROOT + b"/kept") + i32(version))
        )
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
