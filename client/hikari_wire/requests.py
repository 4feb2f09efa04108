"""Requests: what a client asks, as bytes and as tuples `(op, ...)`.

| op | tuple behind the op |
|---|---|
| CREATE, CREATE2, CREATE_CONTAINER | path, data, acl, flags |
| CREATE_TTL | path, data, acl, flags, ttl_ms |
| DELETE, CHECK | path, version |
| EXISTS, GET_DATA, GET_CHILDREN, GET_CHILDREN2 | path, watch |
| SET_DATA | path, data, version |
| GET_ACL, SYNC, GET_ALL_CHILDREN_NUMBER, DELETE_CONTAINER | path |
| SET_ACL | path, acl, version |
| GET_EPHEMERALS | prefix |
| MULTI, MULTI_READ | (request, ...) |
| ADD_WATCH | path, mode |
| CHECK_WATCHES, REMOVE_WATCHES | path, type |
| SET_WATCHES | relative_zxid, data_paths, exist_paths, child_paths |
| SET_WATCHES2 | the same, persistent_paths, recursive_paths |
| AUTH | type, scheme, auth |
| SASL | token |
| RECONFIG | joining, leaving, new_members, config_id |
| PING, CLOSE_SESSION, WHO_AM_I | |
| CREATE_IF_NOT_EXISTS | path, data, acl, flags |
| CHECK_NOT_EXISTS, TRY_REMOVE | path, version |
| CHECK_STAT | path, version, the eleven numbers of a Stat |
| REMOVE_RECURSIVE, LIST_RECURSIVE | path, count_max |
| FILTERED_LIST | path, watch, kind |
| FILTERED_LIST_WITH_DATA | path, watch, kind, with_stat, with_data |

Paths, data and every other string are bytes. `data` is None where the wire has the null buffer;
any other null is b"" or (). `acl` is raw, see `hikari_wire.acl`. Nothing is judged here but the
shape: a path may be illegal, flags may name no kind of znode.
"""

from collections.abc import Callable
from struct import Struct, error
from typing import Any, Final

from hikari_wire import acl, codes
from hikari_wire.jute import (
    FALSE,
    INT,
    LONG,
    NULL,
    TRUE,
    Malformed,
    pack_buffer,
    pack_text,
    pack_texts,
    read_bool,
    read_buffer,
    read_int,
    read_long,
    read_path,
    read_text,
    read_texts,
)
from hikari_wire.records import STAT, ConnectRequest

Request = tuple[Any, ...]
Decoder = Callable[[bytes, int, int], Request]
Encoder = Callable[[Request], bytes]
_Taken = tuple[Request, int]  # a request and the offset behind it
_Taker = Callable[[int, bytes, int, int], _Taken]

HEADER: Final = Struct(">ii")  # record RequestHeader: xid, op
MULTI_HEADER: Final = Struct(">i?i")  # record MultiHeader: type, done, err
MULTI_END: Final = MULTI_HEADER.pack(-1, True, -1)
_PART: Final = Struct(">i?ii")  # MultiHeader, and the length of the path behind it
_NEXT_PART: Final = Struct(">ii?ii")  # the last int of a part, and the same of the next one
_CONNECT: Final = Struct(">iqiq")
_FRAME: Final = Struct(">iii")  # length of the frame, xid, op
_COUNT: Final = Struct(">I")
_PART_BYTES: Final = _PART.size
_SET_DATA: Final = codes.SET_DATA
_CREATES: Final = frozenset((codes.CREATE, codes.CREATE2))
_VERSIONED: Final = frozenset((codes.DELETE, codes.CHECK))
_OPEN_ACL_BYTES: Final = len(acl.OPEN_ACL_RAW)

_int_from = INT.unpack_from
_part_from = _PART.unpack_from
_next_from = _NEXT_PART.unpack_from


def decode(op: int, frame: bytes, at: int) -> Request:
    """The request of a frame of its own, `at` being behind its header.

    Raises Malformed, also for an op that no client may send. A server with many frames in one
    buffer calls `DECODE[op](buf, at, end)` itself: bytes of a frame behind its record are ignored.
    """
    decoder = DECODE.get(op)
    if decoder is None:
        raise Malformed(f"no request has opcode {op}")
    return decoder(frame, at, len(frame))


