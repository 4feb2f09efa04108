"""Where members and clients live, and how what they say to each other goes wrong.

`Switched` gives each its own network namespace behind a switch of ours (`faults.switch`): it needs
root and /dev/net/tun. `Loopback` needs nothing, and cannot cut anything.
"""

import ctypes
import json
import os
import queue
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from faults.switch import CLONE_NEWNET, address_of

from hikari_tools.bench.ports import free_ports

TESTS = Path(__file__).resolve().parent.parent
CLIENTS = 0
"""The place of all clients; members are at the places of their numbers."""
ORDER_S = 10.0
CLIENT_PORT, PEER_PORT = 2181, 2888


def python_path() -> str:
    """What a process needs to find the modules beside this one."""
    return f"{TESTS}:{os.environ.get('PYTHONPATH', '')}"


Links = Iterable[tuple[int, int, dict[str, Any]]]


class Loopback:
    """All on 127.0.0.1, each with ports of its own."""

    can_cut = False

    def __init__(self, members: int, seed: str = "") -> None:
        self.members = members
        self.first = free_ports(members)

    def client(self, member: int) -> tuple[str, int]:
        """Where a member serves clients."""
        return "127.0.0.1", self.first + member

    def peer(self, member: int) -> tuple[str, int]:
        """Where a member listens for the others."""
        return "127.0.0.1", self.first + 100 + member

    def inside(self, member: int) -> tuple[str, ...]:
        """What a command line begins with to run in a member's place."""
        return ()

    def socket(self, place: int = CLIENTS) -> socket.socket:
        """A socket in that place; one in a member's own place is beyond the reach of faults."""
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def set(self, links: Links) -> None:
        raise NotImplementedError("nothing can be cut on loopback")

    def stats(self) -> dict[str, int]:
        return {}

    def close(self) -> None: ...


class Switched:
    """A namespace each, and a switch between them. Raises OSError where that may not be made."""

    can_cut = True

    def __init__(self, members: int, seed: str = "") -> None:
        self.members = members
        self._switch = subprocess.Popen(
            [sys.executable, "-m", "faults.switch", str(members + 1), seed],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": python_path()},
        )
        try:
            fds = self._answer()["namespaces"]
            self._paths = [f"/proc/{self._switch.pid}/fd/{fd}" for fd in fds]
            self._porters = [_Porter(path) for path in self._paths]
        except BaseException:
            self.close()
            raise

    def client(self, member: int) -> tuple[str, int]:
        return address_of(member), CLIENT_PORT

    def peer(self, member: int) -> tuple[str, int]:
        return address_of(member), PEER_PORT

    def inside(self, member: int) -> tuple[str, ...]:
        return ("nsenter", f"--net={self._paths[member]}")

    def socket(self, place: int = CLIENTS) -> socket.socket:
        return self._porters[place].fetch()

    def set(self, links: Links) -> None:
        """Say how each of these directions is from now on; {} is a good one."""
        self._ask({"set": [list(link) for link in links]})

    def stats(self) -> dict[str, int]:
        """How many packets were carried, lost, doubled, delayed."""
        return self._ask({})

    def close(self) -> None:
        """End the switch; the namespaces go with the last who is in them."""
        for porter in getattr(self, "_porters", ()):
            porter.close()
        self._switch.kill()
        self._switch.wait(ORDER_S)
        for pipe in (self._switch.stdin, self._switch.stdout):
            assert pipe is not None
            pipe.close()

    def _ask(self, order: dict[str, Any]) -> dict[str, int]:
        assert self._switch.stdin is not None
        self._switch.stdin.write(json.dumps(order).encode() + b"\n")
        self._switch.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._switch.stdout is not None
        ready, _, _ = select.select([self._switch.stdout], [], [], ORDER_S)
        line = self._switch.stdout.readline() if ready else b""
        if not line:
            raise OSError("the switch does not answer: is this root, and is there /dev/net/tun?")
        answer: dict[str, Any] = json.loads(line)
        return answer


class _Porter:
    """A thread that stays in a namespace and hands out sockets made there."""

    def __init__(self, path: str) -> None:
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._made: queue.SimpleQueue[socket.socket | OSError] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=(path,), daemon=True)
        self._thread.start()

    def _run(self, path: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        namespace = os.open(path, os.O_RDONLY)
        failed = libc.setns(namespace, CLONE_NEWNET)
        os.close(namespace)
        while self._asked.get():
            try:
                if failed:
                    raise OSError("setns")
                self._made.put(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            except OSError as error:
                self._made.put(error)

    def fetch(self) -> socket.socket:
        with self._lock:
            self._asked.put(True)
            made = self._made.get(timeout=ORDER_S)
        if isinstance(made, OSError):
            raise made
        return made

    def close(self) -> None:
        self._asked.put(False)
        self._thread.join(ORDER_S)


def best_net(members: int, seed: str, say: Callable[[str], None] = print) -> Loopback | Switched:
    """Namespaces where they may be made, else loopback, and that is said."""
    try:
        return Switched(members, seed)
    except OSError as error:
        say(f"no namespaces here ({error}): loopback, so nothing can be cut")
        return Loopback(members, seed)
