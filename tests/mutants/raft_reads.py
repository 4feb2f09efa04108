"""Reads that promise to know all that was written before."""

from typing import Any

from mutants.patching import Set
from raft import mutants as classic

from hikari.gateway.connection import Connection
from hikari.gateway.reads import READS
from hikari.raft.raft import Raft
from hikari.replica.barriers import Barriers


def a_leader_reads_without_asking_anybody(set: Set) -> None:
    """RedisLabs/redisraft#18 and #19, hashicorp/consul#54: a leader that was deposed and does not
    know it answers with what it has."""
    classic.reads_wait_for_no_round(set)


def a_new_leader_reads_before_it_has_committed(set: Set) -> None:
    """etcd-io/etcd#7331, RedisLabs/redisraft#22, tikv/tikv#6340: the commit index of a new leader
    may be older than its predecessor's until its first entry is committed."""
    classic.reads_wait_for_no_commit_of_the_term(set)


def an_older_round_confirms_a_read(set: Set) -> None:
    """etcd-io/etcd#20418: an answer that was given before the read was asked for, and came late,
    is taken for its confirmation."""
    classic.an_old_answer_confirms_a_new_round(set)


def a_question_that_is_asked_again_keeps_its_number(set: Set) -> None:
    """etcd-io/etcd#20418, mended by #21399: a retry of ReadIndex with the number of the first try
    takes the answer of the first, which knows nothing of what happened since. As in etcd, one
    question is under way at a time, and what is asked meanwhile waits: here for the retry."""
    again, send = Barriers.again, Barriers.send

    def same(self: Barriers) -> None:
        if self._asked:
            self._context -= 1
        again(self)

    def one_at_a_time(self: Barriers) -> None:
        if not self._asked:
            send(self)

    set(Barriers, "again", same)
    set(Barriers, "send", one_at_a_time)


def a_sync_asks_no_majority(set: Set) -> None:
    """ZOOKEEPER-1675: `sync` is no quorum operation, so `sync` and read is not linearizable. Here
    it is answered with the commit index of the member that was asked."""

    def read(self: Raft, context: int) -> bool:
        if self.leader:
            self._reads.append((context, self.log.commit))
        return bool(self.leader)

    set(Raft, "read", read)


def a_read_does_not_wait_until_it_is_applied(set: Set) -> None:
    """hashicorp/raft#359, databendlabs/openraft#964: the index is known, but the state machine is
    not there yet when it is read."""

    def indexed(self: Barriers, context: int, index: int) -> None:
        asked = self._asked.pop(context, None)
        for answer in asked[1] if asked is not None else ():
            answer()

    set(Barriers, "indexed", indexed)


def a_read_overtakes_the_writes_before_it(set: Set) -> None:
    """ClickHouse/ClickHouse#60749: a read is executed while writes of the same session that were
    sent before it are still under way."""
    requests = Connection._requests
    reads = frozenset(READS.values())

    def hurry(self: Connection, *piece: Any) -> None:
        requests(self, *piece)
        for slot in self.slots:
            if slot.read is not None and slot.read[0] in reads:
                read, request = slot.read
                slot.reply, slot.read = read(self, slot.xid, request), None
                self.underway_bytes -= slot.size

    set(Connection, "_requests", hurry)
