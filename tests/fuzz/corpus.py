"""Valid frames of every kind, from which the fuzzers make invalid ones."""

import msgpack

from hikari.peers.messages import Forward, Heard, Hello
from hikari.raft.entry import ORIGIN, Entry, Mark, chain
from hikari.raft.messages import (
    Append,
    AppendReply,
    Chunk,
    ChunkReply,
    ReadReply,
    ReadRequest,
    Vote,
    VoteReply,
)
from hikari_wire import acl, codes, replies, requests
from hikari_wire.records import ConnectRequest, ConnectResponse, Stat

PATH, LONG_PATH = b"/a/b-0000000001", b"/deep" * 20
STAT = Stat(4, 5, 1_700_000_000_000, 1_700_000_000_001, 1, 2, 0, 1 << 56, 9, 0, 6).pack()
ACLS = (
    acl.OPEN,
    acl.EMPTY_ACL,
    acl.pack([(31, b"digest", b"ann:" + b"x" * 27), (1, b"ip", b"10.0.0.0/8")]),
)

ASKED: list[tuple] = [
    *((op, PATH, b"data", raw, 0) for op in (codes.CREATE, codes.CREATE2) for raw in ACLS),
    (codes.CREATE, LONG_PATH, None, acl.OPEN, codes.EPHEMERAL_SEQUENTIAL),
    (codes.CREATE_CONTAINER, PATH, b"", acl.OPEN, codes.CONTAINER),
    (codes.CREATE_TTL, PATH, b"data", acl.OPEN, codes.PERSISTENT_WITH_TTL, 60_000),
    *((op, PATH, 7) for op in (codes.DELETE, codes.CHECK, codes.ADD_WATCH)),
    *((op, PATH, 3) for op in (codes.CHECK_WATCHES, codes.REMOVE_WATCHES)),
    *((op, PATH, True) for op in (codes.EXISTS, codes.GET_DATA)),
    *((op, LONG_PATH, False) for op in (codes.GET_CHILDREN, codes.GET_CHILDREN2)),
    (codes.SET_DATA, PATH, b"x" * 100, -1),
    (codes.SET_DATA, PATH, None, 3),
    *((codes.SET_ACL, PATH, raw, 0) for raw in ACLS),
    *((op, PATH) for op in (codes.GET_ACL, codes.SYNC, codes.GET_ALL_CHILDREN_NUMBER)),
    *((op, PATH) for op in (codes.DELETE_CONTAINER, codes.GET_EPHEMERALS)),
    (codes.SASL, b"token"),
    (codes.AUTH, 0, b"digest", b"ann:secret"),
    (codes.SET_WATCHES, 77, (b"/a", b"/b"), (), (b"/c", PATH)),
    (codes.SET_WATCHES2, 77, (b"/a", b"/b"), (), (b"/c",), (PATH,), (b"/",)),
    (codes.RECONFIG, b"server.1=h:1:2", b"", b"", -1),
    (codes.PING,),
    (codes.CLOSE_SESSION,),
    (codes.WHO_AM_I,),
    (codes.FILTERED_LIST, PATH, True, 2),
    (codes.FILTERED_LIST_WITH_DATA, PATH, False, 0, True, True),
    *((op, PATH, 9) for op in (codes.LIST_RECURSIVE, codes.REMOVE_RECURSIVE)),
    *((op, PATH, -1) for op in (codes.CHECK_NOT_EXISTS, codes.TRY_REMOVE)),
    (codes.CREATE_IF_NOT_EXISTS, PATH, b"d", acl.OPEN, 0),
    (codes.CHECK_STAT, PATH, 0, (-1,) * 11),
    (codes.MULTI, ()),
    (
        codes.MULTI,
        (
            (codes.CREATE, PATH, b"d", acl.OPEN, 0),
            (codes.CREATE2, PATH, None, ACLS[2], 2),
            (codes.CREATE_TTL, PATH, b"", acl.OPEN, 5, 9),
            (codes.SET_DATA, PATH, b"e", -1),
            (codes.CHECK, PATH, 0),
            (codes.DELETE, PATH, -1),
        ),
    ),
    (codes.MULTI_READ, ((codes.GET_DATA, PATH, False), (codes.GET_CHILDREN, b"/", False))),
]
REQUESTS = [requests.encode(request, 5)[4:] for request in ASKED]
"""Header and record, without the frame's length."""

