"""Requests about watches: setting them, setting them again, asking for them, taking them back; and
who may be told when one fires.

Each request's function takes (connection, xid, request) and gives the whole reply frame.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

from hikari.gateway.rearming import sliced
from hikari.gateway.relief import WATCH_BYTES
from hikari.tree.acl import Identity, may
from hikari.tree.rearm import rearm
from hikari_wire import codes
from hikari_wire.replies import BODY, frame, notification

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection
    from hikari.gateway.door import Door

WATCHED_BYTES_MAX: Final = 256 << 20
"""Of one connection's watches; who has set so many, and half of them still wait, is closed."""

_KINDS: Final = frozenset(
    (
        codes.WATCHER_CHILDREN,
        codes.WATCHER_DATA,
        codes.WATCHER_ANY,
        codes.WATCHER_PERSISTENT,
        codes.WATCHER_PERSISTENT_RECURSIVE,
    )
)
_WITHOUT_ERROR: Final = BODY[codes.ADD_WATCH](None)


def arm(connection: "Connection", add: Callable[..., None], path: bytes) -> None:
    """Remember a watch, unless the connection watches too much."""
    if connection.closed:
        return
    add(path, connection)
    connection.watched_bytes += WATCH_BYTES + len(path)
    door = connection.door
    watches = door.watches
    if (watches.watches + watches.lasting.watches) * WATCH_BYTES > door.clients_bytes_max:
        door.relieve()
    if connection.watched_bytes > WATCHED_BYTES_MAX:  # with those that have fired: how many wait?
        waiting = connection.door.watches.watched(connection)
        connection.watched_bytes = sum(WATCH_BYTES + len(path) for path in waiting)
        if connection.watched_bytes > WATCHED_BYTES_MAX // 2:
            connection.refuse("it watches too much")


def tell(watchers: Iterable[Any], event: bytes, due: list["Connection"]) -> None:
    """A watch of these connections fired: `event` is the frame. It is written when those who are
    due are. One loop, and no call for each: there may be many."""
    for connection in watchers:
        connection.traffic.events += 1
        connection.out.append(event)
        if not connection.due:
            connection.due = True
            due.append(connection)


def readers(watchers: Iterable[Any], acl: bytes) -> Collection[Any]:
    """Those of these connections that may read a znode with this ACL: to the others its changes,
    and its very name, are not told (CVE-2024-23944)."""
    known: dict[tuple[Identity, ...], bool] = {}
    allowed = []
    for connection in watchers:
        identities = connection.identities
        may_read = known.get(identities)
        if may_read is None:
            may_read = known[identities] = may(acl, codes.PERM_READ, identities)
        if may_read:
            allowed.append(connection)
    return allowed


def _set_watches(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """What lasts is only set again: what it would have told meanwhile is lost, as in ZooKeeper."""
    _, relative_zxid, data, exist, child, *lasting = request
    door = connection.door
    events, data, exist, child = rearm(door.tree, relative_zxid, data, exist, child)
    for path in (*data, *exist):
        arm(connection, door.watches.add_data, path)
    for path in child:
        arm(connection, door.watches.add_child, path)
    if lasting:
        persistent, recursive = lasting
        for path in persistent:
            arm(connection, door.watches.add_persistent, path)
        for path in recursive:
            arm(connection, door.watches.add_recursive, path)
    told = [
        notification(type, codes.STATE_SYNC_CONNECTED, path)
        for type, path in events
        if _may_hear(connection, path)
    ]
    return b"".join(told) + frame(xid, door.tree.zxid, codes.OK)


def _may_hear(connection: "Connection", path: bytes) -> bool:
    """Of what is gone anybody may hear: so may whoever asks for it now."""
    znode = connection.door.tree.look(path)
    return znode is None or may(znode.acl, codes.PERM_READ, connection.identities)


def _add_watch(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, path, mode = request
    door = connection.door
    if mode == codes.ADD_WATCH_PERSISTENT:
        arm(connection, door.watches.add_persistent, path)
    elif mode == codes.ADD_WATCH_PERSISTENT_RECURSIVE:
        arm(connection, door.watches.add_recursive, path)
    else:
        return frame(xid, door.tree.zxid, codes.MARSHALLING_ERROR)
    return frame(xid, door.tree.zxid, codes.OK, _WITHOUT_ERROR)


def _check_watches(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    door = connection.door
    return _found(door, xid, request[2], door.watches.has(*_of(connection, request)))


def _remove_watches(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """Nothing is told to the client but that it is done: it makes the event itself."""
    door = connection.door
    return _found(door, xid, request[2], door.watches.remove(*_of(connection, request)))


def _of(connection: "Connection", request: tuple[Any, ...]) -> tuple[int, bytes, "Connection"]:
    _, path, kind = request
    return kind, path, connection


def _found(door: "Door", xid: int, kind: int, found: bool) -> bytes:
    if kind not in _KINDS:
        return frame(xid, door.tree.zxid, codes.MARSHALLING_ERROR)
    return frame(xid, door.tree.zxid, codes.OK if found else codes.NO_WATCHER)


WATCHING: Final[dict[int, Callable[["Connection", int, tuple[Any, ...]], bytes]]] = {
    codes.SET_WATCHES: sliced(_set_watches),
    codes.SET_WATCHES2: sliced(_set_watches),
    codes.ADD_WATCH: _add_watch,
    codes.CHECK_WATCHES: _check_watches,
    codes.REMOVE_WATCHES: _remove_watches,
}
