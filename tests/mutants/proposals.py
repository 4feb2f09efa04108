"""Writes on their way to the leader and back to who asked."""

from mutants.patching import Set

from hikari import service
from hikari.replica.proposals import Proposals
from hikari.replica.replica import Replica


def numbers_begin_anew_with_the_process(set: Set) -> None:
    """etcd-io/etcd#1064: requests are known by a number that is not unique over all members and
    lives; an entry of an earlier life answers somebody else."""
    set(service, "Proposals", lambda member, serial, seconds: Proposals(member, 0, seconds))


def what_may_be_lost_is_proposed_again(set: Set) -> None:
    """etcd-io/etcd#3587 (a pull request that was given up for it): proposals that a lost leader
    may have committed are proposed to the next one, and applied twice."""
    followed = Proposals.followed

    def at_once(self: Proposals, before: tuple[int, int], now: tuple[int, int]) -> None:
        followed(self, before, now)
        if self.doubt:
            self.applied(1 << 60)

    set(Proposals, "followed", at_once)


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
