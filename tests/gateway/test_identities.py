"""Who a connection speaks for: addresses, the superuser, and whom nobody asks."""

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, acl_of

from hikari.gateway.connection import address
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
