"""What a client can send that none should: it is answered by an error or closed, and costs nobody
else anything. Rows named ZK are what ZooKeeper 3.8.0 was seen to do.
"""

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, acl_of, multi
from twisted.logger import capturedLogs, formatEvent

from hikari.tree.keys import META
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.jute import pack_text
from hikari_wire.records import ConnectRequest

Dial = Callable[[], Client]

HTTP = b"GET / HTTP/1.1\r\nHost: hikari\r\nUser-Agent: x\r\n\r\n"
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))
CONNECT = requests.encode_connect(ConnectRequest(0, 0, 10_000, 0, bytes(16), False))


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def raw(op: int, body: bytes, xid: int = 1) -> bytes:
    return framed(requests.HEADER.pack(xid, op) + body)


CLOSED_BEFORE_A_SESSION = {
    "length -1": b"\xff\xff\xff\xff",
    "length 0": bytes(4),
    "length 2^31-1": b"\x7f\xff\xff\xff",
    "longer than a frame": (1_048_577).to_bytes(4, "big"),
    "longer than any connect request": (100_000).to_bytes(4, "big"),
    "http": HTTP,
    "tls": TLS,
    "a request, no connect": raw(codes.GET_DATA, pack_text(b"/") + b"\x00"),
    "connect cut short": framed(CONNECT[4:24]),
    "password of 2^31-1": framed(CONNECT[4:32] + b"\x7f\xff\xff\xff"),
    "password of -2": framed(CONNECT[4:32] + b"\xff\xff\xff\xfe"),
    "zxid of the future": requests.encode_connect(
        ConnectRequest(0, 1 << 40, 10_000, 0, bytes(16), False)
    ),
}


@pytest.mark.parametrize("said", CLOSED_BEFORE_A_SESSION.values(), ids=CLOSED_BEFORE_A_SESSION)
def test_what_is_no_handshake_is_closed(
    dial: Dial, other: Client, cluster: Cluster, said: bytes
) -> None:
    client = dial()
    client.wire.say(said)
    cluster.run()
    assert client.closed
    assert client.wire.told == b"", "and told nothing"
    cluster.write(other, b"/alive")


CLOSED_IN_A_SESSION = {
    "length -1": b"\xff\xff\xff\xff",
    "length 0": bytes(4),
    "length 7": framed(bytes(7)),
    "length 2^31-1": b"\x7f\xff\xff\xff",
    "longer than a frame": (1_048_577).to_bytes(4, "big"),
    "http": HTTP,
    "tls": TLS,
}


@pytest.mark.parametrize("said", CLOSED_IN_A_SESSION.values(), ids=CLOSED_IN_A_SESSION)
def test_what_is_no_frame_is_closed(
    client: Client, other: Client, cluster: Cluster, said: bytes
) -> None:
    with capturedLogs() as logged:
        client.wire.say(said)
        cluster.run()
    assert client.closed
    assert [event["why"] for event in logged if "why" in event] != [], "and the log says why"
    assert all(len(formatEvent(event)) < 200 for event in logged), "and no more than that"
    cluster.write(other, b"/alive")


def test_half_a_frame_and_silence_ends_with_the_session(client: Client, cluster: Cluster) -> None:
    client.wire.say((1000).to_bytes(4, "big") + bytes(500))
    cluster.tick(190)
    assert not client.closed, "ZK: still open at 4 s"
    cluster.tick(20)
    assert client.closed


def test_half_a_handshake_and_silence_ends_in_ten_seconds(dial: Dial, cluster: Cluster) -> None:
    client = dial()
    client.wire.say(CONNECT[:30])
    cluster.tick(198)
    assert not client.closed
    cluster.tick(4)
    assert client.closed


def test_a_length_reserves_nothing(client: Client) -> None:
    client.wire.say((1_000_000).to_bytes(4, "big") + b"x")
    assert client.connection.frames.kept == 5


