"""What a client gives to its caller: plain values."""

import base64
import hashlib
from enum import Enum, IntFlag, StrEnum
from typing import NamedTuple

from hikari_wire import acl as wire_acl
from hikari_wire import codes
from hikari_wire.records import Stat

__all__ = [
    "ACL",
    "Auth",
    "Created",
    "Event",
    "EventType",
    "NodeData",
    "Permission",
    "Stat",
    "State",
]
__all__ += ["Status"]


class NodeData(NamedTuple):
    """A znode's data (b"" also where the server has none) and its numbers."""

    data: bytes
    stat: Stat


class Created(NamedTuple):
    """What was created: its path, with the number it got, and its numbers. `stat.czxid` grows from
    each creation to the next, whoever made it: a fencing token."""

    path: str
    stat: Stat


class EventType(StrEnum):
    """What a watch tells. GAP: something may have been missed: read again what matters."""

    CREATED = "created"
    DELETED = "deleted"
    CHANGED = "changed"
    CHILDREN = "children"
    REMOVED = "removed"
    GAP = "gap"


EVENT_TYPES: dict[int, EventType] = {
    codes.EVENT_CREATED: EventType.CREATED,
    codes.EVENT_DELETED: EventType.DELETED,
    codes.EVENT_DATA_CHANGED: EventType.CHANGED,
    codes.EVENT_CHILDREN_CHANGED: EventType.CHILDREN,
    codes.EVENT_DATA_WATCH_REMOVED: EventType.REMOVED,
    codes.EVENT_CHILD_WATCH_REMOVED: EventType.REMOVED,
    codes.EVENT_PERSISTENT_WATCH_REMOVED: EventType.REMOVED,
}


class Event(NamedTuple):
    """One watch event. `path` is the watched one for a gap. `zxid`: of the change, -1 where the
    server (before ZooKeeper 3.9) does not tell."""

    type: EventType
    path: str
    zxid: int = -1

    @property
    def gap(self) -> bool:
        return self.type is EventType.GAP


class State(Enum):
    """How a client stands to the ensemble.

    SUSPENDED: the connection is gone, the session may live: do nothing that needs its ephemerals.
    LOST: the session is over, or nobody can vouch for it any more; said by the client's own clock
    even if no server can be reached. What follows is a new session.
    """

    CONNECTING = "connecting"
    CONNECTED = "connected"
    READ_ONLY = "read only"
    SUSPENDED = "suspended"
    LOST = "lost"
    CLOSED = "closed"


class Status(NamedTuple):
    """A state, and to which member (`host:port`) and with which session. `why`: the last
    connection or attempt failed, while there is no other."""

    state: State
    server: str = ""
    session_id: int = 0
    why: str = ""


class Auth(NamedTuple):
    """Proof of an identity, sent again on every connection."""

    scheme: str
    credential: bytes

    @staticmethod
    def digest(user: str, password: str) -> "Auth":
        return Auth("digest", f"{user}:{password}".encode())

    def __repr__(self) -> str:
        """Without what proves it: whoever is shown one, in a log say, could use it."""
        return f"Auth(scheme={self.scheme!r})"


class Permission(IntFlag):
    """What an ACL allows, to be or-ed."""

    READ = codes.PERM_READ
    WRITE = codes.PERM_WRITE
    CREATE = codes.PERM_CREATE
    DELETE = codes.PERM_DELETE
    ADMIN = codes.PERM_ADMIN
    ALL = codes.PERM_ALL


class ACL(NamedTuple):
    """One entry of an access control list: what somebody may do."""

    permissions: int
    scheme: str
    id: str

    @staticmethod
    def anyone(permissions: int = codes.PERM_ALL) -> "ACL":
        return ACL(permissions, "world", "anyone")

    @staticmethod
    def creator(permissions: int = codes.PERM_ALL) -> "ACL":
        """Whoever creates it, by what it has proved to be."""
        return ACL(permissions, "auth", "")

    @staticmethod
    def digest(user: str, password: str, permissions: int = codes.PERM_ALL) -> "ACL":
        hashed = hashlib.sha1(f"{user}:{password}".encode()).digest()
        return ACL(permissions, "digest", f"{user}:{base64.b64encode(hashed).decode()}")

    @staticmethod
    def ip(address: str, permissions: int = codes.PERM_ALL) -> "ACL":
        return ACL(permissions, "ip", address)


def raw_acl(entries: "list[ACL] | ACL | None") -> bytes:
    """For the wire. None: anyone may do anything."""
    if entries is None:
        return wire_acl.OPEN
    if isinstance(entries, ACL):
        entries = [entries]
    return wire_acl.pack(
        [(one.permissions, one.scheme.encode(), one.id.encode()) for one in entries]
    )


def acl_of(raw: bytes) -> list[ACL]:
    return [
        ACL(permissions, scheme.decode(), name.decode())
        for permissions, scheme, name in wire_acl.parse(raw)
    ]
