"""Rows instead of entries: how they are made, sent, and taken."""

from typing import Any

from mutants.patching import Set
from raft import mutants as classic

from hikari.gateway.door import Door
from hikari.raft.entry import Mark
from hikari.raft.journal import HardState
from hikari.raft.messages import Chunk
from hikari.replica.proposals import Proposals
from hikari.replica.replica import Replica
from hikari.replica.snapshots import Receiving
from hikari.store.inspection import (
    BASE_KEY,
    HARD_STATE_KEY,
    RECORDS_END,
    pack_base,
    pack_hard_state,
    record_key,
)
from hikari.store.journal import RocksJournal
from hikari.store.rows import FORMAT_KEY, RocksRows
from hikari.tree.tree import Tree


def a_snapshot_replaces_a_log_that_has_more(set: Set) -> None:
    """openraft 674e78aa and eed681d5, willemt/raft#118: a snapshot that comes late throws away the
    entries behind it, which this member has acknowledged."""
    classic.a_snapshot_replaces_a_log_that_has_more(set)


def the_rows_of_a_snapshot_are_not_synced(set: Set) -> None:
    """etcd-io/etcd#22340: the log says that there is a snapshot which the loss of power has
    taken."""
    keep = Receiving._keep

    def trust(self: Receiving, arriving: Any, chunk: Chunk) -> None:
        chunk.done, done = False, chunk.done
        keep(self, arriving, chunk)
        chunk.done = done

    set(Receiving, "_keep", trust)


def the_log_is_reset_before_it_names_the_snapshot(set: Set) -> None:
    """etcd-io/etcd#9808: "database file does not match with snapshot": a crash between two steps
    that belong together leaves the old tree under the new log."""

    def reset(self: RocksJournal, hard_state: HardState, mark: Mark, tree_name: str) -> None:
        first = self._files.batch()
        first.put(BASE_KEY, pack_base(mark, self.tree_name))
        first.put(HARD_STATE_KEY, pack_hard_state(hard_state))
        first.delete_range(record_key(0), RECORDS_END)
        self._write(first)
        self._flush_wal()
        second = self._files.batch()
        second.put(BASE_KEY, pack_base(mark, tree_name))
        self._write(second)
        self._flush_wal()
        self.base = self.last = mark
        self.hard_state, self.tree_name = hard_state, tree_name
        self._lower_watermark(mark)
        self._raise_watermark(mark, hard_state)
        self._secure()

    set(RocksJournal, "reset", reset)


class _LiveView:
    """Rows as they are when they are looked at, not as they were at the beginning."""

    def __init__(self, db: Any) -> None:
        self._db, self._after = db, b""

    def take(self, bytes_max: int) -> list[tuple[bytes, bytes]]:
        taken: list[tuple[bytes, bytes]] = []
        size = 0
        rows = self._db.iter()
        rows.seek(self._after)
        while (size < bytes_max or not taken) and (key := rows.key()) is not None:
            if key > self._after and key != FORMAT_KEY:
                taken.append((key, rows.value()))
                size += len(key) + len(taken[-1][1])
            rows.next()
        if taken:
            self._after = taken[-1][0]
        return taken

    def close(self) -> None: ...


def a_snapshot_is_fuzzy(set: Set) -> None:
    """ZOOKEEPER-3144 (ghost ephemerals), ZOOKEEPER-3249: the tree changes while it is written down,
    and nothing later makes up for it."""
    set(RocksRows, "view", lambda self: _LiveView(self._db))


def the_mark_of_a_snapshot_is_newer_than_its_rows(set: Set) -> None:
    """ZOOKEEPER-3127: the number that a snapshot goes by is taken at another moment than its
    data."""
    begin = Replica._begin_snapshot

    def unsettled(self: Replica, peer: int) -> None:
        settle = Tree.settle
        Tree.settle = lambda tree: None  # type: ignore[method-assign]
        try:
            begin(self, peer)
        finally:
            Tree.settle = settle  # type: ignore[method-assign]

    set(Replica, "_begin_snapshot", unsettled)


def the_old_tree_is_read_on(set: Set) -> None:
    """ClickHouse/ClickHouse#54572 (found by Jepsen): a part of the server goes on with the state
    from before the snapshot was installed."""

    def restored(self: Door) -> None:
        for connection in list(self.connections):
            connection.refuse("the tree was replaced by a snapshot", quietly=True)

    set(Door, "restored", restored)


def watches_sleep_through_a_snapshot(set: Set) -> None:
    """etcd-io/etcd#15271, #19487: watchers stay as they are while a snapshot replaces the state:
    what it has changed is never told, or told in the wrong order."""

    def restored(self: Door) -> None:
        self.tree = self.replica.tree

    set(Door, "restored", restored)


def who_waits_for_a_compacted_entry_waits_for_ever(set: Set) -> None:
    """willemt/raft#130: what was committed by way of a snapshot is never reported to who proposed
    it."""
    restore = Replica._restore

    def keep(self: Replica, mark: Any, name: str, rows: Any) -> None:
        lose = Proposals.lose
        Proposals.lose = lambda proposals: None  # type: ignore[method-assign]
        try:
            restore(self, mark, name, rows)
        finally:
            Proposals.lose = lose  # type: ignore[method-assign]

    set(Replica, "_restore", keep)


def chunks_of_two_snapshots_are_mixed(set: Set) -> None:
    """etcd-io/etcd#18055: two snapshots follow each other closely, and something of the older one
    is left in the newer: here the rows that had come of it. (To mix the chunks themselves would be
    seen at once: each carries the checksum of all before it.)"""

    take = Receiving.take

    def mix(self: Receiving, chunk: Chunk, answer: Any) -> None:
        before = self._arriving
        if before is None or chunk.number or chunk.mark == before.mark:
            take(self, chunk, answer)
            return
        self._arriving = None  # so that it is not dropped
        take(self, chunk, answer)
        arriving = self._arriving
        assert arriving is not None

        def leave() -> None:
            if before.rows is not None:
                assert arriving.rows is not None
                left = [row for row in before.rows.scan(b"") if arriving.rows.get(row[0]) is None]
                arriving.rows.write(dict(left))
                before.rows.close()
                self.drop_rows(before.name)

        self.aside(leave, lambda: None)

    set(Receiving, "take", mix)
