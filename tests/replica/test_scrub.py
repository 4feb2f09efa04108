"""A row that rots where nobody looks is found all the same."""

import pytest
from replica.cluster import Cluster, Member

from hikari.replica.scrub import Scrub
from hikari.store.memory import MemoryRows
from hikari.tree import keys
from hikari.tree.rows import RowsDamaged
from hikari.tree.tree import Tree
from hikari_wire import codes

REST = 20


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hikari.replica.scrub.REST_TICKS", REST)
    monkeypatch.setattr("hikari.replica.scrub.SCRUB_BYTES", 300)


def busy(cluster: Cluster, ticks: int) -> None:
    """Time passes, and znodes come, change and go."""
    client = cluster.client(cluster.leader)
    for number in range(ticks):
        client.create(b"/n-", b"data", codes.PERSISTENT_SEQUENTIAL)
        client.create(b"/e-%d" % number, b"", codes.EPHEMERAL)
        client.ask((codes.SET_DATA, b"/n-%010d" % (number // 2), b"else", -1))
        client.ask((codes.DELETE, b"/n-%010d" % (number - 5), -1))
        cluster.tick()


@pytest.mark.parametrize(
    ("key", "row"),
    [
        (keys.znode_key(b"/r"), b"altered"),
        (keys.znode_key(b"/r"), None),
        (keys.znode_key(b"/of/nobody"), b"a row too many"),
        (keys.session_key(1), None),
        (keys.META, None),
    ],
)
def test_a_row_that_is_not_what_was_written_is_found(key: bytes, row: bytes | None) -> None:
    rows = MemoryRows()
    tree = Tree(rows, 1 << 20)
    tree.begin(1, 5)
    tree.apply((codes.CREATE_SESSION, 1000, b"password"), 0, ())
    tree.apply((codes.CREATE, b"/r", b"data", b"", 0), 0, ())
    tree.finish()
    tree.settle()
    rows.write({key: row})
    with pytest.raises(RowsDamaged):
        whole_pass(tree)


def whole_pass(tree: Tree) -> None:
    scrub = Scrub()
    while not scrub.passes:
        scrub.tick(tree)


@pytest.mark.interpreted
def test_rows_that_change_under_it_are_no_damage() -> None:
    cluster = Cluster(3)
    busy(cluster, 8 * REST)
    assert all(member.replica.scrub.passes >= 2 for member in cluster.members.values())


@pytest.mark.interpreted
def test_a_snapshot_ends_the_pass() -> None:
    cluster = Cluster(3, entries_kept=3, flush_entries=5)
    lagging = cluster.followers[0]
    cluster.stop(lagging)
    busy(cluster, 10)
    back = cluster.start(lagging.number)
    until_begun(back)
    cluster.until(lambda: back.tree.index == cluster.leader.tree.index)
    assert back.replica.scrub._view is None
    busy(cluster, 5 * REST)
    assert back.replica.scrub.passes


def until_begun(member: Member) -> None:
    for _ in range(REST):
        member.replica.scrub.tick(member.tree)
    assert member.replica.scrub._view is not None
