"""The replicated half of a session: who it is, and to which connection it belongs.

Whether it still lives is not decided here: clocks are not state, but closing is a request.
"""

import struct
from typing import Final

from hikari.tree.rows import RowsDamaged

# Requests of our own, beside ZooKeeper's CREATE_SESSION and CLOSE_SESSION.
ATTACH: Final = -12  # (ATTACH, session, password, timeout_ms): it moves to a new connection
EXPIRE: Final = -13  # (EXPIRE, session, attachment): closes it, unless it has moved since

_ROW: Final = struct.Struct(">qi")


class Session:
    """Invariant: `attachment` is the zxid that opened it or moved it last."""

    __slots__ = ("attachment", "ephemerals", "hashed", "id", "password", "timeout_ms")

    def __init__(self, id: int, timeout_ms: int, password: bytes, attachment: int) -> None:
        self.id = id
        self.timeout_ms = timeout_ms
        self.password = password
        self.attachment = attachment
        self.hashed = 0  # what its row is in the sum of the settled rows; 0: it has none
        self.ephemerals = 0  # how many it owns: most own none, and need no scan when they close

    def row(self) -> bytes:
        return _ROW.pack(self.attachment, self.timeout_ms) + self.password


def from_row(id: int, row: bytes) -> Session:
    """Raises RowsDamaged."""
    if len(row) < _ROW.size:
        raise RowsDamaged(f"a session's row of {len(row)} bytes")
    attachment, timeout_ms = _ROW.unpack_from(row)
    return Session(id, timeout_ms, row[_ROW.size :], attachment)