def test_a_frame_byte_by_byte_costs_no_more_than_its_bytes(
    dial: Dial, client: Client, cluster: Cluster
) -> None:
    """A handshake is short, so its pieces are few; a frame is joined once."""
    stranger = dial()
    stranger.wire.say((50_000).to_bytes(4, "big"))
    cluster.run()
    assert stranger.closed
    data = client.frame((codes.SET_DATA, b"/", bytes(200_000), -1))
    for at in range(len(data)):
        client.wire.say(data[at : at + 1])
    cluster.run()
    assert client.errors() == [codes.OK]


LYING = {
    "getData without a path": raw(codes.GET_DATA, b""),
    "a path past the end": raw(codes.GET_DATA, b"\x00\x00\x00\x10/a\x00"),
    "a path of 2^31-1": raw(codes.EXISTS, b"\x7f\xff\xff\xff/a\x00"),
    "a path of -2": raw(codes.GET_CHILDREN, b"\xff\xff\xff\xfe/a\x00"),
    "no watch flag": raw(codes.GET_DATA, pack_text(b"/a")),
    "create without data": raw(codes.CREATE, pack_text(b"/a")),
    "data past the end": raw(codes.SET_DATA, pack_text(b"/a") + b"\x00\x01\x00\x00abc"),
    "data of 2^31-1": raw(codes.SET_DATA, pack_text(b"/a") + b"\x7f\xff\xff\xff"),
    "acl of 2^31-1": raw(codes.CREATE, pack_text(b"/a") * 2 + b"\x7f\xff\xff\xff" + bytes(40)),
    "acl of -2": raw(codes.CREATE, pack_text(b"/a") * 2 + b"\xff\xff\xff\xfe" + bytes(40)),
    "acl cut short": raw(codes.SET_ACL, pack_text(b"/a") + b"\x00\x00\x00\x02" + bytes(13)),
    "watches of 2^31-1": raw(codes.SET_WATCHES, bytes(8) + b"\x7f\xff\xff\xff" + bytes(8)),
    "watches of 2^28": raw(codes.SET_WATCHES, bytes(8) + b"\x10\x00\x00\x00" + bytes(80)),
    "multi without an end": raw(codes.MULTI, b""),
    "multi of getData": raw(codes.MULTI, requests.MULTI_HEADER.pack(codes.GET_DATA, False, -1)),
    "multi of multi": raw(codes.MULTI, requests.MULTI_HEADER.pack(codes.MULTI, False, -1)),
    "multi of createSession": raw(codes.MULTI, requests.MULTI_HEADER.pack(-10, False, -1)),
    "multiRead of create": raw(codes.MULTI_READ, requests.MULTI_HEADER.pack(1, False, -1)),
    "sync without a path": raw(codes.SYNC, b""),
    "delete without a version": raw(codes.DELETE, pack_text(b"/a")),
}


@pytest.mark.parametrize("said", LYING.values(), ids=LYING)
@pytest.mark.parametrize("behind_a_write", [False, True])
def test_a_record_that_lies_is_answered_marshalling_error(
    client: Client, other: Client, cluster: Cluster, said: bytes, behind_a_write: bool
) -> None:
    if behind_a_write:
        client.xid = 10
        client.create(b"/w")
    client.wire.say(said)
    cluster.run()
    assert client.error(1) == codes.MARSHALLING_ERROR
    assert not client.closed
    cluster.write(other, b"/alive")


@pytest.mark.parametrize("behind_a_write", [False, True])
@pytest.mark.parametrize(
    "said",
    [
        raw(codes.AUTH, bytes(4)),
        raw(codes.AUTH, bytes(4) + pack_text(b"digest") + b"\x7f\xff\xff\xff"),
        raw(codes.SASL, b"\xff\xff\xff\xff"),
        raw(codes.SASL, b"\0"),
    ],
    ids=["auth cut short", "a credential that lies", "no token", "a token cut short"],
)
def test_who_proves_nothing_that_can_be_read_is_closed(
    client: Client, other: Client, cluster: Cluster, said: bytes, behind_a_write: bool
) -> None:
    """ZK."""
    asked = [client.create(b"/w")] if behind_a_write else []
    client.wire.say(said + raw(codes.GET_DATA, pack_text(b"/") + b"\0", 99))
    cluster.run()
    assert client.closed
    assert client.xids() == asked
    cluster.write(other, b"/alive")


