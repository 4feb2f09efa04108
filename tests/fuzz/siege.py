"""A member process under attack, and a client of it that must not notice."""

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any
from zlib import crc32

from ensemble.ensemble import Ensemble
from fuzz.attacks import (
    MESSAGES,
    SESSION_MS,
    Attacker,
    closes,
    framed,
    hello,
    wrong_frames,
)
from fuzz.mutation import Mutator
from fuzz.share import Machine, unhindered_s
from timely import demand_within

from hikari.peers.messages import Hello
from hikari_wire import acl, codes, replies, requests
from hikari_wire.framing import Frames

GROWTH_BYTES_MAX = 50 << 20
LATENCY_S_MAX = 1.0
"""For any single answer to the client that behaves, less the time in which the machine gave its
processors to others: see `fuzz.share`."""
PAUSE_S = 0.01
HANDSHAKE_S = 11.0
ASKED_MAX = 10
FIFTHS = 5
"""Memory is measured from the first fifth of the frames on: pools and buffers fill up before."""


class Judge(threading.Thread):
    """A client that behaves: writes, reads what it wrote, and measures how long that took; with
    a `machine`, also how long of that was the server's doing."""

    def __init__(self, address: tuple[str, int], machine: Machine | None = None) -> None:
        super().__init__(daemon=True)
        self.sock = socket.create_connection(address, 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.frames = Frames(1 << 20)
        self.machine = machine
        self.latencies_s: list[float] = []
        self.unhindered_s: list[float] = []
        self.failure: BaseException | None = None
        self._count = 0
        self._stop_asked = threading.Event()
        self.sock.sendall(hello(10_000))
        self._hear()
        self._ask((codes.CREATE, b"/judge", b"0", acl.OPEN, codes.EPHEMERAL))

    def _hear(self) -> bytes:
        while True:
            data = self.sock.recv(1 << 16)
            assert data, "the client that behaves was disconnected"
            buf, spans = self.frames.feed(data)
            if spans:
                ((at, end),) = spans
                return buf[at:end]

    def _ask(self, request: tuple[Any, ...]) -> Any:
        self._count += 1
        began = time.monotonic()
        before = self.machine and self.machine.look()
        self.sock.sendall(requests.encode(request, self._count))
        reply = self._hear()
        behind = self.machine and self.machine.look()
        took_s = time.monotonic() - began
        self.latencies_s.append(took_s)
        if before and behind:
            share, others_s = behind[0] - before[0], behind[1] - before[1]
            self.unhindered_s.append(unhindered_s(took_s, share, others_s))
        header = replies.decode_header(reply, 0, len(reply))
        assert (header.xid, header.error) == (self._count, codes.OK)
        return replies.decode_body(request[0], reply, replies.HEADER_BYTES, len(reply))

    def run(self) -> None:
        try:
            while not self._stop_asked.wait(PAUSE_S):
                data = b"%d" % self._count
                stat = self._ask((codes.SET_DATA, b"/judge", data, -1))
                assert self._ask((codes.GET_DATA, b"/judge", False)) == (data, stat)
                assert self._ask((codes.EXISTS, b"/judge", False)) == stat
        except BaseException as failure:
            self.failure = failure

    def make(self, path: bytes, data: bytes) -> None:
        """A znode, before it is started."""
        self._ask((codes.CREATE, path, data, acl.OPEN, 0))

    def end(self) -> None:
        """Stop, and raise what went wrong."""
        self._stop_asked.set()
        self.join(30)
        if self.failure is not None:
            raise self.failure
        assert not self.is_alive(), "it waits for an answer"
        self.sock.close()


class Workers:
    """Attackers, each a process of its own; they go on until they are stopped."""

    def __init__(
        self,
        client: tuple[str, int],
        peer: tuple[str, int],
        call: Hello,
        seed: int,
        count: int,
    ) -> None:
        spawn = multiprocessing.get_context("fork")
        self.stop = spawn.Event()
        self.ways = spawn.SimpleQueue()
        self.processes = [
            spawn.Process(target=self._work, args=(client, peer, call, seed + n), daemon=True)
            for n in range(count)
        ]
        for process in self.processes:
            process.start()

    def _work(self, client: tuple[str, int], peer: tuple[str, int], call: Hello, seed: int) -> None:
        os.nice(10)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        attacker = Attacker(client, peer, call, seed)
        while not self.stop.is_set():
            attacker.attack()
        self.ways.put(attacker.by_attack)

    def demand_alive(self) -> None:
        assert all(process.is_alive() for process in self.processes), "see the traceback above"

    def end(self) -> dict[str, int]:
        """Stop them; how many frames each kind of attack has sent."""
        self.stop.set()
        by_attack: dict[str, int] = {}
        for _ in self.processes:
            for name, count in self.ways.get().items():
                by_attack[name] = by_attack.get(name, 0) + count
        for process in self.processes:
            process.join(30)
        return by_attack


class Impostor(threading.Thread):
    """Answers in place of a member that does not run, and says what it should not."""

    def __init__(self, address: tuple[str, int], seed: int) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(address)
        self.messages = Mutator(MESSAGES, random.Random(seed), msgpacked=True)
        self.sent = 0

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                called, _ = self.server.accept()
                with called, contextlib.suppress(ConnectionError):
                    called.recv(1 << 12)
                    called.sendall(wrong_frames(self.messages, 4))
                    self.sent += 4
                    closes(called, 0.1)

    def end(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.join(5)


def lay(
    folder: Path, frames: int, attackers: int, seed: int, patient: bool = True
) -> dict[str, Any]:
    """Start three members, end one, and attack the leader of the rest in its name; the figures.

    `patient`: see that half a frame and silence come to an end, too. Raises AssertionError for
    whatever must not be.
    """
    ensemble = Ensemble(folder)
    try:
        ensemble.start()
        gone = ensemble.followers()[-1]
        ensemble.kill(gone)
        figures = _attack(ensemble, gone, frames, attackers, seed, patient)
        ensemble.demand_alive()
    finally:
        ensemble.close()
    ensemble.demand_clean_logs()
    return figures


def _attack(
    ensemble: Ensemble, gone: int, frames: int, attackers: int, seed: int, patient: bool
) -> dict[str, Any]:
    target = ensemble.leader()
    pid = ensemble.running[target].pid
    layout = ensemble.layout
    client = (layout.client(target).host, layout.client(target).port)
    peer = (layout.peer(target).host, layout.peer(target).port)
    book = "\n".join(sorted(f"{number} {layout.peer(number)}" for number in layout.numbers))
    call = Hello(gone, target, "hikari", crc32(book.encode()))
    sockets = sockets_of(pid)
    began = time.monotonic()
    silent = [_silent(client, said) for said in (b"", hello()[:9], hello() + framed(b"x" * 9)[:9])]
    impostor = Impostor((layout.peer(gone).host, layout.peer(gone).port), seed)
    impostor.start()
    others = [one.pid for number, one in ensemble.running.items() if number != target]
    judge = Judge(client, Machine(pid, *others))
    judge.start()
    workers = Workers(client, peer, call, seed, attackers)
    resident: list[int] = []  # at each fifth of the frames
    received = 0
    while received < frames:
        time.sleep(0.2)
        ensemble.demand_alive()
        workers.demand_alive()
        received = _counted(ensemble, target, "Received")
        if received * FIFTHS >= frames * (len(resident) + 1):
            resident.append(resident_bytes(pid))
    by_attack = workers.end()
    took_s = time.monotonic() - began
    answered = _counted(ensemble, target, "Sent")
    judge.end()
    impostor.end()
    for sock in silent:
        left_s = max(1.0, HANDSHAKE_S - (time.monotonic() - began))
        assert not patient or closes(sock, left_s), "half a frame and silence stay for ever"
        sock.close()
    _settle(pid, sockets)
    resident.append(resident_bytes(pid))
    growth = resident[-1] - resident[0]
    latencies = sorted(judge.latencies_s)
    assert growth <= GROWTH_BYTES_MAX, f"grew by {growth} bytes"
    demand_within(LATENCY_S_MAX, *judge.unhindered_s, of="s of the server's time for an answer")
    return {
        "received": received,
        "answered": answered,
        "sent": sum(by_attack.values()) + impostor.sent,
        "by_attack": {**by_attack, "impostor": impostor.sent},
        "seed": seed,
        "seconds": round(took_s, 1),
        "growth_mb": round(growth / 1e6, 1),
        "resident_mb": [round(size / 1e6, 1) for size in resident],
        "log_mb": round(layout.log(target).stat().st_size / 1e6, 1),
        "asked_by_judge": len(latencies),
        "judge_p50_ms": round(latencies[len(latencies) // 2] * 1e3, 2),
        "judge_p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1e3, 1),
        "judge_max_ms": round(latencies[-1] * 1e3, 1),
        "judge_unhindered_max_ms": round(max(judge.unhindered_s) * 1e3, 1),
        "sockets_left": 0,
    }


def _silent(address: tuple[str, int], said: bytes) -> socket.socket:
    sock = socket.create_connection(address, 10)
    sock.sendall(said)
    return sock


def _counted(ensemble: Ensemble, number: int, what: str) -> int:
    """One of the counts that a member tells of itself. Strangers may have all places for a moment:
    who asks for the word is one too."""
    answers = []
    for _ in range(ASKED_MAX):
        try:
            answers.append(ensemble.word(number, b"srvr"))
        except OSError as error:
            answers.append(str(error))
        for line in answers[-1].splitlines():
            if line.startswith(f"{what}: "):
                return int(line.split()[1])
        time.sleep(0.2)
    raise AssertionError(f"member {number} says {answers}")


def _settle(pid: int, sockets: int) -> None:
    """Wait until nobody but the other members is connected any more."""
    deadline = time.monotonic() + SESSION_MS / 1000 + 10
    while (left := sockets_of(pid)) > sockets:
        assert time.monotonic() < deadline, f"{left} sockets are open, {sockets} were before"
        time.sleep(0.1)


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    raise AssertionError("it has no memory")


def sockets_of(pid: int) -> int:
    """How many sockets a process has open."""
    count = 0
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(fd).startswith("socket:")
        except FileNotFoundError:
            continue
    return count
