"""Replies: what a server answers. `BODY` and `frame` for the server, `DECODE` for the client.

| op | result of the server (`BODY`) | value of the client (`DECODE`) |
|---|---|---|
| CREATE, CREATE_IF_NOT_EXISTS, SYNC | path | path |
| CREATE2, CREATE_CONTAINER, CREATE_TTL | (path, stat68) | (path, Stat) |
| EXISTS, SET_DATA, SET_ACL | stat68 | Stat |
| GET_DATA, RECONFIG | (data or None, stat68) | (data or None, Stat) |
| GET_CHILDREN, GET_EPHEMERALS, LIST_RECURSIVE | names | (name, ...) |
| FILTERED_LIST_WITH_DATA | (names, stat68, stats, data) | the same with Stats |
| GET_CHILDREN2, FILTERED_LIST | (names, stat68) | ((name, ...), Stat) |
| GET_ACL | (raw acl, stat68) | (raw acl, Stat) |
| MULTI, MULTI_READ | [(op, error, result), ...] | ((op, error, value), ...) |
| GET_ALL_CHILDREN_NUMBER | int | int |
| WHO_AM_I | [(scheme, id), ...] | ((scheme, id), ...) |
| SASL | token | token |
| all others | anything | None |

`stat68` is a Stat as its 68 bytes. A reply with an error has no body, whatever its op.
"""

from collections.abc import Callable, Iterable, Sequence
from struct import Struct
from typing import Any, Final

from hikari_wire import acl, codes
from hikari_wire.jute import (
    FALSE,
    INT,
    TRUE,
    Malformed,
    pack_buffer,
    pack_text,
    pack_texts,
    read_bool,
    read_buffer,
    read_count,
    read_int,
    read_text,
    read_texts,
)
from hikari_wire.records import STAT, ConnectResponse, ReplyHeader, Stat, WatcherEvent
from hikari_wire.requests import MULTI_END, MULTI_HEADER

HEADER: Final = Struct(">iiqi")  # length of the frame, then record ReplyHeader: xid, zxid, error
_REPLY_HEADER: Final = Struct(">iqi")
_NOTIFICATION: Final = Struct(">iiqiiii")  # HEADER, then type, state, length of the path
_CONNECT: Final = Struct(">iiq")

_pack_header = HEADER.pack
_Taken = tuple[Any, int]  # a value and the offset behind it
_Taker = Callable[[bytes, int, int], _Taken]


def frame(xid: int, zxid: int, error: int, body: bytes = b"") -> bytes:
    """The whole frame of a reply."""
    return _pack_header(16 + len(body), xid, zxid, error) + body


def notification(type: int, state: int, path: bytes, zxid: int = -1) -> bytes:
    """The whole frame of a watch event (record WatcherEvent).

    `zxid` stands in the header: that of the change since ZooKeeper 3.9, -1 before.
    """
    xid = codes.XID_NOTIFICATION
    length = len(path)
    return _NOTIFICATION.pack(28 + length, xid, zxid, 0, type, state, length) + path


def encode_connect(response: ConnectResponse) -> bytes:
    """The whole frame of a connect response, which has no header.

    A client that did not send its `read_only` expects none: give None back to it.
    """
    protocol, timeout_ms, session, password, read_only = response
    body = _CONNECT.pack(protocol, timeout_ms, session) + pack_text(password)
    if read_only is not None:
        body += TRUE if read_only else FALSE
    return pack_text(body)


def decode_connect(buf: bytes, at: int, end: int) -> ConnectResponse:
    """Record ConnectResponse; `at` is behind the frame's length.

    Servers up to 3.3 do not send the last field. Raises Malformed.
    """
    if at + _CONNECT.size > end:
        raise Malformed("cut short inside a connect response")
    protocol, timeout_ms, session = _CONNECT.unpack_from(buf, at)
    password, at = read_text(buf, at + _CONNECT.size, end)
    read_only = read_bool(buf, at, end)[0] if at < end else None
    return ConnectResponse(protocol, timeout_ms, session, password, read_only)


def decode_header(buf: bytes, at: int, end: int) -> ReplyHeader:
    """Record ReplyHeader, `HEADER_BYTES` long; `at` is behind the frame's length.

    Raises Malformed.
    """
    if at + HEADER_BYTES > end:
        raise Malformed("cut short inside a reply header")
    return ReplyHeader._make(_REPLY_HEADER.unpack_from(buf, at))


def decode_notification(buf: bytes, at: int, end: int) -> WatcherEvent:
    """Record WatcherEvent, `at` being behind a reply header of xid -1. Raises Malformed."""
    type, at = read_int(buf, at, end)
    state, at = read_int(buf, at, end)
    path, at = read_text(buf, at, end)
    return WatcherEvent(type, state, path)


def decode_body(op: int, buf: bytes, at: int, end: int) -> Any:
    """The value of a reply without error to a request of this op; `at` is behind the header.

    Raises Malformed, also for an op that is not answered.
    """
    take = _TAKE.get(op)
    if take is None:
        raise Malformed(f"no reply has opcode {op}")
    return take(buf, at, end)[0]


