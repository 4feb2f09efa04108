"""Keeper's lists: the children that are of one kind, with their Stats and data; all below a znode.

What is told of a child beyond its name needs the permission to read it. Both lists read rows page
by page, past the cache, and stop where no reply could hold what they have found.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from hikari.tree.acl import may
from hikari.tree.fresh import ROOT
from hikari.tree.keys import children_prefix
from hikari.tree.znode import Znode, from_row
from hikari_wire import codes

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection

PAGE_ROWS: Final = 512
LISTED_MAX: Final = 100_000
"""No list of all below a znode has more, whatever its own limit says."""

Answer = tuple[int, Any]


def filtered(connection: "Connection", request: tuple[Any, ...], znode: Znode) -> Answer:
    """(error, result) of a list of the children of this znode, which may be read."""
    op, path, _, kind, *more = request
    tree = connection.door.tree
    with_stat, with_data = more or (False, False)
    if kind not in (codes.LIST_ALL, codes.LIST_PERSISTENT, codes.LIST_EPHEMERAL):
        return codes.BAD_ARGUMENTS, None
    names: list[bytes] = []
    stats: list[bytes] = []
    data: list[bytes | None] = []
    if kind == codes.LIST_ALL and not with_stat and not with_data:
        names = tree.children(path)
    else:
        room = connection.door.output_bytes_max
        for name, child in children(connection, path):
            if child.acl and not may(child.acl, codes.PERM_READ, connection.identities):
                return codes.NO_AUTH, None
            if kind and (child.owner > 0) != (kind == codes.LIST_EPHEMERAL):
                continue
            names.append(name)
            room -= 4 + len(name)
            if with_stat:
                stats.append(child.stat68())
                room -= 68
            if with_data:
                data.append(child.data)
                room -= 4 + len(child.data or b"")
            if room < 0:
                return codes.BAD_ARGUMENTS, None
    stat68 = znode.stat68()
    if op == codes.FILTERED_LIST:
        return codes.OK, (names, stat68)
    return codes.OK, (names, stat68, stats, data)


def children(connection: "Connection", path: bytes) -> Iterator[tuple[bytes, Znode]]:
    """Name and znode of all children, in order."""
    tree = connection.door.tree
    prefix = children_prefix(path or ROOT)
    if not tree.settle():  # the disk takes no rows now
        for name in tree.children(path):
            child = tree.look((path if path != ROOT else b"") + b"/" + name)
            assert child is not None
            yield name, child
        return
    after = b""
    while rows := tree.rows.page(prefix, after, PAGE_ROWS):
        after = rows[-1][0]
        for key, row in rows:
            yield key[len(prefix) :], from_row(row)


def all_below(connection: "Connection", path: bytes, limit: int) -> Answer:
    """The whole paths of what is below, parents first, up to the limit; not what may not be read,
    nor anything below that."""
    identities = connection.identities
    found: list[bytes] = []
    folders = [path or ROOT]
    room = connection.door.output_bytes_max
    for folder in folders:
        for name, child in children(connection, folder):
            if len(found) == limit:
                return codes.OK, found
            if not may(child.acl, codes.PERM_READ, identities):
                continue
            one = (folder if folder != ROOT else b"") + b"/" + name
            found.append(one)
            room -= 4 + len(one)
            if room < 0 or len(found) > LISTED_MAX:
                return codes.BAD_ARGUMENTS, None
            if child.children:
                folders.append(one)
    return codes.OK, found
