"""Entries: what is appended, acknowledged, committed and cut."""

from typing import Any

from mutants.patching import Set
from raft import mutants as classic

from hikari.raft.messages import Append
from hikari.raft.raft import Raft
from hikari.raft.ready import Ready


def a_stale_append_cuts_the_log(set: Set) -> None:
    """hashicorp/raft#113, openraft 9540c904 and 44381b0c, lerna-stack/akka-entity-replication#152:
    entries that do not conflict are deleted because an old or doubled AppendEntries ends before
    them; some were acknowledged."""
    classic.an_append_cuts_what_follows_it(set)


def entries_of_older_terms_are_committed_by_counting(set: Set) -> None:
    """logcabin/logcabin#44: "critical Raft data corruption bug": an entry of an older term counts
    as committed once a majority has it (Raft, figure 8)."""
    classic.older_terms_are_committed_by_counting(set)


def entries_are_acknowledged_before_they_are_durable(set: Set) -> None:
    """ZOOKEEPER-4646, -4685, -3911, -2845: a follower acknowledges before the transactions are on
    its disk; a crash then loses what was committed with its help."""
    classic.acknowledged_before_durable(set)


def a_cut_write_still_counts_as_durable(set: Set) -> None:
    """ClickHouse/ClickHouse#102629 (`last_durable_idx` was not rolled back; Jepsen did not find
    it), rabbitmq/ra#637: entries are replaced while the old ones are on their way to the disk, and
    the end of that write acknowledges the new ones."""
    classic.a_cut_write_still_counts_as_durable(set)


def the_leader_counts_what_its_disk_has_not(set: Set) -> None:
    """etcd-io/etcd#14143: committed writes are lost with data that was never fsynced; the leader
    counted itself before its own write had ended."""
    classic.leader_counts_what_its_own_disk_has_not(set)


def entries_are_applied_before_they_are_durable(set: Set) -> None:
    """etcd-io/etcd#14370: the entries of a Ready are applied, and their client answered, beside
    the write to the log instead of behind it."""
    ready = Raft.ready

    def hasty(self: Raft, quick: bool = False) -> Ready:
        durable, self.log.durable = self.log.durable, self.log.last.index
        try:
            return ready(self, quick)
        finally:
            self.log.durable = durable

    set(Raft, "ready", hasty)


def the_commit_passes_what_matches(set: Set) -> None:
    """RedisLabs/raft#49, willemt/raft#118: a follower takes the leader's commit index as far as its
    own log goes, also over entries that the leader never had."""
    classic.commit_passes_what_matches(set)


def the_whole_log_is_acknowledged(set: Set) -> None:
    """hashicorp/raft#113 (its second half), mofa-org/mofa#1150: the answer names the last entry of
    the follower's log instead of the last one that was compared; the leader counts entries of
    another leader as its own."""
    acknowledge = Raft._acknowledge

    def boast(self: Raft, message: Append, match: int) -> None:
        acknowledge(self, message, self.log.last.index)

    set(Raft, "_acknowledge", boast)


def the_place_before_is_not_checked(set: Set) -> None:
    """ZOOKEEPER-2846, ZOOKEEPER-4925: a follower is sent the difference from a place at which its
    log is another one: a hole, or entries of two histories."""
    classic.the_place_before_is_not_checked(set)


def conflicting_entries_stay(set: Set) -> None:
    """mofa-org/mofa#1151: an entry with the index of another is taken for known, whatever its
    term; the old leader's entry stays in the log."""

    def take(self: Raft, entries: list[Any]) -> None:
        for entry in entries:
            if entry.index > self.log.last.index:
                self.log.append(entry)

    set(Raft, "_take", take)


def a_doubled_append_is_appended_again(set: Set) -> None:
    """willemt/raft#118 (its first case): entries that were compacted meanwhile are appended once
    more, by a doubled AppendEntries from the beginning of the log."""

    def take(self: Raft, entries: list[Any]) -> None:
        log = self.log
        for entry in entries:
            known = log.mark_at(entry.index)
            if known is None or known.checksum != entry.checksum:
                if log.commit < entry.index <= log.last.index:
                    self._cut(entry.index)
                log.append(entry)

    set(Raft, "_take", take)
