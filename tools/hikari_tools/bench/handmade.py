"""Members of Hikari with a configuration of their own; the first may run under valgrind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hikari_tools.bench.peers import STOP_SECONDS_MAX, BenchError, leader, role, uninterrupted

SERVING_SECONDS_MAX = 240.0
ELECTED_SECONDS_MAX = 60.0
CONFIG = """\
[member]
id = {member}
[limits]
max_client_connections = 0
[sessions]
timeout_min_ms = 60000
timeout_max_ms = 120000
[raft]
tick_ms = 500
leader_lost_ms = 30000
[ensemble]
"""
"""Times for a member that is fifty times as slow as it is."""
MEMBER = """
[[ensemble.members]]
id = {member}
client = "127.0.0.1:{client}"
peer = "127.0.0.1:{peer}"
"""


class Handmade:
    """`hikari_tools.bench.peers.Peer`."""

    def __init__(self, folder: Path, port: int, members: int, before: Sequence[str]) -> None:
        """`before`: words before the command of member 1."""
        self.name = "hikari"
        self.ports: Sequence[int] = range(port, port + members)
        self._folder, self._before = folder, before
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all members and wait until each of them has a role."""
        for member, _ in enumerate(self.ports, 1):
            home = self._folder / f"member-{member}"
            home.mkdir(parents=True)
            (home / "hikari.toml").write_text(self.config(member))
            self.restart(member)
        self._wait(lambda: all(map(role, self.ports)), SERVING_SECONDS_MAX, "does not serve")

    def config(self, member: int) -> str:
        """Give the file of member 1, 2, …"""
        book = [
            MEMBER.format(member=number, client=port, peer=port + 100)
            for number, port in enumerate(self.ports, 1)
        ]
        return CONFIG.format(member=member) + "".join(book)

    def pid(self, member: int) -> int:
        """Give the process id of member 1, 2, …"""
        return self._running[member].pid

    def restart(self, member: int) -> None:
        """Start a member."""
        home = self._folder / f"member-{member}"
        words = [sys.executable, "-m", "hikari", "serve", "--config", str(home / "hikari.toml")]
        with (home / "log").open("ab") as log, uninterrupted() as as_before:
            self._running[member] = subprocess.Popen(
                [*self._before, *words] if member == 1 else words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=as_before,
            )

    def stop(self) -> None:
        """End all of them."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            _reap(process)

    def let_lead(self) -> None:
        """See that member 1 leads: whoever leads and is stopped hands over to it, the first."""
        for _ in range(3 * len(self.ports)):
            found = leader(self)
            if found == 1:
                return
            self._running[found].terminate()
            _reap(self._running[found])
            self._wait(lambda: any(map(role, self.ports)), ELECTED_SECONDS_MAX, "has no leader")
            self.restart(found)
            self._wait(lambda: all(map(role, self.ports)), SERVING_SECONDS_MAX, "does not serve")
            time.sleep(5.0)  # so that it is level, and the first of those that are
        raise BenchError("member 1 does not come to lead")

    def let_follow(self) -> None:
        """See that member 1 does not lead: while it stands still, another one is elected."""
        if leader(self) != 1:
            return
        os.kill(self.pid(1), signal.SIGSTOP)
        others, first = self.ports[1:], self.ports[0]
        try:
            self._wait(
                lambda: any(role(port) == "leader" for port in others), ELECTED_SECONDS_MAX, "waits"
            )
        finally:
            os.kill(self.pid(1), signal.SIGCONT)
        self._wait(lambda: role(first) == "follower", ELECTED_SECONDS_MAX, "keeps its leader")

    def _wait(self, until: Callable[[], bool], seconds_max: float, trouble: str) -> None:
        deadline = time.monotonic() + seconds_max
        while not until():
            for member, process in self._running.items():
                if process.poll() is not None:
                    said = (self._folder / f"member-{member}" / "log").read_text("utf-8", "replace")
                    raise BenchError(f"member {member} ended:\n{said[-2000:]}")
            if time.monotonic() > deadline:
                raise BenchError(f"an ensemble of {len(self.ports)} {trouble}")
            time.sleep(0.2)


def _reap(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