NO_REQUESTS = {
    "length -1": b"\xff\xff\xff\xff",
    "length 2^31-1": b"\x7f\xff\xff\xff",
    "a frame that is too long": (1_048_577).to_bytes(4, "big") + bytes(100),
    "length 0": bytes(4),
    "length 7": framed(bytes(7)),
}


@pytest.mark.parametrize("bad", NO_REQUESTS.values(), ids=NO_REQUESTS)
@pytest.mark.parametrize("behind_a_sync", [False, True])
def test_what_stands_before_no_request_in_the_same_piece_is_done_and_answered(
    client: Client, member: Member, cluster: Cluster, bad: bytes, behind_a_sync: bool
) -> None:
    """ZK does it, and answers it or not."""
    requests_ = [
        *([(codes.SYNC, b"/")] if behind_a_sync else []),
        (codes.CREATE, b"/w", b"", b"", 0),
        (codes.EXISTS, b"/w", False),
    ]
    before = b"".join([client.frame(one) for one in requests_])
    behind = client.frame((codes.CREATE, b"/behind", b"", b"", 0))
    client.wire.say(before + bad + behind)
    assert not client.closed
    cluster.run()
    assert client.xids() == list(range(1, len(requests_) + 1))
    assert set(client.errors()) == {codes.OK}
    assert client.closed
    assert member.data(b"/w") == b""
    assert member.data(b"/behind") is None


BAD, NONE, OK = codes.BAD_ARGUMENTS, codes.NO_NODE, codes.OK
CREATES = {
    b"": BAD,
    b"a": BAD,
    b"//": BAD,
    b"/a//b": NONE,
    b"/..": BAD,
    b"/.": BAD,
    b"/\x00": BAD,
    b"/\x01x": BAD,
    b"/\x1f": BAD,
    b"/\x7f": BAD,
    b"/\xff": BAD,
    b"/\xc2\x9f": BAD,
    b"/\xee\x80\x80": BAD,  # U+E000
    b"/\xef\xbf\xb0": BAD,  # U+FFF0
    b"/\xed\x9f\xbf": OK,  # U+D7FF
    b"/\xe2\x80\xae": OK,  # U+202E
    b"/a/": NONE,
    b"/a/../b": NONE,
    b"/zookeeper/x": OK,
    b"/zookeeper": codes.NODE_EXISTS,
    b"/" + b"x" * 300_000: OK,
    b"/d" * 10_000: NONE,
    b"/d" * 70_000: NONE,
}


