"""One number that says whether two trees are the same, kept up with every change.

The sum, modulo 2**64, of a hash of every row that somebody asked for: the znodes and the sessions
(AdHash: Bellare and Micciancio, 1997). A change costs the hash of what changed, in any order.
Ephemeral rows say what the znodes say already; the settled row holds the sum itself.

The hash is XXH3: it finds faults, not attackers, and clients cannot make two members differ. (Two
crc32 with different starts would be one: over equal lengths they differ by a constant.)
"""

from collections.abc import Iterable
from typing import Final

from xxhash import xxh3_64_intdigest

from hikari.tree import keys

MASK: Final = 2**64 - 1

hash64: Final = xxh3_64_intdigest
"""Of the key with the row behind it."""

_SUMMED: Final = (keys.ZNODE, keys.SESSION)


def total(rows: Iterable[tuple[bytes, bytes]]) -> int:
    """The sum over these rows, without what is left out of it."""
    return sum(hash64(key + row) for key, row in rows if key[:1] in _SUMMED) & MASK
