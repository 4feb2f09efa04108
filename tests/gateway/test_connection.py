"""One client's connection: its handshake, its order, who it is, what is not served, its end."""

from collections.abc import Callable

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, Wire, acl_of, multi
from twisted.internet.interfaces import ISystemHandle
from twisted.logger import capturedLogs, formatEvent
from zope.interface import implementer

from hikari.gateway.port import ClientPort
from hikari.tree.acl import digest
from hikari_wire import codes, requests
from hikari_wire.acl import OPEN_ENTRIES
from hikari_wire.records import ConnectRequest

Dial = Callable[[], Client]
ANN = digest(b"ann:secret")
FOR_ANN = acl_of((codes.PERM_ALL, b"digest", ANN))


def log_in(client: Client, credentials: bytes = b"ann:secret", scheme: bytes = b"digest") -> None:
    client.wire.say(client.frame((codes.AUTH, 0, scheme, credentials), codes.XID_AUTH))


# The handshake.


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 20, 44, 45, 48, 49, 60])
def test_a_handshake_may_come_in_any_pieces(dial: Dial, cluster: Cluster, size: int) -> None:
    client = dial()
    asked = requests.encode_connect(ConnectRequest(0, 0, 10_000, 0, bytes(16), False))
    data = asked + client.frame((codes.EXISTS, b"/", False)) + client.frame((codes.PING,), -2)
    for at in range(0, len(data), size):
        client.wire.say(data[at : at + size])
    cluster.run()
    assert client.session
    assert client.xids() == [1, -2]


def test_what_follows_the_handshake_at_once_waits_for_the_session(
    dial: Dial, cluster: Cluster
) -> None:
    client = dial()
    asked = requests.encode_connect(ConnectRequest(0, 0, 10_000, 0, bytes(16), False))
    more = client.frame((codes.CREATE, b"/a", b"", b"", codes.EPHEMERAL))
    client.wire.say(asked + more + client.frame((codes.GET_DATA, b"/a", False)))
    assert client.wire.paused, "no more is read before it is answered"
    client.wire.say(client.frame((codes.PING,), -2))
    cluster.run()
    assert client.xids() == [1, 2, -2]
    assert client.errors() == [0, 0, 0]


def test_an_old_client_that_knows_no_read_only_is_not_told_of_it(
    dial: Dial, cluster: Cluster
) -> None:
    client = dial()
    client.hello(read_only=None)
    cluster.run()
    assert len(client.wire.told) == 4 + 36
    assert client.session


def test_a_null_password_is_no_password(dial: Dial, cluster: Cluster) -> None:
    client = dial()
    body = bytes(4) + bytes(8) + (10_000).to_bytes(4, "big") + bytes(8) + b"\xff\xff\xff\xff"
    client.wire.say(len(body).to_bytes(4, "big") + body)
    cluster.run()
    assert client.session


def test_who_does_not_ask_for_a_session_is_sent_away(dial: Dial, cluster: Cluster) -> None:
    silent, slow, open_ended = dial(), dial(), dial()
    slow.wire.say(b"\x00\x00\x00")
    open_ended.hello(40_000)
    cluster.tick(199)
    assert not silent.closed
    cluster.tick(3)
    assert silent.closed
    assert slow.closed
    assert not open_ended.closed


def test_no_more_connections_than_allowed(dial: Dial, cluster: Cluster, member: Member) -> None:
    member.door.connections_max = 3
    with capturedLogs() as logged:
        clients = [dial() for _ in range(5)]
        cluster.run()
    assert [client.closed for client in clients] == [False] * 3 + [True] * 2
    line = "client 10.0.0.9:4711 closed: too many connections"
    assert [formatEvent(event) for event in logged] == [line] * 2
    clients[0].wire.die()
    latest = dial()
    cluster.run()
    assert not latest.closed
    assert len(member.door.connections) == 3


def test_an_expired_session_is_told_so_once_and_nothing_else(
    dial: Dial, cluster: Cluster, member: Member
) -> None:
    client = dial()
    client.hello(session=77)
    cluster.poll()
    client.wire.paused = False
    client.hello()
    client.wire.say(b"ruok")
    cluster.run()
    assert len(client.wire.told) == 4 + 37
    assert client.session == 0
    assert client.closed
    assert not member.tree.sessions


# Order.


