"""Many clients in a process of their own, which a test commands: a process may have only so many
sockets, and its memory must not be taken for the server's."""

import multiprocessing
import select
import socket
import time
from typing import Any

from hikari_wire import codes, requests
from hikari_wire.records import ConnectRequest

PATIENCE_S = 120.0
IN_FLIGHT = 256
"""Clients that wait for their session at a time."""
POLL_S = 0.05
CONNECTED_BYTES = 41
PING = requests.encode((codes.PING,), codes.XID_PING)


class Crowd:
    """`with Crowd(address, timeout_ms) as crowd`: sessions that are kept alive by their pings, and
    deaf clients that ask, and read nothing."""

    def __init__(self, address: tuple[str, int], timeout_ms: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=_Multitude(address, timeout_ms).run, args=(other,), daemon=True
        )
        self._process.start()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def _ask(self, *command: Any) -> Any:
        self._pipe.send(command)
        assert self._pipe.poll(PATIENCE_S), f"the crowd does not answer {command[0]}"
        return self._pipe.recv()

    def connect(self, count: int) -> float:
        """So many more sessions. How many seconds it took; fewer sessions raise."""
        took_s = self._ask("connect", count)
        assert took_s is not None, "not all have a session"
        return float(took_s)

    def lost(self) -> int:
        """Connections that the server has closed."""
        return int(self._ask("lost"))

    def ask_deaf(self, count: int, said: bytes) -> int:
        """So many more sessions that say this and never read. How many bytes could be said."""
        return int(self._ask("deaf", count, said))

    def answered(self) -> int:
        """Ask every session for a sign of life; how many have given one."""
        return int(self._ask("answered"))


class _Multitude:
    def __init__(self, address: tuple[str, int], timeout_ms: int) -> None:
        self.address, self.timeout_ms = address, timeout_ms
        self.hello = requests.encode_connect(ConnectRequest(0, 0, timeout_ms, 0, bytes(16), False))
        self.sockets: dict[int, socket.socket] = {}
        self.deaf: list[socket.socket] = []
        self.greeted: set[int] = set()
        self.heard: set[int] = set()
        self.lost = 0
        self.pinged: list[int] = []

    def run(self, pipe: Any) -> None:
        self.poll = select.epoll()
        self.pinged_at = time.monotonic()
        while True:
            self._turn(POLL_S)
            while pipe.poll():
                name, *rest = pipe.recv()
                pipe.send(getattr(self, f"_{name}")(*rest))

    # ---- commands

    def _connect(self, count: int) -> float | None:
        begun = time.monotonic()
        wanted = len(self.sockets) + count
        while len(self.greeted) < wanted:
            if self.lost or time.monotonic() > begun + PATIENCE_S:
                return None
            while len(self.sockets) < min(wanted, len(self.greeted) + IN_FLIGHT):
                self._dial()
            self._turn(0.01)
        return time.monotonic() - begun

    def _lost(self) -> int:
        return self.lost

    def _answered(self) -> int:
        self.heard.clear()
        until = time.monotonic() + PATIENCE_S
        for number in list(self.sockets):
            self._ping(number)
        while len(self.heard) < len(self.sockets) and time.monotonic() < until:
            self._turn(0.01)
        return len(self.heard)

    def _deaf(self, count: int, said: bytes) -> int:
        """The reply to the connect request is the only one that is read."""
        sent = 0
        for _ in range(count):
            sock = socket.create_connection(self.address, PATIENCE_S)
            sock.sendall(self.hello)
            assert sock.recv(CONNECTED_BYTES)
            sock.setblocking(False)
            self.deaf.append(sock)
        for sock in self.deaf[-count:]:
            view = memoryview(said)
            room = select.poll()  # select() knows no number above 1023
            room.register(sock, select.POLLOUT)
            while view and room.poll(POLL_S * 1_000):
                try:
                    view = view[sock.send(view) :]
                except ConnectionError:
                    break
            sent += len(said) - len(view)
            self._turn(0)
        return sent

    # ---- the loop

    def _dial(self) -> None:
        sock = socket.create_connection(self.address, PATIENCE_S)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.send(self.hello)
        self.sockets[sock.fileno()] = sock
        self.poll.register(sock, select.EPOLLIN)

    def _turn(self, wait_s: float) -> None:
        for number, _ in self.poll.poll(wait_s):
            self._hear(number)
        self._keep_alive()

    def _hear(self, number: int) -> None:
        try:
            data = self.sockets[number].recv(1 << 12)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self.lost += 1
            self.poll.unregister(number)
            self.sockets.pop(number).close()
        elif number in self.greeted:
            self.heard.add(number)
        else:
            assert int.from_bytes(data[12:20], "big"), "there is no session for it"
            self.greeted.add(number)

    def _keep_alive(self) -> None:
        """A few at each turn, each of them four times in a time-out."""
        now = time.monotonic()
        due = int((now - self.pinged_at) * len(self.greeted) / (self.timeout_ms / 4_000))
        if not due:
            return
        self.pinged_at = now
        if not self.pinged:
            self.pinged = list(self.greeted)
        some, self.pinged = self.pinged[:due], self.pinged[due:]
        for number in some:
            self._ping(number)

    def _ping(self, number: int) -> None:
        sock = self.sockets.get(number)
        if sock is not None:
            try:
                sock.send(PING)
            except BlockingIOError:
                pass
            except ConnectionError:
                self._hear(number)
