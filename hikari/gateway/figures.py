"""What a member tells of itself, each figure by its name: `mntr`, `/commands/monitor` and
`/metrics` show all of them.

To add one: put it into one of the lists below, or, if only another room knows it, append a
function that gives such pairs to `Door.figures` (in `hikari.service`). Names of our own begin with
`hikari_`; ZooKeeper's names mean what they mean there, and what has no meaning here is left out.
Times are in ms, as there.
"""

import os
import resource
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from hikari.gateway import never
from hikari.gateway.counts import Traffic
from hikari.raft.raft import LEADER
from hikari.replica.replica import Replica
from hikari.tally import Tally
from hikari_wire import codes

if TYPE_CHECKING:
    from hikari.gateway.door import Door

Figure = tuple[str, int | float | str | Tally | dict[int, Tally]]
"""Several tallies: one of each member, by its number."""

VERSION_TEXT: Final = "3.9.5-hikari-0.1.0, built on 2026-11-20 00:00 UTC"
TEXTS: Final = frozenset(("version", "server_state", "peer_state"))
"""No numbers."""
_FIRED: Final = {
    codes.EVENT_CREATED: "node_created_watch_count",
    codes.EVENT_DELETED: "node_deleted_watch_count",
    codes.EVENT_DATA_CHANGED: "node_changed_watch_count",
    codes.EVENT_CHILDREN_CHANGED: "node_children_watch_count",
}


def mode(door: "Door") -> str:
    if door.alone:
        return "read-only"
    if len(door.replica.raft.voters) == 1:
        return "standalone"
    return "leader" if door.replica.raft.role == LEADER else "follower"


def outstanding(door: "Door") -> int:
    """Requests that were read and are not answered."""
    return door.outstanding


def sizes(door: "Door") -> tuple[int, int, int]:
    """(last, least, most) of what this leader proposed, in bytes; -1 if it has not."""
    sizes = door.replica.counts.sizes
    if not sizes.count:
        return -1, -1, -1
    return int(sizes.last), int(sizes.least), int(sizes.most)


def everything(door: "Door") -> Iterator[Figure]:
    """All there is; what ZooKeeper has too first, without a prefix."""
    yield from _texts(door)
    yield from gauges(door)
    yield from counters(door)
    yield from summaries(door)
    yield from of_hikari(door)


def plain(figures: Iterable[Figure]) -> Iterator[tuple[str, int | float | str]]:
    """A tally as the five figures that ZooKeeper makes of it."""
    for name, value in figures:
        if isinstance(value, Tally):
            yield from _five(name, value)
        elif isinstance(value, dict):
            for member, tally in sorted(value.items()):
                yield from _five(f"{member}_{name}", tally)
        else:
            yield name, value


def _five(name: str, value: Tally) -> Iterator[tuple[str, int | float]]:
    yield f"avg_{name}", round(value.total / max(value.count, 1), 4)
    yield f"min_{name}", round(value.least)
    yield f"max_{name}", round(value.most)
    yield f"cnt_{name}", value.count
    yield f"sum_{name}", round(value.total)


def _texts(door: "Door") -> Iterator[Figure]:
    yield "version", VERSION_TEXT
    yield "server_state", mode(door)
    if len(door.replica.raft.voters) > 1:
        state = "leading" if door.replica.raft.role == LEADER else "following"
        yield "peer_state", f"{state} - broadcast" if door.serving() else "looking"


def gauges(door: "Door") -> Iterator[Figure]:
    """ZooKeeper's, now."""
    tree = door.tree
    least, mean, most = door.latency_ms()
    traffic = door.traffic()
    yield "avg_latency", round(mean, 4)
    yield "max_latency", round(most)
    yield "min_latency", round(least)
    yield "packets_received", traffic.received
    yield "packets_sent", traffic.sent
    yield "num_alive_connections", len(door.connections)
    yield "outstanding_requests", outstanding(door)
    yield "uptime", door.about.uptime_ms
    yield "znode_count", tree.znodes
    yield "watch_count", len(door.watches)
    yield "ephemerals_count", sum(s.ephemerals for s in tree.sessions.values())
    yield "global_sessions", len(tree.sessions)
    yield "local_sessions", 0
    yield "open_file_descriptor_count", len(os.listdir("/proc/self/fd"))
    yield "max_file_descriptor_count", resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    yield "connection_drop_probability", 0.0
    yield "outstanding_tls_handshake", 0
    yield "non_mtls_local_conn_count", 0  # counted there by Netty alone, which must be set up
    yield "non_mtls_remote_conn_count", 0
    yield "auth_failed_count", door.counts.auth_failed
    last, least, most = door.sizes.range()
    yield "last_client_response_size", last
    yield "min_client_response_size", least
    yield "max_client_response_size", most
    if len(door.replica.raft.voters) > 1:
        yield "quorum_size", len(door.replica.raft.voters)
        yield from _of_the_leader(door)


