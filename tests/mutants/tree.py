"""What requests do to the tree, the same everywhere."""

from typing import Any

from mutants.patching import Set

from hikari.replica.digests import Digests
from hikari.replica.replica import Replica
from hikari.tree import znode
from hikari.tree.cache import Cache
from hikari.tree.tree import Tree
from hikari.tree.undo import Undo
from hikari.tree.znode import Znode


def sequence_numbers_are_given_again(set: Set) -> None:
    """ZOOKEEPER-3249, ZOOKEEPER-3124: a parent's cversion goes back when it is read from a
    snapshot, and numbers of deleted children are given to new ones. Here: of deleted children
    nothing is left in the row."""
    from_row = znode.from_row

    def forget(row: bytes) -> Znode:
        read = from_row(row)
        read.creates = read.children
        read.stat = None
        return read

    set(znode, "from_row", forget)


def a_multi_that_failed_leaves_its_first_parts(set: Set) -> None:
    """ClickHouse/ClickHouse#39673, #39637: changes that are not to be stay in the state."""
    set(Undo, "restore", lambda self: None)


def a_multi_that_failed_leaves_its_ephemerals(set: Set) -> None:
    """ClickHouse/ClickHouse#38556, #39637: the znodes are rolled back, what the session keeps of
    them is not."""
    restore = Undo.restore

    def forget(self: Undo) -> None:
        self.claims.clear()
        restore(self)

    set(Undo, "restore", forget)


def every_member_asks_its_own_clock(set: Set) -> None:
    """redis/redis#5171 and #8433, arana-db/kiwi#338: time-outs that each replica counts by its own
    clock make the replicas different. ZooKeeper's and our entries hold the time."""
    apply = Replica._apply

    def by_own_clock(self: Replica, entries: list[Any]) -> None:
        tree = self.tree
        begin = Tree.begin
        now = self.wall_ms()

        def begin_now(tree_: Tree, index: int, time_ms: int) -> int:
            return begin(tree_, index, max(now, tree.time_ms))

        Tree.begin = begin_now  # type: ignore[method-assign]
        try:
            apply(self, entries)
        finally:
            Tree.begin = begin  # type: ignore[method-assign]

    set(Replica, "_apply", by_own_clock)


def members_differ_and_nobody_compares(set: Set) -> None:
    """etcd-io/etcd#13766: members held other data than each other for weeks, for the check that
    compares them was off. Here: the first has other times in its rows than the rest, and what
    production does with digests is left out; the witness has to see it by itself."""
    apply = Replica._apply

    def apart(self: Replica, entries: list[Any]) -> None:
        apply(self, entries)
        for changed in self.tree.changed.values():
            if self.member == 1 and changed is not None:
                changed.mtime += 1
                changed.stat = changed.body = None

    set(Replica, "_apply", apart)
    set(Digests, "_compare", lambda self, index, answers, other: None)
    set(Digests, "_judge", lambda self, index, answers: None)


def a_list_of_children_stays_as_it_was(set: Set) -> None:
    """ClickHouse/ClickHouse#115457 and its like: what is derived from the children (numbers, a
    list) is not what the children are."""
    set(Cache, "unlist", lambda self, znode: None)
