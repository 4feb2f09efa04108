"""A request's place in its connection's order, and the answers that only had to wait for it."""

from typing import TYPE_CHECKING, Any

from hikari_wire import codes
from hikari_wire.replies import frame

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection


class Slot:
    """`reply` is None until it is known."""

    __slots__ = ("op", "read", "reply", "size", "xid")

    def __init__(self, xid: int, op: int, read: Any, size: int) -> None:
        self.xid = xid
        self.op = op
        self.read = read  # a read that runs when its turn comes; None for what others answer
        self.size = size
        self.reply: bytes | None = None


def ready(connection: "Connection", xid: int, answer: tuple[int, bytes]) -> bytes:
    """An answer that was known at once and only had to wait."""
    error, body = answer
    return frame(xid, connection.door.tree.zxid, error, body)


def unimplemented(connection: "Connection", xid: int, nothing: None) -> bytes:
    """As ZooKeeper says it: with no zxid."""
    return frame(xid, -1, codes.UNIMPLEMENTED)


def goodbye(connection: "Connection", xid: int, nothing: None) -> bytes:
    """Nothing is answered behind it."""
    connection.ending = True
    return b""
