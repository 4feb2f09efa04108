"""The disk: what is on it when the process, or the machine, is no more."""

from collections.abc import Mapping
from typing import Any

from mutants.patching import Set

from hikari.replica.compaction import Compaction
from hikari.store.disk import DiskFailed
from hikari.store.journal import RocksJournal
from hikari.store.rows import RocksRows
from hikari.tree.keys import META
from hikari.tree.tree import Tree

Changes = Mapping[bytes, bytes | None]


def the_applied_index_is_written_before_the_data(set: Set) -> None:
    """etcd-io/etcd#13766, the post-mortem of 3.5: the consistent index was saved without the data
    that it spoke of. After a crash those entries are taken for applied."""
    write = RocksRows.write

    def apart(self: RocksRows, changes: Changes) -> None:
        if META in changes:
            write(self, {META: changes[META]})
            changes = {key: value for key, value in changes.items() if key != META}
        if changes:
            write(self, changes)

    set(RocksRows, "write", apart)


def the_data_is_written_before_the_applied_index(set: Set) -> None:
    """etcd-io/etcd#14685: the data was ahead of the consistent index, so that entries were applied
    twice after a restart."""
    write = RocksRows.write

    def apart(self: RocksRows, changes: Changes) -> None:
        data = {key: value for key, value in changes.items() if key != META}
        if META in changes and data:
            write(self, data)
            changes = {META: changes[META]}
        write(self, changes)

    set(RocksRows, "write", apart)


def half_an_entry_is_applied_again(set: Set) -> None:
    """ZOOKEEPER-3127: a snapshot was taken in the midst of a transaction of many, under its
    number, or the one before. Here: how much of an entry is in the rows is not asked."""
    begin = Tree.begin

    def from_the_start(self: Tree, index: int, time_ms: int) -> int:
        begin(self, index, time_ms)
        self.done = 0
        return 0

    set(Tree, "begin", from_the_start)


def a_failed_write_is_passed_over(set: Set) -> None:
    """ClickHouse/ClickHouse#39673: to store an entry fails, and the server goes on as if it was
    there."""
    for name in ("_write", "_flush_wal"):
        tried = getattr(RocksJournal, name)

        def try_(self: RocksJournal, *arguments: Any, tried: Any = tried) -> None:
            try:
                tried(self, *arguments)
            except DiskFailed:
                self._failure = None

        set(RocksJournal, name, try_)


def nothing_is_ever_fsynced(set: Set) -> None:
    """etcd-io/etcd#14143 under lazyfs, and the canary of every test of durability: the write-ahead
    log is handed to the kernel and left there."""
    set(RocksJournal, "_flush_wal", lambda self: None)


def the_log_is_cut_before_the_tree_is_on_disk(set: Set) -> None:
    """etcd-io/etcd#9808, ClickHouse/ClickHouse#31150: the log is released up to a snapshot that a
    crash then takes away; the server cannot start."""

    def flush(self: Compaction, rows: Any, index: int, zxid: int) -> None:
        self._flushed = index

    set(Compaction, "_flush", flush)
