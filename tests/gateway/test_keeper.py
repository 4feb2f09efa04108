"""What ClickHouse Keeper's clients ask for, and what ZooKeeper's never notice of it."""

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client, acl_of, multi

from hikari.gateway import published
from hikari.tree.acl import digest
from hikari_wire import codes
from hikari_wire.acl import OPEN
from hikari_wire.jute import INT
from hikari_wire.requests import MULTI_HEADER

NO_NODE = INT.pack(codes.NO_NODE)
FLAGS, VERSION = b"/keeper/feature_flags", b"/keeper/api_version"
ANN = acl_of((codes.PERM_ALL, b"digest", digest(b"ann:secret")))
ALL, PERSISTENT, EPHEMERAL = codes.LIST_ALL, codes.LIST_PERSISTENT, codes.LIST_EPHEMERAL


def ask(client: Client, cluster: Cluster, request: tuple[object, ...]) -> object:
    """The value, or the error."""
    xid = client.ask(request)
    cluster.run()
    error = client.error(xid)
    return error or client.value(xid)


@pytest.fixture
def family(client: Client, cluster: Cluster) -> Client:
    """/f with two persistent children and an ephemeral one."""
    for path, data, flags in (
        *((b"/f", b"", 0), (b"/f/a", b"1", 0), (b"/f/b", b"22", 0), (b"/f/a/deep", b"", 0)),
        (b"/f/e", b"333", codes.EPHEMERAL),
    ):
        cluster.write(client, path, data, flags)
    client.ask((codes.CREATE_CONTAINER, b"/f/z", b"", OPEN, codes.CONTAINER))
    cluster.run()
    return client


def test_the_features_are_a_bitmap_with_the_first_in_the_highest_bit() -> None:
    assert published.bitmap((0,)) == b"\x80"
    assert published.bitmap((1, 7, 8)) == b"\x41\x80"
    assert published.bitmap(published.FEATURES) == bytes((0b11111011, 0b11100000))


def test_who_asks_is_told_what_is_served(client: Client, cluster: Cluster) -> None:
    data, stat = ask(client, cluster, (codes.GET_DATA, FLAGS, False))  # type: ignore[misc]
    assert data == published.bitmap(published.FEATURES)
    assert stat.data_length == len(data)
    data, _ = ask(client, cluster, (codes.GET_DATA, VERSION, False))  # type: ignore[misc]
    assert data == b"3"
    assert ask(client, cluster, (codes.EXISTS, FLAGS, False))


def test_who_does_not_ask_sees_the_tree_of_zookeeper(client: Client, cluster: Cluster) -> None:
    names, stat = ask(client, cluster, (codes.GET_CHILDREN2, b"/", False))  # type: ignore[misc]
    assert names == (b"zookeeper",)
    assert stat.num_children == 1
    assert ask(client, cluster, (codes.EXISTS, b"/keeper", False)) == codes.NO_NODE
    assert ask(client, cluster, (codes.GET_DATA, b"/keeper/config", False)) == codes.NO_NODE
    cluster.write(client, b"/keeper")
    cluster.write(client, FLAGS, b"mine")
    data, stat = ask(client, cluster, (codes.GET_DATA, FLAGS, False))  # type: ignore[misc]
    assert data == b"mine"
    assert stat.czxid


def test_a_list_is_of_the_kind_that_was_asked_for(family: Client, cluster: Cluster) -> None:
    def listed(kind: int) -> object:
        return ask(family, cluster, (codes.FILTERED_LIST, b"/f", False, kind))

    (everybody, stat), (lasting, _), (fleeting, _) = map(listed, (ALL, PERSISTENT, EPHEMERAL))  # type: ignore[misc]
    assert everybody == (b"a", b"b", b"e", b"z")
    assert stat.num_children == 4
    assert lasting == (b"a", b"b", b"z")
    assert fleeting == (b"e",)
    assert listed(9) == codes.BAD_ARGUMENTS
    assert ask(family, cluster, (codes.FILTERED_LIST, b"/none", False, ALL)) == codes.NO_NODE


