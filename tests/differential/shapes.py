"""Requests and replies as bytes, written down apart from `hikari_wire`: a judge has its own eyes.

A record is a word of letters, one a field:

| letter | field |
|---|---|
| i, l, z | int, long, boolean |
| s, b | string, buffer; None is the null one |
| v | vector of strings |
| a | vector of ACL, (permissions, scheme, id) each |
| c | vector of ClientInfo, (scheme, user) each |
| S, T | Stat, eleven numbers; vector of them |
| B, u | byte, unsigned int |

In scripts and transcripts all bytes are text, one character a byte (latin-1): so they are JSON.
A number in place of a buffer stands for so many bytes of "x".
"""

import struct
from typing import Any

REQUESTS: dict[str, tuple[int, str]] = {
    "create": (1, "sbai"),
    "delete": (2, "si"),
    "exists": (3, "sz"),
    "getData": (4, "sz"),
    "setData": (5, "sbi"),
    "getACL": (6, "s"),
    "setACL": (7, "sai"),
    "getChildren": (8, "sz"),
    "sync": (9, "s"),
    "ping": (11, ""),
    "getChildren2": (12, "sz"),
    "check": (13, "si"),
    "multi": (14, ""),
    "create2": (15, "sbai"),
    "reconfig": (16, "sssl"),
    "checkWatches": (17, "si"),
    "removeWatches": (18, "si"),
    "createContainer": (19, "sbai"),
    "deleteContainer": (20, "s"),
    "createTTL": (21, "sbail"),
    "multiRead": (22, ""),
    "auth": (100, "isb"),
    "setWatches": (101, "lvvv"),
    "sasl": (102, "b"),
    "getEphemerals": (103, "s"),
    "getAllChildrenNumber": (104, "s"),
    "setWatches2": (105, "lvvvvv"),
    "addWatch": (106, "si"),
    "whoAmI": (107, ""),
    "filteredList": (500, "szB"),
    "checkNotExists": (501, "si"),
    "createIfNotExists": (502, "sbai"),
    "removeRecursive": (503, "su"),
    "checkStat": (504, "siS"),
    "tryRemove": (505, "si"),
    "filteredListWithData": (506, "szBzz"),
    "listRecursive": (507, "su"),
    "closeSession": (-11, ""),
}
REPLIES: dict[int, str] = {
    1: "s",
    3: "S",
    4: "bS",
    5: "S",
    6: "aS",
    7: "S",
    8: "v",
    9: "s",
    12: "vS",
    15: "sS",
    16: "bS",
    19: "sS",
    21: "sS",
    102: "b",
    103: "v",
    104: "i",
    107: "c",
    500: "vS",
    502: "s",
    506: "vSTv",
    507: "v",
    -1: "i",
}
"""By opcode; those that are not here have no body."""
MULTIS = (14, 22)
XIDS = {"ping": -2, "auth": -4, "setWatches": -8, "setWatches2": -8}
NAMES = {number: name for name, (number, _) in REQUESTS.items()}

_STAT = struct.Struct(">qqqqiiiqiiq")
_HEADER = struct.Struct(">iqi")
_PART = struct.Struct(">i?i")


def text(value: str | None) -> bytes:
    """A string or buffer."""
    if value is None:
        return b"\xff\xff\xff\xff"
    data = value.encode("latin-1")
    return struct.pack(">i", len(data)) + data


def _vector(values: list[Any] | None, pack: Any) -> bytes:
    if values is None:
        return b"\xff\xff\xff\xff"
    return struct.pack(">i", len(values)) + b"".join([pack(value) for value in values])


def _acl(entry: Any) -> bytes:
    permissions, scheme, id = entry
    return struct.pack(">i", permissions) + text(scheme) + text(id)


PACK: dict[str, Any] = {
    "i": struct.Struct(">i").pack,
    "l": struct.Struct(">q").pack,
    "z": struct.Struct(">?").pack,
    "s": text,
    "b": lambda data: text("x" * data if isinstance(data, int) else data),
    "v": lambda values: _vector(values, text),
    "a": lambda values: _vector(values, _acl),
    "B": struct.Struct(">B").pack,
    "u": struct.Struct(">I").pack,
    "S": lambda stat: _STAT.pack(*stat),
}


