"""Servers in threads: one that ends TLS before a member, one that is read-only, one that goes."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectResponse


@contextlib.contextmanager
def serving(work: Callable[[socket.socket], Any]) -> Iterator[int]:
    """Do this with every connection; gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=quietly, args=(connection,), daemon=True).start()

    def quietly(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            work(connection)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def tls_before(port: int, context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """Hand on what comes by TLS to a member."""

    def work(raw: socket.socket) -> None:
        with (
            context.wrap_socket(raw, server_side=True) as outside,
            socket.create_connection(("127.0.0.1", port)) as inside,
        ):
            back = threading.Thread(target=pour, args=(inside, outside), daemon=True)
            back.start()
            pour(outside, inside)
            back.join()

    return work


def freezable(port: int, flowing: threading.Event) -> Callable[[socket.socket], None]:
    """Hand on what comes to a member, and back, while it flows."""

    def work(outside: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as inside:
            back = threading.Thread(target=hand_on, args=(inside, outside), daemon=True)
            back.start()
            hand_on(outside, inside)

    def hand_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(1 << 16):
                flowing.wait()
                target.sendall(data)

    return work


def pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def alone(connection: socket.socket) -> None:
    """A read-only server, that knows nothing."""
    frames = Frames(1 << 20)
    data = connection.recv(1 << 16)
    if data == b"isro":
        connection.sendall(b"ro")
        return
    frames.feed(data)
    greeting = ConnectResponse(0, 6000, 1 << 62, b"p" * 16, True)
    connection.sendall(replies.encode_connect(greeting))
    while data := connection.recv(1 << 16):
        buf, spans = frames.feed(data)
        for at, _ in spans:
            xid, op = requests.HEADER.unpack_from(buf, at)
            error = 0 if op == codes.PING else codes.NO_NODE
            connection.sendall(replies.frame(xid, 1, error, b""))


class Faithless:
    """A server that greets its first client, goes with the first request, and is silent then."""

    def __init__(self, session_timeout_ms: int) -> None:
        self._timeout_ms = session_timeout_ms
        self._greeted = False

    def __call__(self, connection: socket.socket) -> None:
        connection.recv(1 << 16)
        if not self._greeted:
            self._greeted = True
            greeting = ConnectResponse(0, self._timeout_ms, 7, b"p" * 16, False)
            connection.sendall(replies.encode_connect(greeting))
        connection.recv(1 << 16)


class HeldBack:
    """A server without znodes, that answers no request before it may. `paths`: what was asked."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()
        self.paths: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        connection.recv(1 << 16)
        greeting = ConnectResponse(0, 60_000, 7, b"p" * 16, False)
        connection.sendall(replies.encode_connect(greeting))
        frames = Frames(1 << 20)
        while data := connection.recv(1 << 16):
            buf, spans = frames.feed(data)
            for at, end in spans:
                xid, op = requests.HEADER.unpack_from(buf, at)
                if op == codes.CLOSE_SESSION:
                    return
                request = (*requests.DECODE[op](buf, at + requests.HEADER.size, end), b"")
                self.paths.append(request[1].decode() if isinstance(request[1], bytes) else "")
                self.asked.set()
                self.answer.wait(60)
                error = 0 if op == codes.AUTH else codes.NO_NODE
                connection.sendall(replies.frame(xid, 1, error))


class Old:
    """Before a member: it knows of no watches that stay, as ZooKeeper before 3.6, if it is `old`.
    Who asks for one is told so, and its connection is closed."""

    def __init__(self, port: int, *, old: bool = True) -> None:
        self.old = old
        self._port = port
        self._connections: list[socket.socket] = []

    def cut(self) -> None:
        """End all connections."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __call__(self, outside: socket.socket) -> None:
        self._connections.append(outside)
        with socket.create_connection(("127.0.0.1", self._port)) as inside:
            threading.Thread(target=pour, args=(inside, outside), daemon=True).start()
            inside.sendall(outside.recv(1 << 16))  # the greeting
            frames = Frames(1 << 20)
            while data := outside.recv(1 << 16):
                buf, spans = frames.feed(data)
                for at, end in spans:
                    xid, op = requests.HEADER.unpack_from(buf, at)
                    if self.old and op in (codes.ADD_WATCH, codes.SET_WATCHES2):
                        outside.sendall(replies.frame(xid, -1, codes.UNIMPLEMENTED))
                        return
                    inside.sendall(struct.pack(">i", end - at) + buf[at:end])