def encode(request: Request, xid: int) -> bytes:
    """The whole frame of a request: length, header, record.

    Raises KeyError if the op has no record, struct.error if a number does not fit its field.
    """
    op = request[0]
    body = ENCODE[op](request)
    return _FRAME.pack(8 + len(body), xid, op) + body


def decode_connect(buf: bytes, at: int, end: int) -> ConnectRequest:
    """Record ConnectRequest, which has no header; `at` is behind the frame's length.

    Clients up to 3.3 do not send the last field. Raises Malformed.
    """
    if at + _CONNECT.size > end:
        raise Malformed("cut short inside a connect request")
    protocol, zxid, timeout_ms, session = _CONNECT.unpack_from(buf, at)
    password, at = read_text(buf, at + _CONNECT.size, end)
    read_only = read_bool(buf, at, end)[0] if at < end else None
    return ConnectRequest(protocol, zxid, timeout_ms, session, password, read_only)


def encode_connect(request: ConnectRequest) -> bytes:
    """The whole frame of a connect request."""
    protocol, zxid, timeout_ms, session, password, read_only = request
    body = _CONNECT.pack(protocol, zxid, timeout_ms, session) + pack_text(password)
    if read_only is not None:
        body += TRUE if read_only else FALSE
    return pack_text(body)


# Reading with every length checked. Each takes the op, because some records serve several, and
# says where the record stops, because in a multi the next one follows.


def _take_nothing(op: int, buf: bytes, at: int, end: int) -> _Taken:
    return (op,), at


