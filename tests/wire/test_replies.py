"""Replies: golden bytes of every body, from the server's result to the client's value."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kazoo import exceptions
from kazoo.protocol import serialization as kazoo

from hikari_wire import acl, codes, replies, requests
from hikari_wire.jute import INT, Malformed
from hikari_wire.records import ConnectResponse, ReplyHeader, Stat, WatcherEvent

FAST = settings(max_examples=200, deadline=None, database=None)

STAT = Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
S = STAT.pack()
A = b"\x00\x00\x00\x02/a"
NULL = b"\xff\xff\xff\xff"
OPEN = b"\x00\x00\x00\x01\x00\x00\x00\x1f\x00\x00\x00\x05world\x00\x00\x00\x06anyone"
END = b"\xff\xff\xff\xff\x01\xff\xff\xff\xff"
NO_NODE = b"\xff\xff\xff\x9b"  # -101
OK = b"\x00\x00\x00\x00"
TWO = b"\x00\x00\x00\x02\x00\x00\x00\x01a\x00\x00\x00\x02bc"

# op, the server's result, the body, the client's value
GOLDEN = (
    (codes.CREATE, b"/a", A, b"/a"),
    (codes.CREATE2, (b"/a", S), A + S, (b"/a", STAT)),
    (codes.CREATE_CONTAINER, (b"/a", S), A + S, (b"/a", STAT)),
    (codes.CREATE_TTL, (b"/a", S), A + S, (b"/a", STAT)),
    (codes.DELETE, None, b"", None),
    (codes.DELETE_CONTAINER, None, b"", None),
    (codes.EXISTS, S, S, STAT),
    (codes.SET_DATA, S, S, STAT),
    (codes.SET_ACL, S, S, STAT),
    (codes.GET_DATA, (b"x", S), b"\x00\x00\x00\x01x" + S, (b"x", STAT)),
    (codes.GET_DATA, (None, S), NULL + S, (None, STAT)),
    (codes.GET_ACL, (b"", S), OPEN + S, (b"", STAT)),
    (codes.GET_CHILDREN, (), bytes(4), ()),
    (codes.GET_CHILDREN, [b"a", b"bc"], TWO, (b"a", b"bc")),
    (codes.GET_CHILDREN2, ([b"a", b"bc"], S), TWO + S, ((b"a", b"bc"), STAT)),
    (codes.SYNC, b"/a", A, b"/a"),
    (codes.PING, None, b"", None),
    (codes.CHECK, None, b"", None),
    (
        codes.MULTI,
        [(codes.CREATE, 0, b"/a"), (codes.SET_DATA, 0, S), (codes.CHECK, 0, None)],
        b"\x00\x00\x00\x01\x00" + OK + A
        + b"\x00\x00\x00\x05\x00" + OK + S
        + b"\x00\x00\x00\x0d\x00" + OK + END,
        ((codes.CREATE, 0, b"/a"), (codes.SET_DATA, 0, STAT), (codes.CHECK, 0, None)),
    ),
    (
        codes.MULTI,
        [(codes.ERROR, 0, None), (codes.ERROR, -101, None), (codes.ERROR, -2, None)],
        b"\xff\xff\xff\xff\x00" + OK + OK
        + b"\xff\xff\xff\xff\x00" + NO_NODE + NO_NODE
        + b"\xff\xff\xff\xff\x00" + b"\xff\xff\xff\xfe" * 2 + END,
        ((codes.ERROR, 0, None), (codes.ERROR, -101, None), (codes.ERROR, -2, None)),
    ),
    (
        codes.MULTI,
        [(codes.CREATE_TTL, 0, (b"/a", S)), (codes.DELETE, 0, None)],
        b"\x00\x00\x00\x0f\x00" + OK + A + S + b"\x00\x00\x00\x02\x00" + OK + END,
        ((codes.CREATE2, 0, (b"/a", STAT)), (codes.DELETE, 0, None)),
    ),
    (
        codes.MULTI_READ,
        [(codes.GET_DATA, -101, None), (codes.GET_CHILDREN, 0, [b"a", b"bc"])],
        b"\xff\xff\xff\xff\x00" + NO_NODE + NO_NODE + b"\x00\x00\x00\x08\x00" + OK + TWO + END,
        ((codes.ERROR, -101, None), (codes.GET_CHILDREN, 0, (b"a", b"bc"))),
    ),
    (codes.RECONFIG, (b"x", S), b"\x00\x00\x00\x01x" + S, (b"x", STAT)),
    (codes.CHECK_WATCHES, None, b"", None),
    (codes.REMOVE_WATCHES, None, b"", None),
    (codes.ADD_WATCH, None, bytes(4), None),
    (codes.AUTH, None, b"", None),
    (codes.SET_WATCHES, None, b"", None),
    (codes.SET_WATCHES2, None, b"", None),
    (codes.SASL, b"x", b"\x00\x00\x00\x01x", b"x"),
    (codes.GET_EPHEMERALS, [b"a", b"bc"], TWO, (b"a", b"bc")),
    (codes.GET_ALL_CHILDREN_NUMBER, 258, b"\x00\x00\x01\x02", 258),
    (
        codes.WHO_AM_I,
        [(b"ip", b"::1")],
        b"\x00\x00\x00\x01" b"\x00\x00\x00\x02ip" b"\x00\x00\x00\x03::1",
        ((b"ip", b"::1"),),
    ),
    (codes.CLOSE_SESSION, None, b"", None),
    (codes.FILTERED_LIST, ([b"a", b"bc"], S), TWO + S, ((b"a", b"bc"), STAT)),
    (
        codes.FILTERED_LIST_WITH_DATA,
        ([b"a", b"bc"], S, [S, S], [b"x", None]),
        TWO + S + b"\x00\x00\x00\x02" + S + S + b"\x00\x00\x00\x02\x00\x00\x00\x01x" + NULL,
        ((b"a", b"bc"), STAT, (STAT, STAT), (b"x", None)),
    ),
    (codes.LIST_RECURSIVE, [b"a", b"bc"], TWO, (b"a", b"bc")),
    (codes.CHECK_NOT_EXISTS, None, b"", None),
    (codes.CREATE_IF_NOT_EXISTS, b"/a", A, b"/a"),
    (codes.REMOVE_RECURSIVE, None, b"", None),
    (codes.CHECK_STAT, None, b"", None),
    (codes.TRY_REMOVE, None, b"", None),
)  # fmt: skip

int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)
text = st.binary(max_size=30)
texts = st.lists(text, max_size=5).map(tuple)
data = st.one_of(st.none(), st.binary(max_size=300))
raw_acl = st.lists(st.tuples(int32, text, text), max_size=3).map(acl.pack)
stat = st.builds(Stat, int64, int64, int64, int64, int32, int32, int32, int64, int32, int32, int64)

# What a client can be told, by op. The server's result is the same with the Stat packed.
VALUES = {
    codes.CREATE: text,
    codes.CREATE2: st.tuples(text, stat),
    codes.CREATE_CONTAINER: st.tuples(text, stat),
    codes.CREATE_TTL: st.tuples(text, stat),
    codes.EXISTS: stat,
    codes.SET_DATA: stat,
    codes.SET_ACL: stat,
    codes.GET_DATA: st.tuples(data, stat),
    codes.GET_ACL: st.tuples(raw_acl, stat),
    codes.GET_CHILDREN: texts,
    codes.GET_CHILDREN2: st.tuples(texts, stat),
    codes.SYNC: text,
    codes.RECONFIG: st.tuples(data, stat),
    codes.SASL: text,
    codes.GET_EPHEMERALS: texts,
    codes.GET_ALL_CHILDREN_NUMBER: int32,
    codes.WHO_AM_I: st.lists(st.tuples(text, text), max_size=3).map(tuple),
    codes.FILTERED_LIST: st.tuples(texts, stat),
    codes.FILTERED_LIST_WITH_DATA: st.tuples(
        texts, stat, st.lists(stat, max_size=3).map(tuple), st.lists(data, max_size=3).map(tuple)
    ),
    codes.LIST_RECURSIVE: texts,
    codes.CREATE_IF_NOT_EXISTS: text,
}
NOTHING = (
    codes.DELETE,
    codes.DELETE_CONTAINER,
    codes.PING,
    codes.CHECK,
    codes.CHECK_WATCHES,
    codes.REMOVE_WATCHES,
    codes.ADD_WATCH,
    codes.AUTH,
    codes.SET_WATCHES,
    codes.SET_WATCHES2,
    codes.CLOSE_SESSION,
    codes.CHECK_NOT_EXISTS,
    codes.REMOVE_RECURSIVE,
    codes.CHECK_STAT,
    codes.TRY_REMOVE,
)
IN_MULTI = (
    *(codes.CREATE, codes.CREATE2, codes.DELETE, codes.SET_DATA, codes.CHECK),
    *(codes.CHECK_NOT_EXISTS, codes.CREATE_IF_NOT_EXISTS, codes.REMOVE_RECURSIVE),
    *(codes.CHECK_STAT, codes.TRY_REMOVE),
)
IN_MULTI_READ = (
    *(codes.GET_DATA, codes.GET_CHILDREN, codes.EXISTS, codes.GET_CHILDREN2),
    *(codes.FILTERED_LIST, codes.FILTERED_LIST_WITH_DATA),
)


def value_of(op):
    return VALUES.get(op, st.none())


def multi(ops):
    done = st.sampled_from(ops).flatmap(lambda op: st.tuples(st.just(op), st.just(0), value_of(op)))
    failed = st.tuples(st.just(codes.ERROR), int32, st.none())
    return st.lists(st.one_of(done, failed), max_size=4).map(tuple)


any_reply = st.one_of(
    *(st.tuples(st.just(op), value_of(op)) for op in (*VALUES, *NOTHING)),
    st.tuples(st.just(codes.MULTI), multi(IN_MULTI)),
    st.tuples(st.just(codes.MULTI_READ), multi(IN_MULTI_READ)),
)


def as_result(value):
    """The server's result behind a client's value."""
    if isinstance(value, Stat):
        return value.pack()
    return tuple(map(as_result, value)) if isinstance(value, tuple) else value


def named(case):
    return codes.OP_NAMES[case[0]]


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_a_result_is_the_bytes_of_its_body(case):
    op, result, body, value = case
    assert replies.BODY[op](result) == body
    assert replies.decode_body(op, body, 0, len(body)) == value


def test_every_request_is_answered_with_golden_bytes_and_a_strategy():
    assert {case[0] for case in GOLDEN} == set(replies.BODY) == set(requests.DECODE)
    assert {*VALUES, *NOTHING, codes.MULTI, codes.MULTI_READ} == set(replies.BODY)


@FAST
@given(any_reply, st.binary(max_size=9), st.binary(max_size=9))
def test_any_reply_comes_back_from_any_place_in_a_buffer(reply, before, behind):
    op, value = reply
    body = replies.BODY[op](as_result(value))
    at = len(before)
    end = at + len(body)
    assert replies.decode_body(op, before + body + behind, at, end) == value


@FAST
@given(any_reply, st.binary(max_size=9))
def test_a_reply_cut_short_is_malformed(reply, behind):
    op, value = reply
    body = replies.BODY[op](as_result(value))
    if op == codes.ADD_WATCH:
        return  # its zero is not looked at
    for end in range(max(0, len(body) - 100), len(body)):
        with pytest.raises(Malformed):
            replies.decode_body(op, body[:end] + behind, 0, end)


mutation = st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF]))


@FAST
@given(any_reply, st.lists(mutation, min_size=1, max_size=4))
def test_a_damaged_reply_is_read_or_malformed(reply, damage):
    op, value = reply
    body = bytearray(replies.BODY[op](as_result(value)))
    for place, byte in damage:
        if body:
            body[place % len(body)] = byte
    with contextlib.suppress(Malformed):
        replies.decode_body(op, bytes(body), 0, len(body))


@FAST
@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_a_reply_or_malformed(buf):
    def refused_or_read(read, *arguments):
        with contextlib.suppress(Malformed):
            read(*arguments, buf, 0, len(buf))

    for op in replies.BODY:
        refused_or_read(replies.decode_body, op)
    refused_or_read(replies.decode_header)
    refused_or_read(replies.decode_notification)
    refused_or_read(replies.decode_connect)


def test_an_opcode_that_is_not_answered_is_malformed():
    with pytest.raises(Malformed):
        replies.decode_body(codes.CREATE_SESSION, b"", 0, 0)


def test_a_reply_to_a_multi_holds_only_what_belongs_in_it():
    for op in (codes.MULTI, codes.MULTI_READ, codes.EXISTS, 9999):
        body = requests.MULTI_HEADER.pack(op, False, 0) + bytes(80) + END
        with pytest.raises(Malformed):
            replies.decode_body(codes.MULTI, body, 0, len(body))


def test_a_frame_is_its_length_its_header_and_its_body():
    frame = replies.frame(7, 258, -101)
    assert frame == (
        b"\x00\x00\x00\x10" b"\x00\x00\x00\x07" b"\x00\x00\x00\x00\x00\x00\x01\x02"
    ) + NO_NODE  # fmt: skip
    assert replies.frame(7, 258, 0, b"xyz")[:4] == b"\x00\x00\x00\x13"
    assert replies.frame(7, 258, 0, b"xyz")[20:] == b"xyz"


@FAST
@given(int32, int64, int32, st.binary(max_size=20))
def test_any_header_comes_back_from_its_frame(xid, zxid, error, body):
    frame = replies.frame(xid, zxid, error, body)
    assert INT.unpack_from(frame)[0] == len(frame) - 4
    assert replies.decode_header(frame, 4, len(frame)) == ReplyHeader(xid, zxid, error)
    assert frame[4 + replies.HEADER_BYTES :] == body
    with pytest.raises(Malformed):
        replies.decode_header(frame, 4, 19)


def test_a_notification_is_a_whole_frame_of_xid_minus_one():
    frame = replies.notification(codes.EVENT_DATA_CHANGED, codes.STATE_SYNC_CONNECTED, b"/a", 258)
    assert (
        frame
        == (
            b"\x00\x00\x00\x1e"  # 30 bytes follow
            b"\xff\xff\xff\xff"  # xid
            b"\x00\x00\x00\x00\x00\x00\x01\x02"  # zxid
            b"\x00\x00\x00\x00"  # error
            b"\x00\x00\x00\x03"  # type
            b"\x00\x00\x00\x03"  # state
        )
        + A
    )
    assert replies.notification(1, 3, b"/a")[8:16] == b"\xff" * 8
    assert kazoo.Watch.deserialize(frame, 20)[0] == (3, 3, "/a")


@FAST
@given(int32, int32, text, int64)
def test_any_notification_comes_back_from_its_frame(type, state, path, zxid):
    frame = replies.notification(type, state, path, zxid)
    assert replies.decode_header(frame, 4, len(frame)) == ReplyHeader(-1, zxid, 0)
    assert INT.unpack_from(frame)[0] == len(frame) - 4
    at = 4 + replies.HEADER_BYTES
    assert replies.decode_notification(frame, at, len(frame)) == WatcherEvent(type, state, path)
    for end in range(at, len(frame)):
        with pytest.raises(Malformed):
            replies.decode_notification(frame, at, end)


def test_a_connect_response_is_its_golden_bytes_and_kazoos():
    response = ConnectResponse(0, 10_000, 258, bytes(16), False)
    record = (
        b"\x00\x00\x00\x00"
        b"\x00\x00\x27\x10"
        b"\x00\x00\x00\x00\x00\x00\x01\x02"
        b"\x00\x00\x00\x10" + bytes(16) + b"\x00"
    )
    frame = replies.encode_connect(response)
    assert frame == b"\x00\x00\x00\x25" + record
    theirs, _ = kazoo.Connect.deserialize(frame, 4)
    assert theirs == (0, 0, 10_000, 258, bytes(16), False)


@FAST
@given(st.tuples(int32, int32, int64, text, st.sampled_from([None, False, True])))
def test_any_connect_response_comes_back_with_or_without_read_only(fields):
    response = ConnectResponse(*fields)
    frame = replies.encode_connect(response)
    assert replies.decode_connect(frame, 4, len(frame)) == response
    for end in range(4, len(frame) - (fields[-1] is not None)):
        with pytest.raises(Malformed):
            replies.decode_connect(frame, 4, end)


def test_kazoo_reads_the_same_values():
    def read(theirs, op, result):
        return theirs.deserialize(replies.BODY[op](result), 0)

    assert read(kazoo.Create, codes.CREATE, b"/a") == "/a"
    assert read(kazoo.Create2, codes.CREATE2, (b"/a", S)) == ("/a", STAT)
    assert read(kazoo.Exists, codes.EXISTS, S) == STAT
    assert read(kazoo.SetData, codes.SET_DATA, S) == STAT
    assert read(kazoo.SetACL, codes.SET_ACL, S) == STAT
    assert read(kazoo.GetData, codes.GET_DATA, (b"x", S)) == (b"x", STAT)
    assert read(kazoo.GetData, codes.GET_DATA, (None, S)) == (None, STAT)
    assert read(kazoo.GetChildren, codes.GET_CHILDREN, [b"a", b"b"]) == ["a", "b"]
    assert read(kazoo.GetChildren2, codes.GET_CHILDREN2, ([b"a"], S)) == (["a"], STAT)
    assert read(kazoo.Sync, codes.SYNC, b"/a") == "/a"
    assert read(kazoo.Reconfig, codes.RECONFIG, (b"x", S)) == (b"x", STAT)
    acls, read_stat = read(kazoo.GetACL, codes.GET_ACL, (b"", S))
    assert [(entry.perms, *entry.id) for entry in acls] == [(31, "world", "anyone")]
    assert read_stat == STAT
    done = [(codes.CREATE, 0, b"/a"), (codes.SET_DATA, 0, S), (codes.DELETE, 0, None)]
    assert read(kazoo.Transaction, codes.MULTI, done) == ["/a", STAT, True]
    failed = [(codes.ERROR, 0, None), (codes.ERROR, codes.NO_NODE, None)]
    kinds = [type(result) for result in read(kazoo.Transaction, codes.MULTI, failed)]
    assert kinds == [exceptions.RolledBackError, exceptions.NoNodeError]


def test_keepers_clients_are_told_which_read_of_many_failed():
    results = [(codes.GET_DATA, codes.NO_NODE, None), (codes.EXISTS, 0, S)]
    body = replies.pack_multi_for_keeper(results)
    assert body == b"\x00\x00\x00\x04\x00" + NO_NODE + b"\x00\x00\x00\x03\x00" + OK + S + END
    decoded = replies.decode_body(codes.MULTI_READ, body, 0, len(body))
    assert decoded == ((codes.ERROR, codes.NO_NODE, None), (codes.EXISTS, 0, STAT))