@pytest.mark.parametrize("path", CREATES, ids=lambda path: repr(path[:12]))
def test_paths_are_judged_as_zookeeper_does(client: Client, cluster: Cluster, path: bytes) -> None:
    xid = client.create(path)
    client.ask((codes.GET_DATA, path, True), (codes.SET_DATA, path, b"", -1))
    client.ask((codes.EXISTS, path, True), (codes.GET_CHILDREN, path, True))
    client.ask((codes.DELETE, path, -1), (codes.SYNC, path), (codes.GET_ACL, path))
    client.ask(multi((codes.CHECK, path, -1), (codes.DELETE, path, -1)))
    client.ask((codes.SET_WATCHES, 0, (path,), (path,), (path,)))
    cluster.run()
    assert client.error(xid) == CREATES[path]
    assert len(client.heard) == 10
    assert not client.closed


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ((codes.CREATE, b"/a", b"", acl_of(), 0), codes.INVALID_ACL),
        ((codes.CREATE, b"/a", b"", acl_of((31, b"none", b"x")), 0), codes.INVALID_ACL),
        ((codes.CREATE, b"/a", b"", acl_of((31, b"auth", b"")), 0), codes.INVALID_ACL),
        ((codes.CREATE, b"/a", b"", b"", 99), codes.BAD_ARGUMENTS),
        ((codes.CREATE, b"/a", b"", b"", -1), codes.BAD_ARGUMENTS),
        ((codes.CREATE, b"/a", None, b"", 0), codes.OK),
        ((codes.SET_ACL, b"/", acl_of((31, b"ip", b"::1/999")), -1), codes.INVALID_ACL),
        ((codes.SET_ACL, b"/", acl_of((-1, b"ip", b"10.0.0.0/8")), -1), codes.OK),
        ((codes.SET_ACL, b"/", acl_of((31, b"digest", b"\xff:\xff")), -1), codes.OK),
        ((codes.GET_DATA, b"", False), codes.OK),
        ((codes.DELETE, b"/", -1), codes.BAD_ARGUMENTS),
        ((codes.DELETE, b"/zookeeper", -1), codes.BAD_ARGUMENTS),
        ((codes.CHECK, b"/", -1), codes.OK),
        ((codes.MULTI, ()), codes.OK),
        ((codes.MULTI_READ, ()), codes.OK),
    ],
)
def test_odd_requests_have_the_answer_that_zookeeper_gives(
    client: Client, cluster: Cluster, request_: tuple[Any, ...], error: int
) -> None:
    xid = client.ask(request_)
    cluster.run()
    assert client.error(xid) == error


def test_a_failed_write_consumes_a_zxid(client: Client, cluster: Cluster, member: Member) -> None:
    before = member.tree.zxid
    client.ask((codes.DELETE, b"/none", -1), (codes.CREATE, b"/a/b", b"", b"", 0))
    cluster.run()
    assert member.tree.zxid == before + 2


def test_a_read_for_many_large_replies_is_refused(
    client: Client, other: Client, cluster: Cluster
) -> None:
    """A frame of 20,000 reads of one megabyte would be answered by twenty gigabytes."""
    cluster.write(other, b"/big", bytes(1_000_000))
    parts = ((codes.GET_DATA, b"/big", False),) * 20_000
    xid = client.ask((codes.MULTI_READ, parts))
    cluster.run()
    assert client.error(xid) == codes.BAD_ARGUMENTS
    few = client.ask((codes.MULTI_READ, parts[:3]))
    cluster.run()
    assert len(client.value(few)) == 3


