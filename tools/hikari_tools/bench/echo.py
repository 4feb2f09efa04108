"""What a request costs before anything is done for it: a loop over epoll that cuts the frames of
ZooKeeper's protocol out of a stream and answers each with a canned one, one write a connection.

    python -m hikari_tools.bench.echo PORT [FILE]

With a file, what a poll brought is appended to it and forced to the disk before the answers leave.
"""

import os
import select
import socket
import struct
import sys
from typing import Final

DATA: Final = bytes(128)
STAT: Final = bytes(68)
LENGTH: Final = struct.Struct(">I")
REQUEST: Final = struct.Struct(">ii")  # xid, opcode
REPLY: Final = struct.Struct(">Iiqi")  # length, xid, zxid, error
CONNECTED: Final = struct.Struct(">Iiiqi16s")
CREATE, GET_DATA, SET_DATA, CREATE2, CLOSE = 1, 4, 5, 15, -11
BODIES: Final = {GET_DATA: LENGTH.pack(len(DATA)) + DATA + STAT, SET_DATA: STAT}
RECEIVED_BYTES: Final = 1 << 16


class Caller:
    """One connection."""

    def __init__(self, taken: socket.socket) -> None:
        self.socket = taken
        self._rest = b""
        self._greeted = False

    def answers(self, data: bytes) -> bytes:
        """To all whole frames so far."""
        data = self._rest + data if self._rest else data
        at, end, out = 0, len(data), []
        while end - at >= 4:
            (size,) = LENGTH.unpack_from(data, at)
            if end - at < 4 + size:
                break
            out.append(self._answer(data, at + 4))
            at += 4 + size
        self._rest = data[at:]
        return b"".join(out)

    def _answer(self, data: bytes, at: int) -> bytes:
        if not self._greeted:
            self._greeted = True
            (timeout_ms,) = struct.unpack_from(">i", data, at + 12)
            return CONNECTED.pack(36, 0, timeout_ms, id(self), 16, bytes(16))
        xid, op = REQUEST.unpack_from(data, at)
        body = BODIES.get(op, b"")
        if op in (CREATE, CREATE2):
            (size,) = LENGTH.unpack_from(data, at + 8)
            body = data[at + 8 : at + 12 + size] + (STAT if op == CREATE2 else b"")
        return REPLY.pack(16 + len(body), xid, 1, 0) + body


def serve(port: int, log: int | None) -> None:
    """Until the process is ended."""
    listening = socket.create_server(("127.0.0.1", port), backlog=1024)
    epoll, callers = select.epoll(), dict[int, Caller]()
    epoll.register(listening, select.EPOLLIN)
    print("ready", flush=True)
    while True:
        brought: list[tuple[Caller, bytes]] = []
        for number, _ in epoll.poll():
            if number == listening.fileno():
                taken, _ = listening.accept()
                taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                callers[taken.fileno()] = Caller(taken)
                epoll.register(taken, select.EPOLLIN)
                continue
            caller = callers[number]
            if data := caller.socket.recv(RECEIVED_BYTES):
                brought.append((caller, data))
            else:
                epoll.unregister(caller.socket)
                callers.pop(number).socket.close()
        if log is not None and brought:
            os.write(log, b"".join([data for _, data in brought]))
            os.fdatasync(log)
        for caller, data in brought:
            caller.socket.sendall(caller.answers(data))


def main(port: str, file: str = "") -> None:
    """Begin."""
    log = os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND) if file else None
    serve(int(port), log)


if __name__ == "__main__":
    main(*sys.argv[1:])