def test_a_list_brings_stats_and_data_along(family: Client, cluster: Cluster) -> None:
    asked = (codes.FILTERED_LIST_WITH_DATA, b"/f", False)
    names, _, stats, data = ask(family, cluster, (*asked, ALL, True, True))  # type: ignore[misc]
    assert names == (b"a", b"b", b"e", b"z")
    assert [stat.data_length for stat in stats] == [1, 2, 3, 0]
    assert data == (b"1", b"22", b"333", b"")
    names, _, stats, data = ask(family, cluster, (*asked, EPHEMERAL, False, True))  # type: ignore[misc]
    assert (names, stats, data) == ((b"e",), (), (b"333",))
    names, _, stats, data = ask(family, cluster, (*asked, ALL, False, False))  # type: ignore[misc]
    assert (len(names), stats, data) == (4, (), ())


def test_a_list_that_sets_a_watch_is_told_of_children(family: Client, cluster: Cluster) -> None:
    ask(family, cluster, (codes.FILTERED_LIST, b"/f", True, EPHEMERAL))
    cluster.write(family, b"/f/new")
    assert [event.path for event in family.listen().events] == [b"/f"]


def test_what_a_child_is_needs_the_permission_to_read_it(family: Client, cluster: Cluster) -> None:
    family.create(b"/f/secret", acl=ANN)
    plain = ask(family, cluster, (codes.FILTERED_LIST, b"/f", False, ALL))
    assert b"secret" in plain[0]  # type: ignore[index]
    for request in (
        (codes.FILTERED_LIST, b"/f", False, EPHEMERAL),
        (codes.FILTERED_LIST_WITH_DATA, b"/f", False, ALL, True, False),
    ):
        assert ask(family, cluster, request) == codes.NO_AUTH
    assert ask(family, cluster, (codes.FILTERED_LIST, b"/f/secret", False, ALL)) == codes.NO_AUTH


def test_all_below_comes_parents_first_up_to_a_limit(family: Client, cluster: Cluster) -> None:
    family.create(b"/f/b/secret", acl=ANN)
    found = ask(family, cluster, (codes.LIST_RECURSIVE, b"/f", 100))
    assert found == (b"/f/a", b"/f/b", b"/f/e", b"/f/z", b"/f/a/deep")
    assert ask(family, cluster, (codes.LIST_RECURSIVE, b"/f", 2)) == (b"/f/a", b"/f/b")
    assert ask(family, cluster, (codes.LIST_RECURSIVE, b"/f", 0)) == ()
    assert ask(family, cluster, (codes.LIST_RECURSIVE, b"/none", 9)) == codes.NO_NODE
    whole = ask(family, cluster, (codes.LIST_RECURSIVE, b"/", 100))
    assert {b"/f", b"/zookeeper", b"/zookeeper/quota", b"/f/a/deep"} <= set(whole)  # type: ignore[call-overload]


def test_a_list_longer_than_any_reply_is_refused(
    family: Client, cluster: Cluster, member: Member
) -> None:
    member.door.output_bytes_max = 200
    for request in (
        (codes.FILTERED_LIST_WITH_DATA, b"/f", False, ALL, True, True),
        (codes.MULTI_READ, ((codes.FILTERED_LIST_WITH_DATA, b"/f", False, ALL, True, True),)),
    ):
        answer = ask(family, cluster, request)
        assert answer == codes.BAD_ARGUMENTS or answer[0][1] == codes.BAD_ARGUMENTS  # type: ignore[index]


def test_the_writes_go_through_the_log_in_the_order_asked(family: Client, cluster: Cluster) -> None:
    xids = [
        family.ask(request)
        for request in (
            (codes.CHECK_NOT_EXISTS, b"/n", -1),
            (codes.CREATE_IF_NOT_EXISTS, b"/n", b"x", OPEN, 0),
            (codes.CREATE_IF_NOT_EXISTS, b"/n", b"y", OPEN, 0),
            (codes.CHECK_STAT, b"/n", 0, (-1,) * 8 + (1, 0, -1)),
            (codes.CHECK_NOT_EXISTS, b"/n", -1),
            (codes.TRY_REMOVE, b"/n", 7),
            (codes.TRY_REMOVE, b"/n", 0),
            (codes.REMOVE_RECURSIVE, b"/f", 3),
            (codes.REMOVE_RECURSIVE, b"/f", 10),
            (codes.EXISTS, b"/f", False),
        )
    ]
    cluster.run()
    assert [family.error(xid) for xid in xids] == [
        *(0, 0, 0, 0, codes.NODE_EXISTS, 0, 0, codes.NOT_EMPTY, 0, codes.NO_NODE),
    ]