def _take_path(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Records GetACLRequest, GetAllChildrenNumberRequest, GetSASLRequest. An empty path is the
    root's, a null one nobody's."""
    path, at = read_path(buf, at, end)
    return (op, path), at


def _take_text(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Records SyncRequest, GetEphemeralsRequest: null is as good as empty."""
    text, at = read_text(buf, at, end)
    return (op, text), at


def _take_path_int(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Records DeleteRequest, CheckVersionRequest, AddWatchRequest, {Check,Remove}WatchesRequest."""
    path, at = read_text(buf, at, end)
    number, at = read_int(buf, at, end)
    return (op, path, number), at


def _take_path_watch(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Records ExistsRequest, GetDataRequest, GetChildrenRequest, GetChildren2Request."""
    path, at = read_path(buf, at, end)
    watch, at = read_bool(buf, at, end)
    return (op, path, watch), at


def _take_create(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Record CreateRequest."""
    path, at = read_text(buf, at, end)
    data, at = read_buffer(buf, at, end)
    raw, at = acl.take(buf, at, end)
    flags, at = read_int(buf, at, end)
    return (op, path, data, raw, flags), at


def _take_create_ttl(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Record CreateTTLRequest."""
    create, at = _take_create(op, buf, at, end)
    ttl_ms, at = read_long(buf, at, end)
    return (*create, ttl_ms), at


def _take_set_data(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Record SetDataRequest."""
    path, at = read_text(buf, at, end)
    data, at = read_buffer(buf, at, end)
    version, at = read_int(buf, at, end)
    return (op, path, data, version), at


def _take_set_acl(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Record SetACLRequest."""
    path, at = read_text(buf, at, end)
    raw, at = acl.take(buf, at, end)
    version, at = read_int(buf, at, end)
    return (op, path, raw, version), at


def _take_auth(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Record AuthPacket."""
    kind, at = read_int(buf, at, end)
    scheme, at = read_text(buf, at, end)
    auth, at = read_text(buf, at, end)
    return (op, kind, scheme, auth), at


def _take_set_watches(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Records SetWatches and SetWatches2: a zxid, then three or five vectors of paths."""
    zxid, at = read_long(buf, at, end)
    request: list[Any] = [op, zxid]
    for _ in range(5 if op == codes.SET_WATCHES2 else 3):
        paths, at = read_texts(buf, at, end)
        request.append(paths)
    return tuple(request), at


def _take_reconfig(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Record ReconfigRequest. In it, null and empty say the same: nothing of that kind."""
    joining, at = read_text(buf, at, end)
    leaving, at = read_text(buf, at, end)
    members, at = read_text(buf, at, end)
    config_id, at = read_long(buf, at, end)
    return (op, joining, leaving, members, config_id), at


def _take_path_count(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Keeper's RemoveRecursiveRequest and ListRecursiveRequest."""
    path, at = read_text(buf, at, end)
    count, at = read_int(buf, at, end)
    return (op, path, count & 0xFFFFFFFF), at


def _take_check_stat(op: int, buf: bytes, at: int, end: int) -> _Taken:
    path, at = read_text(buf, at, end)
    version, at = read_int(buf, at, end)
    if at + STAT.size > end:
        raise Malformed("cut short inside a stat")
    return (op, path, version, STAT.unpack_from(buf, at)), at + STAT.size


def _take_filtered_list(op: int, buf: bytes, at: int, end: int) -> _Taken:
    path, at = read_text(buf, at, end)
    watch, at = read_bool(buf, at, end)
    if at >= end:
        raise Malformed("cut short before the kind of a list")
    if op == codes.FILTERED_LIST:
        return (op, path, watch, buf[at]), at + 1
    with_stat, stop = read_bool(buf, at + 1, end)
    with_data, stop = read_bool(buf, stop, end)
    return (op, path, watch, buf[at], with_stat, with_data), stop


def _take_multi(op: int, buf: bytes, at: int, end: int) -> _Taken:
    """Not a record: each request behind a MultiHeader, the last header says done.

    Only writes in a MULTI, only reads in a MULTI_READ, and never one in the other.
    """
    takers = _TAKE_IN_MULTI if op == codes.MULTI else _TAKE_IN_MULTI_READ
    requests: list[Request] = []
    while True:
        start = at + MULTI_HEADER.size
        if start > end:
            raise Malformed("a multi without an end")
        kind, done, _ = MULTI_HEADER.unpack_from(buf, at)
        if done:
            return (op, tuple(requests)), start
        taker = takers.get(kind)
        if taker is None:
            raise Malformed(f"opcode {kind} inside a multi")
        request, at = taker(kind, buf, start, end)
        requests.append(request)


_TAKE_IN_MULTI: Final[dict[int, _Taker]] = {
    codes.CREATE: _take_create,
    codes.CREATE2: _take_create,
    codes.CREATE_CONTAINER: _take_create,
    codes.CREATE_TTL: _take_create_ttl,
    codes.DELETE: _take_path_int,
    codes.SET_DATA: _take_set_data,
    codes.CHECK: _take_path_int,
    codes.CHECK_NOT_EXISTS: _take_path_int,
    codes.CREATE_IF_NOT_EXISTS: _take_create,
    codes.REMOVE_RECURSIVE: _take_path_count,
    codes.CHECK_STAT: _take_check_stat,
    codes.TRY_REMOVE: _take_path_int,
}
_TAKE_IN_MULTI_READ: Final[dict[int, _Taker]] = {
    codes.GET_DATA: _take_path_watch,
    codes.GET_CHILDREN: _take_path_watch,
    # Only Keeper's clients ask for these in one:
    codes.EXISTS: _take_path_watch,
    codes.GET_CHILDREN2: _take_path_watch,
    codes.FILTERED_LIST: _take_filtered_list,
    codes.FILTERED_LIST_WITH_DATA: _take_filtered_list,
}
_TAKE: Final[dict[int, _Taker]] = {
    **_TAKE_IN_MULTI,
    **_TAKE_IN_MULTI_READ,
    codes.LIST_RECURSIVE: _take_path_count,
    codes.GET_ACL: _take_path,
    codes.SET_ACL: _take_set_acl,
    codes.SYNC: _take_text,
    codes.PING: _take_nothing,
    codes.MULTI: _take_multi,
    codes.MULTI_READ: _take_multi,
    codes.RECONFIG: _take_reconfig,
    codes.CHECK_WATCHES: _take_path_int,
    codes.REMOVE_WATCHES: _take_path_int,
    codes.DELETE_CONTAINER: _take_path,
    codes.AUTH: _take_auth,
    codes.SET_WATCHES: _take_set_watches,
    codes.SET_WATCHES2: _take_set_watches,
    codes.SASL: _take_path,
    codes.GET_EPHEMERALS: _take_text,
    codes.GET_ALL_CHILDREN_NUMBER: _take_path,
    codes.ADD_WATCH: _take_path_int,
    codes.WHO_AM_I: _take_nothing,
    codes.CLOSE_SESSION: _take_nothing,
}

# The hot ones, straight-line. They look before they check: what a length points to is read first,
# and then one comparison tells whether all lengths were honest. Whatever is out of the ordinary
# (a null, a lie, an ACL that is not open) is left to the careful reader above.


def _checked(op: int) -> Decoder:
    take = _TAKE[op]

    def decode_checked(buf: bytes, at: int, end: int) -> Request:
        return take(op, buf, at, end)[0]

    return decode_checked


def _hot_path_watch(op: int) -> Decoder:
    def decode_path_watch(buf: bytes, at: int, end: int) -> Request:
        try:
            first = at + 4
            stop = first + _int_from(buf, at)[0]
            if first <= stop < end:
                return (op, buf[first:stop], buf[stop] != 0)
        except error:
            pass
        return _take_path_watch(op, buf, at, end)[0]

    return decode_path_watch


def _hot_set_data(buf: bytes, at: int, end: int) -> Request:
    try:
        path_at = at + 4
        path_end = path_at + _int_from(buf, at)[0]
        data_at = path_end + 4
        data_end = data_at + _int_from(buf, path_end)[0]
        if path_at <= path_end and data_at <= data_end <= end - 4:
            return (
                codes.SET_DATA,
                buf[path_at:path_end],
                buf[data_at:data_end],
                _int_from(buf, data_end)[0],
            )
    except error:
        pass
    return _take_set_data(codes.SET_DATA, buf, at, end)[0]


def _hot_delete(buf: bytes, at: int, end: int) -> Request:
    try:
        first = at + 4
        stop = first + _int_from(buf, at)[0]
        if first <= stop <= end - 4:
            return (codes.DELETE, buf[first:stop], _int_from(buf, stop)[0])
    except error:
        pass
    return _take_path_int(codes.DELETE, buf, at, end)[0]


def _hot_create(op: int) -> Decoder:
    def decode_create(buf: bytes, at: int, end: int) -> Request:
        try:
            path_at = at + 4
            path_end = path_at + _int_from(buf, at)[0]
            data_at = path_end + 4
            data_end = data_at + _int_from(buf, path_end)[0]
            acl_end = data_end + _OPEN_ACL_BYTES
            if (
                path_at <= path_end
                and data_at <= data_end
                and acl_end <= end - 4
                and buf[data_end:acl_end] == acl.OPEN_ACL_RAW
            ):
                return (
                    op,
                    buf[path_at:path_end],
                    buf[data_at:data_end],
                    acl.OPEN,
                    _int_from(buf, acl_end)[0],
                )
        except error:
            pass
        return _take_create(op, buf, at, end)[0]

    return decode_create


def _hot_multi(buf: bytes, at: int, end: int) -> Request:
    """Parts that end in an int, which is read with what the next one begins with."""
    requests: list[Request] = []
    try:
        kind, done, _, length = _part_from(buf, at)
        while length >= 0 and not done:
            path_at = at + _PART_BYTES
            path_end = path_at + length
            if kind == _SET_DATA:
                data_at = path_end + 4
                last_at = data_at + _int_from(buf, path_end)[0]
                if not data_at <= last_at <= end - 4:
                    break
                last, following, done, _, length = _next_from(buf, last_at)
                requests.append((kind, buf[path_at:path_end], buf[data_at:last_at], last))
            elif kind in _CREATES:
                data_at = path_end + 4
                data_end = data_at + _int_from(buf, path_end)[0]
                last_at = data_end + _OPEN_ACL_BYTES
                if not data_at <= data_end <= last_at <= end - 4:
                    break
                if buf[data_end:last_at] != acl.OPEN_ACL_RAW:
                    break
                last, following, done, _, length = _next_from(buf, last_at)
                path = buf[path_at:path_end]
                requests.append((kind, path, buf[data_at:data_end], acl.OPEN, last))
            elif kind in _VERSIONED and path_end <= end - 4:
                last_at = path_end
                last, following, done, _, length = _next_from(buf, last_at)
                requests.append((kind, buf[path_at:path_end], last))
            else:
                break
            kind, at = following, last_at + 4
        if done and at + MULTI_HEADER.size <= end:
            return (codes.MULTI, tuple(requests))
    except error:
        pass
    _, rest = _take_multi(codes.MULTI, buf, at, end)[0]
    return (codes.MULTI, (*requests, *rest))


DECODE: Final[dict[int, Decoder]] = {op: _checked(op) for op in _TAKE} | {
    codes.EXISTS: _hot_path_watch(codes.EXISTS),
    codes.GET_DATA: _hot_path_watch(codes.GET_DATA),
    codes.GET_CHILDREN: _hot_path_watch(codes.GET_CHILDREN),
    codes.GET_CHILDREN2: _hot_path_watch(codes.GET_CHILDREN2),
    codes.SET_DATA: _hot_set_data,
    codes.DELETE: _hot_delete,
    codes.CREATE: _hot_create(codes.CREATE),
    codes.CREATE2: _hot_create(codes.CREATE2),
    codes.MULTI: _hot_multi,
}
"""op -> (buf, at, end) -> request. `at` is behind the header, `end` not past `buf`. They raise
Malformed and nothing else, and do not mind bytes between the record and `end`."""


def _pack_nothing(request: Request) -> bytes:
    return b""


def _pack_path(request: Request) -> bytes:
    return pack_text(request[1])


def _pack_path_int(request: Request) -> bytes:
    _, path, number = request
    return pack_text(path) + INT.pack(number)


def _pack_path_watch(request: Request) -> bytes:
    _, path, watch = request
    return pack_text(path) + (TRUE if watch else FALSE)


def _pack_create(request: Request) -> bytes:
    _, path, data, raw, flags = request
    return pack_text(path) + pack_buffer(data) + acl.wire(raw) + INT.pack(flags)


def _pack_create_ttl(request: Request) -> bytes:
    return _pack_create(request[:5]) + LONG.pack(request[5])


def _pack_set_data(request: Request) -> bytes:
    _, path, data, version = request
    return pack_text(path) + pack_buffer(data) + INT.pack(version)


def _pack_set_acl(request: Request) -> bytes:
    _, path, raw, version = request
    return pack_text(path) + acl.wire(raw) + INT.pack(version)


def _pack_auth(request: Request) -> bytes:
    _, kind, scheme, auth = request
    return INT.pack(kind) + pack_text(scheme) + pack_text(auth)


def _pack_set_watches(request: Request) -> bytes:
    return LONG.pack(request[1]) + b"".join([pack_texts(paths) for paths in request[2:]])


def _pack_reconfig(request: Request) -> bytes:
    # A server of ZooKeeper takes new members that are empty, not null, for an empty ensemble.
    texts = [pack_text(text) if text else NULL for text in request[1:4]]
    return b"".join(texts) + LONG.pack(request[4])


def _pack_path_count(request: Request) -> bytes:
    return pack_text(request[1]) + _COUNT.pack(request[2])


def _pack_check_stat(request: Request) -> bytes:
    _, path, version, stat = request
    return pack_text(path) + INT.pack(version) + STAT.pack(*stat)


def _pack_filtered_list(request: Request) -> bytes:
    _, path, watch, *rest = request
    return pack_text(path) + (TRUE if watch else FALSE) + bytes(map(int, rest))


def _pack_multi(request: Request) -> bytes:
    parts = []
    for sub in request[1]:
        parts.append(MULTI_HEADER.pack(sub[0], False, -1))
        parts.append(ENCODE[sub[0]](sub))
    parts.append(MULTI_END)
    return b"".join(parts)


_PACK_OF_TAKE: Final[dict[_Taker, Encoder]] = {
    _take_nothing: _pack_nothing,
    _take_path: _pack_path,
    _take_text: _pack_path,
    _take_path_int: _pack_path_int,
    _take_path_watch: _pack_path_watch,
    _take_create: _pack_create,
    _take_create_ttl: _pack_create_ttl,
    _take_set_data: _pack_set_data,
    _take_set_acl: _pack_set_acl,
    _take_auth: _pack_auth,
    _take_set_watches: _pack_set_watches,
    _take_reconfig: _pack_reconfig,
    _take_path_count: _pack_path_count,
    _take_check_stat: _pack_check_stat,
    _take_filtered_list: _pack_filtered_list,
    _take_multi: _pack_multi,
}

ENCODE: Final[dict[int, Encoder]] = {op: _PACK_OF_TAKE[take] for op, take in _TAKE.items()}
"""op -> request -> the bytes of its record, without length and header."""
