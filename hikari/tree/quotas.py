"""Quotas: how many znodes a subtree may have, and how many bytes of data.

As ZooKeeper has them: the limits of /a stand in the data of /zookeeper/quota/a/zookeeper_limits,
which clients write, and how much there is in that of zookeeper_stats beside it, which is kept up
with every change, and counted anew when it is created. Of several quotas above a znode the nearest
counts. The root has none.

Limits are enforced only if the log says so (ENFORCE_QUOTAS), the same for all members. Soft ones
never refuse anything. What cannot be read as limits limits nothing, and what cannot be read as
stats is left alone.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from hikari.tree.acl import Identity
from hikari.tree.fresh import LIMITS, QUOTA, STATS
from hikari.tree.keys import descendants_prefix, path_of
from hikari.tree.znode import Znode, from_row
from hikari_wire import codes
from hikari_wire.paths import depth

if TYPE_CHECKING:
    from hikari.tree.state import State

ENFORCE_QUOTAS: Final = -22
"""A request of our own: (ENFORCE_QUOTAS, 1): from here on; (ENFORCE_QUOTAS, 0): no more."""

INSIDE: Final = QUOTA + b"/"
PAGE_ROWS: Final = 1024

_LONG: Final = re.compile(rb"[+-]?[0-9]{1,19}")


def read(data: bytes | None) -> dict[bytes, int] | None:
    """The numbers in such a znode, by their names; None: it cannot be read."""
    numbers: dict[bytes, int] = {}
    for pair in re.split(rb"[,;]+", data.rstrip(b",;")) if data else ():
        name, _, rest = pair.partition(b"=")
        number = rest.split(b"=", 1)[0]
        if not rest or (number and _LONG.fullmatch(number) is None):
            return None
        numbers[name] = int(number or b"-1")
    return numbers if data is not None else None


def write(numbers: dict[bytes, int]) -> bytes:
    """The same as bytes: count and bytes first, all others behind, in order."""
    text = b"count=%d,bytes=%d" % (numbers.get(b"count", -1), numbers.get(b"bytes", -1))
    others = sorted(numbers.keys() - {b"count", b"bytes"})
    if not others:
        return text
    return text + b"=" + b"".join([b";%s=%d" % (name, numbers[name]) for name in others])


def quota_of(state: "State", path: bytes) -> bytes | None:
    """The nearest path, this one or above it, that has a quota."""
    quotas = state.quotas
    while path:
        if path in quotas:
            return path
        path = path[: path.rfind(b"/")]
    return None


def tally(state: "State", path: bytes, count: int, size: int) -> None:
    """So many znodes and bytes came (or went) at this path, which counts below some quota."""
    quota = quota_of(state, path)
    if quota is None:
        return
    stats_path = QUOTA + quota + STATS
    stats = state.find(stats_path)
    numbers = None if stats is None else read(stats.data)
    if stats is not None and numbers is not None:
        numbers[b"count"] = numbers.get(b"count", -1) + count
        numbers[b"bytes"] = numbers.get(b"bytes", -1) + size
        _store(state, stats_path, stats, write(numbers))


def refuses(state: "State", path: bytes, count: int, size: int) -> bool:
    """Whether quotas are enforced, and so much more at this path would be too much."""
    quota = quota_of(state, path) if state.enforces_quotas else None
    if quota is None:
        return False
    limits, stats = _numbers(state, quota + LIMITS), _numbers(state, quota + STATS)
    if limits is None or stats is None:
        return False
    refused = False
    for change, name, hard_name in (
        (count, b"count", b"countHardLimit"),
        (size, b"bytes", b"byteHardLimit"),
    ):
        hard = limits.get(hard_name, -1)
        limit = hard if hard > -1 else limits.get(name, -1)
        now = stats.get(name, -1) + change
        if change and limit > -1 and now > limit:
            state.over_quota[quota] = (hard_name if hard > -1 else name).decode(), now, limit
            refused = refused or hard > -1
    return refused


def _numbers(state: "State", place: bytes) -> dict[bytes, int] | None:
    znode = state.find(QUOTA + place)
    return None if znode is None else read(znode.data)


def came(state: "State", path: bytes, znode: Znode) -> None:
    """This znode was created."""
    if path.startswith(INSIDE):
        if path.endswith(LIMITS):
            quota = path[len(QUOTA) : -len(LIMITS)]
            if quota:
                state.quotas |= {quota}
        elif path.endswith(STATS):
            count, size = count_all(state, path[len(QUOTA) : -len(STATS)] or b"/")
            _store(state, path, znode, write({b"count": count, b"bytes": size}))
    tally(state, path, 1, len(znode.data or b""))


def went(state: "State", path: bytes, znode: Znode) -> None:
    """This znode was deleted."""
    if path.startswith(INSIDE) and path.endswith(LIMITS):
        state.quotas -= {path[len(QUOTA) : -len(LIMITS)]}
    tally(state, path, -1, -len(znode.data or b""))


def count_all(state: "State", path: bytes) -> tuple[int, int]:
    """How many znodes there are from this one down, and how much data. Reads all of them."""
    top = state.find(path)
    if top is None:
        return 0, 0
    under = path + b"/" if path != b"/" else path
    changed = {
        one: znode for one, znode in state.changed.items() if one.startswith(under) and one != path
    }
    count, size = 1, len(top.data or b"")
    for znode in changed.values():
        if znode is not None:
            count += 1
            size += len(znode.data or b"")
    level = depth(path) + 1
    while rows := state.rows.page(prefix := descendants_prefix(path, level), b"", PAGE_ROWS):
        while rows:
            for key, row in rows:
                if path_of(key) not in changed:
                    count += 1
                    size += len(from_row(row).data or b"")
            rows = state.rows.page(prefix, rows[-1][0], PAGE_ROWS)
        level += 1
    return count, size


def _store(state: "State", path: bytes, stats: Znode, data: bytes) -> None:
    """Silently, as ZooKeeper does it: no version, no time, no event."""
    state.touch(path, stats)
    state.cache.resized(stats.data, data)
    stats.data = data


def enforce(
    state: "State", request: tuple[Any, ...], session: int, identities: Sequence[Identity]
) -> tuple[int, None]:
    state.enforces_quotas = bool(request[1])
    return codes.OK, None