def test_reads_with_nothing_before_them_are_answered_at_once(client: Client) -> None:
    client.ask((codes.EXISTS, b"/", False), (codes.GET_CHILDREN, b"/", False))
    assert client.xids() == [1, 2]


def test_a_ping_behind_a_write_waits_for_it(client: Client, cluster: Cluster) -> None:
    xid = client.create(b"/a")
    client.ping()
    client.ask((codes.PING,))  # whatever its xid is
    assert client.xids() == []
    cluster.run()
    assert client.xids() == [xid, codes.XID_PING, codes.XID_PING]


def test_replies_are_in_the_order_of_requests_whatever_they_are(
    client: Client, cluster: Cluster
) -> None:
    kinds = [
        lambda n: (codes.CREATE, b"/%d" % n, b"", b"", 0),
        lambda n: (codes.EXISTS, b"/%d" % n, True),
        lambda n: (codes.SYNC, b"/"),
        lambda n: (codes.WHO_AM_I,),
        lambda n: (codes.AUTH, 0, b"digest", b"u%d:p" % n),
        lambda n: (codes.SET_DATA, b"/no", b"", -1),
        lambda n: (codes.SET_WATCHES, 0, (), (), ()),
        lambda n: multi((codes.CHECK, b"/%d" % n, -1)),
    ]
    count = 0
    for first in range(len(kinds)):
        for second in range(len(kinds)):
            client.ask(kinds[first](count), kinds[second](count), kinds[-1](count))
            count += 3
            if first % 3 == 0:
                cluster.poll()
    cluster.run()
    assert client.xids() == list(range(1, count + 1))
    assert not client.closed
    assert client.connection.underway_bytes == 0
    assert not client.connection.slots
    assert not client.connection.waiting


def test_a_read_sees_the_writes_before_it_and_none_behind_it(
    client: Client, cluster: Cluster
) -> None:
    client.ask(
        *[
            request
            for n in range(20)
            for request in (
                (codes.CREATE, b"/%d" % n, b"", b"", 0),
                (codes.GET_CHILDREN, b"/", False),
                (codes.SYNC, b"/"),
                (codes.GET_CHILDREN, b"/", False),
            )
        ]
    )
    cluster.run()
    counts = [len(client.value(xid)) - 1 for xid in range(2, 81, 4)]
    assert counts == list(range(1, 21))
    assert [len(client.value(xid)) - 1 for xid in range(4, 81, 4)] == counts


# Who it is.


def test_who_gave_the_password_may_and_others_may_not(
    client: Client, other: Client, cluster: Cluster
) -> None:
    log_in(client)
    client.create(b"/a", b"mine", acl=FOR_ANN)
    client.ask((codes.GET_DATA, b"/a", False))
    other.ask((codes.GET_DATA, b"/a", False), (codes.EXISTS, b"/a", False))
    other.ask((codes.SET_DATA, b"/a", b"", -1), (codes.GET_CHILDREN, b"/a", False))
    cluster.run()
    assert client.errors() == [0, 0, 0]
    other.ask((codes.GET_DATA, b"/a", False), (codes.EXISTS, b"/a", False))
    other.ask((codes.GET_CHILDREN2, b"/a", False), (codes.GET_ACL, b"/a"))
    assert other.errors()[-4:] == [codes.NO_AUTH] * 4
    log_in(other, b"ann:wrong")
    other.ask((codes.GET_DATA, b"/a", False))
    assert other.errors()[-1] == codes.NO_AUTH
    log_in(other)
    xid = other.ask((codes.GET_DATA, b"/a", False))
    assert other.value(xid)[0] == b"mine"


def test_a_refused_read_sets_no_watch(
    client: Client, other: Client, cluster: Cluster, member: Member
) -> None:
    log_in(client)
    client.create(b"/a", acl=FOR_ANN)
    cluster.run()
    for op in (codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2):
        other.ask((op, b"/a", True))
    assert other.errors() == [codes.NO_AUTH] * 4
    assert len(member.door.watches) == 0


@pytest.mark.parametrize("scheme", [b"", b"sasl", b"x509", b"world", b"super", b"\xff"])
def test_an_unknown_scheme_is_answered_and_ends_the_connection(
    client: Client, cluster: Cluster, scheme: bytes
) -> None:
    log_in(client, scheme=scheme)
    cluster.run()
    assert client.errors() == [codes.AUTH_FAILED]
    assert client.xids() == [codes.XID_AUTH]
    assert client.closed


