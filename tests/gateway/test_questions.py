"""The small questions: my ephemerals, how many are below, who am I; and what a server without SASL,
and without reconfiguration, answers."""

import pytest
from replica.cluster import Cluster
from replica.wire import Client, acl_of

from hikari.tree.acl import digest
from hikari_wire import codes

FOR_ANN = acl_of((codes.PERM_ALL, b"digest", digest(b"ann:secret")))


def log_in(client: Client, credentials: bytes = b"ann:secret") -> None:
    client.wire.say(client.frame((codes.AUTH, 0, b"digest", credentials), codes.XID_AUTH))


def test_a_client_is_told_of_its_own_ephemerals(
    client: Client, other: Client, cluster: Cluster
) -> None:
    for path in (b"/b", b"/a", b"/ab", b"/plain"):
        client.create(path, flags=0 if path == b"/plain" else codes.EPHEMERAL)
    client.create(b"/plain/x", flags=codes.EPHEMERAL)
    other.create(b"/theirs", flags=codes.EPHEMERAL)
    everything = (b"/a", b"/ab", b"/b", b"/plain/x")
    for prefix, paths in {
        b"/": everything,
        b"": everything,
        b"  ": everything,
        b"/a": (b"/a", b"/ab"),
        b"/plain/": (b"/plain/x",),
        b"/none": (),
    }.items():
        xid = client.ask((codes.GET_EPHEMERALS, prefix))
        cluster.run()
        assert client.value(xid) == paths


def test_ephemerals_are_asked_for_behind_the_writes_before(
    client: Client, cluster: Cluster
) -> None:
    client.create(b"/a", flags=codes.EPHEMERAL)
    first = client.ask((codes.GET_EPHEMERALS, b"/"))
    client.ask((codes.DELETE, b"/a", -1))
    second = client.ask((codes.GET_EPHEMERALS, b"/"))
    cluster.run()
    assert (client.value(first), client.value(second)) == ((b"/a",), ())


def test_all_below_a_znode_are_counted(client: Client, other: Client, cluster: Cluster) -> None:
    log_in(client)
    for path in (b"/a", b"/a/b", b"/a/b/c", b"/ab"):
        client.create(path)
    client.create(b"/hidden", acl=FOR_ANN)
    cluster.run()
    for path, count in ((b"/a", 2), (b"/a/b/c", 0), (b"/", 8), (b"/hidden", 0)):
        assert client.value(client.ask((codes.GET_ALL_CHILDREN_NUMBER, path))) == count
    assert other.error(other.ask((codes.GET_ALL_CHILDREN_NUMBER, b"/none"))) == codes.NO_NODE
    assert other.error(other.ask((codes.GET_ALL_CHILDREN_NUMBER, b"/hidden"))) == codes.NO_AUTH


def test_a_client_is_told_who_it_is_but_no_hash(client: Client) -> None:
    assert client.value(client.ask((codes.WHO_AM_I,))) == ((b"ip", b"10.0.0.9"),)
    log_in(client)
    log_in(client, b"bob:other")
    assert client.value(client.ask((codes.WHO_AM_I,))) == (
        (b"ip", b"10.0.0.9"),
        (b"digest", b"ann"),
        (b"digest", b"bob"),
    )


def test_without_sasl_a_token_is_answered_with_none(client: Client) -> None:
    client.ask((codes.SASL, b"token"))
    (_, zxid, error, body) = client.listen().heard[-1]
    assert (zxid, error, body) == (0, codes.OK, b"\xff\xff\xff\xff")
    assert client.error(client.ask((codes.EXISTS, b"/", False))) == codes.OK


@pytest.mark.parametrize(
    "request_",
    [
        (codes.RECONFIG, b"", b"", b"", -1),
        (codes.RECONFIG, b"server.9=a:1:1;2", b"1", b"", 7),
        (codes.RECONFIG, b"", b"", b"nonsense", -1),
    ],
)
def test_members_are_not_changed_on_request(
    client: Client, cluster: Cluster, request_: tuple[object, ...]
) -> None:
    created = client.create(b"/a")
    xid = client.ask(request_)
    cluster.run()
    assert client.error(xid) == codes.RECONFIG_DISABLED
    assert client.xids() == [created, xid]


@pytest.mark.parametrize(
    "op",
    [codes.RECONFIG, codes.GET_EPHEMERALS, codes.ADD_WATCH, codes.REMOVE_WATCHES],
)
@pytest.mark.parametrize("behind_a_write", [False, True])
def test_half_a_question_is_not_understood(
    client: Client, cluster: Cluster, op: int, behind_a_write: bool
) -> None:
    if behind_a_write:
        client.create(b"/a")
    client.wire.say((12).to_bytes(4, "big") + (7).to_bytes(4, "big") + op.to_bytes(4, "big"))
    client.wire.say(b"\x7f\x00\x00\x00")
    cluster.run()
    assert client.error(7) == codes.MARSHALLING_ERROR


# /zookeeper/config


def three_of(servers: bytes) -> Cluster:
    cluster = Cluster(3, elect=False)
    for member in cluster.members.values():
        member.replica.servers = servers
    cluster.elect()
    return cluster


SERVERS = b"".join(b"server.%d=h%d:1:1:participant;h%d:2\n" % (n, n, n) for n in (1, 2, 3))


def config_of(client: Client) -> bytes:
    return bytes(client.value(client.ask((codes.GET_DATA, b"/zookeeper/config", True)))[0])


def test_every_member_tells_who_the_members_are() -> None:
    cluster = three_of(SERVERS)
    cluster.tick(2)
    cluster.run()
    told = {config_of(cluster.client(member)) for member in cluster.members.values()}
    assert len(told) == 1
    assert told.pop().startswith(SERVERS + b"version=")
    cluster.agree()


def test_a_leader_that_knows_it_otherwise_has_it_changed_and_who_watches_is_told() -> None:
    cluster = three_of(SERVERS)
    cluster.tick(2)
    cluster.run()
    client = cluster.client(cluster.followers[0])
    before = config_of(client)
    for member in cluster.members.values():
        member.replica.servers = SERVERS.replace(b"h3", b"h9")
    cluster.tick(20)
    cluster.run()
    assert [event.path for event in client.listen().events] == [b"/zookeeper/config"]
    after = config_of(client)
    assert after.replace(b"h9", b"h3").startswith(SERVERS)
    assert int(after.rpartition(b"=")[2], 16) > int(before.rpartition(b"=")[2], 16)
    cluster.tick(200)
    cluster.run()
    assert config_of(client) == after, "and then it is left alone"
    cluster.agree()


def test_of_a_path_that_can_never_be_nobody_is_told(client, cluster, member):
    """ZooKeeper's exists says BADARGUMENTS to a zero byte, and sets no watch."""
    assert client.error(client.ask((codes.EXISTS, b"/a\0b", True))) == codes.BAD_ARGUMENTS
    assert len(member.door.watches) == 0


def test_the_empty_path_is_read_as_the_root_but_watched_as_itself(client, cluster, member):
    """So ZooKeeper does: nothing is ever told of it."""
    assert client.error(client.ask((codes.GET_DATA, b"", True))) == codes.OK
    assert list(member.door.watches.paths) == [b""]