HEADER_BYTES: Final = _REPLY_HEADER.size

# The server's side.


def _pack_as_it_is(stat68: bytes) -> bytes:
    return stat68


def _pack_nothing(result: object) -> bytes:
    return b""


def _pack_zero(result: object) -> bytes:
    return bytes(4)


def _pack_path_stat(result: tuple[bytes, bytes]) -> bytes:
    path, stat68 = result
    return pack_text(path) + stat68


def _pack_data_stat(result: tuple[bytes | None, bytes]) -> bytes:
    data, stat68 = result
    return pack_buffer(data) + stat68


def _pack_names_stat(result: tuple[Sequence[bytes], bytes]) -> bytes:
    names, stat68 = result
    return pack_texts(names) + stat68


def _pack_names_data(
    result: tuple[Sequence[bytes], bytes, Sequence[bytes], Sequence[bytes | None]],
) -> bytes:
    """Keeper's list with more: the Stats and the data of the children are vectors of their own,
    as long as the first or, if they were not asked for, empty."""
    names, stat68, stats, data = result
    more = INT.pack(len(stats)) + b"".join(stats) + INT.pack(len(data))
    return pack_texts(names) + stat68 + more + b"".join(map(pack_buffer, data))


def _pack_acl_stat(result: tuple[bytes, bytes]) -> bytes:
    raw, stat68 = result
    return acl.wire(raw) + stat68


