"""Health over HTTP, for probes: /livez, /readyz and /health on the admin port. Nothing else.

Alive: the process answers. Ready: it serves clients, so that a probe may send them here. A disk
that is short of room is an alarm, not a reason to be unready: reads, deletes and sessions work,
and to send everybody elsewhere would help nobody. So are digests that differ with no majority for
either. A member whose tree is not that of a majority ends at once, and is healing from then on.
"""

import json
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.interfaces import IAddress
from twisted.web.resource import Resource
from twisted.web.server import Site

from hikari.gateway.figures import mode

if TYPE_CHECKING:
    from hikari.gateway.door import Door

CONNECTIONS_MAX: Final = 64
IDLE_S_MAX: Final = 10
PATHS: Final = frozenset((b"/livez", b"/readyz", b"/health"))


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


class _Page(Resource):
    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, door: "Door") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._door = door

    def render(self, request: Any) -> bytes:
        request.setHeader(b"content-type", b"application/json")
        request.setHeader(b"cache-control", b"no-store")
        if request.method not in (b"GET", b"HEAD"):
            request.setResponseCode(405)
            request.setHeader(b"allow", b"GET, HEAD")
            return b"{}\n"
        path = request.path
        if path not in PATHS:
            request.setResponseCode(404)
            return b"{}\n"
        found = health(self._door)
        if path == b"/readyz" and not found["ready"]:
            request.setResponseCode(503)
        body = json.dumps(found).encode() + b"\n"
        return b"" if request.method == b"HEAD" else body


class HealthPort(Site):
    """Answers probes, a bounded number of them at a time."""

    noisy = False

    def __init__(self, door: "Door") -> None:
        super().__init__(_Page(door), timeout=IDLE_S_MAX)  # type: ignore[no-untyped-call]
        self.displayTracebacks = False
        self._open = 0

    def buildProtocol(self, addr: IAddress | None) -> Any:
        if self._open >= CONNECTIONS_MAX:
            return None
        made: Any = super().buildProtocol(addr)  # type: ignore[no-untyped-call]
        self._open += 1
        lost = made.connectionLost

        def connectionLost(reason: Any) -> None:
            self._open -= 1
            lost(reason)

        made.connectionLost = connectionLost
        return made

    def log(self, request: Any) -> None:
        """Probes are not worth a line each."""
