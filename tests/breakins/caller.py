"""A plain socket to a member, for those who follow no client library's manners."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest, ConnectResponse

PATIENCE_S: Final = 20.0
TIMEOUT_MS: Final = 40_000
"""Of a session: nobody pings here."""


def said(port: int, what: bytes, half_closed: bool = False) -> bytes:
    """All that is answered to these bytes, until the other end closes."""
    told = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as one:
        try:
            one.sendall(what)
            if half_closed:
                one.shutdown(socket.SHUT_WR)
            while part := one.recv(65536):
                told += part
        except TimeoutError:
            raise
        except OSError:  # hung up on
            pass
    return told


class Caller:
    """A connection that speaks ZooKeeper's protocol. One request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self.frames = Frames(1 << 24)
        self.waiting: list[bytes] = []
        self.xid = 0
        self.events: list[bytes] = []

    def hello(self, session: int = 0, password: bytes = bytes(16)) -> ConnectResponse | None:
        """Ask for a session; None: the connection was closed."""
        asked = ConnectRequest(0, 0, TIMEOUT_MS, session, password, False)
        self.socket.sendall(requests.encode_connect(asked))
        frame = self.next()
        return None if frame is None else replies.decode_connect(frame, 0, len(frame))

    def next(self) -> bytes | None:
        """The next frame; None: there is none."""
        try:
            while not self.waiting:
                data = self.socket.recv(65536)
                if not data:
                    return None
                buf, spans = self.frames.feed(data)
                self.waiting += [buf[at:end] for at, end in spans]
        except ConnectionResetError:
            return None
        return self.waiting.pop(0)

    def ask(self, request: tuple[Any, ...], xid: int = 0) -> tuple[int, bytes] | None:
        """(error, body) of the answer; None: the connection was closed."""
        self.xid += 1
        xid = xid or self.xid
        self.socket.sendall(requests.encode(request, xid))
        while (frame := self.next()) is not None:
            header = replies.decode_header(frame, 0, len(frame))
            if header.xid == xid:
                return header.error, frame[replies.HEADER_BYTES :]
            if header.xid == codes.XID_NOTIFICATION:
                self.events.append(frame)
        return None

    def log_in(self, proof: bytes, scheme: bytes = b"digest") -> int | None:
        """The error; None: closed."""
        answer = self.ask((codes.AUTH, 0, scheme, proof), codes.XID_AUTH)
        return None if answer is None else answer[0]

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


@contextmanager
def calling(port: int) -> Iterator[Caller]:
    """A connection that is hung up in the end."""
    one = Caller(port)
    try:
        yield one
    finally:
        one.close()
