"""Remembers when what a script has made may end, so that nobody touches what may be gone."""

from collections import Counter
from typing import Any

from differential.lives import NEVER_USED_MS
from differential.stage import Item

MARGIN_S = 0.03
BOX = -1
"""In the place of a TTL: a container, which has a span only as long as it was never used."""


class Late(Exception):
    """It was touched when it may have ended already: what happened then says nothing."""


class Dues:
    """`spans`: what may end at the earliest, and must have ended at the latest. Its times are those
    of whoever asks; its paths those of the script."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[float, float]] = {}
        self.ttls_ms: dict[str, int] = {}
        self.children: Counter[str] = Counter()

    def demand_alive(self, request: list[Any], now: float) -> None:
        """What is named, or the parent of what is made, cannot have ended up to now."""
        for name, path, *_ in _parts(request):
            needed = path.rpartition("/")[0] if name.startswith("create") else path
            if self.spans.get(needed, (now, 0))[0] < now and not self.children[needed]:
                raise Late(needed)

    def note(self, request: list[Any], reply: Item, sent: float, now: float) -> None:
        """A request was answered."""
        if reply[4]:
            return
        results = reply[5] if request[0] == "multi" else [["", 0, *reply[5]]]
        if results[0][0] == -1:
            return
        for part, result in zip(_parts(request), results, strict=False):
            self._part(part, result, sent, now)

    def _part(self, part: list[Any], result: list[Any], sent: float, now: float) -> None:
        name, path = part[:2]
        parent = path.rpartition("/")[0]
        if name.startswith("create"):
            path = f"{parent}/{result[2].rpartition('/')[2]}"
            self._forget(path)
            self.children[parent] += 1
            if self.ttls_ms.get(parent) == BOX:
                self._forget(parent)
        if name == "createContainer":
            self.ttls_ms[path] = BOX
        elif name == "createTTL":
            self.ttls_ms[path] = part[5]
        if name == "delete":
            self._forget(path)
            self.children[parent] -= 1
        elif path in self.ttls_ms and name in ("setData", "createContainer", "createTTL"):
            ttl_ms = self.ttls_ms[path]
            lasts_s = (NEVER_USED_MS if ttl_ms == BOX else ttl_ms) / 1_000
            self.spans[path] = sent + lasts_s - MARGIN_S, now + lasts_s + MARGIN_S

    def _forget(self, path: str) -> None:
        self.spans.pop(path, None)
        self.ttls_ms.pop(path, None)

    def settle(self, until: float) -> None:
        """What must have ended before `until` is done with."""
        over = [path for path, (_, latest) in self.spans.items() if latest <= until]
        for path in over:
            del self.spans[path]

    def demand_settled(self, now: float) -> None:
        """Nothing is in between: it must have ended, or cannot have."""
        between = [path for path, (earliest, _) in self.spans.items() if earliest <= now]
        if between:
            raise Late(between[0])


def _parts(request: list[Any]) -> list[list[Any]]:
    """Each request that names a path."""
    parts = request[1] if request[0] == "multi" else [request]
    return [part for part in parts if len(part) > 1]