def test_they_may_be_parts_of_a_multi(family: Client, cluster: Cluster) -> None:
    parts = (
        (codes.CREATE_IF_NOT_EXISTS, b"/f/a", b"", OPEN, 0),
        (codes.REMOVE_RECURSIVE, b"/f", 10),
        (codes.CHECK_NOT_EXISTS, b"/f", -1),
    )
    assert ask(family, cluster, multi(*parts)) == (
        (codes.CREATE_IF_NOT_EXISTS, 0, b"/f/a"),
        (codes.REMOVE_RECURSIVE, 0, None),
        (codes.CHECK_NOT_EXISTS, 0, None),
    )
    assert ask(family, cluster, (codes.EXISTS, b"/f/e", False)) == codes.NO_NODE


READS = (
    (codes.GET_DATA, b"/none", False),
    (codes.EXISTS, b"/f/a", False),
    (codes.GET_CHILDREN, b"/f/a", False),
    (codes.GET_CHILDREN2, b"/f/a", False),
    (codes.FILTERED_LIST, b"/f", False, EPHEMERAL),
)


def test_many_reads_are_answered_each_in_its_own_words(family: Client, cluster: Cluster) -> None:
    zookeepers = ask(family, cluster, (codes.MULTI_READ, READS))
    assert family.heard[-1][-1][:13] == MULTI_HEADER.pack(codes.ERROR, False, -101) + NO_NODE
    ask(family, cluster, (codes.GET_DATA, FLAGS, False))  # who asks this is of Keeper
    keepers = ask(family, cluster, (codes.MULTI_READ, READS))
    assert family.heard[-1][-1][:9] == MULTI_HEADER.pack(codes.GET_DATA, False, -101)
    assert keepers == zookeepers
    assert keepers[0] == (codes.ERROR, codes.NO_NODE, None)  # type: ignore[index]
    _, (_, _, stat), (_, _, names), (_, _, (again, _)), (_, _, (fleeting, _)) = keepers  # type: ignore[misc]
    assert stat.num_children == 1
    assert names == again == (b"deep",)
    assert fleeting == (b"e",)


ANNOUNCED = {
    published.FILTERED_LIST: (codes.FILTERED_LIST, b"/f", False, PERSISTENT),
    published.MULTI_READ: (codes.MULTI_READ, READS),
    published.CHECK_NOT_EXISTS: (codes.CHECK_NOT_EXISTS, b"/none", -1),
    published.CREATE_IF_NOT_EXISTS: (codes.CREATE_IF_NOT_EXISTS, b"/f", b"", OPEN, 0),
    published.REMOVE_RECURSIVE: (codes.REMOVE_RECURSIVE, b"/f/a", 10),
    published.CHECK_STAT: (codes.CHECK_STAT, b"/f", 0, (-1,) * 11),
    published.PERSISTENT_WATCHES: (codes.ADD_WATCH, b"/f", codes.ADD_WATCH_PERSISTENT),
    published.CREATE_WITH_STATS: (codes.CREATE2, b"/f/with-stat", b"", OPEN, 0),
    published.TRY_REMOVE: (codes.TRY_REMOVE, b"/none", -1),
    published.LIST_WITH_STAT_AND_DATA: (
        *(codes.FILTERED_LIST_WITH_DATA, b"/f", False, ALL, True, True),
    ),
}


@pytest.mark.parametrize("feature", published.FEATURES)
def test_what_is_announced_is_served(family: Client, cluster: Cluster, feature: int) -> None:
    xid = family.ask(ANNOUNCED[feature])
    cluster.run()
    assert family.error(xid) == codes.OK


def test_watches_in_a_read_of_many_are_neither_announced_nor_set(
    family: Client, cluster: Cluster, member: Member
) -> None:
    """Feature 5 of Keeper: its clients look whether it is there."""
    assert 5 not in published.FEATURES
    ask(family, cluster, (codes.GET_DATA, FLAGS, False))
    ask(family, cluster, (codes.MULTI_READ, ((codes.GET_DATA, b"/f", True),)))
    assert len(member.door.watches) == 0
