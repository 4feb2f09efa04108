"""Quotas for the model: which limits hold for a path, and what is too much."""

from collections.abc import Mapping
from typing import Any, Final

ROOM: Final = b"/zookeeper/quota"
_LIMITS: Final = b"/zookeeper_limits"
_STATS: Final = b"/zookeeper_stats"
_DIGITS: Final = frozenset(b"0123456789")


Znodes = Mapping[bytes, Any]


def numbers(data: bytes | None) -> dict[str, int] | None:
    """What such a znode says; None: nothing that can be read."""
    if data is None:
        return None
    found: dict[str, int] = {}
    pairs = data.replace(b";", b",").rstrip(b",")
    while b",," in pairs:
        pairs = pairs.replace(b",,", b",")
    for pair in pairs.split(b",") if pairs else []:
        parts = pair.split(b"=")
        while parts and not parts[-1]:
            parts.pop()  # empty ends do not count
        if len(parts) < 2:
            return None
        text = parts[1] or b"-1"
        digits = text[1:] if text[:1] in (b"+", b"-") else text
        if not digits or len(digits) > 19 or not _DIGITS.issuperset(digits):
            return None
        found[parts[0].decode("latin-1")] = int(text)
    return found


def limited(znodes: Znodes, path: bytes) -> bytes:
    """The path, this one or the nearest above, that has limits; b"": none."""
    while path and ROOM + path + _LIMITS not in znodes:
        path = path.rpartition(b"/")[0]
    return path


def counted(znodes: Znodes, top: bytes) -> tuple[int, int]:
    """All from here down, whoever counts them."""
    under = top.rstrip(b"/") + b"/"
    within = [one for path, one in znodes.items() if path == top or path.startswith(under)]
    return len(within), sum(len(one.data or b"") for one in within)


def stats_path(quota: bytes) -> bytes:
    return ROOM + quota + _STATS


def counts_anew(path: bytes) -> bytes:
    """The path whose count begins with the creation of this znode; b"": of none."""
    if not (path.startswith(ROOM + b"/") and path.endswith(_STATS)):
        return b""
    return path[len(ROOM) : -len(_STATS)] or b"/"


def text(count: int, size: int, more: Mapping[str, int]) -> bytes:
    told = f"count={count},bytes={size}"
    others = sorted(set(more) - {"count", "bytes"})
    if others:
        told += "=" + "".join(f";{name}={more[name]}" for name in others)
    return told.encode("latin-1")


def too_much(znodes: Znodes, path: bytes, count: int, size: int) -> bool:
    """Whether a hard limit forbids so much more there."""
    quota = limited(znodes, path)
    limits, stats = znodes.get(ROOM + quota + _LIMITS), znodes.get(ROOM + quota + _STATS)
    if not quota or limits is None or stats is None:
        return False
    wanted, there = numbers(limits.data), numbers(stats.data)
    if wanted is None or there is None:
        return False
    hard_count, hard_size = wanted.get("countHardLimit", -1), wanted.get("byteHardLimit", -1)
    many = count != 0 and -1 < hard_count < there.get("count", -1) + count
    large = size != 0 and -1 < hard_size < there.get("bytes", -1) + size
    return many or large
