"""The reads that ClickHouse Keeper has and ZooKeeper has not. See `hikari.gateway.reads`."""

from typing import TYPE_CHECKING, Any, Final

from hikari.gateway.filtered import all_below, filtered
from hikari.gateway.reads import Read, children_of
from hikari.tree.acl import may
from hikari_wire import codes
from hikari_wire.replies import BODY, frame

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection


def _filtered_list(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    tree = connection.door.tree
    znode = children_of(connection, xid, request[:3])
    if isinstance(znode, bytes):
        return znode
    error, result = filtered(connection, request, znode)
    return frame(xid, tree.zxid, error, b"" if error else BODY[request[0]](result))


def _list_recursive(connection: "Connection", xid: int, request: tuple[Any, ...]) -> bytes:
    _, path, limit = request
    tree = connection.door.tree
    znode = tree.look(path)
    if znode is None:
        return frame(xid, tree.zxid, codes.NO_NODE)
    if not may(znode.acl, codes.PERM_READ, connection.identities):
        return frame(xid, tree.zxid, codes.NO_AUTH)
    error, paths = all_below(connection, path, limit)
    return frame(xid, tree.zxid, error, b"" if error else BODY[codes.LIST_RECURSIVE](paths))


KEEPER_READS: Final[dict[int, Read]] = {
    codes.FILTERED_LIST: _filtered_list,
    codes.FILTERED_LIST_WITH_DATA: _filtered_list,
    codes.LIST_RECURSIVE: _list_recursive,
}