def test_an_identity_holds_for_what_comes_after_it_in_the_same_packet_and_not_before(
    client: Client, other: Client, cluster: Cluster, member: Member
) -> None:
    log_in(other)
    other.create(b"/a", acl=FOR_ANN)
    cluster.run()
    frames = [client.frame((codes.SET_DATA, b"/a", b"before", -1))]
    frames.append(client.frame((codes.AUTH, 0, b"digest", b"ann:secret"), codes.XID_AUTH))
    frames.append(client.frame((codes.SET_DATA, b"/a", b"behind", -1)))
    client.wire.say(b"".join(frames))
    cluster.run()
    assert client.errors()[-3:] == [codes.NO_AUTH, codes.OK, codes.OK]
    assert member.data(b"/a") == b"behind"


def test_a_read_that_waits_behind_a_write_does_not_see_with_an_identity_that_came_after_it(
    client: Client, other: Client, cluster: Cluster
) -> None:
    log_in(other)
    other.create(b"/a", acl=FOR_ANN)
    cluster.run()
    frames = [client.frame((codes.CREATE, b"/b", b"", b"", 0))]
    frames.append(client.frame((codes.GET_DATA, b"/a", False)))
    frames.append(client.frame((codes.AUTH, 0, b"digest", b"ann:secret"), codes.XID_AUTH))
    frames.append(client.frame((codes.GET_DATA, b"/a", False)))
    client.wire.say(b"".join(frames))
    cluster.run()
    assert client.errors()[-4:] == [codes.OK, codes.NO_AUTH, codes.OK, codes.OK]


@pytest.mark.parametrize("before", [(), ((codes.CREATE, b"/before", b"", b"", 0),)])
def test_nothing_behind_a_failed_authentication_is_done(
    client: Client, cluster: Cluster, member: Member, before: tuple[tuple[int, bytes], ...]
) -> None:
    frames = [client.frame(request) for request in before]
    frames.append(client.frame((codes.AUTH, 0, b"sasl", b""), codes.XID_AUTH))
    frames.append(client.frame((codes.EXISTS, b"/", False)))
    frames.append(client.frame((codes.CREATE, b"/behind", b"", b"", 0)))
    client.wire.say(b"".join(frames))
    client.create(b"/later")
    cluster.run()
    assert client.xids() == [*range(1, len(before) + 1), codes.XID_AUTH]
    assert client.closed
    assert member.data(b"/behind") is None
    assert member.data(b"/later") is None
    assert (member.data(b"/before") is not None) is bool(before)


def test_the_ip_scheme_is_accepted_and_adds_nothing(client: Client) -> None:
    log_in(client, b"", b"ip")
    assert client.errors() == [codes.OK]
    assert client.connection.identities == ((b"ip", b"10.0.0.9"),)


def test_giving_the_same_password_again_adds_nothing(client: Client) -> None:
    for _ in range(5):
        log_in(client)
    assert client.errors() == [codes.OK] * 5
    assert len(client.connection.identities) == 2


def test_identities_are_bounded(client: Client, other: Client, cluster: Cluster) -> None:
    """Each write carries all of them into the log."""
    for number in range(1_000):
        log_in(client, b"user%d:password" % number)
    log_in(other, bytes(500_000) + b":x")
    cluster.run()
    for one in (client, other):
        assert one.closed
        assert one.errors()[-1] == codes.AUTH_FAILED
        held = one.connection.identities
        assert sum(len(scheme) + len(name) for scheme, name in held) <= 32_768


def test_hashes_are_shown_to_administrators_only(
    client: Client, other: Client, cluster: Cluster
) -> None:
    acl = acl_of(
        (codes.PERM_READ, b"world", b"anyone"),
        (codes.PERM_ALL, b"digest", ANN),
    )
    log_in(client)
    client.create(b"/a", acl=acl)
    cluster.run()
    shown = client.value(client.ask((codes.GET_ACL, b"/a")))[0]
    masked = other.value(other.ask((codes.GET_ACL, b"/a")))[0]
    assert shown == acl
    assert masked == acl_of(
        (codes.PERM_READ, b"world", b"anyone"), (codes.PERM_ALL, b"digest", b"ann:x")
    )
    plain = other.value(other.ask((codes.GET_ACL, b"/")))[0]
    assert plain == acl_of(*OPEN_ENTRIES)
    assert other.error(other.ask((codes.GET_ACL, b"/none"))) == codes.NO_NODE


# What is not served.

