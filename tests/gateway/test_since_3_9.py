"""What ZooKeeper answers since 3.9 and did not before, as its source has it: the differential test
meets 3.8 and does not judge it. docs/compatibility.md names these."""

import pytest
from replica.cluster import Cluster
from replica.wire import Client, acl_of, multi

from hikari_wire import codes


def test_exists_needs_read(client: Client, cluster: Cluster) -> None:
    """Since 3.9.2 (ZOOKEEPER-2590)."""
    but_read = codes.PERM_ALL & ~codes.PERM_READ
    client.create(b"/a", acl=acl_of((but_read, b"world", b"anyone")))
    cluster.run()
    assert client.error(client.ask((codes.EXISTS, b"/a", True))) == codes.NO_AUTH
    assert client.error(client.ask((codes.CHECK_WATCHES, b"/a", 3))) == codes.NO_WATCHER


def test_a_create2_in_a_multi_is_answered_with_its_stat(client: Client, cluster: Cluster) -> None:
    """Since 3.9.0 (ZOOKEEPER-4026)."""
    xid = client.ask(
        multi((codes.CREATE2, b"/a", b"xy", b"", 0), (codes.CREATE, b"/b", b"", b"", 0))
    )
    cluster.run()
    (first, second) = client.value(xid)
    assert first[:2] == (codes.CREATE2, codes.OK)
    path, stat = first[2]
    assert path == b"/a"
    assert stat.data_length == 2
    assert second == (codes.CREATE, codes.OK, b"/b")


@pytest.mark.parametrize("flags", [-1, 7, 99])
def test_flags_of_no_kind_make_a_whole_multi_malformed(
    client: Client, cluster: Cluster, flags: int
) -> None:
    """Since 3.9.0 (ZOOKEEPER-4026); alone they are BADARGUMENTS."""
    made = (codes.CREATE, b"/a", b"", b"", 0)
    xid = client.ask(multi(made, (codes.CREATE, b"/b", b"", b"", flags)))
    cluster.run()
    assert client.error(xid) == codes.MARSHALLING_ERROR
    assert client.error(client.ask((codes.EXISTS, b"/a", False))) == codes.NO_NODE


def test_an_address_of_ipv6_is_valid_in_an_acl(client: Client, cluster: Cluster) -> None:
    """Since 3.9.4 (ZOOKEEPER-4240)."""
    xid = client.create(b"/a", acl=acl_of((codes.PERM_ALL, b"ip", b"2001:db8::/32")))
    cluster.run()
    assert client.error(xid) == codes.OK


def test_a_container_with_the_flags_of_an_ephemeral_is_a_container_in_a_multi_too(
    client: Client, cluster: Cluster
) -> None:
    """Since 3.9.0 (ZOOKEEPER-4026); before, it was an ephemeral."""
    made = (codes.CREATE_CONTAINER, b"/a", b"", b"", codes.EPHEMERAL)
    xid = client.ask(multi(made, (codes.CREATE, b"/a/b", b"", b"", 0)))
    cluster.run()
    assert [part[:2] for part in client.value(xid)] == [
        *((codes.CREATE2, codes.OK), (codes.CREATE, codes.OK)),  # told as a create2, as there
    ]