@pytest.mark.interpreted
def test_a_client_may_not_watch_everything(
    client: Client, other: Client, cluster: Cluster, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hikari.gateway.watching.WATCHED_BYTES_MAX", 600_000)
    other.ask((codes.EXISTS, b"/1", True))
    for number in range(2_000):
        client.ask((codes.EXISTS, b"/%d" % number, True))
    cluster.run()
    assert client.closed
    assert len(member.door.watches) == 1
    assert not other.closed
    again = cluster.client(member)
    again.ask((codes.SET_WATCHES, 0, (), tuple(b"/%d" % n for n in range(5_000)), ()))
    cluster.run()
    assert again.closed
    assert len(member.door.watches) == 1


def test_long_paths_are_watched_at_their_length(client: Client, cluster: Cluster) -> None:
    for number in range(400):
        client.ask((codes.EXISTS, b"/%d" % number + b"x" * 1_000_000, True))
        client.listen()
    cluster.run()
    assert client.closed


def test_watching_again_and_again_is_no_crime(
    client: Client, other: Client, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hikari.gateway.watching.WATCHED_BYTES_MAX", 60_000)
    cluster.write(other, b"/a")
    for number in range(300):
        client.ask((codes.GET_DATA, b"/a", True), (codes.EXISTS, b"/%d" % (number % 30), True))
        other.ask((codes.SET_DATA, b"/a", b"", -1))
        cluster.run()
    assert not client.closed
    assert len(client.listen().events) == 300


def test_a_large_acl_is_not_remembered(client: Client, cluster: Cluster) -> None:
    acls = [acl_of(*[(31, b"ip", b"%d.%d" % (n, k)) for k in range(40_000)]) for n in range(3)]
    tracemalloc.start()
    try:
        for acl in acls:
            client.create(b"/a", acl=acl)
            cluster.run()
        client.listen()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert client.errors() == [codes.INVALID_ACL] * 3
    assert kept < 5_000_000


def test_a_read_that_fails_costs_only_its_client(
    client: Client,
    other: Client,
    cluster: Cluster,
    member: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once, behind a write, behind a sync: no defect of a read reaches the turn."""

    def defect(*_: object) -> bytes:
        raise RuntimeError("a defect")

    monkeypatch.setitem(
        __import__("hikari.gateway.reads").gateway.reads.READS, codes.GET_ACL, defect
    )
    for before in ((), ((codes.CREATE, b"/a", b"", b"", 0),), ((codes.SYNC, b"/"),)):
        victim = cluster.client(member)
        victim.ask(*before, (codes.GET_ACL, b"/"), (codes.EXISTS, b"/", False))
        cluster.run()
        assert victim.closed
    cluster.write(other, b"/alive")


# Anything at all.


def frames(chance: random.Random) -> list[bytes]:
    """One of every kind of request, on paths that exist or might."""
    paths = [b"/", b"", b"/a", b"/a/b", b"/zookeeper", b"/e", b"/s-", b"/a/" + b"x" * 50]
    path, second = chance.choice(paths), chance.choice(paths)
    data = chance.choice([None, b"", b"data", bytes(chance.randrange(300))])
    acl = chance.choice(
        [b"", b"", b"", acl_of(), acl_of((31, b"world", b"anyone")), acl_of((1, b"auth", b""))]
    )
    version = chance.choice([-1, -1, 0, 1, 5, -(2**31)])
    create = (codes.CREATE, path, data, acl, chance.choice([0, 0, 1, 2, 3, 4, 7]))
    asked: list[tuple[Any, ...]] = [
        create,
        (codes.CREATE2, *create[1:]),
        (codes.DELETE, path, version),
        (codes.SET_DATA, path, data, version),
        (codes.SET_ACL, path, acl, version),
        (codes.CHECK, path, version),
        multi(create, (codes.SET_DATA, second, data, version), (codes.DELETE, path, version)),
        (codes.GET_DATA, path, chance.random() < 0.5),
        (codes.EXISTS, path, chance.random() < 0.5),
        (codes.GET_CHILDREN, path, chance.random() < 0.5),
        (codes.GET_CHILDREN2, path, chance.random() < 0.5),
        (codes.GET_ACL, path),
        (codes.MULTI_READ, ((codes.GET_DATA, path, False), (codes.GET_CHILDREN, second, False))),
        (codes.SET_WATCHES, chance.randrange(50), (path,), (second,), (path, second)),
        (codes.SYNC, path),
        (codes.PING,),
        (codes.AUTH, 0, chance.choice([b"digest", b"digest", b"ip", b"no"]), b"ann:secret"),
        (codes.ADD_WATCH, path, 1),
        (codes.CREATE_TTL, *create[1:], 5),
    ]
    if chance.random() < 0.02:
        asked.append((codes.CLOSE_SESSION,))
    return [requests.encode(request, chance.randrange(1, 100)) for request in asked]


def mutated(chance: random.Random, frame: bytes) -> bytes:
    body = bytearray(frame[4:])
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        at = chance.randrange(len(body))
        kind = chance.random()
        if kind < 0.5:
            body[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif kind < 0.7:
            body[at : at + 4] = chance.choice([b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", bytes(4)])
        elif kind < 0.85:
            del body[at:]
        else:
            body[at:at] = chance.randbytes(chance.randrange(9))
        if not body:
            break
    if chance.random() < 0.02:
        return chance.randbytes(chance.randrange(1, 40))  # not even a frame
    return framed(bytes(body))


@pytest.mark.parametrize("seed", range(6))
def test_any_frames_in_any_state_hurt_nobody(seed: int) -> None:
    """Mutated requests from several clients, cut anywhere, with breaks and polls in between."""
    chance = random.Random(seed)
    cluster = Cluster(1, seed)
    member = cluster.leader
    judge = cluster.client(member, 40_000)
    crowd: list[Client] = []
    answers: Counter[int] = Counter()
    for step in range(5_000):
        if len(crowd) < 4:
            crowd.append(cluster.dial(member))
            if chance.random() < 0.9:
                crowd[-1].hello(chance.randrange(-5, 60_000))
        client = chance.choice(crowd)
        data = b"".join(
            mutated(chance, frame)
            for frame in chance.sample(frames(chance), chance.randrange(1, 5))
        )
        while data and not client.closed:
            size = chance.choice([1, 7, 60, 500, 10_000])
            client.wire.say(data[:size])
            data = data[size:]
            if chance.random() < 0.1:
                cluster.poll()
        if chance.random() < 0.01:
            client.wire.die()
        if chance.random() < 0.3:
            cluster.run()
        if chance.random() < 0.005:
            cluster.tick(chance.randrange(40))
            judge.ping()
        for one in crowd:
            if one.closed:
                answers.update(errors_told(one))
        crowd = [one for one in crowd if not one.closed]
        for one in crowd:
            check_sound(one)
        if step % 500 == 499:
            xid = judge.create(b"/zookeeper/%d" % step)  # which others may have forbidden
            judge.ping()
            cluster.run()
            assert judge.error(xid) in (codes.OK, codes.NO_AUTH)
    for one in crowd:
        one.wire.die()
    cluster.run()
    assert len(answers) >= 9, "every kind of answer was heard"
    assert list(member.door.connections) == [judge.connection]
    assert list(member.door.watches.watchers) == []
    cluster.stop(member)
    again = cluster.start(member.number)
    cluster.elect()
    kept = [[row for row in one.everything() if row[0] != META] for one in (again, member)]
    assert kept[0] == kept[1], "replay is apply"
    assert len(member.replica.proposals._outstanding) == 0


def errors_told(client: Client) -> list[int]:
    """The errors of all replies; nothing else of them can be trusted, their xids are mutated."""
    buf, spans = Frames(1 << 30).feed(client.wire.told)
    return [replies.decode_header(buf, at, end).error for at, end in spans[1:]]


def check_sound(client: Client) -> None:
    """What holds of a connection between any two calls."""
    connection = client.connection
    if connection.closed:
        return
    assert connection.underway_bytes >= 0
    assert sum(slot.size for slot in connection.slots) == connection.underway_bytes
    assert set(connection.waiting) <= set(connection.slots)


@pytest.mark.parametrize("seed", range(3))
def test_any_bytes_before_a_session_hurt_nobody(seed: int) -> None:
    chance = random.Random(seed)
    cluster = Cluster(1)
    member = cluster.leader
    for _ in range(1_500):
        client = cluster.dial(member)
        said = bytearray(CONNECT + raw(codes.PING, b""))
        for _ in range(chance.randrange(4)):
            said[chance.randrange(len(said))] = chance.choice([0, 0xFF, chance.randrange(256)])
        if chance.random() < 0.2:
            said = bytearray(chance.randbytes(chance.randrange(60)))
        for at in range(0, len(said), 30):
            client.wire.say(bytes(said[at : at + 30]))
        if chance.random() < 0.5:
            cluster.run()
        client.wire.die()
    cluster.run()
    assert not member.door.connections
    cluster.write(cluster.client(member), b"/alive")
