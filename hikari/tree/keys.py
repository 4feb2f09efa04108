"""Row keys: one letter of kind, then what the kind is ordered by."""

import struct
from typing import Final

from hikari_wire.paths import depth

META: Final[bytes] = b"M"
ZNODE: Final[bytes] = b"Z"
SESSION: Final[bytes] = b"S"
EPHEMERAL: Final[bytes] = b"E"

# The depth is stored as a u16. Nothing is created deeper, so no key is ever clamped for real.
DEPTH_MAX: Final = 0xFFFF

_ID: Final = struct.Struct(">cQ")
_SHALLOW: Final = tuple(ZNODE + depth.to_bytes(2, "big") for depth in range(64))


def _level(depth: int) -> bytes:
    if depth < 64:
        return _SHALLOW[depth]
    return ZNODE + min(depth, DEPTH_MAX).to_bytes(2, "big")


def znode_key(path: bytes) -> bytes:
    """Depth before path: siblings lie side by side, their own children elsewhere."""
    slashes = path.count(b"/")
    if slashes < 64 and len(path) > 1:  # all but the root: no call more on the way of a write
        return _SHALLOW[slashes] + path
    return _level(depth(path)) + path


def path_of(key: bytes) -> bytes:
    """The path of a znode's key."""
    return key[3:]


def children_prefix(path: bytes, below: int = 1) -> bytes:
    """What the keys of all children of `path`, and no others, start with; or of the children's
    children, for `below` 2, and so on."""
    return _level(depth(path) + below) + (path + b"/" if path != b"/" else path)


def descendants_prefix(path: bytes, depth: int) -> bytes:
    """What the keys of all at this depth below `path`, and no others, start with."""
    return _level(depth) + (path + b"/" if path != b"/" else path)


def session_key(session: int) -> bytes:
    return _ID.pack(SESSION, session)


def ephemerals_prefix(session: int) -> bytes:
    return _ID.pack(EPHEMERAL, session)


def session_of(key: bytes) -> int:
    """The session that a session's or an ephemeral's key belongs to."""
    return int.from_bytes(key[1:9], "big")
