"""How the items of queues are named and packed: as kazoo does it, and as Curator does.

Everybody who shares a queue must do it alike.
"""

import struct
from collections.abc import Sequence
from typing import Final, Literal

from hikari_client.errors import BadArguments

QueueLayout = Literal["kazoo", "curator", "curator-priority", "simple"]
PRIORITY: Final = 100
_VERSION: Final = 0x00010001
_ITEM, _END = 1, 2
_HEAD: Final = struct.Struct(">i")
_ITEM_HEAD: Final = struct.Struct(">Bi")


class ItemLayout:
    """kazoo's: `entry-<priority>-<number>` with the data as they are, one item in each znode."""

    prefix = "entry-"

    def name(self, priority: int | None) -> str:
        """Up to the number. Raises BadArguments."""
        return f"entry-{_within(priority, 0, 999):03d}-"

    def delayed(self, due_ms: int, priority: int | None) -> str:
        return f"entry-{due_ms:013d}-{_within(priority, 0, 999):03d}-"

    def keyed(self, key: str, priority: int | None) -> str:
        return f"entry-{_within(priority, 0, 999):03d}|{key}|"

    def due_ms(self, name: str) -> int:
        """When a delayed one is due; 0: it is not delayed."""
        moment = name.split("-")[1]
        return int(moment) if len(moment) == 13 and moment.isdigit() else 0

    def pack(self, value: bytes) -> bytes:
        return value

    def unpack(self, data: bytes) -> Sequence[bytes]:
        """The items of one znode. Raises ValueError."""
        return (data,)


class _Simple(ItemLayout):
    """Of Curator's SimpleDistributedQueue, and of ZooKeeper's own recipe: no priorities."""

    prefix = "qn-"

    def name(self, priority: int | None) -> str:
        _no_priority(priority)
        return self.prefix

    def delayed(self, due_ms: int, priority: int | None) -> str:
        raise BadArguments("", "this layout has no delays")

    def keyed(self, key: str, priority: int | None) -> str:
        raise BadArguments("", "this layout has no keys")

    def due_ms(self, name: str) -> int:
        return 0


class _Curator(ItemLayout):
    """Of its DistributedQueue, DistributedDelayQueue and DistributedIdQueue. A znode may have many
    items (`putMulti`)."""

    prefix = "queue-"

    def name(self, priority: int | None) -> str:
        _no_priority(priority)
        return self.prefix

    def delayed(self, due_ms: int, priority: int | None) -> str:
        _no_priority(priority)
        return f"queue-|{due_ms:08X}|"

    def keyed(self, key: str, priority: int | None) -> str:
        _no_priority(priority)
        return f"queue-|{key}|"

    def due_ms(self, name: str) -> int:
        parts = name.rsplit("|", 2)
        try:
            return int(parts[1], 16) if len(parts) == 3 else 0
        except ValueError:
            return 0

    def pack(self, value: bytes) -> bytes:
        return b"%b%b%b%c" % (
            *(_HEAD.pack(_VERSION), _ITEM_HEAD.pack(_ITEM, len(value))),
            *(value, _END),
        )

    def unpack(self, data: bytes) -> Sequence[bytes]:
        try:
            version, at, items = _HEAD.unpack_from(data)[0], _HEAD.size, []
            while version == _VERSION and data[at] == _ITEM:
                _, size = _ITEM_HEAD.unpack_from(data, at)
                at += _ITEM_HEAD.size + size
                if size < 0 or at >= len(data):
                    break
                items.append(data[at - size : at])
            if version == _VERSION and data[at] == _END:
                return items
        except (struct.error, IndexError):
            pass
        raise ValueError("it is not as Curator packs it")


class _CuratorPriority(_Curator):
    """Of its DistributedPriorityQueue: any integer of 32 bits, lower ones first."""

    def name(self, priority: int | None) -> str:
        number = _within(priority, -(2**31), 2**31 - 1)
        return f"queue-{int(number >= 0)}{number & 0xFFFFFFFF:08X}"


LAYOUTS: Final[dict[QueueLayout, ItemLayout]] = {
    "kazoo": ItemLayout(),
    "curator": _Curator(),
    "curator-priority": _CuratorPriority(),
    "simple": _Simple(),
}


def _within(priority: int | None, low: int, high: int) -> int:
    if priority is None:
        return PRIORITY
    if not low <= priority <= high:
        raise BadArguments("", f"priority {priority} is not within {low} and {high}")
    return priority


def _no_priority(priority: int | None) -> None:
    if priority is not None:
        raise BadArguments("", "this layout has no priorities")
