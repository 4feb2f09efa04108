"""What ClickHouse Keeper tells of itself in znodes, for clients that ask whether they talk to it.

They are in no tree: no listing shows them, nobody can watch for them to come, and who creates a
znode of the same path has that one. So a user of ZooKeeper, who never asks, never meets them; a
client of Keeper reads just these two, by their whole paths.
"""

from typing import Final

from hikari.tree.znode import Znode

FILTERED_LIST: Final = 0
MULTI_READ: Final = 1
CHECK_NOT_EXISTS: Final = 2
CREATE_IF_NOT_EXISTS: Final = 3
REMOVE_RECURSIVE: Final = 4
CHECK_STAT: Final = 6
PERSISTENT_WATCHES: Final = 7
CREATE_WITH_STATS: Final = 8
TRY_REMOVE: Final = 9
LIST_WITH_STAT_AND_DATA: Final = 10

FEATURES: Final = (
    *(FILTERED_LIST, MULTI_READ, CHECK_NOT_EXISTS, CREATE_IF_NOT_EXISTS, REMOVE_RECURSIVE),
    *(CHECK_STAT, PERSISTENT_WATCHES, CREATE_WITH_STATS, TRY_REMOVE, LIST_WITH_STAT_AND_DATA),
)
"""Those of Keeper's numbers that are served. Not: 5, watches set in a multi."""

API_VERSION: Final = b"3"
"""What clients too old for the features ask for: a check that something does not exist, and all
before it."""


def bitmap(features: tuple[int, ...]) -> bytes:
    """One bit each, the first one being the highest of the first byte."""
    bits = bytearray(max(features) // 8 + 1)
    for number in features:
        bits[number // 8] |= 0x80 >> number % 8
    return bytes(bits)


PUBLISHED: Final = {
    b"/keeper/api_version": Znode(API_VERSION, b"", 0, 0, 0),
    b"/keeper/feature_flags": Znode(bitmap(FEATURES), b"", 0, 0, 0),
}
