"""The ensembles under load: started on free ports, in a folder of their own, and always stopped."""

import contextlib
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from hikari_tools.bench.machine import COMPILED

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ROLE_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
ROLE = re.compile(r"^Mode: (\w+)$", re.MULTILINE)


class BenchError(Exception):
    """The measurement cannot go on; the text says why and what to do."""


class Peer(Protocol):
    """An ensemble of servers that speak ZooKeeper's protocol on the loopback."""

    name: str
    ports: Sequence[int]

    def start(self) -> None:
        """Start all members and wait until each of them has a role."""

    def pid(self, member: int) -> int:
        """Give the process id of member 1, 2, …"""

    def restart(self, member: int) -> None:
        """Start a member that was killed."""

    def stop(self) -> None:
        """End everything that was started here; nothing is left behind."""


@contextlib.contextmanager
def uninterrupted() -> Iterator[Callable[[], object]]:
    """Let what interrupts us wait, until we know the process that we start, and can end it.

    What is given ends the waiting; the new process must call it too, or it would hear of nothing.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    as_before = functools.partial(signal.pthread_sigmask, signal.SIG_SETMASK, before)
    try:
        yield as_before
    finally:
        as_before()


def hosts(peer: Peer) -> str:
    """Give the list of addresses that clients are given, whoever leads last: of two servers, one
    would else be asked for lone writes at its leader, and the other at a follower (measured: a
    fifth of the time)."""
    ports = sorted(peer.ports, key=lambda port: role(port) == "leader")
    return ",".join(f"127.0.0.1:{port}" for port in ports)


def pids(peer: Peer) -> list[int]:
    """Give the process ids of all members."""
    return [peer.pid(member) for member, _ in enumerate(peer.ports, 1)]


def ask(port: int) -> str:
    """Give a server's answer to `srvr`, or nothing."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), 1.0) as asked:
            asked.sendall(b"srvr")
            while part := asked.recv(65536):
                answer += part
    except OSError:
        return ""
    return answer.decode("utf-8", "replace")


def role(port: int) -> str | None:
    """Give `leader`, `follower` or `standalone`; None while the server has none."""
    found = ROLE.search(ask(port))
    return found[1] if found else None


def wait_for_roles(peer: Peer) -> None:
    """Wait until every member serves."""
    deadline = time.monotonic() + ROLE_SECONDS_MAX
    while not all(role(port) for port in peer.ports):
        if time.monotonic() > deadline:
            raise BenchError(f"{peer.name} does not serve after {ROLE_SECONDS_MAX:.0f} s")
        time.sleep(0.2)


def leader(peer: Peer) -> int:
    """Give the number of the member that leads."""
    deadline = time.monotonic() + ROLE_SECONDS_MAX
    while time.monotonic() < deadline:
        for member, port in enumerate(peer.ports, 1):
            if role(port) in ("leader", "standalone"):
                return member
        time.sleep(0.2)
    raise BenchError(f"{peer.name} has no leader")


class Hikari:
    """Members of ours, under `hikari ensemble`: of this version, or of another's checkout, which
    need not be installed."""

    def __init__(self, folder: Path, port: int, members: int, checkout: Path | None = None) -> None:
        """Touch nothing before `start`."""
        self.name = "earlier" if checkout else "hikari"
        self._environment = dict(os.environ)
        self._checkout = checkout.resolve() if checkout else None  # started there, as a user would
        if self._checkout:
            self._environment["PYTHONPATH"] = f"{self._checkout}:{self._checkout / 'client'}"
            self._environment.pop(COMPILED, None)  # which was not made of its sources
        self.ports: Sequence[int] = range(port, port + members)
        self._folder = folder.resolve()
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._by_hand: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the supervisor and wait for its line."""
        self._folder.mkdir(parents=True, exist_ok=True)
        log = self._folder / "log"
        with log.open("wb") as output, uninterrupted() as as_before:
            self._supervisor = subprocess.Popen(
                [
                    *(sys.executable, "-m", "hikari", "ensemble"),
                    *("--members", str(len(self.ports)), "--port", str(self.ports[0])),
                    *("--data", str(self._folder)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._checkout,
                env=self._environment,
                start_new_session=True,
                preexec_fn=as_before,
            )
        while not re.search(rb"^ready ", log.read_bytes(), re.MULTILINE):
            if self._supervisor.poll() is not None:
                said = log.read_text("utf-8", "replace").strip()
                raise BenchError(f"Hikari does not start:\n{said}")
            time.sleep(0.1)

    def pid(self, member: int) -> int:
        """Read the file that the member wrote."""
        return int((self.home(member) / "pid").read_text())

    def restart(self, member: int) -> None:
        """Start it as a person would."""
        config = self.home(member) / "hikari.toml"
        with (self.home(member) / "log").open("ab") as log, uninterrupted() as as_before:
            self._by_hand.append(
                subprocess.Popen(
                    [sys.executable, "-m", "hikari", "serve", "--config", str(config)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._checkout,
                    env=self._environment,
                    start_new_session=True,
                    preexec_fn=as_before,
                )
            )

    def stop(self) -> None:
        """Stop the supervisor, which stops its members, and those started here since."""
        processes = [*self._by_hand, *([self._supervisor] if self._supervisor else [])]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def home(self, member: int) -> Path:
        """Give the folder of member 1, 2, …"""
        return self._folder / f"member-{member}"


def kill(peer: Peer, member: int) -> None:
    """Kill a member as a crash would."""
    os.kill(peer.pid(member), signal.SIGKILL)
