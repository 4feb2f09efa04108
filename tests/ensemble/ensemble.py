"""An ensemble of real member processes that a test starts, kills, pauses and starts again."""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hikari.ensemble import Layout, Member, config_text, mode_of
from hikari_tools.bench.ports import free_ports

WAIT_S = 30.0
"""Nothing that a test waits for takes longer, on any machine: else it is a failure."""
POLL_S = 0.02
PROGRAM = (sys.executable, "-m", "hikari")
BAD_WORDS = ("Traceback", "Unhandled", "this member cannot go on", "assert")


def wait_until(what: str, there: Callable[[], object], seconds: float = WAIT_S) -> None:
    """Poll until it is there."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, f"after {seconds:g} s still not: {what}"
        time.sleep(POLL_S)


class Ensemble:
    """Members are numbered from 1. `settings` is TOML that is added to every configuration.
    `surroundings(number)` gives environment variables of a member's process."""

    def __init__(
        self,
        folder: Path,
        members: int = 3,
        settings: str = "",
        surroundings: Callable[[int], dict[str, str]] = lambda number: {},
    ) -> None:
        self.layout = Layout(folder, members, free_ports(members))
        self.settings = settings
        self.surroundings = surroundings
        self.running: dict[int, Member] = {}
        self.paused: set[int] = set()

    @property
    def numbers(self) -> range:
        """Every member's number."""
        return self.layout.numbers

    @property
    def ports(self) -> list[int]:
        """Where the members serve clients."""
        return [self.layout.client(number).port for number in self.numbers]

    def start(self) -> "Ensemble":
        """Start all that do not run, and wait until all serve."""
        for number in self.numbers:
            if number not in self.running:
                self.launch(number)
        self.wait_serving()
        return self

    def launch(self, number: int) -> None:
        """Start a member by hand, as an operator would; its configuration is written if missing."""
        assert number not in self.running
        config = self.layout.config(number)
        if not config.exists():
            config.parent.mkdir(parents=True)
            config.write_text(config_text(self.layout, number) + self.settings)
        around = [f"{name}={value}" for name, value in self.surroundings(number).items()]
        self.running[number] = Member(self.layout, number, ("env", *around, *PROGRAM))

    def kill(self, *numbers: int) -> None:
        """SIGKILL all of them at once."""
        members = [self.running.pop(number) for number in numbers]
        for member in members:
            member.end(signal.SIGKILL)
        for member in members:
            member.kill()
        self.paused.difference_update(numbers)

    def terminate(self, *numbers: int) -> None:
        """End them gently; their status must be 0."""
        members = [self.running.pop(number) for number in numbers]
        for member in members:
            member.end(signal.SIGTERM)
        for member in members:
            wait_until(f"member {member.number} ended", lambda member=member: member.ended)
            assert member.ended_well, member.obituary()

    def pause(self, number: int) -> None:
        """SIGSTOP: it hangs with its sockets open. Comes back when it has really stopped."""
        pid = self.running[number].pid
        self.paused.add(number)
        os.kill(pid, signal.SIGSTOP)
        stat = Path(f"/proc/{pid}/stat")
        wait_until("stopped", lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")

    def go_on(self, number: int) -> None:
        """SIGCONT."""
        self.paused.discard(number)
        os.kill(self.running[number].pid, signal.SIGCONT)

    def wipe(self, number: int) -> None:
        """Remove the folder of a member that does not run, but for its log."""
        assert number not in self.running
        for path in self.layout.home(number).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "log":
                path.unlink()
        self.layout.config(number).write_text(config_text(self.layout, number) + self.settings)

    # ---- what they say

    def mode(self, number: int) -> str | None:
        """Give a member's role as `srvr` tells it; None if it does not serve."""
        if number not in self.running or number in self.paused:
            return None
        return mode_of(self.layout.client(number))

    def word(self, number: int, word: bytes) -> str:
        """Ask a member a four-letter word."""
        address = self.layout.client(number)
        answer = b""
        with socket.create_connection((address.host, address.port), 5) as asked:
            asked.sendall(word)
            while part := asked.recv(65536):
                answer += part
        return answer.decode()

    def zxid(self, number: int) -> int:
        """Say how far a member has applied; -1 if it does not serve."""
        try:
            lines = self.word(number, b"srvr").splitlines()
        except OSError:
            return -1
        found = [line.split()[1] for line in lines if line.startswith("Zxid: ")]
        return int(found[0], 16) if found else -1

    def leader(self, seconds: float = WAIT_S) -> int:
        """Wait for the member that leads. A paused one is not asked."""
        found: list[int] = []

        def led() -> bool:
            self.demand_alive()
            modes = {number: self.mode(number) for number in self.running}
            found[:] = [n for n, mode in modes.items() if mode in ("leader", "standalone")]
            return len(found) == 1

        wait_until("a leader", led, seconds)
        return found[0]

    def followers(self) -> list[int]:
        """Give all running members but the leader."""
        leader = self.leader()
        return [number for number in self.running if number != leader]

    def wait_serving(self) -> None:
        """Wait until every running member serves."""

        def serve() -> bool:
            self.demand_alive()
            return all(self.mode(number) for number in self.running)

        wait_until("all members serve", serve)

    def wait_caught_up(self, number: int) -> None:
        """Wait until a member has applied what the leader had when this was asked."""
        goal = -1

        def told() -> bool:
            """Who leads may have changed, or have gone, between the two questions."""
            nonlocal goal
            goal = self.zxid(self.leader())
            return goal >= 0

        wait_until("a leader says how far it is", told)

        def caught_up() -> bool:
            self.demand_alive()
            return self.zxid(number) >= goal

        wait_until(f"member {number} has caught up with zxid {goal}", caught_up)

    def demand_alive(self) -> None:
        """No member may end by itself."""
        for member in self.running.values():
            assert not member.ended, f"{member.obituary()}\n{member.last_words()}"

    # ---- the end

    def log(self, number: int) -> str:
        """Give all that a member wrote."""
        path = self.layout.log(number)
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def demand_clean_logs(self) -> None:
        """Nothing went wrong unseen."""
        for number in self.numbers:
            bad = [word for word in BAD_WORDS if word in self.log(number)]
            assert not bad, f"member {number}: {self.log(number)[-6000:]}"

    def close(self) -> None:
        """End whatever still runs."""
        self.kill(*self.running)