def _pack_identities(identities: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Record WhoAmIResponse: a vector of ClientInfo."""
    infos = [pack_text(scheme) + pack_text(user) for scheme, user in identities]
    return INT.pack(len(infos)) + b"".join(infos)


def _pack_multi(results: Iterable[tuple[int, int, Any]]) -> bytes:
    """Each result behind a MultiHeader; a failed one is an ErrorResponse of type ERROR.

    Where all failed for the sake of one, the others are of type ERROR too, with error OK before
    and RUNTIME_INCONSISTENCY behind the one to blame. A create that answers with a Stat is
    of type CREATE2 whichever op asked for it: clients know no other.
    """
    parts: list[bytes] = []
    for op, error, result in results:
        if op == codes.SET_DATA and not error:
            parts += _SET, result
        elif op == codes.ERROR or error:
            parts.append(MULTI_HEADER.pack(codes.ERROR, False, error) + INT.pack(error))
        else:
            parts.append(MULTI_HEADER.pack(_MULTI_TYPE.get(op, op), False, 0) + BODY[op](result))
    parts.append(MULTI_END)
    return b"".join(parts)


def pack_multi_for_keeper(results: Iterable[tuple[int, int, Any]]) -> bytes:
    """The same for clients of ClickHouse Keeper: a read that failed keeps its type, and has no
    body. They would take an ErrorResponse for a reply of another kind than they asked for."""
    parts = []
    for op, error, result in results:
        parts.append(MULTI_HEADER.pack(op, False, error) + (b"" if error else BODY[op](result)))
    parts.append(MULTI_END)
    return b"".join(parts)


_SET: Final = MULTI_HEADER.pack(codes.SET_DATA, False, 0)
_MULTI_TYPE: Final = {codes.CREATE_CONTAINER: codes.CREATE2, codes.CREATE_TTL: codes.CREATE2}

BODY: Final[dict[int, Callable[[Any], bytes]]] = {
    codes.CREATE: pack_text,
    codes.CREATE2: _pack_path_stat,
    codes.CREATE_CONTAINER: _pack_path_stat,
    codes.CREATE_TTL: _pack_path_stat,
    codes.DELETE: _pack_nothing,
    codes.DELETE_CONTAINER: _pack_nothing,
    codes.EXISTS: _pack_as_it_is,
    codes.GET_DATA: _pack_data_stat,
    codes.SET_DATA: _pack_as_it_is,
    codes.GET_ACL: _pack_acl_stat,
    codes.SET_ACL: _pack_as_it_is,
    codes.GET_CHILDREN: pack_texts,
    codes.GET_CHILDREN2: _pack_names_stat,
    codes.SYNC: pack_text,
    codes.PING: _pack_nothing,
    codes.CHECK: _pack_nothing,
    codes.MULTI: _pack_multi,
    codes.MULTI_READ: _pack_multi,
    codes.RECONFIG: _pack_data_stat,
    codes.CHECK_WATCHES: _pack_nothing,
    codes.REMOVE_WATCHES: _pack_nothing,
    codes.ADD_WATCH: _pack_zero,  # record ErrorResponse, without which a Java client disconnects
    codes.AUTH: _pack_nothing,
    codes.SET_WATCHES: _pack_nothing,
    codes.SET_WATCHES2: _pack_nothing,
    codes.SASL: pack_buffer,
    codes.GET_EPHEMERALS: pack_texts,
    codes.GET_ALL_CHILDREN_NUMBER: INT.pack,
    codes.WHO_AM_I: _pack_identities,
    codes.FILTERED_LIST: _pack_names_stat,
    codes.CHECK_NOT_EXISTS: _pack_nothing,
    codes.CREATE_IF_NOT_EXISTS: pack_text,
    codes.REMOVE_RECURSIVE: _pack_nothing,
    codes.CHECK_STAT: _pack_nothing,
    codes.TRY_REMOVE: _pack_nothing,
    codes.FILTERED_LIST_WITH_DATA: _pack_names_data,
    codes.LIST_RECURSIVE: pack_texts,
    codes.CLOSE_SESSION: _pack_nothing,
}
"""op -> result -> the bytes behind the header of a reply without error."""


# The client's side. Each also says where the body stops: in a multi the next one follows.


def _take_nothing(buf: bytes, at: int, end: int) -> _Taken:
    return None, at


def _take_stat(buf: bytes, at: int, end: int) -> tuple[Stat, int]:
    after = at + STAT.size
    if after > end:
        raise Malformed("cut short inside a stat")
    return Stat._make(STAT.unpack_from(buf, at)), after


def _take_path_stat(buf: bytes, at: int, end: int) -> _Taken:
    path, at = read_text(buf, at, end)
    stat, at = _take_stat(buf, at, end)
    return (path, stat), at


def _take_data_stat(buf: bytes, at: int, end: int) -> _Taken:
    data, at = read_buffer(buf, at, end)
    stat, at = _take_stat(buf, at, end)
    return (data, stat), at


def _take_names_stat(buf: bytes, at: int, end: int) -> _Taken:
    names, at = read_texts(buf, at, end)
    stat, at = _take_stat(buf, at, end)
    return (names, stat), at


def _take_names_data(buf: bytes, at: int, end: int) -> _Taken:
    names, at = read_texts(buf, at, end)
    stat, at = _take_stat(buf, at, end)
    count, at = read_count(buf, at, end, STAT.size)
    stats = [Stat._make(STAT.unpack_from(buf, at + n * STAT.size)) for n in range(count)]
    count, at = read_count(buf, at + len(stats) * STAT.size, end, 4)
    data = []
    for _ in range(count):
        one, at = read_buffer(buf, at, end)
        data.append(one)
    return (names, stat, tuple(stats), tuple(data)), at


def _take_acl_stat(buf: bytes, at: int, end: int) -> _Taken:
    raw, at = acl.take(buf, at, end)
    stat, at = _take_stat(buf, at, end)
    return (raw, stat), at


def _take_identities(buf: bytes, at: int, end: int) -> _Taken:
    count, at = read_count(buf, at, end, 8)
    identities = []
    for _ in range(count):
        scheme, at = read_text(buf, at, end)
        user, at = read_text(buf, at, end)
        identities.append((scheme, user))
    return tuple(identities), at


def _take_multi(buf: bytes, at: int, end: int) -> _Taken:
    results: list[tuple[int, int, Any]] = []
    while True:
        start = at + MULTI_HEADER.size
        if start > end:
            raise Malformed("the reply to a multi without an end")
        op, done, error = MULTI_HEADER.unpack_from(buf, at)
        if done:
            return tuple(results), start
        if op == codes.ERROR:
            error, at = read_int(buf, start, end)
            results.append((op, error, None))
            continue
        if error:
            results.append((codes.ERROR, error, None))  # Keeper's way: its own op, and no body
            at = start
            continue
        if op not in _IN_MULTI:
            raise Malformed(f"opcode {op} inside the reply to a multi")
        value, at = _TAKE[op](buf, start, end)
        results.append((op, codes.OK, value))


_IN_MULTI: Final = frozenset(
    {
        codes.CREATE,
        codes.CREATE2,
        codes.DELETE,
        codes.SET_DATA,
        codes.CHECK,
        codes.GET_DATA,
        codes.GET_CHILDREN,
        codes.EXISTS,
        codes.GET_CHILDREN2,
        codes.CHECK_NOT_EXISTS,
        codes.CREATE_IF_NOT_EXISTS,
        codes.REMOVE_RECURSIVE,
        codes.CHECK_STAT,
        codes.TRY_REMOVE,
        codes.FILTERED_LIST,
        codes.FILTERED_LIST_WITH_DATA,
    }
)

_TAKE_OF_BODY: Final[dict[Callable[..., bytes], _Taker]] = {
    _pack_nothing: _take_nothing,
    _pack_zero: _take_nothing,
    _pack_as_it_is: _take_stat,
    _pack_path_stat: _take_path_stat,
    _pack_data_stat: _take_data_stat,
    _pack_names_stat: _take_names_stat,
    _pack_names_data: _take_names_data,
    _pack_acl_stat: _take_acl_stat,
    _pack_identities: _take_identities,
    _pack_multi: _take_multi,
    pack_text: read_text,
    pack_buffer: read_buffer,
    pack_texts: read_texts,
    INT.pack: read_int,
}
_TAKE: Final[dict[int, _Taker]] = {op: _TAKE_OF_BODY[pack] for op, pack in BODY.items()}
