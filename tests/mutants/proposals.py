"""Writes on their way to the leader and back to who asked."""

import weakref
from typing import Any

from mutants.patching import Set

from hikari import service
from hikari.peers.messages import Forward
from hikari.raft.raft import LEADER
from hikari.replica.proposals import Proposals, payloads
from hikari.replica.replica import Replica


def numbers_begin_anew_with_the_process(set: Set) -> None:
    """etcd-io/etcd#1064: requests are known by a number that is not unique over all members and
    lives; an entry of an earlier life answers somebody else."""
    set(service, "Proposals", lambda member, serial, seconds: Proposals(member, 0, seconds))


def what_may_be_lost_is_proposed_again(set: Set) -> None:
    """etcd-io/etcd#3587 (a pull request that was given up for it): proposals that a lost leader
    may have committed are proposed to the next one, and applied twice."""
    changed, submit, pack = Replica._changed_allegiance, Replica._submit, Proposals._pack
    packed: dict[int, bytes] = {}
    again: weakref.WeakKeyDictionary[Replica, list[bytes]] = weakref.WeakKeyDictionary()

    def remember(self: Proposals, groups: Any, askers: Any) -> bytes:
        made = pack(self, groups, askers)
        packed[self.serial] = made
        return made

    def keep(self: Replica) -> None:
        lost = [packed[serial] for serial, _, _ in self.proposals._outstanding]
        outstanding = self.proposals._outstanding.copy()
        self.proposals._outstanding.clear()
        changed(self)
        self.proposals._outstanding.extend(outstanding)
        again[self] = lost

    def resend(self: Replica) -> None:
        lost = again.pop(self, []) if self.serving else []
        if lost and self.raft.role == LEADER:
            for payload in payloads(self.wall_ms(), lost):
                self.raft.propose(payload)
        elif lost:
            self._outbox.append((self.raft.leader, Forward(self.member, self.raft.term, lost)))
        submit(self)

    set(Proposals, "_pack", remember)
    set(Replica, "_changed_allegiance", keep)
    set(Replica, "_submit", resend)


def nobody_is_told_that_the_leader_is_lost(set: Set) -> None:
    """ClickHouse/ClickHouse#60544: what was handed to a leader that was lost is waited for without
    an end."""
    changed = Replica._changed_allegiance

    def silently(self: Replica) -> None:
        outstanding = self.proposals._outstanding.copy()
        self.proposals._outstanding.clear()
        changed(self)
        self.proposals._outstanding.extend(outstanding)

    set(Replica, "_changed_allegiance", silently)
