"""The records that are more than one or two values, as named tuples."""

from struct import Struct
from typing import Final, NamedTuple

STAT: Final = Struct(">qqqqiiiqiiq")
PASSWORD_BYTES: Final = 16


class Stat(NamedTuple):
    """Record Stat: the eleven public numbers of a znode, in the order of the wire (68 bytes)."""

    czxid: int  # the zxid that created it
    mzxid: int  # the zxid that last changed its data
    ctime: int  # ms since 1970
    mtime: int  # ms since 1970
    version: int  # changes of its data
    cversion: int  # creates and deletes of its children
    aversion: int  # changes of its ACL
    ephemeral_owner: int  # the session it ends with; 0 if with none
    data_length: int  # bytes
    num_children: int
    pzxid: int  # the zxid that last created or deleted a child

    def pack(self) -> bytes:
        """The 68 bytes of the wire."""
        return STAT.pack(*self)


def _without_password(record: "ConnectRequest | ConnectResponse") -> str:
    """With it, whoever reads a log could take the session."""
    known = record._asdict() | {"password": len(record.password)}
    return f"{type(record).__name__}({', '.join(f'{name}={known[name]}' for name in known)})"


class ConnectRequest(NamedTuple):
    """Record ConnectRequest: the first frame a client sends."""

    protocol: int
    zxid_last_seen: int
    timeout_ms: int
    session: int  # 0 asks for a new one
    password: bytes
    read_only: bool | None  # None if the client is too old to send it

    def __repr__(self) -> str:
        return _without_password(self)


class ConnectResponse(NamedTuple):
    """Record ConnectResponse: the first frame a server sends."""

    protocol: int
    timeout_ms: int  # 0 says that the session is over
    session: int
    password: bytes
    read_only: bool | None  # None if it is not on the wire

    def __repr__(self) -> str:
        return _without_password(self)


class ReplyHeader(NamedTuple):
    """Record ReplyHeader: before the body of every other frame of a server."""

    xid: int
    zxid: int
    error: int


class WatcherEvent(NamedTuple):
    """Record WatcherEvent: the body behind a reply header of xid -1."""

    type: int
    state: int
    path: bytes
