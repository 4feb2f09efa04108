"""Numbers and GUIDs that come once, whoever is killed and begins again."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ensemble.ensemble import wait_until
from recipes.live.fleet import end, launch, lines, make_root

pytestmark = pytest.mark.ensemble
DRAWN = 60


class Drawers:
    """Processes that draw, each with one member."""

    def __init__(self, folder: Path, chroot: str) -> None:
        self._folder = folder
        self._chroot = chroot
        self.files: list[Path] = []
        self.processes: list[subprocess.Popen[bytes]] = []

    def begin(self, port: int) -> None:
        self.files.append(self._folder / str(len(self.files)))
        hosts = f"127.0.0.1:{port}/{self._chroot}"
        self.processes.append(launch("drawer", self.files[-1], hosts, "/ids"))

    def counts(self) -> list[int]:
        return [len(lines(file)) for file in self.files]

    def draw_more(self, *drawers: int) -> None:
        """Wait until each of them has drawn some more."""
        before = self.counts()
        wait_until(
            f"{drawers} draw more than {before}",
            lambda: all(self.counts()[one] >= before[one] + DRAWN for one in drawers),
        )


def test_an_id_comes_once_from_all_processes_and_members_through_every_restart(
    ensemble: Any, hosts: str, tmp_path: Path
) -> None:
    asyncio.run(make_root(hosts))
    drawers = Drawers(tmp_path, hosts.partition("/")[2])
    leader = ensemble.leader()
    followers = [number for number in ensemble.numbers if number != leader]
    try:
        for number in followers:
            drawers.begin(ensemble.ports[number - 1])
        drawers.draw_more(0, 1)
        ensemble.kill(leader)
        drawers.draw_more(0, 1)
        ensemble.kill(*followers)
        ensemble.start()
        end(drawers.processes[:1])
        drawers.begin(ensemble.ports[leader - 1])
        drawers.draw_more(1, 2)
    finally:
        end(drawers.processes)
    said = [line for file in drawers.files for line in lines(file)]
    assert len({int(number) for number, _ in said}) == len(said)
    assert len({guid for _, guid in said}) == len(said)
