"""Whether a member lives, and whether it serves: what probes are told.

Alive (`/livez`): the process answers, whatever else is wrong; who is not should be started again,
and a member without a quorum must not be. Ready (`/readyz`, and `/health` as etcd has it): it knows
a leader that has a quorum and serves clients, so that a probe may send them here. A disk
that is short of room is an alarm, not a reason to be unready: reads, deletes and sessions work,
and to send everybody elsewhere would help nobody. So are digests that differ with no majority for
either. A member whose tree is not that of a majority ends at once, and is healing from then on.
"""

from typing import TYPE_CHECKING, Any

from hikari.gateway.figures import mode

if TYPE_CHECKING:
    from hikari.gateway.door import Door


def health(door: "Door") -> dict[str, Any]:
    """What the body says. `reasons`: why it is not ready; `alarms`: what somebody should see to."""
    replica = door.replica
    reasons, alarms = [], []
    if replica.room.starved:
        reasons.append("disk_full")
    elif not replica.serving:
        reasons.append("no_leader")
    if replica.raft.recovering:
        reasons.append("recovering")
    if door.healing():
        reasons.append("healing")
    if replica.room.low:
        alarms.append("disk_low")
    if door.tree.read_only:
        alarms.append("read_only")
    if replica.digests.disputed:
        alarms.append("digests_differ")
    return {
        "ready": not reasons,
        "reasons": reasons,
        "alarms": alarms,
        "member": replica.member,
        "role": mode(door),
        "leader": replica.raft.leader,
    }
