"""ZooKeeper's names for what never happens here, nor in a ZooKeeper as it comes: both show 0.

What has no meaning here and is not 0 there is not shown at all: docs/operations.md names each.
"""

from typing import Final

COUNTERS: Final = (
    # No watch is taken away behind its client's back.
    *("add_dead_watcher_stall_time", "dead_watchers_queued", "dead_watchers_cleared"),
    # The scheme `ensemble` is not served: it has to be set up there.
    *("ensemble_auth_success", "ensemble_auth_fail", "ensemble_auth_skip"),
    # No TLS.
    *("tls_handshake_exceeded", "unsuccessful_handshake", "insecure_admin_count"),
    # Clients are held back, not throttled.
    *("throttled_ops", "request_throttle_wait_count", "large_requests_rejected"),
    *("stale_requests", "stale_requests_dropped", "stale_replies"),
    # The admin commands `snapshot` and `restore` are not served.
    *("snapshot_error_count", "snapshot_rate_limited_count"),
    *("restore_error_count", "restore_rate_limited_count"),
    # Raft's voters promise a leader nothing that they could take back.
    "quit_leading_due_to_disloyal_voter",
    "skip_learner_request_to_next_processor_count",
)
SUMMARIES: Final = (
    *("dead_watchers_cleaner_latency", "netty_queued_buffer_capacity", "restore_time"),
    # There are no observers.
    *("observer_sync_time", "om_proposal_process_time_ms", "om_commit_process_time_ms"),
)
