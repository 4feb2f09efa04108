"""When all clients together make a member keep too much: who is closed, so that the rest is served.

Each connection is bounded by itself, but ten thousand of them are not bounded by that. Whoever
holds most, at the address that holds most, goes first: so many small holders of one address do not
drive out the large one of another. Nobody else is disturbed.
"""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hikari.gateway.pressure import forget

if TYPE_CHECKING:
    from hikari.gateway.connection import Connection
    from hikari.gateway.door import Door

WATCH_BYTES: Final = 512
"""About what a watch takes in memory besides its path."""
_SHARE: Final = 8
"""This part of the bound is free afterwards: it is not looked for again at the next byte."""

Weight = Callable[["Connection"], int]


def relieve(door: "Door") -> None:
    """Close connections until bytes and watches are within the bound again, and some below it."""
    bound = door.clients_bytes_max
    enough = bound - bound // _SHARE
    while door.held_bytes > enough:
        if not _close_heaviest(door, lambda one: one.held_bytes, "most of it for this one"):
            break
    while len(door.watches) * WATCH_BYTES > enough:
        if not _close_heaviest(door, door.watches.count_of, "it watches most"):
            break


def _close_heaviest(door: "Door", weight: Weight, why: str) -> bool:
    """False: nobody weighs anything."""
    if not door.connections:
        return False
    by_host: Counter[str] = Counter()
    for one in door.connections:
        by_host[one.peer.host] += weight(one)
    host = max(by_host, key=by_host.__getitem__)
    most = max((one for one in door.connections if one.peer.host == host), key=weight)
    if not weight(most):
        return False
    most.refuse(f"too much is kept for all clients together, and {why}")
    most.transport.abortConnection()  # it may have been closing
    forget(most)
    door.watches.drop(most)
    return True
