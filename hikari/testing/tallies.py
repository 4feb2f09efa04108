"""Judges of one kind of work each, that look at nothing but what clients were told in the end.

They need no log, no zxid of a header and no model of the tree: what they find is broken whoever
looks. Each returns violations, none if all is well.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

from attrs import define

from hikari.testing.violation import FOUND_MAX, Violation, words


def _told(promise: str, texts: Iterable[str]) -> list[Violation]:
    return [Violation(promise, text) for _, text in zip(range(FOUND_MAX), texts, strict=False)]


@define(frozen=True)
class SetTally:
    """`recovered`: of unknown outcome, and there after all."""

    violations: list[Violation]
    recovered: int
    kept: int


def set_of(
    added: Iterable[Hashable],
    unknown: Iterable[Hashable],
    refused: Iterable[Hashable],
    found: Sequence[Hashable],
) -> SetTally:
    """Things added once each, and what was found at the end: what was acknowledged is there, once,
    and nothing is there that was refused or never asked for."""
    promised, possible, never = set(added), set(unknown), set(refused)
    counts = Counter(found)
    there = set(counts)
    texts = [f"lost: {one!r}" for one in sorted(promised - there, key=repr)]
    texts += [f"doubled: {one!r} {n} times" for one, n in counts.items() if n > 1]
    texts += [f"refused, and there: {one!r}" for one in sorted(there & never, key=repr)]
    invented = there - promised - possible - never
    texts += [f"never asked for, and there: {one!r}" for one in sorted(invented, key=repr)]
    return SetTally(_told("set", texts), len(there & possible - promised), len(there & promised))


@define(frozen=True)
class Named:
    """A sequential create that was answered with this name."""

    name: bytes  # ends in ten digits
    invoked: float
    ended: float
    czxid: int = 0  # 0: not known

    @property
    def number(self) -> int:
        return int(self.name[-10:])


def sequential_names(created: Sequence[Named]) -> list[Violation]:
    """Of one parent: each number once, larger for who asked after another was answered, and in
    the order of the zxids where these are known."""
    ordered = sorted(created, key=attrgetter("number"))
    texts = [
        f"number {one.number} twice: {one.name!r}, {two.name!r}"
        for one, two in pairwise(ordered)
        if one.number == two.number
    ]
    latest: Named | None = None
    for one in ordered:
        if latest is not None and one.ended < latest.invoked:
            texts.append(f"{one.name!r} was answered before the smaller {latest.name!r} was asked")
        if latest is None or one.invoked > latest.invoked:
            latest = one
    known = [one for one in ordered if one.czxid]
    texts += [
        f"{one.name!r} has zxid {one.czxid}, {two.name!r} has {two.czxid}"
        for one, two in pairwise(known)
        if one.number < two.number and one.czxid >= two.czxid
    ]
    return _told("sequence", texts)


@define(frozen=True)
class Added:
    """`ended` is infinite if no answer came. A refused one is left out by who calls."""

    amount: int  # above 0
    invoked: float
    ended: float


@define(frozen=True)
class Counted:
    """A linearizable read: it takes effect between these two moments."""

    value: int
    invoked: float
    ended: float


def counter(added: Sequence[Added], read: Sequence[Counted], start: int = 0) -> list[Violation]:
    """Every value read is at least all that was answered before the read was asked, and at most
    all that was asked before it was answered; of two reads, the later is not the smaller."""
    answered = sorted((one.ended, one.amount) for one in added)
    asked = sorted((one.invoked, one.amount) for one in added)
    texts = []
    low = high = start
    at = upto = 0
    bounds: dict[Counted, list[int]] = {one: [0, 0] for one in read}
    for one in sorted(read, key=attrgetter("invoked")):
        while at < len(answered) and answered[at][0] < one.invoked:
            low += answered[at][1]
            at += 1
        bounds[one][0] = low
    for one in sorted(read, key=attrgetter("ended")):
        while upto < len(asked) and asked[upto][0] <= one.ended:
            high += asked[upto][1]
            upto += 1
        bounds[one][1] = high
    for one, (least, most) in bounds.items():
        if not least <= one.value <= most:
            texts.append(f"{one} is not between {least} and {most}")
    texts += _backwards(read)
    return _told("counter", texts)


def _backwards(read: Sequence[Counted]) -> list[str]:
    """Reads that show less than another that was answered before they were asked."""
    texts = []
    by_end = sorted(read, key=attrgetter("ended"))
    at = 0
    largest: Counted | None = None
    for one in sorted(read, key=attrgetter("invoked")):
        while at < len(by_end) and by_end[at].ended < one.invoked:
            if largest is None or by_end[at].value > largest.value:
                largest = by_end[at]
            at += 1
        if largest is not None and one.value < largest.value:
            texts.append(f"{one} went back behind {largest}")
    return texts


def queue(
    put: Iterable[Hashable],
    perhaps_put: Iterable[Hashable],
    taken: Sequence[Hashable],
    perhaps_taken: Iterable[Hashable],
    left: Sequence[Hashable],
) -> list[Violation]:
    """Distinct things: each that was put was taken once or is left, and no other ever was there.
    `perhaps_taken`: their takers do not know."""
    promised, possible, lifted = set(put), set(perhaps_put), set(perhaps_taken)
    counts = Counter([*taken, *left])
    texts = [f"twice: {one!r}" for one, count in counts.items() if count > 1]
    texts += [f"lost: {one!r}" for one in sorted(promised - set(counts) - lifted, key=repr)]
    texts += [f"never put: {one!r}" for one in sorted(set(counts) - promised - possible, key=repr)]
    return _told("queue", texts)


def in_turn(taken: Sequence[Hashable], put: Sequence[Hashable]) -> list[Violation]:
    """What one taker took, of what one putter put, came out in the order it went in."""
    place = {one: number for number, one in enumerate(put)}
    known = [one for one in taken if one in place]
    texts = [
        f"{two!r} was put before {one!r}, and taken after it"
        for one, two in pairwise(known)
        if place[one] >= place[two]
    ]
    return _told("queue order", texts)


def bank(snapshots: Iterable[Mapping[Hashable, int]], total: int) -> list[Violation]:
    """Transfers move money and make none: in each snapshot taken at one moment the sum is the
    same, and nobody owes."""
    texts = []
    for number, snapshot in enumerate(snapshots):
        if sum(snapshot.values()) != total:
            shown = words(snapshot.items())
            texts.append(f"snapshot {number}: {sum(snapshot.values())}, not {total}: {shown}")
        texts += [
            f"snapshot {number}: {one!r} has {sum}" for one, sum in snapshot.items() if sum < 0
        ]
    return _told("bank", texts)


@define(frozen=True)
class Grant:
    """A client held the lock for certain from when it knew until it let go, or until its session
    was over, whichever came first. `token` is the czxid of its znode: what it does under the lock
    is fenced by it."""

    holder: Hashable
    token: int
    since: float
    until: float  # infinite: to the end


def lock(grants: Sequence[Grant]) -> list[Violation]:
    """Never two at once, and who comes later has the larger token: so what an earlier holder
    still does late can be refused."""
    texts = []
    ordered = sorted(grants, key=attrgetter("since"))
    longest: Grant | None = None
    for one in ordered:
        if longest is not None:
            if one.since < longest.until:
                texts.append(f"two hold it: {longest} and {one}")
            if one.token <= longest.token:
                texts.append(f"the later token is not the larger: {longest} and {one}")
        if longest is None or one.until >= longest.until:
            longest = one
    counts = Counter(one.token for one in grants)
    texts += [f"token {token} granted {n} times" for token, n in counts.items() if n > 1]
    return _told("lock", texts)


def fenced(used: Sequence[tuple[float, int]]) -> list[Violation]:
    """What was let through, as (moment, token): a smaller token never follows a larger."""
    texts = [
        f"token {later[1]} at {later[0]} after token {earlier[1]} at {earlier[0]}"
        for earlier, later in pairwise(sorted(used))
        if later[1] < earlier[1]
    ]
    return _told("fence", texts)


def watchers(
    believed: Mapping[Hashable, Mapping[bytes, object]], truth: Mapping[bytes, object]
) -> list[Violation]:
    """Whoever mirrors znodes by watching them ends with what is there."""
    texts = []
    for watcher, mirror in believed.items():
        for path in sorted(mirror.keys() | truth.keys()):
            if mirror.get(path) != truth.get(path):
                shown = words((mirror.get(path), truth.get(path)))
                texts.append(f"{watcher!r} believes of {path!r}, and true is: {shown}")
    return _told("mirror", texts)
