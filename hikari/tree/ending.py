"""Znodes that end by themselves: containers once they are empty, TTL znodes once they are left
alone. Which of them may be due is kept in rows of its own, in the order in which they fall due.

What a znode is stands in its `owner`, in ZooKeeper's numbers: a container has the smallest there
is, a TTL znode its TTL under a first byte of ones. Both are negative; a session is not. Clients are
shown 0. A row is there only while its znode has no children, and says nothing that this does not:
    X E pzxid path      a container that has had children
    X N mtime path      a container that never had any
    X T mtime+ttl path  a TTL znode
Nobody's clock is asked here: the leader proposes what is due by its clock, and the time that comes
with the entry decides whether it is.
"""

import struct
from typing import Final

from hikari.tree.znode import Znode

COLLECT: Final = -14
"""A request of our own: (COLLECT, path, never_used_ms)."""

CONTAINER: Final = -(2**63)
TTL_MS_MAX: Final = 2**40 - 1
_TTL: Final = 2**56

DUE: Final = b"X"
EMPTIED: Final = DUE + b"E"
NEVER_USED: Final = DUE + b"N"
TTL: Final = DUE + b"T"

_KEY: Final = struct.Struct(">2sQ")
PREFIX_BYTES: Final = _KEY.size


def ttl_owner(ttl_ms: int) -> int:
    """The owner of a znode with this TTL."""
    return ttl_ms - _TTL


def ttl_ms(owner: int) -> int:
    """The TTL of a znode with this owner, which is not CONTAINER."""
    return owner + _TTL


def due_key(path: bytes, znode: Znode) -> bytes:
    """The key of its row; its `owner` is negative, and it has no children."""
    if znode.owner != CONTAINER:
        return _KEY.pack(TTL, max(0, znode.mtime + ttl_ms(znode.owner))) + path
    if znode.creates:
        return _KEY.pack(EMPTIED, znode.pzxid) + path
    return _KEY.pack(NEVER_USED, max(0, znode.mtime)) + path


def due_from(kind: bytes, order: int) -> bytes:
    """What no key of this kind that comes in order before `order` is greater than."""
    return _KEY.pack(kind, max(0, order))


def path_of(key: bytes) -> bytes:
    return key[PREFIX_BYTES:]


def has_ended(znode: Znode, time_ms: int, never_used_ms: int) -> bool:
    """Whether it may go now. `never_used_ms`: containers that never had a child are kept for so
    long; 0: for ever."""
    owner = znode.owner
    if owner >= 0 or znode.children:
        return False
    age_ms = time_ms - znode.mtime
    if owner != CONTAINER:
        return age_ms > ttl_ms(owner)
    return znode.creates > 0 or 0 < never_used_ms < age_ms
