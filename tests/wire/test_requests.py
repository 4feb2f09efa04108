"""Requests: golden bytes of every record, there and back, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kazoo.protocol import serialization as kazoo
from kazoo.security import ACL, OPEN_ACL_UNSAFE, Id

from hikari_wire import acl, codes, requests
from hikari_wire.jute import INT, Malformed
from hikari_wire.records import ConnectRequest, Stat

FAST = settings(max_examples=200, deadline=None, database=None)

A = b"\x00\x00\x00\x02/a"
OPEN = b"\x00\x00\x00\x01\x00\x00\x00\x1f\x00\x00\x00\x05world\x00\x00\x00\x06anyone"
DIGEST = b"\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00\x06digest\x00\x00\x00\x03u:h"
X = b"\x00\x00\x00\x01x"  # one byte of data
NULL = b"\xff\xff\xff\xff"
ANY = b"\xff\xff\xff\xff"  # version -1
HEAD = b"\xff\xff\xff\xff"  # a MultiHeader ends: no error yet
END = b"\xff\xff\xff\xff\x01\xff\xff\xff\xff"

GOLDEN = (
    ((codes.CREATE, b"/a", b"x", b"", 0), A + X + OPEN + b"\x00\x00\x00\x00"),
    ((codes.CREATE, b"/a", None, b"", 3), A + NULL + OPEN + b"\x00\x00\x00\x03"),
    ((codes.CREATE, b"/a", b"x", DIGEST, 1), A + X + DIGEST + b"\x00\x00\x00\x01"),
    ((codes.CREATE, b"/a", b"", acl.EMPTY_ACL, 0), A + bytes(4) + bytes(4) + bytes(4)),
    ((codes.CREATE2, b"/a", b"x", b"", 2), A + X + OPEN + b"\x00\x00\x00\x02"),
    ((codes.CREATE_CONTAINER, b"/a", b"x", b"", 4), A + X + OPEN + b"\x00\x00\x00\x04"),
    (
        (codes.CREATE_TTL, b"/a", b"x", b"", 5, 258),
        A + X + OPEN + b"\x00\x00\x00\x05" + b"\x00\x00\x00\x00\x00\x00\x01\x02",
    ),
    ((codes.DELETE, b"/a", -1), A + ANY),
    ((codes.DELETE_CONTAINER, b"/a"), A),
    ((codes.EXISTS, b"/a", True), A + b"\x01"),
    ((codes.GET_DATA, b"/a", False), A + b"\x00"),
    ((codes.GET_CHILDREN, b"/a", True), A + b"\x01"),
    ((codes.GET_CHILDREN2, b"/a", False), A + b"\x00"),
    ((codes.SET_DATA, b"/a", b"x", 7), A + X + b"\x00\x00\x00\x07"),
    ((codes.SET_DATA, b"/a", None, -1), A + NULL + ANY),
    ((codes.GET_ACL, b"/a"), A),
    ((codes.SET_ACL, b"/a", b"", -1), A + OPEN + ANY),
    ((codes.SET_ACL, b"/a", DIGEST, 2), A + DIGEST + b"\x00\x00\x00\x02"),
    ((codes.SYNC, b"/a"), A),
    ((codes.PING,), b""),
    ((codes.CLOSE_SESSION,), b""),
    ((codes.WHO_AM_I,), b""),
    ((codes.CHECK, b"/a", 9), A + b"\x00\x00\x00\x09"),
    (
        (codes.MULTI, ((codes.CHECK, b"/a", 9), (codes.DELETE, b"/a", -1))),
        b"\x00\x00\x00\x0d\x00" + HEAD + A + b"\x00\x00\x00\x09"
        b"\x00\x00\x00\x02\x00" + HEAD + A + ANY + END,
    ),
    ((codes.MULTI, ()), END),
    (
        (codes.MULTI_READ, ((codes.GET_DATA, b"/a", False), (codes.GET_CHILDREN, b"/a", False))),
        b"\x00\x00\x00\x04\x00" + HEAD + A + b"\x00"
        b"\x00\x00\x00\x08\x00" + HEAD + A + b"\x00" + END,
    ),
    (
        (codes.RECONFIG, b"a", b"", b"", -1),
        b"\x00\x00\x00\x01a" + NULL + NULL + b"\xff\xff\xff\xff\xff\xff\xff\xff",
    ),
    ((codes.CHECK_WATCHES, b"/a", 2), A + b"\x00\x00\x00\x02"),
    ((codes.REMOVE_WATCHES, b"/a", 3), A + b"\x00\x00\x00\x03"),
    (
        (codes.AUTH, 0, b"digest", b"u:p"),
        b"\x00\x00\x00\x00" b"\x00\x00\x00\x06digest" b"\x00\x00\x00\x03u:p",
    ),
    (
        (codes.SET_WATCHES, 5, (b"/a",), (), (b"/a", b"/a")),
        b"\x00\x00\x00\x00\x00\x00\x00\x05"
        b"\x00\x00\x00\x01" + A + b"\x00\x00\x00\x00" + b"\x00\x00\x00\x02" + A + A,
    ),
    (
        (codes.SET_WATCHES2, 5, (), (b"/a",), (), (b"/a",), (b"/a",)),
        b"\x00\x00\x00\x00\x00\x00\x00\x05" + bytes(4) + b"\x00\x00\x00\x01" + A + bytes(4)
        + b"\x00\x00\x00\x01" + A + b"\x00\x00\x00\x01" + A,
    ),
    ((codes.SASL, b"x"), X),
    ((codes.GET_EPHEMERALS, b"/a"), A),
    ((codes.GET_ALL_CHILDREN_NUMBER, b"/a"), A),
    ((codes.ADD_WATCH, b"/a", 1), A + b"\x00\x00\x00\x01"),
    ((codes.FILTERED_LIST, b"/a", True, 2), A + b"\x01\x02"),
    ((codes.FILTERED_LIST_WITH_DATA, b"/a", False, 1, True, False), A + b"\x00\x01\x01\x00"),
    ((codes.LIST_RECURSIVE, b"/a", 2**32 - 1), A + ANY),
    ((codes.CHECK_NOT_EXISTS, b"/a", -1), A + ANY),
    ((codes.CREATE_IF_NOT_EXISTS, b"/a", b"x", b"", 0), A + X + OPEN + bytes(4)),
    ((codes.REMOVE_RECURSIVE, b"/a", 258), A + b"\x00\x00\x01\x02"),
    (
        (codes.CHECK_STAT, b"/a", -1, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
        A + ANY + Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).pack(),
    ),
    ((codes.TRY_REMOVE, b"/a", 7), A + b"\x00\x00\x00\x07"),
)  # fmt: skip

int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)
uint32 = st.integers(0, 2**32 - 1)
byte = st.integers(0, 255)
longs, ints = [int64] * 4, [int32] * 3
stat = st.tuples(*longs, *ints, int64, int32, int32, int64)
path = st.one_of(st.just(b"/"), st.binary(max_size=30))
data = st.one_of(st.none(), st.binary(max_size=300))
raw_acl = st.one_of(
    st.just(b""),
    st.lists(st.tuples(int32, st.binary(max_size=9), st.binary(max_size=9)), max_size=3).map(
        acl.pack
    ),
)
some_paths = st.lists(path, max_size=4).map(tuple)

FIELDS = {
    codes.CREATE: (path, data, raw_acl, int32),
    codes.CREATE2: (path, data, raw_acl, int32),
    codes.CREATE_CONTAINER: (path, data, raw_acl, int32),
    codes.CREATE_TTL: (path, data, raw_acl, int32, int64),
    codes.DELETE: (path, int32),
    codes.DELETE_CONTAINER: (path,),
    codes.EXISTS: (path, st.booleans()),
    codes.GET_DATA: (path, st.booleans()),
    codes.GET_CHILDREN: (path, st.booleans()),
    codes.GET_CHILDREN2: (path, st.booleans()),
    codes.SET_DATA: (path, data, int32),
    codes.GET_ACL: (path,),
    codes.SET_ACL: (path, raw_acl, int32),
    codes.SYNC: (path,),
    codes.PING: (),
    codes.CLOSE_SESSION: (),
    codes.WHO_AM_I: (),
    codes.CHECK: (path, int32),
    codes.RECONFIG: (path, path, path, int64),
    codes.CHECK_WATCHES: (path, int32),
    codes.REMOVE_WATCHES: (path, int32),
    codes.AUTH: (int32, path, path),
    codes.SET_WATCHES: (int64, some_paths, some_paths, some_paths),
    codes.SET_WATCHES2: (int64, *[some_paths] * 5),
    codes.SASL: (path,),
    codes.GET_EPHEMERALS: (path,),
    codes.GET_ALL_CHILDREN_NUMBER: (path,),
    codes.ADD_WATCH: (path, int32),
    codes.FILTERED_LIST: (path, st.booleans(), byte),
    codes.FILTERED_LIST_WITH_DATA: (path, st.booleans(), byte, st.booleans(), st.booleans()),
    codes.LIST_RECURSIVE: (path, uint32),
    codes.CHECK_NOT_EXISTS: (path, int32),
    codes.CREATE_IF_NOT_EXISTS: (path, data, raw_acl, int32),
    codes.REMOVE_RECURSIVE: (path, uint32),
    codes.CHECK_STAT: (path, int32, stat),
    codes.TRY_REMOVE: (path, int32),
}
IN_MULTI = (
    codes.CREATE,
    codes.CREATE2,
    codes.CREATE_CONTAINER,
    codes.CREATE_TTL,
    codes.DELETE,
    codes.SET_DATA,
    codes.CHECK,
    codes.CHECK_NOT_EXISTS,
    codes.CREATE_IF_NOT_EXISTS,
    codes.REMOVE_RECURSIVE,
    codes.CHECK_STAT,
    codes.TRY_REMOVE,
)
IN_MULTI_READ = (
    codes.GET_DATA,
    codes.GET_CHILDREN,
    codes.EXISTS,
    codes.GET_CHILDREN2,
    codes.FILTERED_LIST,
    codes.FILTERED_LIST_WITH_DATA,
)

mutation = st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF]))


def simple(op):
    return st.tuples(st.just(op), *FIELDS[op])


def multi(op, ops):
    subs = st.lists(st.sampled_from(ops).flatmap(simple), max_size=4).map(tuple)
    return st.tuples(st.just(op), subs)


any_request = st.one_of(
    *map(simple, FIELDS),
    multi(codes.MULTI, IN_MULTI),
    multi(codes.MULTI_READ, IN_MULTI_READ),
)


def outcome(decoder, buf, at, end):
    """The request, or that it is malformed. Any other exception is a bug."""
    try:
        return decoder(buf, at, end)
    except Malformed:
        return "malformed"


def named(case):
    return codes.OP_NAMES[case[0][0]]


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_a_request_is_the_bytes_of_its_record(case):
    request, record = case
    header = b"\x00\x00\x00\x07" + INT.pack(request[0])
    frame = requests.encode(request, 7)
    assert frame == INT.pack(8 + len(record)) + header + record
    assert requests.decode(request[0], frame, 12) == request


def test_every_request_has_golden_bytes_and_a_strategy():
    assert {request[0] for request, _ in GOLDEN} == set(requests.DECODE) == set(requests.ENCODE)
    assert set(FIELDS) | {codes.MULTI, codes.MULTI_READ} == set(requests.DECODE)


def test_every_opcode_is_a_request_except_those_only_servers_use():
    not_sent = {codes.NOTIFICATION, codes.ERROR, codes.CREATE_SESSION}
    assert set(codes.OP_NAMES) - set(requests.DECODE) == not_sent


@FAST
@given(any_request, int32)
def test_any_request_comes_back_from_its_frame(request, xid):
    frame = requests.encode(request, xid)
    assert INT.unpack_from(frame)[0] == len(frame) - 4
    assert requests.HEADER.unpack_from(frame, 4) == (xid, request[0])
    assert requests.decode(request[0], frame, 12) == request


@FAST
@given(any_request, st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=9))
def test_a_request_is_read_out_of_a_buffer_of_many(request, before, behind, trailing):
    record = requests.ENCODE[request[0]](request)
    buf = before + record + trailing + behind
    at = len(before)
    end = at + len(record) + len(trailing)
    assert requests.DECODE[request[0]](buf, at, end) == request


@FAST
@given(any_request, st.binary(max_size=40))
def test_a_request_cut_short_is_malformed_whatever_follows_in_the_buffer(request, behind):
    record = requests.ENCODE[request[0]](request)
    for end in range(max(0, len(record) - 50), len(record)):
        assert outcome(requests.DECODE[request[0]], record[:end] + behind, 0, end) == "malformed"


@pytest.mark.parametrize("op", [codes.CREATE, codes.CREATE2])
def test_a_negative_length_does_not_reach_back_into_the_frame_before(op):
    before = bytes(4) + OPEN + bytes(4)  # what a create ends with: no data, open, persistent
    at = len(before)
    by_path = before + INT.pack(-at - 4) + bytes(40)
    by_data = before + A + INT.pack(4 - at - 10) + bytes(40)
    for buf in (by_path, by_data):
        assert outcome(requests.DECODE[op], buf, at, len(buf)) == "malformed"


LIES = (-0x80000000, -28, -16, -12, -8, -5, -4, -2, -1, 0, 1, 2, 3, 4, 5, 8, 24, 27, 0x7FFFFFFF)


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_a_request_with_any_four_bytes_replaced_is_read_alike_by_the_quick_and_the_careful(case):
    (op, *_), record = case
    before = bytes(16)  # as negative lengths find it, harmless numbers
    for place in range(len(record) - 3):
        for lie in LIES:
            damaged = before + record[:place] + INT.pack(lie) + record[place + 4 :]
            end = len(damaged)
            careful = outcome(lambda *where: requests._TAKE[op](op, *where)[0], damaged, 16, end)
            assert outcome(requests.DECODE[op], damaged, 16, end) == careful
            assert outcome(requests.DECODE[op], damaged + bytes(32), 16, end) == careful


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_a_request_is_never_completed_from_the_frame_behind_it(case):
    (op, *_), record = case
    for end in range(len(record)):
        assert outcome(requests.DECODE[op], record, 0, end) == "malformed"
        assert outcome(requests.DECODE[op], record[:end], 0, end) == "malformed"


@FAST
@given(any_request, st.lists(mutation, min_size=1, max_size=4), st.binary(max_size=20))
def test_a_damaged_request_is_read_alike_by_the_quick_and_the_careful(request, damage, behind):
    op = request[0]
    record = bytearray(requests.ENCODE[op](request))
    for place, byte in damage:
        if record:
            record[place % len(record)] = byte
    end = len(record)
    careful = outcome(lambda *where: requests._TAKE[op](op, *where)[0], bytes(record), 0, end)
    assert outcome(requests.DECODE[op], bytes(record), 0, end) == careful
    assert outcome(requests.DECODE[op], bytes(record) + behind, 0, end) == careful


@FAST
@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_a_request_or_malformed(buf):
    for decoder in requests.DECODE.values():
        outcome(decoder, buf, 0, len(buf))
    outcome(requests.decode_connect, buf, 0, len(buf))


@pytest.mark.parametrize("length", [-2, -0x80000000, 3, 0x7FFFFFFF])
def test_a_path_of_a_lying_length_is_malformed(length):
    lying = INT.pack(length) + b"/a"
    for op in requests.DECODE:
        if FIELDS.get(op, ())[:1] == (path,):
            assert outcome(requests.DECODE[op], lying, 0, len(lying)) == "malformed"


def test_a_null_path_is_not_the_root():
    """Empty, it would be the root in a read: ZooKeeper says MARSHALLINGERROR."""
    for op in (
        codes.GET_DATA,
        codes.EXISTS,
        codes.GET_CHILDREN,
        codes.GET_CHILDREN2,
        codes.GET_ACL,
    ):
        with pytest.raises(Malformed):
            requests.DECODE[op](NULL + b"\x01", 0, 5)


def test_a_null_text_is_else_read_as_empty():
    assert requests.DECODE[codes.SYNC](NULL, 0, 4) == (codes.SYNC, b"")
    assert requests.DECODE[codes.DELETE](NULL + ANY, 0, 8) == (codes.DELETE, b"", -1)
    record = NULL + NULL + NULL + ANY
    assert requests.DECODE[codes.CREATE](record, 0, 16) == (
        codes.CREATE,
        b"",
        None,
        acl.EMPTY_ACL,
        -1,
    )
    assert requests.DECODE[codes.SET_DATA](NULL + NULL + ANY, 0, 12) == (
        codes.SET_DATA,
        b"",
        None,
        -1,
    )


def test_any_byte_but_zero_asks_for_a_watch():
    assert requests.DECODE[codes.EXISTS](A + b"\x02", 0, 7) == (codes.EXISTS, b"/a", True)


def test_a_vector_that_announces_more_than_the_frame_can_hold_is_malformed():
    for op in (codes.SET_WATCHES, codes.SET_WATCHES2):
        record = bytes(8) + b"\x7f\xff\xff\xff" + bytes(40)
        assert outcome(requests.DECODE[op], record, 0, len(record)) == "malformed"
    record = A + X + b"\x7f\xff\xff\xff" + bytes(40)
    assert outcome(requests.DECODE[codes.CREATE], record, 0, len(record)) == "malformed"


@pytest.mark.parametrize(
    ("op", "inside"),
    [
        (codes.MULTI, codes.MULTI),
        (codes.MULTI, codes.GET_DATA),
        (codes.MULTI, codes.DELETE_CONTAINER),
        (codes.MULTI, codes.ERROR),
        (codes.MULTI_READ, codes.MULTI_READ),
        (codes.MULTI_READ, codes.CHECK),
        (codes.MULTI_READ, codes.EXISTS),
    ],
)
def test_a_multi_holds_only_what_belongs_in_it(op, inside):
    record = requests.MULTI_HEADER.pack(inside, False, -1) + A + bytes(40) + END
    assert outcome(requests.DECODE[op], record, 0, len(record)) == "malformed"


def test_a_multi_nested_ten_thousand_deep_is_refused_at_the_first_step():
    record = requests.MULTI_HEADER.pack(codes.MULTI, False, -1) * 10_000
    assert outcome(requests.DECODE[codes.MULTI], record, 0, len(record)) == "malformed"


def test_an_opcode_that_is_no_request_is_malformed():
    for op in (codes.NOTIFICATION, codes.ERROR, codes.CREATE_SESSION, 10, 9999):
        with pytest.raises(Malformed):
            requests.decode(op, A, 0)


def test_kazoo_sends_the_same_bytes():
    ours = lambda *request: requests.ENCODE[request[0]](request)  # noqa: E731
    digest = [ACL(3, Id("digest", "u:h"))]
    same = [
        (ours(codes.CREATE, b"/a", b"x", b"", 1), kazoo.Create("/a", b"x", OPEN_ACL_UNSAFE, 1)),
        (ours(codes.CREATE2, b"/a", None, DIGEST, 0), kazoo.Create2("/a", None, digest, 0)),
        (ours(codes.DELETE, b"/a", -1), kazoo.Delete("/a", -1)),
        (ours(codes.EXISTS, b"/a", True), kazoo.Exists("/a", True)),
        (ours(codes.GET_DATA, b"/a", False), kazoo.GetData("/a", None)),
        (ours(codes.SET_DATA, b"/a", b"x", 3), kazoo.SetData("/a", b"x", 3)),
        (ours(codes.GET_ACL, b"/a"), kazoo.GetACL("/a")),
        (ours(codes.SET_ACL, b"/a", DIGEST, 3), kazoo.SetACL("/a", digest, 3)),
        (ours(codes.GET_CHILDREN, b"/a", True), kazoo.GetChildren("/a", True)),
        (ours(codes.GET_CHILDREN2, b"/a", True), kazoo.GetChildren2("/a", True)),
        (ours(codes.SYNC, b"/a"), kazoo.Sync("/a")),
        (ours(codes.RECONFIG, b"s", b"", b"", -1), kazoo.Reconfig("s", None, None, -1)),
        (ours(codes.AUTH, 0, b"digest", b"u:p"), kazoo.Auth(0, "digest", "u:p")),
        (ours(codes.SASL, b"t"), kazoo.SASL(b"t")),
        (ours(codes.PING), kazoo.Ping()),
        (ours(codes.CLOSE_SESSION), kazoo.Close()),
        (
            ours(codes.MULTI, ((codes.CHECK, b"/a", 1), (codes.CREATE, b"/a", b"x", b"", 0))),
            kazoo.Transaction(
                [kazoo.CheckVersion("/a", 1), kazoo.Create("/a", b"x", OPEN_ACL_UNSAFE, 0)]
            ),
        ),
    ]
    for record, theirs in same:
        assert record == bytes(theirs.serialize()), theirs


def test_a_connect_request_is_its_golden_bytes_and_kazoos():
    request = ConnectRequest(0, 258, 10_000, 1, bytes(16), False)
    record = (
        b"\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x01\x02"
        b"\x00\x00\x27\x10"
        b"\x00\x00\x00\x00\x00\x00\x00\x01"
        b"\x00\x00\x00\x10" + bytes(16) + b"\x00"
    )
    frame = requests.encode_connect(request)
    assert frame == b"\x00\x00\x00\x2d" + record
    assert record == bytes(kazoo.Connect(0, 258, 10_000, 1, bytes(16), False).serialize())
    assert requests.decode_connect(frame, 4, len(frame)) == request


@FAST
@given(st.tuples(int32, int64, int32, int64, path, st.sampled_from([None, False, True])))
def test_any_connect_request_comes_back_with_or_without_read_only(fields):
    request = ConnectRequest(*fields)
    frame = requests.encode_connect(request)
    assert requests.decode_connect(frame, 4, len(frame)) == request


def test_a_connect_request_without_a_password_has_an_empty_one():
    record = bytes(24) + NULL
    assert requests.decode_connect(record, 0, 28) == ConnectRequest(0, 0, 0, 0, b"", None)


def test_a_connect_request_cut_short_is_malformed():
    frame = requests.encode_connect(ConnectRequest(0, 0, 0, 0, bytes(16), None))
    for end in range(4, len(frame)):
        assert outcome(requests.decode_connect, frame, 4, end) == "malformed"


def test_a_record_with_a_password_is_shown_without_it() -> None:
    shown = repr(ConnectRequest(0, 0, 1, 2, b"secret", True))
    assert shown == (
        "ConnectRequest(protocol=0, zxid_last_seen=0, timeout_ms=1, session=2, password=6,"
        " read_only=True)"
    )
