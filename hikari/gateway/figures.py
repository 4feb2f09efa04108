"""What a member tells of itself, each figure by its name: the word `mntr` shows all of them.

To add one: put it into one of the two lists below, or, if only another room knows it, append a
function that gives such pairs to `Door.figures` (in `hikari.service`). Names of our own begin with
`hikari_`; ZooKeeper's names mean what they mean there.
"""

import os
import resource
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hikari.raft.raft import LEADER

if TYPE_CHECKING:
    from hikari.gateway.door import Door

Figure = tuple[str, int | float | str]

VERSION_TEXT = "3.9.3-hikari-0.1.0, built on 2026-11-20 00:00 UTC"


def mode(door: "Door") -> str:
    if door.alone:
        return "read-only"
    if len(door.replica.raft.voters) == 1:
        return "standalone"
    return "leader" if door.replica.raft.role == LEADER else "follower"


def outstanding(door: "Door") -> int:
    """Requests that were read and are not answered."""
    return door.outstanding


def of_zookeeper(door: "Door") -> Iterable[Figure]:
    """While it serves. `zk_approximate_data_size` is not known."""
    tree = door.tree
    least, mean, most = door.replica.proposals.latency_ms()
    yield "zk_version", VERSION_TEXT
    yield "zk_server_state", mode(door)
    yield "zk_avg_latency", round(mean, 4)
    yield "zk_min_latency", round(least)
    yield "zk_max_latency", round(most)
    yield "zk_packets_received", door.received
    yield "zk_packets_sent", door.sent
    yield "zk_num_alive_connections", len(door.connections)
    yield "zk_outstanding_requests", outstanding(door)
    yield "zk_znode_count", tree.znodes
    yield "zk_watch_count", len(door.watches)
    yield "zk_ephemerals_count", sum(s.ephemerals for s in tree.sessions.values())
    yield "zk_global_sessions", len(tree.sessions)
    yield "zk_open_file_descriptor_count", len(os.listdir("/proc/self/fd"))
    yield "zk_max_file_descriptor_count", resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    leadership = door.replica.raft.leadership
    if leadership is not None:
        synced = sum(progress.fit() for progress in leadership.progress.values())
        yield "zk_learners", len(leadership.progress)
        yield "zk_followers", len(leadership.progress)
        yield "zk_synced_followers", synced


def of_hikari(door: "Door") -> Iterable[Figure]:
    """Always."""
    replica = door.replica
    raft, log, room = replica.raft, replica.raft.log, replica.room
    yield "hikari_serving", int(replica.serving)
    yield "hikari_leader", raft.leader
    yield "hikari_term", raft.term
    yield "hikari_recovering", int(raft.recovering)
    yield "hikari_read_only", int(door.tree.read_only)
    yield "hikari_disk_low", int(room.low)
    yield "hikari_disk_full", int(room.starved)
    yield "hikari_journal_entries", log.last.index - log.base.index
    yield "hikari_commit_index", log.commit
    yield "hikari_applied_index", door.tree.index
    yield "hikari_healing", int(door.healing())
    yield "hikari_digests_compared", replica.digests.compared
    yield "hikari_digest_mismatches", replica.digests.mismatches
    yield "hikari_digest_last_index", replica.digests.last_index
    yield "hikari_scrub_passes", replica.scrub.passes
    for more in door.figures:
        yield from more()
