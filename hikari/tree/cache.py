"""The znodes that memory keeps: bounded, and free of bookkeeping at a hit."""

from collections.abc import Mapping
from typing import Final

from hikari.tree.znode import Znode

# A znode without data: the object, its numbers, its place in a dict. Measured, rounded up.
ZNODE_BYTES: Final = 600

LISTING_BYTES_MAX: Final = 8 << 20
"""A longer listing is built anew each time it is asked for,"""
LISTINGS_MIN: Final = 8
"""and so is one of which not so many would fit in."""


def weight(path: bytes, znode: Znode) -> int:
    """About how many bytes it takes. Data twice: a znode that is read keeps its reply too."""
    return ZNODE_BYTES + len(path) + 2 * len(znode.data or b"") + len(znode.listing or b"")


class Cache:
    """Two generations. What is looked up moves to the young one; when that is half of what is
    allowed, the old one is dropped and the young one becomes old.

    Nothing that was touched since `rotate` is ever lost, and that keeps what is not settled: a
    changed znode is always here, and always young.

    A generation is hundreds of thousands of objects: to free it at once took 40 ms, in which nobody
    was answered. So each znode that comes takes two of them with it; if znodes weigh about the
    same, none is left before the young generation is half of what is allowed.
    """

    __slots__ = ("gone", "half", "kept_bytes", "old", "young", "young_bytes")

    def __init__(self, bytes_max: int) -> None:
        self.half = bytes_max // 2
        self.young: dict[bytes, Znode] = {}
        self.old: dict[bytes, Znode] = {}
        self.gone: dict[bytes, Znode] = {}  # found by nobody: see above
        self.young_bytes = 0  # the weight of all that is in it
        self.kept_bytes = 0  # of that, what the last `rotate` had to keep

    def promote(self, path: bytes) -> Znode:
        """The znode, which is in the old generation; it is young from now on."""
        znode = self.old.pop(path)
        self.put(path, znode)
        return znode

    def put(self, path: bytes, znode: Znode) -> None:
        self.young[path] = znode
        data = znode.data
        if data is not None and znode.listing is None:  # its weight, without a call
            self.young_bytes += ZNODE_BYTES + len(path) + 2 * len(data)
        else:
            self.young_bytes += weight(path, znode)
        gone = self.gone
        if gone:
            gone.popitem()
            if gone:
                gone.popitem()

    def drop(self, path: bytes) -> None:
        znode = self.young.pop(path, None)
        if znode is not None:
            self.young_bytes -= weight(path, znode)
        self.old.pop(path, None)

    # How a znode changes its weight in place.

    def resized(self, before: bytes | None, after: bytes | None) -> None:
        """Its data changes."""
        self.young_bytes += 2 * (len(after or b"") - len(before or b""))

    def list(self, path: bytes, znode: Znode, listing: bytes) -> None:
        """Its listing is kept with it, unless it is too long. What has become old meanwhile weighs
        nothing."""
        if len(listing) > min(LISTING_BYTES_MAX, self.half // LISTINGS_MIN):
            return
        if path in self.young:
            self.young_bytes += len(listing)
        znode.listing = listing

    def unlist(self, znode: Znode) -> None:
        """A child comes or goes: the listing that is kept with it is wrong now."""
        assert znode.listing is not None
        self.young_bytes -= len(znode.listing)
        znode.listing = None

    def is_full(self) -> bool:
        """Whether `rotate` would let go of something."""
        return self.young_bytes > self.half + self.kept_bytes

    def rotate(self, unsettled: Mapping[bytes, Znode | None]) -> None:
        """Let go of what was not used lately, but for these. They may be many for long: while the
        disk takes no rows."""
        if self.is_full():
            self.gone = self.old
            self.old = self.young
            self.young = {}
            self.young_bytes = 0
            for path, znode in unsettled.items():
                if znode is not None:
                    self.old.pop(path, None)
                    self.put(path, znode)
            self.kept_bytes = self.young_bytes
