"""What is no request: lengths, opcodes and records that lie."""

from collections.abc import Iterator

from differential.hostile.frames import (
    AUTH,
    BAD_LENGTHS,
    CLOSE_SESSION,
    CREATE,
    DELETE,
    END,
    FRAME_BYTES_MAX,
    GET_DATA,
    INT_MAX,
    INT_MIN,
    LIES,
    MULTI,
    MULTI_READ,
    OPEN,
    PING,
    ROOT,
    SET_ACL,
    SET_DATA,
    SET_WATCHES,
    SET_WATCHES2,
    SOUND,
    Row,
    acl,
    connect,
    create,
    framed,
    get,
    i32,
    i64,
    make,
    part,
    request,
    text,
)


def frame_lengths() -> Iterator[Row]:
    for name, bad in BAD_LENGTHS.items():
        yield Row(f"frame: {name}", bad)
        yield Row(f"frame: {name} behind a read", get() + bad, racing=True)
        yield Row(f"frame: {name} behind a write", make(b"before") + bad, racing=True)
        several = b"".join([make(b"before%d" % n, n) for n in range(1, 6)])
        yield Row(f"frame: {name} behind five writes", several + bad, racing=True)
        between = make(b"before") + bad + make(b"behind", 2)
        yield Row(f"frame: {name} between two writes", between, racing=True)
    for length in (8, 100, 1 << 16, FRAME_BYTES_MAX):
        yield Row(f"frame: {length} bytes and half of it", i32(length) + bytes(4))
    for length in range(8):
        yield Row(f"frame: {length} bytes", framed(bytes(length)), racing=True)
        said = make(b"before") + framed(bytes(length))
        yield Row(f"frame: {length} bytes behind a write", said, racing=True)
    yield Row("frame: a part of a length", b"\0\0")
    yield Row("frame: a request and a part of one", make(b"before") + get()[:9])
    for size in (FRAME_BYTES_MAX - 1, FRAME_BYTES_MAX, FRAME_BYTES_MAX + 1, 1 << 21):
        body = create(ROOT + b"/n", data=b"")
        filled = create(ROOT + b"/n", data=b"d" * (size - 8 - len(body)))
        yield Row(f"frame: a create of {size} bytes", request(CREATE, filled))


def opcodes() -> Iterator[Row]:
    known = {13, *(op for op, _ in SOUND.values())}  # 13: a check, which ZooKeeper never answers
    special = (-200, -12, -10, -9, -8, -5, -4, -3, -2, -1, 0, 10, 13, 20, 23, 24, 30, 99, 108, 109)
    for op in (*special, 110, 255, 508, 1_000, 9_999, 1 << 20, INT_MAX, INT_MIN):
        if op not in known:
            chance = op == -10  # ZooKeeper's answer is a number that it draws
            yield Row(f"opcode {op}", request(op), racing=chance)
            body = text(ROOT) + bytes(20)
            yield Row(f"opcode {op} with a body", request(op, body), racing=chance)
    for xid in (0, -1, -2, -4, -8, INT_MAX, INT_MIN):
        yield Row(f"xid {xid}: a getData", get(xid))
        yield Row(f"xid {xid}: a create", make(b"n", xid))
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
        yield Row(
            f"vector: {count} ACLs of a create", request(CREATE, create(ROOT + b"/n", 0, who))
        )
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
