"""What may be long: who is connected, who watches what, whose ephemerals there are. All of it is
made bit by bit, while the member goes on: a list of keys is taken at the beginning, and what has
gone by the time its turn comes is left out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from hikari.complaints import place
from hikari.raft.raft import LEADER
from hikari_wire import codes

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection
    from hikari.gateway.door import Door

EPHEMERALS_AT_ONCE: Final = 1_000

LOGGED: Final = {
    codes.CREATE_SESSION: "SESS",
    codes.CREATE: "CREA",
    codes.CREATE2: "CREA",
    codes.CREATE_CONTAINER: "CREA",
    codes.CREATE_TTL: "CREA",
    codes.DELETE: "DELE",
    codes.SET_DATA: "SETD",
    codes.SET_ACL: "SETA",
    codes.CHECK: "CHEC",
    codes.MULTI: "MULT",
    codes.CLOSE_SESSION: "CLOS",
}
OPERATIONS: Final = LOGGED | {
    codes.EXISTS: "EXIS",
    codes.GET_DATA: "GETD",
    codes.GET_ACL: "GETA",
    codes.GET_CHILDREN: "GETC",
    codes.GET_CHILDREN2: "GETC",
    codes.GET_ALL_CHILDREN_NUMBER: "GETACN",
    codes.GET_EPHEMERALS: "GETE",
    codes.MULTI_READ: "MLTR",
    codes.SYNC: "SYNC",
    codes.PING: "PING",
    codes.SET_WATCHES: "SETW",
    codes.SET_WATCHES2: "STW2",
    codes.ADD_WATCH: "ADDW",
    codes.CHECK_WATCHES: "CHKW",
    codes.REMOVE_WATCHES: "REMW",
    codes.WHO_AM_I: "HOMI",
    codes.RECONFIG: "RECO",
}
"""What ZooKeeper calls them where it shows the last one of a connection."""


def text(path: bytes) -> str:
    """A path as people read it."""
    return path.decode("utf-8", "replace")


# ---- connections


def address(connection: "Connection") -> str:
    return place(connection.peer)


def traffic_of(connection: "Connection") -> dict[str, Any]:
    """By ZooKeeper's names. `interest_ops`: 1 if it is read; else, or without a session, 0."""
    read = connection.session and not (connection.held_back or connection.deaf)
    return {
        "remote_socket_address": address(connection),
        "interest_ops": int(bool(read)),
        "outstanding_requests": len(connection.slots),
        "packets_received": connection.traffic.received,
        "packets_sent": connection.traffic.sent,
    }


def details_of(connection: "Connection") -> dict[str, Any]:
    """The same, and what is told of a connection with a session. Times are in ms; requests that
    were answered at once took 0."""
    traffic = connection.traffic
    latency, op = traffic.latency(), traffic.last_op
    least, mean, most = latency.among(traffic.sent - traffic.events)
    return traffic_of(connection) | {
        "session_id": connection.session,
        "last_operation": OPERATIONS.get(op, "NA"),
        "established": connection.door.about.wall_of(traffic.made_s),
        "session_timeout": connection.timeout_ms,
        "last_cxid": traffic.last_xid,
        "last_zxid": traffic.told[1],
        "last_response_time": round(1000 * traffic.told[0]),
        "last_latency": round(latency.last) if op in LOGGED else 0,
        "min_latency": round(least),
        "avg_latency": round(mean),
        "max_latency": round(most),
    }


# ---- sessions


def expiring(door: "Door") -> Iterator[tuple[int, list[int]]]:
    """When (ms of the day) which sessions expire if nothing is heard of them, soonest first. Only
    the leader knows."""
    clock = door.replica.sessions
    by_tick: dict[int, list[int]] = {}
    for session, tick in clock.deadline.items():
        by_tick.setdefault(tick, []).append(session)
    for tick in sorted(by_tick):
        yield door.about.wall_ms() + (tick - clock.now) * clock.tick_ms, sorted(by_tick[tick])


def knows_expiry(door: "Door") -> bool:
    return door.replica.raft.role == LEADER


def owners(door: "Door") -> list[int]:
    """The sessions that have ephemerals."""
    return [session.id for session in door.tree.sessions.values() if session.ephemerals]


def ephemerals_of(door: "Door", session: int) -> Iterator[str]:
    """Their paths, in order."""
    behind = b""
    while found := door.tree.some_ephemerals(session, behind, EPHEMERALS_AT_ONCE):
        yield from map(text, found)
        behind = found[-1]


# ---- watches


def watched_by_session(door: "Door") -> Iterator[tuple[int, list[bytes]]]:
    for watcher in door.watches.everyone():
        paths = list(dict.fromkeys(door.watches.watched(watcher)))
        if paths:
            yield watcher.session, paths  # type: ignore[attr-defined]


def sessions_by_path(door: "Door") -> Iterator[tuple[bytes, list[int]]]:
    for path in door.watches.everywhere():
        watchers = door.watches.watching(path)
        if watchers:
            yield path, [watcher.session for watcher in watchers]  # type: ignore[attr-defined]