def body(request: list[Any]) -> bytes:
    """A request's record. `["raw", op, [text, …]]` is any opcode with any body; `{"s": text}` in it
    stands for a whole string, length included."""
    name, *fields = request
    if name == "raw":
        return b"".join(
            text(part["s"]) if isinstance(part, dict) else part.encode("latin-1")
            for part in fields[1]
        )
    if name in ("multi", "multiRead"):
        parts = [_PART.pack(opcode(part), False, -1) + body(part) for part in fields[0]]
        return b"".join(parts) + _PART.pack(-1, True, -1)
    shape = REQUESTS[name][1]
    return b"".join([PACK[letter](field) for letter, field in zip(shape, fields, strict=True)])


def opcode(request: list[Any]) -> int:
    """The number of a request."""
    return int(request[1]) if request[0] == "raw" else REQUESTS[request[0]][0]


def frame(request: list[Any], xid: int) -> bytes:
    """The whole frame. `["frame", text]` is any frame at all."""
    if request[0] == "frame":
        return text(request[1])
    content = struct.pack(">ii", xid, opcode(request)) + body(request)
    return struct.pack(">i", len(content)) + content


class Reader:
    """Takes fields off a reply."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, format: str) -> Any:
        """One of struct's."""
        (value,) = struct.unpack_from(format, self.data, self.at)
        self.at += struct.calcsize(format)
        return value

    def field(self, letter: str) -> Any:
        """One of a shape's."""
        if letter in "il":
            return self.number(">i" if letter == "i" else ">q")
        if letter in "sb":
            length = self.number(">i")
            if length < 0:
                return None
            found = self.data[self.at : self.at + length]
            assert len(found) == length, "a reply that is cut short"
            self.at += length
            return found.decode("latin-1")
        if letter == "S":
            stat = _STAT.unpack_from(self.data, self.at)
            self.at += _STAT.size
            return stat
        count = self.number(">i")
        if count < 0:
            return None
        inner = {"v": "s", "a": "iss", "c": "ss", "T": "S"}[letter]
        values = [tuple(map(self.field, inner)) for _ in range(count)]
        return [value[0] for value in values] if letter in "vT" else values

    def fields(self, shape: str) -> list[Any]:
        """All of a shape."""
        return [self.field(letter) for letter in shape]

    def parts(self) -> list[list[Any]]:
        """The results of a multi."""
        results: list[list[Any]] = []
        while True:
            op, done, error = _PART.unpack_from(self.data, self.at)
            self.at += _PART.size
            if done:
                return [*results, ["end", op, error]]
            shape = REPLIES.get(op, "") if op == -1 or not error else ""  # Keeper's own words
            results.append([NAMES.get(op, op), error, *self.fields(shape)])


def reply_body(op: int, data: bytes, at: int) -> list[Any]:
    """What is behind a reply's header, as fields; the text itself where it has another shape."""
    reader = Reader(data)
    reader.at = at
    try:
        fields = reader.parts() if op in MULTIS else reader.fields(REPLIES.get(op, ""))
    except (struct.error, AssertionError):
        return ["unreadable", data[at:].decode("latin-1")]
    if reader.at < len(data):
        fields.append(["behind it", data[reader.at :].decode("latin-1")])
    return fields


def header(data: bytes) -> tuple[int, int, int]:
    """A reply's xid, zxid, error."""
    xid, zxid, error = _HEADER.unpack_from(data)
    return xid, zxid, error


HEADER_BYTES = _HEADER.size


def event(data: bytes) -> tuple[int, int, str]:
    """A notification's type, state, path."""
    reader = Reader(data)
    reader.at = HEADER_BYTES
    type, state, path = reader.fields("iis")
    return type, state, path


def connect(
    zxid: int, timeout_ms: int, session: int, password: str | None, read_only: bool | None
) -> bytes:
    """The frame of a connect request; clients up to 3.3 do not send `read_only`."""
    request = struct.pack(">iqiq", 0, zxid, timeout_ms, session) + text(password)
    if read_only is not None:
        request += struct.pack(">?", read_only)
    return struct.pack(">i", len(request)) + request


def connected(data: bytes) -> tuple[int, int, str, str]:
    """A connect response: time-out, session, password, whatever is behind them."""
    reader = Reader(data)
    _, timeout_ms, session, password = reader.fields("iilb")
    return timeout_ms, session, password or "", data[reader.at :].decode("latin-1")
