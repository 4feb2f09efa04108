"""Holds two transcripts of one script against each other.

What is compared, item by item: errors, bodies, Stats, events and their place among the replies, who
is disconnected and when. Masked: times (zero or not remains), session ids and passwords (the
stage does it). Zxids are of each server's own counting:

- those in a Stat, and that of a write that succeeded, pair up, one to one and in the same order;
- that of any other reply must lie between the same two of those.
"""

import bisect
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from differential import allowed
from differential.stage import Item, Step, Streams

WRITES = {"create", "create2", "createContainer", "createTTL", "delete", "deleteContainer"} | {
    *("setData", "setACL", "multi")
}
STAT_ZXIDS = (0, 1, 10)
STAT_TIMES = (2, 3)


@dataclass
class Difference:
    """What one seat heard behind one step."""

    step: int  # -1: when all sat down
    seat: int
    theirs: Any
    ours: Any

    def signature(self) -> tuple[Any, ...]:
        """What stays the same when a script is shrunk."""
        return _kind(self.theirs), _kind(self.ours)


def _kind(item: Any) -> Any:
    if not item:
        return None
    kind = item[0]
    if kind == "reply":
        return kind, item[1], item[4]
    return (kind, item[3]) if kind == "event" else (kind,)


@dataclass
class Pairs:
    """Which zxid of theirs is which of ours."""

    theirs: list[int] = field(default_factory=list)
    ours: list[int] = field(default_factory=list)

    def same(self, theirs: int, ours: int) -> bool:
        """Pair them, unless that contradicts a pair there is."""
        if theirs <= 0 or ours <= 0:
            return theirs == ours
        at = bisect.bisect_left(self.theirs, theirs)
        if at < len(self.theirs) and self.theirs[at] == theirs:
            return self.ours[at] == ours
        if at != bisect.bisect_left(self.ours, ours):
            return False
        if at < len(self.ours) and self.ours[at] == ours:
            return False
        self.theirs.insert(at, theirs)
        self.ours.insert(at, ours)
        return True

    def near(self, theirs: int, ours: int) -> bool:
        """Whether they may be the same moment."""
        if theirs <= 0 or ours <= 0:
            return theirs == ours
        return bisect.bisect_right(self.theirs, theirs) == bisect.bisect_right(self.ours, ours)


def _names(value: Any) -> bool:
    """Whether this is a list of names or identities, not a reply's fields."""
    return isinstance(value, list) and (
        all(isinstance(one, str) for one in value)
        or all(isinstance(one, tuple) and len(one) == 2 for one in value)
    )


class Judge:
    """Reads two transcripts side by side. `operations` and `events` are how many were compared,
    `spared` how often each rule of `allowed` was used, `answers` how often they gave each error."""

    def __init__(self) -> None:
        self.pairs = Pairs()
        self.operations = self.events = 0
        self.spared: dict[str, int] = {}
        self.answers: Counter[str] = Counter()
        self.memory: dict[Any, Any] = {}  # the rules' own

    def first(
        self, script: list[Step], theirs: list[Streams], ours: list[Streams]
    ) -> Difference | None:
        """The first difference that no rule allows."""
        steps: list[Step] = [{}, *script]
        for number, (step, there, here) in enumerate(zip(steps, theirs, ours, strict=True), -1):
            order = sorted(range(len(there)), key=lambda seat: seat != step.get("seat"))
            for seat in order:
                found = self._streams(step, seat, there[seat], here[seat])
                if found is not None:
                    return Difference(number, seat, *found)
        return None

    def _streams(
        self, step: Step, seat: int, theirs: list[Item], ours: list[Item]
    ) -> tuple[Any, Any] | None:
        theirs, ours = allowed.streams(self, step, seat, theirs, ours)
        requests = iter(step.get("ask", ()) if seat == step.get("seat") else ())
        there_at = here_at = 0
        while there_at < len(theirs) or here_at < len(ours):
            there = theirs[there_at] if there_at < len(theirs) else None
            here = ours[here_at] if here_at < len(ours) else None
            request = None
            if there and there[0] == "reply":
                request = next(requests, None)
                self.operations += 1
                self.answers[f"{there[1]} {there[4]}"] += 1
            self.events += bool(there) and there[0] == "event"
            skipped = "both"
            if not self.same(there, here):
                rule, skipped = allowed.rule(self, request, seat, there, here)
                if not rule:
                    return there, here
                self.spared[rule] = self.spared.get(rule, 0) + 1
            there_at += skipped != "ours"
            here_at += skipped != "theirs"
        return None

    def same(self, theirs: Item | None, ours: Item | None) -> bool:
        """Whether these two say the same."""
        if theirs is None or ours is None or theirs[0] != ours[0]:
            return False
        if theirs[0] != "reply":
            return theirs == ours
        _, name, xid, zxid, error, body = theirs
        _, name_here, xid_here, zxid_here, error_here, body_here = ours
        if (name, xid, error) != (name_here, xid_here, error_here):
            return False
        exact = name in WRITES and not error and zxid > 0
        if exact and name == "multi" and body[0][0] == -1:
            exact = False
        check = self.pairs.same if exact else self.pairs.near
        if exact and not check(zxid, zxid_here):
            return False
        if not self.body(name, body, body_here):
            return False
        return exact or check(zxid, zxid_here)

    def body(self, name: str, theirs: Any, ours: Any) -> bool:
        """Whether two fields, or lists of them, are the same."""
        if isinstance(theirs, tuple) and isinstance(ours, tuple) and len(theirs) == len(ours) == 11:
            return self._stat(theirs, ours)
        if isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
            if name in allowed.UNORDERED and _names(theirs) and _names(ours):
                theirs, ours = sorted(theirs), sorted(ours)
            return len(theirs) == len(ours) and all(
                self.body(name, one, other) for one, other in zip(theirs, ours, strict=True)
            )
        return bool(theirs == ours)

    def _stat(self, theirs: tuple[Any, ...], ours: tuple[Any, ...]) -> bool:
        for at, (there, here) in enumerate(zip(theirs, ours, strict=True)):
            if at in STAT_ZXIDS:
                if not self.pairs.same(there, here):
                    return False
            elif at in STAT_TIMES:
                if bool(there) != bool(here):
                    return False
            elif there != here:
                return False
        return True
