"""`./run`, as somebody meets it who has just cloned the project."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ensemble.ensemble import wait_until
from kazoo.client import KazooClient

from hikari.config import Address
from hikari.ensemble import mode_of
from hikari_tools.bench.ports import free_ports

ROOT = Path(__file__).parents[2]


class Run:
    """One `./run` in the foreground of a terminal that is not there."""

    def __init__(self, folder: Path, port: int, members: int) -> None:
        self.port, self.members = port, members
        self.output = (folder / "output").open("w+")
        words = ["./run", "--members", str(members), "--port", str(port), "--data", str(folder)]
        self.process = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self.output, start_new_session=True
        )

    def printed(self) -> str:
        return Path(self.output.name).read_text()

    def wait_ready(self) -> str:
        def ready() -> bool:
            assert self.process.poll() is None, self.printed()
            return "\n" in self.printed()

        wait_until("ready", ready, 60)
        return self.printed().splitlines()[0]

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pid in tmp_path.glob("member-*/pid"):
        os.kill(int(pid.read_text()), signal.SIGKILL)


@pytest.mark.ensemble
@pytest.mark.parametrize(("members", "how"), [(3, signal.SIGTERM), (1, signal.SIGINT)])
def test_it_says_ready_keeps_what_it_was_told_and_stops_cleanly(
    folder: Path, members: int, how: signal.Signals
) -> None:
    port = free_ports(members)
    hosts = ",".join(f"127.0.0.1:{port + k}" for k in range(members))
    for life in (1, 2):
        run = Run(folder, port, members)
        assert run.wait_ready() == f"ready {hosts}"
        modes = sorted(str(mode_of(Address("127.0.0.1", port + k))) for k in range(members))
        assert modes == (["standalone"] if members == 1 else ["follower", "follower", "leader"])
        client = KazooClient(hosts)
        client.start(15)
        if life == 1:
            client.create("/kept", b"from the first life")
        assert client.get("/kept")[0] == b"from the first life"
        client.stop()
        client.close()
        assert run.stop(how) == 0
        assert not list(folder.glob("member-*/pid"))
