"""Members that have lost what they had promised."""

from mutants.patching import Set
from raft import mutants as classic

from hikari.store.journal import RocksJournal


def who_lost_its_log_votes(set: Set) -> None:
    """eBay/NuRaft#185: a server that came back without the end of its log voted for another one
    that had less than what was committed; acknowledged writes were rolled back."""
    classic.an_amnesiac_votes(set)


def who_lost_its_log_makes_a_majority(set: Set) -> None:
    """eBay/NuRaft#185: what such a server acknowledges counts as if it still had the rest."""
    classic.an_amnesiac_makes_a_majority(set)


def who_lost_its_log_is_whole_too_soon(set: Set) -> None:
    """Alagappan 2018 (PAR), ZooKeeper and LogCabin: a damaged log is filled up to what its server
    happens to hear of first, and its votes count again before all that it had is back."""
    classic.an_amnesiac_is_whole_at_any_commit(set)


def the_leader_remembers_for_who_forgot(set: Set) -> None:
    """atomix/atomix#1069: a follower lost its data, and the leader goes on with what it believed
    of it."""
    classic.what_an_amnesiac_said_still_counts(set)


def a_lost_end_of_the_log_is_not_missed(set: Set) -> None:
    """ClickHouse/ClickHouse#31150, the corruptor of Keeper's Jepsen tests, which is switched off
    for eBay/NuRaft#185: a log that ends early is taken as it is."""
    take_up = RocksJournal._take_up

    def believe(self: RocksJournal, found: object) -> None:
        take_up(self, found._replace(lost=""))  # type: ignore[attr-defined]

    set(RocksJournal, "_take_up", believe)


def an_empty_folder_is_a_new_member(set: Set) -> None:
    """The drop-data nemesis of ClickHouse Keeper (eBay/NuRaft#185), camunda/camunda#30290: a
    server whose disk was lost starts as if it had never promised anything."""
    create = RocksJournal._create

    def begin(self: RocksJournal, path: object, rejoin: bool) -> None:
        create(self, path, False)  # type: ignore[arg-type]

    set(RocksJournal, "_create", begin)
