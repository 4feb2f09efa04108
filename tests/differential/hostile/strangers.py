"""What comes before there is a session."""

from collections.abc import Iterator

from differential.hostile.frames import (
    BAD_LENGTHS,
    CLOSE_SESSION,
    FRAME_BYTES_MAX,
    HTTP,
    INT_MAX,
    INT_MIN,
    LIES,
    PING,
    SOUND,
    TLS,
    WHO_AM_I,
    Row,
    connect,
    framed,
    get,
    i32,
    request,
)


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
            yield Row(f"connect: session {session:x}, {name} password", said, False, True)
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
    yield Row("before connect: behind it a getData", framed(connect()) + get(), False)
    closing = framed(connect()) + request(CLOSE_SESSION)
    yield Row("before connect: behind it the end", closing, False)
    for name, bad in BAD_LENGTHS.items():
        yield Row(f"before connect: behind it {name}", framed(connect()) + bad, False, True)


def words() -> Iterator[Row]:
    """Four letters that are none."""
    for word in (
        b"RUOK",
        b"ruo\n",
        b"\nruo",
        b"kill",
        b"help",
        b"quit",
        b"rrok",
        b"ruo\0",
        b"    ",
    ):
        yield Row(f"word: {word!r}", word, False)
        yield Row(f"word: {word!r} and a line end", word + b"\r\n", False)
    for word in (b"ruok", b"ruok\n", b"ruokruok", b"ruok" + bytes(1_000), b"isro\r\n"):
        yield Row(f"word: {word[:9]!r}, {len(word)} bytes", word, False)
    for mask in (b"", b"\0" * 8, b"\xff" * 8, b"\x7f" * 9):
        yield Row(f"word: stmk and {mask.hex()}", b"stmk" + mask, False)
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
