"""A member with one planted fault, to prove that the judges see it. Only tests start this.

python -m faults.planted FAULT serve --config ...
"""

import sys
from itertools import count
from typing import Any

from hikari_wire import codes


def stale_sync() -> None:
    """A sync is answered without asking anybody."""
    from hikari.replica.replica import Replica

    Replica.barrier = lambda self, answer: answer()  # type: ignore[method-assign]


def alone() -> None:
    """The leader takes its own disk for a majority: what it acknowledged may die with it."""
    from hikari.raft import leader, quorum, raft

    for module in (quorum, leader, raft):
        if hasattr(module, "reached"):
            module.reached = max  # type: ignore[attr-defined]


def dropped_write() -> None:
    """Some sets are acknowledged and left out."""
    from hikari.tree.tree import Tree

    applied, number = Tree.apply, count(1)

    def apply(self: Any, request: Any, session: int, identities: Any) -> Any:
        if request[0] == codes.SET_DATA and not next(number) % 50:
            return applied(self, (*request[:2], b"another", request[3]), session, identities)
        return applied(self, request, session, identities)

    Tree.apply = apply  # type: ignore[method-assign]


def early_expiry() -> None:
    """The leader has a tenth of the patience."""
    from hikari.replica.session_clock import SessionClock

    opened = SessionClock.open
    SessionClock.open = lambda self, session, ms, *more: opened(self, session, ms // 10, *more)  # type: ignore[method-assign]


def deaf_watch() -> None:
    """One watch in ten fires and nobody is told."""
    from hikari.watches.table import WatchTable

    fired, number = WatchTable.fire, count(1)

    def fire(self: Any, type: int, path: bytes) -> Any:
        watchers = fired(self, type, path)
        return () if watchers and not next(number) % 10 else watchers

    WatchTable.fire = fire  # type: ignore[method-assign]


def late_watch() -> None:
    """Events are held back for a hundred changes."""
    from hikari.gateway.door import Door

    fired = Door.fired
    kept: list[Any] = []

    def fire(self: Any, events: list[Any], zxid: int) -> None:
        kept.append((list(events), zxid))
        if len(kept) > 100:
            fired(self, *kept.pop(0))

    Door.fired = fire  # type: ignore[method-assign]


def double_grant() -> None:
    """Who waits for the lock is shown nobody else who does, and takes it."""
    from hikari.gateway import reads
    from hikari_wire.replies import frame

    honest = reads.READS[codes.GET_CHILDREN]

    def shown(connection: Any, xid: int, request: Any) -> bytes:
        if request[1] != b"/lock":
            return honest(connection, xid, request)
        tree, mine = connection.door.tree, []
        for name in tree.children(b"/lock"):
            znode = tree.look(b"/lock/" + name)
            if znode is not None and znode.owner == connection.session:
                mine.append(len(name).to_bytes(4, "big") + name)
        body = len(mine).to_bytes(4, "big") + b"".join(mine)
        return frame(xid, tree.zxid, codes.OK, body)

    reads.READS[codes.GET_CHILDREN] = shown


FAULTS = {
    "stale-sync": stale_sync,
    "alone": alone,
    "dropped-write": dropped_write,
    "double-grant": double_grant,
    "early-expiry": early_expiry,
    "deaf-watch": deaf_watch,
    "late-watch": late_watch,
}


def program(fault: str) -> tuple[str, ...]:
    """What a member with this fault is started with."""
    return (sys.executable, "-m", "faults.planted", fault)


if __name__ == "__main__":
    from hikari.__main__ import main

    FAULTS[sys.argv.pop(1)]()
    main(prog_name="hikari")