NOT_SERVED = [
    (codes.NOTIFICATION,),
    (codes.DELETE_CONTAINER, b"/c"),
    (codes.ERROR,),
    (codes.CREATE_SESSION,),
    (-12,),
    (-13,),
    (-14,),
    (-20,),
    (-21,),
    (-22,),
    (9999,),
    (10,),
    (2**31 - 1,),
    (-(2**31),),
]


@pytest.mark.parametrize("request_", NOT_SERVED, ids=lambda request: str(request[0]))
@pytest.mark.parametrize("behind_a_write", [False, True])
def test_what_is_not_served_says_so(
    client: Client, cluster: Cluster, request_: tuple[int], behind_a_write: bool
) -> None:
    op = request_[0]
    body = requests.ENCODE[op](request_) if op in requests.ENCODE else b"\x00" * 8
    frame = requests.HEADER.pack(5, op) + body
    if behind_a_write:
        client.create(b"/a")
    client.wire.say(len(frame).to_bytes(4, "big") + frame)
    cluster.run()
    assert client.error(5) == codes.UNIMPLEMENTED
    if op in requests.DECODE:
        assert client.error(client.ask((codes.EXISTS, b"/", False))) == codes.OK
    else:
        assert client.closed, "ZooKeeper closes the connection behind an opcode that nobody has"


# Watches.


def test_an_event_comes_once_to_each_who_watches(
    client: Client, other: Client, cluster: Cluster
) -> None:
    for one in (client, other):
        one.ask((codes.EXISTS, b"/a", True), (codes.GET_CHILDREN, b"/", True))
    for number in range(2):
        client.ask((codes.CREATE, b"/a", b"", b"", 0), (codes.SET_DATA, b"/a", b"%d" % number, -1))
    cluster.run()
    for one in (client, other):
        assert [(e.type, e.path) for e in one.listen().events] == [
            (codes.EVENT_CREATED, b"/a"),
            (codes.EVENT_CHILDREN_CHANGED, b"/"),
        ]


def test_set_watches_tells_what_was_missed_and_sets_the_rest(
    client: Client, other: Client, cluster: Cluster
) -> None:
    for path in (b"/kept", b"/changed", b"/gone", b"/parent", b"/quiet"):
        cluster.write(client, path)
    seen = max(zxid for _, zxid, _, _ in client.listen().heard)
    client.ask((codes.SET_DATA, b"/changed", b"x", -1), (codes.DELETE, b"/gone", -1))
    client.ask((codes.CREATE, b"/parent/child", b"", b"", 0), (codes.CREATE, b"/new", b"", b"", 0))
    cluster.run()
    frame = other.frame(
        (
            codes.SET_WATCHES,
            seen,
            (b"/kept", b"/changed", b"/gone"),
            (b"/new", b"/never"),
            (b"/parent", b"/quiet"),
        ),
        codes.XID_SET_WATCHES,
    )
    other.wire.say(frame)
    assert other.listen().story[-1] == codes.XID_SET_WATCHES, "the events come first"
    told = [(e.type, e.path) for e in other.events]
    assert told == [
        (codes.EVENT_DATA_CHANGED, b"/changed"),
        (codes.EVENT_DELETED, b"/gone"),
        (codes.EVENT_CREATED, b"/new"),
        (codes.EVENT_CHILDREN_CHANGED, b"/parent"),
    ]
    client.ask((codes.SET_DATA, b"/kept", b"", -1), (codes.SET_DATA, b"/changed", b"", -1))
    client.ask((codes.CREATE, b"/never", b"", b"", 0), (codes.CREATE, b"/quiet/c", b"", b"", 0))
    cluster.run()
    assert [(e.type, e.path) for e in other.listen().events[4:]] == [
        (codes.EVENT_DATA_CHANGED, b"/kept"),
        (codes.EVENT_CREATED, b"/never"),
        (codes.EVENT_CHILDREN_CHANGED, b"/quiet"),
    ]


def test_multi_read_answers_each_part_for_itself(
    client: Client, other: Client, cluster: Cluster
) -> None:
    log_in(client)
    client.create(b"/secret", acl=FOR_ANN)
    client.create(b"/a", b"data")
    client.create(b"/a/b")
    cluster.run()
    xid = other.ask(
        (
            codes.MULTI_READ,
            (
                (codes.GET_DATA, b"/a", False),
                (codes.GET_CHILDREN, b"/a", False),
                (codes.GET_DATA, b"/none", False),
                (codes.GET_DATA, b"/secret", False),
            ),
        )
    )
    results = other.value(xid)
    assert results[0][2][0] == b"data"
    assert results[1][2] == (b"b",)
    assert [error for _, error, _ in results[2:]] == [codes.NO_NODE, codes.NO_AUTH]


