"""Containers and TTL znodes: the leader finds what is due, and the log decides."""

import pytest
from replica.cluster import CHECK_TICKS, TICK_MS, Cluster

from hikari.replica.collector import Collector
from hikari.store.memory import MemoryRows
from hikari.tree.ending import COLLECT
from hikari.tree.tree import Tree
from hikari_wire import acl, codes

MINUTE_TICKS = 60_000 // TICK_MS


def collector(per_minute_max: int = 60_000, never_used_ms: int = 0) -> Collector:
    made = Collector(TICK_MS, CHECK_TICKS, per_minute_max, never_used_ms)
    made.rest()
    return made


def tree_with(*requests: tuple[object, ...], time_ms: int = 1_000) -> Tree:
    tree = Tree(MemoryRows(), 1 << 20)
    tree.begin(1, time_ms)
    for request in requests:
        error, _ = tree.apply(request, 0, ())
        assert not error
    tree.finish()
    tree.settle()
    return tree


def container(path: bytes) -> tuple[object, ...]:
    return (codes.CREATE_CONTAINER, path, b"", acl.OPEN, codes.CONTAINER)


def ttl(path: bytes, ttl_ms: int) -> tuple[object, ...]:
    return (codes.CREATE_TTL, path, b"", acl.OPEN, codes.PERSISTENT_WITH_TTL, ttl_ms)


def emptied(path: bytes) -> list[tuple[object, ...]]:
    child = path + b"/child"
    create = (codes.CREATE, child, b"", acl.OPEN, codes.PERSISTENT)
    return [container(path), create, (codes.DELETE, child, -1)]


def asked(broom: Collector, tree: Tree, now_ms: int, ticks: int) -> list[bytes]:
    found = []
    for _ in range(ticks):
        for op, path, never_used_ms in broom.tick(tree.rows, now_ms):
            assert (op, never_used_ms) == (COLLECT, broom.never_used_ms)
            found.append(path)
    return found


def test_what_is_due_is_asked_for_once_a_round_and_nothing_else() -> None:
    tree = tree_with(*emptied(b"/c"), container(b"/never"), ttl(b"/t", 500), ttl(b"/later", 9_000))
    broom = collector()
    assert asked(broom, tree, 1_501, CHECK_TICKS) == []
    assert asked(broom, tree, 1_501, 2) == [b"/c", b"/t"]
    assert asked(broom, tree, 1_501, CHECK_TICKS - 1) == []
    assert asked(broom, tree, 1_501, 3) == [b"/c", b"/t"]  # they are still there


def test_a_time_that_is_just_up_is_not_over() -> None:
    tree = tree_with(ttl(b"/t", 500))
    broom = collector()
    assert asked(broom, tree, 1_500, 3 * CHECK_TICKS) == []
    assert asked(broom, tree, 1_501, 3 * CHECK_TICKS)[:1] == [b"/t"]


def test_containers_that_never_had_a_child_wait_as_long_as_they_are_told() -> None:
    tree = tree_with(*emptied(b"/c"), container(b"/never"), ttl(b"/t", 1))
    assert asked(collector(), tree, 10_000, CHECK_TICKS + 2) == [b"/c", b"/t"]
    assert asked(collector(never_used_ms=9_000), tree, 10_000, CHECK_TICKS + 2) == [b"/c", b"/t"]
    found = asked(collector(never_used_ms=8_999), tree, 10_000, CHECK_TICKS + 2)
    assert found == [b"/c", b"/never", b"/t"]


@pytest.mark.parametrize("per_minute_max", [60, 1_200, 6_000])
def test_no_more_are_asked_for_in_a_minute_than_allowed(per_minute_max: int) -> None:
    requests = [ttl(b"/t%05d" % number, 1) for number in range(7_000)]
    tree = tree_with(*requests)
    broom = collector(per_minute_max)
    found = asked(broom, tree, 5_000, CHECK_TICKS + MINUTE_TICKS)
    assert per_minute_max - 1 <= len(found) <= per_minute_max
    assert found == [b"/t%05d" % number for number in range(len(found))]  # each once, in order


def test_a_round_of_millions_reads_only_what_it_asks_for() -> None:
    tree = tree_with(*[ttl(b"/t%05d" % number, 1) for number in range(5_000)])
    read = []
    page = tree.rows.page

    def counted(prefix: bytes, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        found = page(prefix, after, count)
        read.append(len(found))
        return found

    tree.rows.page = counted  # type: ignore[method-assign]
    broom = collector(per_minute_max=6_000)  # five a tick
    asked(broom, tree, 5_000, CHECK_TICKS + 100)
    assert max(read) == 5


def test_who_does_not_lead_begins_anew() -> None:
    tree = tree_with(ttl(b"/t", 1))
    broom = collector()
    asked(broom, tree, 5_000, CHECK_TICKS)
    broom.rest()
    assert asked(broom, tree, 5_000, CHECK_TICKS) == []
    assert asked(broom, tree, 5_000, 1) == [b"/t"]


# Through a cluster.


def there(cluster: Cluster, path: bytes) -> list[bool]:
    return [m.tree.look(path) is not None for m in cluster.members.values() if m.running]


def test_an_emptied_container_goes_everywhere_and_one_in_use_stays() -> None:
    cluster = Cluster()
    client = cluster.client(cluster.followers[0])
    for path in (b"/c", b"/used"):
        client.ask(container(path))
        cluster.write(client, path + b"/child")
    client.ask((codes.DELETE, b"/c/child", -1))
    cluster.until(lambda: not any(there(cluster, b"/c")), 3 * CHECK_TICKS)
    cluster.tick(3 * CHECK_TICKS)
    assert all(there(cluster, b"/used"))


def test_a_ttl_znode_lives_for_its_time_and_no_longer_also_under_a_new_leader() -> None:
    cluster = Cluster()
    client = cluster.client(cluster.followers[0])
    client.ask(ttl(b"/t", 6_000))
    cluster.run()
    cluster.stop(cluster.leader)
    cluster.elect()
    cluster.tick(6_000 // TICK_MS - 2 * CHECK_TICKS)
    assert all(there(cluster, b"/t"))
    cluster.until(lambda: not any(there(cluster, b"/t")), 6 * CHECK_TICKS)


def test_quotas_are_enforced_if_the_leader_says_so() -> None:
    cluster = Cluster(enforces_quotas=True)
    cluster.until(lambda: all(m.tree.enforces_quotas for m in cluster.members.values()), 50)
    client = cluster.client(cluster.followers[0])
    for path, data in (
        *((b"/a", b""), (b"/zookeeper/quota/a", b"")),
        (b"/zookeeper/quota/a/zookeeper_limits", b"count=-1,bytes=-1=;countHardLimit=2"),
        (b"/zookeeper/quota/a/zookeeper_stats", b""),
    ):
        client.ask((codes.CREATE, path, data, acl.OPEN, 0))
    within, beyond = client.create(b"/a/1"), client.create(b"/a/2")
    cluster.run()
    assert client.error(within) == codes.OK
    assert client.error(beyond) == codes.QUOTA_EXCEEDED
    cluster.enforces_quotas = False
    for member in cluster.members.values():
        member.replica.enforces_quotas = False
    cluster.until(lambda: not any(m.tree.enforces_quotas for m in cluster.members.values()), 50)
    cluster.write(client, b"/a/2")
