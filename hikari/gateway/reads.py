"""Requests that only look: answered from this member's tree, with their watches set in one breath.

Each function takes (connection, xid, request) and gives the whole reply frame.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from hikari.gateway.filtered import filtered
from hikari.gateway.published import PUBLISHED
from hikari.gateway.watching import WATCHING, arm
from hikari.tree.acl import may, without_hashes
from hikari.tree.znode import Znode
from hikari_wire import codes
from hikari_wire.replies import BODY, HEADER, frame, pack_multi_for_keeper

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

_pack = HEADER.pack

Read = Callable[["Connection", int, tuple[Any, ...]], bytes]


def _get_data(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, path, watch = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode is None:
        if path not in PUBLISHED:
            return frame(xid, tree.zxid, codes.NO_NODE)
        connection.of_keeper = True
        znode = PUBLISHED[path]
    if znode.acl and not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    if watch:
        arm(connection, connection.door.watches.add_data, path)
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
        arm(connection, connection.door.watches.add_data, path)
    if znode is None:
        znode = PUBLISHED.get(path)
        if znode is None:
            return frame(xid, tree.zxid, codes.NO_NODE)
    return _pack(84, xid, tree.zxid, 0) + (znode.stat or znode.stat68())


def children_of(connection: "Connection", xid: int, request: tuple[Any, ...]) -> Znode | bytes:
    """The znode whose children are asked for, or the refusal."""
    _, path, watch = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    if znode.acl and not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    if watch:
        arm(connection, connection.door.watches.add_child, path)
    return znode


def _get_children(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    znode = children_of(connection, xid, request)
    if isinstance(znode, bytes):
        return znode
    tree = connection.door.tree
    body = znode.listing or tree.listing(request[1])
    assert body is not None
    return _pack(16 + len(body), xid, tree.zxid, 0) + body


def _get_children2(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    znode = children_of(connection, xid, request)
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
    pack = pack_multi_for_keeper if connection.of_keeper else BODY[codes.MULTI_READ]
    return frame(xid, tree.zxid, codes.OK, pack(results))


def _bytes_of(result: tuple[int, int, Any]) -> int:
    """About how much of the reply it will take."""
    op, error, value = result
    if error:
        return 16
    if op == codes.GET_DATA:
        return 96 + len(value[0] or b"")
    if op == codes.EXISTS:
        return 96
    if op == codes.GET_CHILDREN:
        return 16 + sum([4 + len(name) for name in value])
    names, _, *more = value
    size = 96 + sum([4 + len(name) for name in names])
    for parts in more:
        size += sum([4 + len(part or b"") for part in parts])
    return size


def _read_of_many(connection: "Connection", sub: tuple[Any, ...]) -> tuple[int, int, Any]:
    tree = connection.door.tree
    op, path = sub[0], sub[1]
    of_failed = op if connection.of_keeper else codes.ERROR
    znode = tree.look(path)
    if znode is None:
        return of_failed, codes.NO_NODE, None
    if not may(znode.acl, codes.PERM_READ, connection.identities):
        return of_failed, codes.NO_AUTH, None
    if op == codes.GET_DATA:
        return op, codes.OK, (znode.data, znode.stat68())
    if op == codes.EXISTS:
        return op, codes.OK, znode.stat68()
    if op == codes.GET_CHILDREN:
        return op, codes.OK, tree.children(path)
    if op == codes.GET_CHILDREN2:
        return op, codes.OK, (tree.children(path), znode.stat68())
    error, value = filtered(connection, sub, znode)
    return (of_failed if error else op), error, value


def _get_all_children_number(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, path = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    if not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    body = BODY[codes.GET_ALL_CHILDREN_NUMBER](tree.descendants(path))
    return frame(xid, tree.zxid, codes.OK, body)


def _get_ephemerals(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """Of the client's own session, those that begin so: "/a" finds "/ab" too."""
    tree = connection.door.tree
    prefix = request[1]
    session = tree.sessions.get(connection.session)
    paths = [] if session is None else tree.ephemerals(session)
    if prefix.strip() not in (b"", b"/"):
        paths = [path for path in paths if path.startswith(prefix)]
    return frame(xid, tree.zxid, codes.OK, BODY[codes.GET_EPHEMERALS](paths))


def _who_am_i(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """Of a digest only the user is told."""
    named = [
        (scheme, id.split(b":", 1)[0] if scheme == b"digest" else id)
        for scheme, id in connection.identities
    ]
    return frame(xid, connection.door.tree.zxid, codes.OK, BODY[codes.WHO_AM_I](named))


def _sasl(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """What a ZooKeeper says for which SASL was not set up: all is well, and there is no token."""
    return frame(xid, 0, codes.OK, BODY[codes.SASL](None))


def _reconfig(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    """ZooKeeper says so too before it looks at who asks, unless it is set up for it."""
    error = codes.NOT_READ_ONLY if connection.local else codes.RECONFIG_DISABLED
    return frame(xid, connection.door.tree.zxid, error)


READS: Final[dict[int, Read]] = {
    codes.GET_DATA: _get_data,
    codes.EXISTS: _exists,
    codes.GET_CHILDREN: _get_children,
    codes.GET_CHILDREN2: _get_children2,
    codes.GET_ACL: _get_acl,
    codes.MULTI_READ: _multi_read,
    codes.GET_ALL_CHILDREN_NUMBER: _get_all_children_number,
    codes.GET_EPHEMERALS: _get_ephemerals,
    codes.WHO_AM_I: _who_am_i,
    codes.SASL: _sasl,
    codes.RECONFIG: _reconfig,
    **WATCHING,
}