# Its end.


def test_nothing_behind_a_close_is_done_or_answered(
    client: Client, cluster: Cluster, member: Member
) -> None:
    client.create(b"/a", flags=codes.EPHEMERAL)
    xid = client.ask(
        (codes.CLOSE_SESSION,),
        (codes.CREATE, b"/behind", b"", b"", 0),
        (codes.GET_CHILDREN, b"/", False),
        (codes.SYNC, b"/"),
        (codes.PING,),
    )
    client.create(b"/later")
    cluster.run()
    assert client.xids() == [1, xid - 4]
    assert client.errors() == [0, 0]
    assert client.closed
    assert member.tree.listing(b"/") == b"\x00\x00\x00\x01\x00\x00\x00\x09zookeeper"


def test_a_close_behind_other_requests_lets_them_be_answered(
    client: Client, cluster: Cluster
) -> None:
    client.ask(
        (codes.CREATE, b"/a", b"", b"", 0),
        (codes.SYNC, b"/"),
        (codes.EXISTS, b"/a", False),
        (codes.CLOSE_SESSION,),
    )
    cluster.run()
    assert client.xids() == [1, 2, 3, 4]
    assert client.closed


UNDER_WAY = [
    (),
    ((codes.CREATE, b"/x", b"", b"", 0),),
    ((codes.SYNC, b"/"),),
    ((codes.CREATE, b"/x", b"", b"", 0), (codes.EXISTS, b"/y", True), (codes.SYNC, b"/")),
    ((codes.SYNC, b"/"), (codes.SET_DATA, b"/x", b"", -1), (codes.GET_DATA, b"/x", True)),
    ((codes.AUTH, 0, b"sasl", b""),),
    ((codes.CREATE, b"/x", b"", b"", 0), (codes.AUTH, 0, b"sasl", b"")),
    ((codes.CLOSE_SESSION,),),
]


@pytest.mark.parametrize("asked", UNDER_WAY)
@pytest.mark.parametrize("polls", [0, 1, 2])
def test_a_connection_that_breaks_leaves_nothing_behind(
    client: Client,
    other: Client,
    cluster: Cluster,
    member: Member,
    asked: tuple[tuple[int, bytes], ...],
    polls: int,
) -> None:
    client.ask((codes.GET_CHILDREN, b"/", True))
    if asked:
        client.ask(*asked)
    for _ in range(polls):
        cluster.poll()
    client.wire.die()
    cluster.run()
    door = member.door
    assert list(door.connections) == [other.connection]
    assert list(door.by_session.values()) == [other.connection]
    assert not door.watches.watchers
    assert not door.watches.paths
    assert not door.due
    assert not member.replica.proposals.waiting()
    assert not member.replica.proposals._outstanding
    cluster.write(other, b"/alive")


def test_a_connection_that_breaks_in_its_handshake_leaves_nothing_behind(
    dial: Dial, cluster: Cluster, member: Member
) -> None:
    for said in (b"", b"\x00\x00", b"ruok"):
        client = dial()
        client.wire.say(said)
        client.wire.die()
    opening = dial()
    opening.hello()
    cluster.poll()
    opening.wire.die()
    cluster.run()
    assert not member.door.connections
    assert not member.door.by_session
    assert not [call for call in cluster.clock.calls if call.active()]


@implementer(ISystemHandle)
class Hung(Wire):
    """What a member finds that stood still: the client has closed behind what it said."""

    def getHandle(self) -> "Hung":
        return self

    def recv(self, count: int, flags: int) -> bytes:
        return b""


def test_who_has_hung_up_already_does_not_take_its_session_from_where_it_is(
    cluster: Cluster,
) -> None:
    """It gave a hung member up and went elsewhere; then that member read its old request."""
    client = cluster.client(cluster.leader)
    assert client.response is not None
    stale = Client(ClientPort(cluster.leader.door).buildProtocol(None), Hung(cluster.clock))
    stale.hello(10_000, client.response.session, client.response.password)
    cluster.run()
    assert stale.closed
    cluster.write(client, b"/still-mine")