CONNECTS = [
    requests.encode_connect(ConnectRequest(*fields))[4:]
    for fields in (
        (0, 0, 10_000, 0, bytes(16), False),
        (0, 0, 10_000, 0, b"", None),
        (0, 99, 40_000, 1 << 40, bytes(range(16)), True),
    )
]
CONNECT_RESPONSES = [
    replies.encode_connect(ConnectResponse(*fields))[4:]
    for fields in ((0, 10_000, 77, bytes(range(16)), False), (0, 0, 0, bytes(16), None))
]

_NAMES = [b"a", b"", b"name-0000000007"]
_RESULTS = {
    codes.CREATE: PATH,
    codes.SYNC: PATH,
    codes.CREATE2: (PATH, STAT),
    codes.CREATE_CONTAINER: (PATH, STAT),
    codes.CREATE_TTL: (PATH, STAT),
    codes.EXISTS: STAT,
    codes.SET_DATA: STAT,
    codes.SET_ACL: STAT,
    codes.GET_DATA: (b"data", STAT),
    codes.RECONFIG: (None, STAT),
    codes.GET_CHILDREN: _NAMES,
    codes.GET_EPHEMERALS: _NAMES,
    codes.GET_CHILDREN2: (_NAMES, STAT),
    codes.GET_ACL: (ACLS[2], STAT),
    codes.MULTI: [
        (codes.CREATE, 0, PATH),
        (codes.CREATE_TTL, 0, (PATH, STAT)),
        (codes.SET_DATA, 0, STAT),
        (codes.DELETE, 0, None),
        (codes.CHECK, 0, None),
        (codes.ERROR, codes.NO_NODE, None),
    ],
    codes.MULTI_READ: [(codes.GET_DATA, 0, (b"x", STAT)), (codes.GET_CHILDREN, 0, _NAMES)],
    codes.GET_ALL_CHILDREN_NUMBER: 7,
    codes.WHO_AM_I: [(b"ip", b"10.0.0.1"), (b"digest", b"ann")],
    codes.SASL: b"token",
    codes.FILTERED_LIST: (_NAMES, STAT),
    codes.FILTERED_LIST_WITH_DATA: (_NAMES, STAT, [STAT] * 3, [b"x", None, b""]),
    codes.LIST_RECURSIVE: _NAMES,
    codes.CREATE_IF_NOT_EXISTS: PATH,
}
REPLIES = [
    # The xid of a reply is what tells its op: here it is the op.
    replies.frame(op, 9, codes.OK, pack(_RESULTS.get(op)))[4:]
    for op, pack in replies.BODY.items()
] + [
    replies.notification(codes.EVENT_CREATED, codes.STATE_SYNC_CONNECTED, PATH, 9)[4:],
    replies.frame(codes.GET_DATA, 9, codes.NO_NODE)[4:],
]


def entries(count: int, before: Mark = ORIGIN) -> list[Entry]:
    """A chain of entries as a leader makes them."""
    group = (1 << 40, 3, ((b"ip", b"10.0.0.1"),), ASKED[:3])
    proposal = msgpack.packb((2, 1 << 50, [group]))
    made: list[Entry] = []
    for _ in range(count):
        payload = msgpack.packb((1_700_000_000_000, [proposal]))
        made.append(chain(made[-1].mark if made else before, 3, payload))
    return made


RECORDS = [entry.record for entry in entries(3)] + [chain(ORIGIN, 1, b"").record]
MESSAGES = [
    Hello(1, 2, "hikari", 0xFFFFFFFF),
    Append(1, 3, Mark(0, 0, 0), 5, 7, 0, False, entries(2)),
    Append(1, 3, Mark(9, 2, 77), 5, 7, 0, True, []),
    AppendReply(2, 3, 7, True, 9, 12, False),
    Vote(2, 4, 12, 3, True),
    VoteReply(1, 4, False, True),
    ReadRequest(2, 3, 1 << 60, False),
    ReadReply(1, 3, 1 << 60, 12),
    Chunk(1, 3, Mark(9, 2, 77), 4, [(b"k", b"v"), (b"", b"")], 123, False),
    ChunkReply(2, 3, 9, -1),
    Forward(2, 3, [b"proposal", b""], 1),
    Heard(2, [1, 2, 3]),
]
