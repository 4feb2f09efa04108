"""A queue of contenders: sequential znodes beside each other, each waiting for one before it only.

The names are kazoo's (`<guid>__lock__0000000007`) or Curator's (`_c_<guid>-lock-0000000007`), so
that others share the queue.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from hikari_client.errors import NoNode
from hikari_client.operations import ACLs
from hikari_client.recipes.claim import Claim
from hikari_client.recipes.held import Holder
from hikari_client.recipes.waiting import Patience, Signal, all_of, join, surely
from hikari_client.values import Event, NodeData

if TYPE_CHECKING:
    from hikari_client.client import Client

Layout = Literal["kazoo", "curator"]
Kind = Literal["lock", "read", "write", "latch"]

_KAZOO: Final[dict[Kind, str]] = {
    "lock": "__lock__",
    "read": "__rlock__",
    "write": "__lock__",
    "latch": "__lock__",
}
_CURATOR: Final[dict[Kind, str]] = {
    "lock": "lock-",
    "read": "__READ__",
    "write": "__WRIT__",
    "latch": "latch-",
}
_MARKS: Final[dict[Layout, dict[Kind, str]]] = {"kazoo": _KAZOO, "curator": _CURATOR}
_NAME: Final = re.compile(r"(__lock__|__rlock__|lock-|__READ__|__WRIT__|latch-)(-?\d{10,})$")
_READS: Final = ("__rlock__", "__READ__")


class Place(NamedTuple):
    """Where a contender stands, by its name."""

    name: str
    number: int
    reads: bool


def place_of(name: str) -> Place | None:
    """None: it is no contender."""
    found = _NAME.search(name)
    return found and Place(name, int(found[2]), found[1] in _READS)


def in_order(names: list[str], anchor: str = "") -> list[Place]:
    """The contenders among them. Numbers begin again below zero when they come to 2^31, so they
    are compared on a circle, as seen from one of them."""
    places = [place for place in map(place_of, names) if place is not None]
    if not places:
        return []
    seen_from = next((p.number for p in places if p.name == anchor), places[0].number)
    return sorted(places, key=lambda p: (p.number - seen_from + 2**31) % 2**32)


Rule = Callable[[list[Place], Place], str | None]
"""Of those before it, and itself: whom it waits for; None: it need not."""


def everybody(before: list[Place], own: Place) -> str | None:
    """Exclusive: the one just before it."""
    return before[-1].name if before else None


def writers(before: list[Place], own: Place) -> str | None:
    """Of a reader: the last writer before it."""
    return next((place.name for place in reversed(before) if not place.reads), None)


def contender(
    client: "Client",
    path: str,
    kind: Kind,
    layout: Layout,
    data: bytes,
    acl: ACLs,
    cautious: bool,
) -> Claim:
    mark = _MARKS[layout][kind]
    name = f"_c_{{guid}}-{mark}" if layout == "curator" else f"{{guid}}{mark}"
    return Claim(client, path, name, data, sequential=True, acl=acl, cautious=cautious)


async def queue(
    client: "Client", make: Callable[[], Claim], rule: Rule, patience: Patience, *, wait: bool
) -> Claim | None:
    """Stand in the queue until it is our turn; None: it is not, and we do not wait. Whoever gives
    up, or fails, leaves nothing behind. A session that ends meanwhile begins again at the end."""
    while True:
        claim = make()
        granted = False
        try:
            await claim.make(patience, listing=True)
            granted = await _turn(claim, rule, patience, wait=wait)
            if granted:
                return claim
            if not claim.gone.is_set and not wait:
                return None
        finally:
            if not granted:
                claim.abandon()


async def _turn(claim: Claim, rule: Rule, patience: Patience, *, wait: bool) -> bool:
    """Whether it is; False: it was lost, or is not to be waited for."""
    client, parent = claim.client, claim.parent
    wake = Signal(client)
    claim.gone.when(wake.set)

    def woken(event: Event) -> None:
        wake.set()

    claim.guard()
    names = claim.siblings
    while not claim.gone.is_set:
        try:
            if names is None:
                names = await surely(client, client.children, parent, patience=patience)
        except NoNode:
            claim.gone.set()
            break
        places = in_order(names, claim.name)
        at = next((n for n, place in enumerate(places) if place.name == claim.name), None)
        if at is None:
            claim.gone.set()
            break
        before = rule(places[:at], places[at])
        if before is None:
            return not claim.gone.is_set
        if not wait:
            return False
        names = None
        wake.clear()
        try:
            await surely(client, client.get, join(parent, before), watch=woken, patience=patience)
        except NoNode:
            continue  # it went just now
        if not claim.gone.is_set:
            await wake.wait(patience.left())
    return False


async def contenders(client: "Client", path: str) -> list[Holder]:
    """Those that hold or wait, in order."""
    try:
        names = await surely(client, client.children, path)
    except NoNode:
        return []
    paths = [join(path, place.name) for place in in_order(names)]
    found = await all_of([client.get(one) for one in paths])
    return [
        Holder(
            node.data.decode("utf-8", "replace"), one, node.stat.czxid, node.stat.ephemeral_owner
        )
        for one, node in zip(paths, found, strict=True)
        if isinstance(node, NodeData)
    ]
