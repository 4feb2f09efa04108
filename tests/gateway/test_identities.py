"""Who a connection speaks for: addresses, the superuser, and whom nobody asks."""

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, acl_of

from hikari.gateway.identities import address
from hikari.tree.acl import digest
from hikari_wire import codes

ANN = digest(b"ann:secret")
FOR_ANN = acl_of((codes.PERM_ALL, b"digest", ANN))


def log_in(client: Client, credentials: bytes) -> None:
    client.wire.say(client.frame((codes.AUTH, 0, b"digest", credentials), codes.XID_AUTH))


@pytest.fixture
def secret(client: Client, cluster: Cluster) -> bytes:
    client.create(b"/secret", b"x", acl=FOR_ANN)
    cluster.run()
    return b"/secret"


def errors(client: Client, cluster: Cluster, path: bytes) -> list[int | None]:
    """Of all that needs a permission, reads and writes."""
    xids = [
        client.ask(request)
        for request in (
            (codes.GET_DATA, path, False),
            (codes.EXISTS, path, False),
            (codes.GET_CHILDREN, path, False),
            (codes.GET_ACL, path),
            (codes.CHECK, path, -1),
            (codes.SET_DATA, path, b"y", -1),
            (codes.CREATE, path + b"/child", b"", b"", codes.EPHEMERAL_SEQUENTIAL),
            (codes.SET_ACL, path, FOR_ANN, -1),
        )
    ]
    cluster.run()
    return [client.error(xid) for xid in xids]


def test_the_superuser_is_who_knows_that_password(
    cluster: Cluster, member: Member, other: Client, secret: bytes
) -> None:
    member.door.super_digest = digest(b"super:power")
    assert errors(other, cluster, secret) == [codes.NO_AUTH] * 8
    log_in(other, b"super:guess")
    assert errors(other, cluster, secret) == [codes.NO_AUTH] * 8
    log_in(other, b"super:power")
    assert errors(other, cluster, secret) == [codes.OK] * 8


def test_without_a_super_digest_nobody_is_the_superuser(
    cluster: Cluster, other: Client, secret: bytes
) -> None:
    log_in(other, b"")
    log_in(other, b"super:")
    assert errors(other, cluster, secret) == [codes.NO_AUTH] * 8


def test_the_superuser_sees_the_hashes(
    cluster: Cluster, member: Member, other: Client, secret: bytes
) -> None:
    member.door.super_digest = digest(b"super:power")
    log_in(other, b"super:power")
    raw, _ = other.value(other.ask((codes.GET_ACL, secret)))
    assert ANN in raw


def test_where_acls_are_skipped_nobody_is_asked(
    cluster: Cluster, member: Member, secret: bytes
) -> None:
    member.door.skip_acl = True
    anyone = cluster.client(member)
    assert errors(anyone, cluster, secret) == [codes.OK] * 8
    auth = acl_of((codes.PERM_ALL, b"auth", b""))
    xid = anyone.create(b"/mine", acl=auth)
    cluster.run()
    assert anyone.error(xid) == codes.INVALID_ACL  # an ACL must be one all the same


def test_who_came_over_ipv4_has_an_address_of_ipv4() -> None:
    assert address("::ffff:10.1.2.3") == b"10.1.2.3"
    assert address("10.1.2.3") == b"10.1.2.3"
    assert address("2001:db8::1") == b"2001:db8::1"


# Who is shown an ACL, and how much of it.


SHOWN = (
    (codes.PERM_ADMIN, b"digest", ANN),
    (codes.PERM_READ, b"digest", digest(b"bob:secret")),
    (codes.PERM_WRITE | codes.PERM_CREATE, b"digest", digest(b"eve:secret")),
    (codes.PERM_READ, b"ip", b"10.9.9.0/24"),
    (codes.PERM_DELETE, b"digest", b"with:more:colons"),
)
MASKED = (
    (codes.PERM_ADMIN, b"digest", b"ann:x"),
    (codes.PERM_READ, b"digest", b"bob:x"),
    (codes.PERM_WRITE | codes.PERM_CREATE, b"digest", b"eve:x"),
    (codes.PERM_READ, b"ip", b"10.9.9.0/24"),
    (codes.PERM_DELETE, b"digest", b"with:x"),
)


@pytest.fixture
def guarded(client: Client, cluster: Cluster) -> bytes:
    """A znode whose ACL has somebody for each permission; as it is stored, whatever is valid."""
    plain = tuple(entry for entry in SHOWN if entry[2] != b"with:more:colons")
    client.create(b"/guarded", b"", acl=acl_of(*plain))
    cluster.run()
    znode = cluster.leader.tree.look(b"/guarded")
    assert znode is not None
    znode.acl = acl_of(*SHOWN)
    return b"/guarded"


@pytest.mark.parametrize(
    ("credentials", "host", "shown"),
    [
        (b"ann:secret", "10.0.0.1", SHOWN),  # ADMIN, and READ she has not
        (b"bob:secret", "10.0.0.1", MASKED),  # READ, and his own hash is not shown either
        (b"", "10.9.9.7", MASKED),  # READ, by the address
        (b"eve:secret", "10.0.0.1", None),  # WRITE and CREATE are not enough
        (b"ann:wrong", "10.0.0.1", None),
        (b"", "10.0.0.1", None),
        (b"super:power", "10.0.0.1", SHOWN),
    ],
)
def test_an_acl_is_shown_to_administrators_and_masked_to_readers(
    cluster: Cluster,
    member: Member,
    guarded: bytes,
    credentials: bytes,
    host: str,
    shown: tuple[tuple[int, bytes, bytes], ...] | None,
) -> None:
    """ZooKeeper: READ or ADMIN to be answered, ADMIN to see the hashes; what follows the first
    colon of a digest is an x to all others, and nothing else is."""
    member.door.super_digest = digest(b"super:power")
    asker = cluster.dial(member, host)
    asker.hello()
    cluster.run()
    if credentials:
        log_in(asker, credentials)
    xid = asker.ask((codes.GET_ACL, guarded))
    cluster.run()
    if shown is None:
        assert asker.error(xid) == codes.NO_AUTH
    else:
        raw, stat = asker.value(xid)
        assert raw == acl_of(*shown)
        assert stat.czxid


def test_an_acl_is_shown_whole_where_nobody_is_asked(
    cluster: Cluster, member: Member, guarded: bytes
) -> None:
    member.door.skip_acl = True
    anyone = cluster.client(member)
    raw, _ = anyone.value(anyone.ask((codes.GET_ACL, guarded)))
    assert raw == acl_of(*SHOWN)