def _of_the_leader(door: "Door") -> Iterator[Figure]:
    replica = door.replica
    leadership = replica.raft.leadership
    if leadership is None:
        return
    followers = len(leadership.progress)
    last, least, most = sizes(door)
    yield "learners", followers
    yield "followers", followers  # its name before 3.6
    yield "synced_followers", sum(progress.fit() for progress in leadership.progress.values())
    yield "synced_non_voting_followers", 0
    yield "synced_observers", 0
    yield "pending_syncs", replica.barriers.unanswered
    yield "leader_uptime", round(1000 * (door.about.seconds() - replica.counts.led_s))
    yield "last_proposal_size", last
    yield "min_proposal_size", least
    yield "max_proposal_size", most


def counters(door: "Door") -> Iterator[Figure]:
    """ZooKeeper's, since the start."""
    log, counts = door.replica.counts, door.counts
    yield "proposal_count", log.proposed
    yield "commit_count", log.committed
    yield "request_commit_queued", log.committed + log.followed
    yield "learner_proposal_received_count", door.replica.delays.received
    yield "learner_commit_received_count", log.followed
    yield "sync_processor_request_queued", int(log.batches().total)
    yield "diff_count", door.replica.delays.joins
    yield "looking_count", log.looked
    yield "snap_count", door.replica.sending.begun
    yield "stale_sessions_expired", log.expired
    yield "connection_request_count", counts.asked
    yield "connection_rejected", counts.refused
    yield "connection_drop_count", counts.dropped
    yield "connection_revalidate_count", counts.moved
    yield "revalidate_count", counts.moved
    yield "sessionless_connections_expired", counts.strangers
    yield "cnxn_closed_without_zk_server_running", counts.unserved
    yield "bytes_received_count", door.traffic().bytes
    yield "response_bytes", door.sizes.bytes - counts.watch_bytes
    yield "watch_bytes", counts.watch_bytes
    yield "digest_mismatches_count", door.replica.digests.mismatches
    yield "unrecoverable_error_count", 0  # this process would have ended
    for name in never.COUNTERS:
        yield name, 0


def summaries(door: "Door") -> Iterator[Figure]:
    """ZooKeeper's; and what other rooms know of them."""
    traffic = door.traffic()
    yield "updatelatency", traffic.writes
    yield "readlatency", _reads(traffic)
    yield from _of_the_log(door.replica)
    yield "connection_token_deficit", Tally.of(0, door.counts.asked)  # as without a limit
    for name in never.SUMMARIES:
        yield name, Tally()
    for type, name in _FIRED.items():
        yield name, door.counts.fired[type]
    for name, value in _more(door):
        if not name.startswith("hikari_"):
            yield name, value


def _of_the_log(replica: Replica) -> Iterator[Figure]:
    counts, delays = replica.counts, replica.delays
    yield "election_time", counts.elections
    yield "unavailable_time", counts.away
    yield "leader_unavailable_time", counts.away_to_lead
    yield "snapshottime", replica.compaction.flushes
    yield "inflight_snap_count", replica.sending.at_once
    yield "inflight_diff_count", delays.joins_at_once
    yield "sync_processor_batch_size", counts.batches()
    yield "proposal_latency", delays.arrived
    yield "proposal_ack_creation_latency", delays.durable
    yield "ack_latency", delays.answered
    yield "quorum_ack_latency", delays.committed
    yield "commit_propagation_latency", delays.heard
    yield "propagation_latency", delays.applied
    yield "follower_sync_time", delays.joined
    yield "learner_handler_qp_size", delays.waiting


def _reads(traffic: Traffic) -> Tally:
    """What was answered, less the writes: most in the poll that brought it, which counts as 0."""
    reads = Tally()
    at_once = traffic.sent - traffic.events - traffic.writes.count - traffic.reads.count
    if at_once > 0:
        reads.add(0, at_once)
    reads.merge(traffic.reads)
    return reads


def _more(door: "Door") -> Iterator[Figure]:
    for more in door.figures:
        yield from more()


def of_hikari(door: "Door") -> Iterator[Figure]:
    """Our own: also of a member that does not serve."""
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
    yield "hikari_zxid", door.tree.zxid
    yield "hikari_healing", int(door.healing())
    yield "hikari_digests_compared", replica.digests.compared
    yield "hikari_digest_mismatches", replica.digests.mismatches
    yield "hikari_digest_last_index", replica.digests.last_index
    yield "hikari_scrub_passes", replica.scrub.passes
    for name, value in _more(door):
        if name.startswith("hikari_"):
            yield name, value
