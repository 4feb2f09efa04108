"""What a deaf client was to be told and waits is lent by the tree, where it can be: a thousand who
ask for the same megabyte and do not read it keep it once."""

from typing import TYPE_CHECKING, Any, Final

from hikari_wire import codes

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection
    from hikari.tree.tree import Tree

LENT_BYTES_MIN: Final = 32 << 10
"""Less is copied: it is not worth a look."""


def flush_large(connection: "Connection", request: tuple[Any, ...]) -> None:
    """Write what there is; the reply to this request is the last of it."""
    outlet = connection.outlet
    outlet.lent = _body(connection.door.tree, request)
    connection.flush()
    outlet.lent = b""


def _body(tree: "Tree", request: tuple[Any, ...]) -> bytes:
    """What the tree keeps of the reply, in any case."""
    op = request[0]
    if op not in (codes.GET_DATA, codes.GET_CHILDREN):
        return b""
    znode = tree.look(request[1])
    if znode is None:
        return b""
    body = znode.body if op == codes.GET_DATA else znode.listing
    return body if body is not None and len(body) >= LENT_BYTES_MIN else b""
