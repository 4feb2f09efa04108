"""The four-letter words, in ZooKeeper's own shape: tools read them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hikari.gateway.figures import VERSION_TEXT, mode, of_hikari, of_zookeeper, outstanding

if TYPE_CHECKING:
    from hikari.gateway.door import Door

WORD_BYTES: Final = 4
_NOT_SERVING: Final = b"This ZooKeeper instance is not currently serving requests\n"


def _summary(door: "Door") -> str:
    least, mean, most = door.replica.proposals.latency_ms()
    return (
        f"Latency min/avg/max: {least:.0f}/{mean:.4f}/{most:.0f}\n"
        f"Received: {door.received}\n"
        f"Sent: {door.sent}\n"
        f"Connections: {len(door.connections)}\n"
        f"Outstanding: {outstanding(door)}\n"
        f"Zxid: 0x{door.tree.zxid:x}\n"
        f"Mode: {mode(door)}\n"
        f"Node count: {door.tree.znodes}\n"
    )


def _ruok(door: "Door") -> bytes:
    return b"imok"


def _isro(door: "Door") -> bytes:
    if door.alone:
        return b"ro"
    return b"rw" if door.serving() else b"null"


def _silent(door: "Door") -> bool:
    return not (door.serving() or door.alone)


def _srvr(door: "Door") -> bytes:
    if _silent(door):
        return _NOT_SERVING
    return f"Zookeeper version: {VERSION_TEXT}\n{_summary(door)}".encode()


def _stat(door: "Door") -> bytes:
    if _silent(door):
        return _NOT_SERVING
    clients = "".join(
        f" /{c.peer.host}:{c.peer.port}[{int(bool(c.session))}]"
        f"(queued={len(c.slots)},recved={c.received},sent={c.sent})\n"
        for c in door.connections
    )
    return f"Zookeeper version: {VERSION_TEXT}\nClients:\n{clients}\n{_summary(door)}".encode()


def _mntr(door: "Door") -> bytes:
    """Our own figures also while it does not serve: then they tell why."""
    figures = "".join(f"{name}\t{value}\n" for name, value in of_hikari(door)).encode()
    if _silent(door):
        return _NOT_SERVING + figures
    return "".join(f"{name}\t{value}\n" for name, value in of_zookeeper(door)).encode() + figures


WORDS: Final[dict[bytes, Callable[["Door"], bytes]]] = {
    b"isro": _isro,
    b"ruok": _ruok,
    b"srvr": _srvr,
    b"stat": _stat,
    b"mntr": _mntr,
}
