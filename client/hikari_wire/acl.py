"""Access control lists, kept as the raw bytes of their vector.

A raw ACL is the `vector<ACL>` of the wire, count included, with one exception: the open ACL
(anyone may do anything), which nearly every znode has, is b"". So it costs nothing to keep and is
recognised by its falseness. Records ACL{perms, Id{scheme, id}}.
"""

from typing import Final

from hikari_wire.codes import PERM_ALL
from hikari_wire.jute import INT, Malformed, pack_text, read_count, read_int, read_text

OPEN: Final = b""
OPEN_ENTRIES: Final = ((PERM_ALL, b"world", b"anyone"),)
OPEN_ACL_RAW: Final[bytes] = (
    INT.pack(1) + INT.pack(PERM_ALL) + pack_text(b"world") + pack_text(b"anyone")
)  # as the open ACL stands on the wire
EMPTY_ACL: Final = bytes(4)  # no entries: a count of 0

Entry = tuple[int, bytes, bytes]  # permissions, scheme, id

_ENTRY_BYTES_MIN: Final = 12


def take(buf: bytes, at: int, end: int) -> tuple[bytes, int]:
    """The raw ACL of the vector at `at`, and the offset behind it.

    A null or empty vector becomes `EMPTY_ACL`. Raises Malformed.
    """
    stop = at + len(OPEN_ACL_RAW)
    if stop <= end and buf[at:stop] == OPEN_ACL_RAW:
        return OPEN, stop
    count, stop = read_count(buf, at, end, _ENTRY_BYTES_MIN)
    if not count:
        return EMPTY_ACL, stop
    for _ in range(count):
        _, stop = read_text(buf, stop + 4, end)
        _, stop = read_text(buf, stop, end)
    return buf[at:stop], stop


def parse(raw: bytes) -> tuple[Entry, ...]:
    """The entries of a raw ACL. Raises Malformed if it is no vector of ACL, or not only that."""
    if not raw:
        return OPEN_ENTRIES
    end = len(raw)
    count, at = read_count(raw, 0, end, _ENTRY_BYTES_MIN)
    entries = []
    for _ in range(count):
        permissions, at = read_int(raw, at, end)
        scheme, at = read_text(raw, at, end)
        name, at = read_text(raw, at, end)
        entries.append((permissions, scheme, name))
    if at != end:
        raise Malformed(f"{end - at} bytes behind an ACL")
    return tuple(entries)


def pack(entries: tuple[Entry, ...] | list[Entry]) -> bytes:
    """The raw ACL of these entries: `OPEN` for the open ACL, `EMPTY_ACL` for none."""
    raw = INT.pack(len(entries)) + b"".join(
        [
            INT.pack(permissions) + pack_text(scheme) + pack_text(name)
            for permissions, scheme, name in entries
        ]
    )
    return OPEN if raw == OPEN_ACL_RAW else raw


def wire(raw: bytes) -> bytes:
    """A raw ACL as it goes on the wire."""
    return raw or OPEN_ACL_RAW
