"""The four-letter words, in ZooKeeper's own shape: tools read them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hikari.raft.raft import LEADER

if TYPE_CHECKING:
    from hikari.gateway.door import Door

WORD_BYTES: Final = 4
VERSION_TEXT: Final = "3.9.3-hikari-0.1.0, built on 2026-11-20 00:00 UTC"
_NOT_SERVING: Final = b"This ZooKeeper instance is not currently serving requests\n"


def _mode(door: "Door") -> str:
    if len(door.replica.raft.voters) == 1:
        return "standalone"
    return "leader" if door.replica.raft.role == LEADER else "follower"


def _summary(door: "Door") -> str:
    least, mean, most = door.replica.proposals.latency_ms()
    return (
        f"Latency min/avg/max: {least:.0f}/{mean:.4f}/{most:.0f}\n"
        f"Received: {door.received}\n"
        f"Sent: {door.sent}\n"
        f"Connections: {len(door.connections)}\n"
        f"Outstanding: {sum(len(c.slots) for c in door.connections)}\n"
        f"Zxid: 0x{door.tree.zxid:x}\n"
        f"Mode: {_mode(door)}\n"
        f"Node count: {door.tree.znodes}\n"
    )


def _ruok(door: "Door") -> bytes:
    return b"imok"


def _srvr(door: "Door") -> bytes:
    if not door.serving():
        return _NOT_SERVING
    return f"Zookeeper version: {VERSION_TEXT}\n{_summary(door)}".encode()


def _stat(door: "Door") -> bytes:
    if not door.serving():
        return _NOT_SERVING
    clients = "".join(
        f" /{c.peer.host}:{c.peer.port}[{int(bool(c.session))}]"
        f"(queued={len(c.slots)},recved={c.received},sent={c.sent})\n"
        for c in door.connections
    )
    return f"Zookeeper version: {VERSION_TEXT}\nClients:\n{clients}\n{_summary(door)}".encode()


WORDS: Final[dict[bytes, Callable[["Door"], bytes]]] = {
    b"ruok": _ruok,
    b"srvr": _srvr,
    b"stat": _stat,
}
