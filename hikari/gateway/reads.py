"""Requests that only look: answered from this member's tree, with their watches set in one breath.

Each function takes (connection, xid, request) and gives the whole reply frame.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from hikari.tree.acl import may, without_hashes
from hikari.tree.rearm import rearm
from hikari.tree.znode import Znode
from hikari_wire import codes
from hikari_wire.replies import BODY, HEADER, frame, notification

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

WATCH_BYTES: Final = 512
"""About what a watch takes in memory besides its path."""
WATCHED_BYTES_MAX: Final = 256 << 20
"""Of one connection's watches; who has set so many, and half of them still wait, is closed."""

_pack = HEADER.pack

Read = Callable[["Connection", int, tuple[Any, ...]], bytes]


def _watch(connection: "Connection", add: Callable[..., None], path: bytes) -> None:
    if connection.closed:
        return
    add(path or b"/", connection)
    connection.watched_bytes += WATCH_BYTES + len(path)
    if connection.watched_bytes > WATCHED_BYTES_MAX:  # with those that have fired: how many wait?
        waiting = connection.door.watches.watchers[connection]
        connection.watched_bytes = sum(WATCH_BYTES + len(path) for path in waiting)
        if connection.watched_bytes > WATCHED_BYTES_MAX // 2:
            connection.refuse("it watches too much")


def _get_data(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, path, watch = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    if znode.acl and not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    if watch:
        _watch(connection, connection.door.watches.add_data, path)
    body = znode.body or znode.reply()
    return _pack(16 + len(body), xid, tree.zxid, 0) + body


def _exists(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, path, watch = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode and znode.acl and not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    if znode is None and 0 in path:  # of what can never be
        return frame(xid, tree.zxid, codes.BAD_ARGUMENTS)
    if watch:
        _watch(connection, connection.door.watches.add_data, path)
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    return _pack(84, xid, tree.zxid, 0) + (znode.stat or znode.stat68())


def _children_of(connection: "Connection", xid: int, request: tuple[Any, ...]) -> Znode | bytes:
    """The znode whose children are asked for, or the refusal."""
    _, path, watch = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    if znode.acl and not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    if watch:
        _watch(connection, connection.door.watches.add_child, path)
    return znode


def _get_children(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    znode = _children_of(connection, xid, request)
    if isinstance(znode, bytes):
        return znode
    tree = connection.door.tree
    body = znode.listing or tree.listing(request[1])
    assert body is not None
    return _pack(16 + len(body), xid, tree.zxid, 0) + body


def _get_children2(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    znode = _children_of(connection, xid, request)
    if isinstance(znode, bytes):
        return znode
    tree = connection.door.tree
    body = znode.listing or tree.listing(request[1])
    assert body is not None
    return frame(xid, tree.zxid, codes.OK, body + znode.stat68())


def _get_acl(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    tree = connection.door.tree
    znode = tree.look(request[1])
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    identities = connection.identities
    if not may(znode.acl, codes.PERM_READ | codes.PERM_ADMIN, identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    shown = znode.acl
    if not may(znode.acl, codes.PERM_ADMIN, identities):
        shown = without_hashes(shown)
    body = BODY[codes.GET_ACL]((shown, znode.stat68()))
    return frame(xid, tree.zxid, codes.OK, body)


def _multi_read(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """A small request may name much data many times: what would exceed all that may be kept for
    a client is refused."""
    tree = connection.door.tree
    room = connection.door.output_bytes_max
    known: dict[tuple[Any, ...], tuple[int, int, Any]] = {}
    results = []
    for sub in request[1]:
        result = known.get(sub)
        if result is None:
            result = known[sub] = _read_of_many(connection, sub)
        room -= _bytes_of(result)
        if room < 0:
            return frame(xid, tree.zxid, codes.BAD_ARGUMENTS)
        results.append(result)
    return frame(xid, tree.zxid, codes.OK, BODY[codes.MULTI_READ](results))


def _bytes_of(result: tuple[int, int, Any]) -> int:
    """About how much of the reply it will take."""
    op, error, value = result
    if error:
        return 16
    if op == codes.GET_DATA:
        return 96 + len(value[0] or b"")
    return 16 + sum([4 + len(name) for name in value])


def _read_of_many(connection: "Connection", sub: tuple[Any, ...]) -> tuple[int, int, Any]:
    tree = connection.door.tree
    op, path = sub[0], sub[1]
    znode = tree.look(path)
    if znode is None:
        return codes.ERROR, codes.NO_NODE, None
    if not may(znode.acl, codes.PERM_READ, connection.identities):
        return codes.ERROR, codes.NO_AUTH, None
    if op == codes.GET_DATA:
        return op, codes.OK, (znode.data, znode.stat68())
    return op, codes.OK, tree.children(path)


def _set_watches(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, relative_zxid, data, exist, child = request
    door = connection.door
    events, data, exist, child = rearm(door.tree, relative_zxid, data, exist, child)
    for path in (*data, *exist):
        _watch(connection, door.watches.add_data, path)
    for path in child:
        _watch(connection, door.watches.add_child, path)
    told = [notification(type, codes.STATE_SYNC_CONNECTED, path) for type, path in events]
    return b"".join(told) + frame(xid, door.tree.zxid, codes.OK)


READS: Final[dict[int, Read]] = {
    codes.GET_DATA: _get_data,
    codes.EXISTS: _exists,
    codes.GET_CHILDREN: _get_children,
    codes.GET_CHILDREN2: _get_children2,
    codes.GET_ACL: _get_acl,
    codes.MULTI_READ: _multi_read,
    codes.SET_WATCHES: _set_watches,
}
