"""Ensembles whose members are forked, and whose folders may be mounts, copies, or behind a shim."""

import re
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ensemble.ensemble import Ensemble
from faults import shim
from faults.nursery import Born, Nursery

from hikari.ensemble import Layout, config_text
from hikari_tools.bench.ports import free_ports

PORT = 25_000
SLOTS = 16
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where the death of a process is the only death: an fsync costs nothing there."""
SMALL = {"hikari.store.journal:MEMTABLE_BYTES": 1 << 17}
"""Logs are full, flushed and recycled after some dozens of writes instead of many thousands."""
OPEN_S_MAX = 2.0
IMPATIENT = {
    "hikari.store.journal:RocksJournal.open_seconds_max": OPEN_S_MAX,
    "hikari.store.rows:RocksRows.open_seconds_max": OPEN_S_MAX,
}
"""An opening that spins is given up after so long, not after a minute."""
OFTEN = "[journal]\nentries_kept = 10\nflush_entries = 10\n"
_LEADS = re.compile(r"leads, term (\d+)")


class Place(Layout):
    """Like a local ensemble's, but what a member says is beside its folder, not in it."""

    def log(self, member: int) -> Path:
        return self.data / f"log-{member}"


class Forked(Ensemble):
    """`settings` is TOML for every member, `constants` are the store's (see Nursery.fork)."""

    def __init__(
        self,
        folder: Path,
        nursery: Nursery,
        members: int = 3,
        settings: str = "",
        constants: dict[str, Any] | None = None,
    ) -> None:
        self._slot, ports = ports_of_ones_own()
        super().__init__(folder, members, settings)
        self.layout = Place(folder, members, free_ports(members, ports))
        self.nursery = nursery
        self.constants = constants or {}
        self.environments: dict[int, dict[str, str]] = {}

    def close(self) -> None:
        super().close()
        self._slot.close()

    def configure(self, number: int) -> None:
        """Write a member's configuration, whatever was there."""
        home = self.layout.home(number)
        home.mkdir(parents=True, exist_ok=True)
        text = config_text(self.layout, number) + self.settings
        self.layout.config(number).write_text(text)

    def launch(self, number: int) -> None:
        assert number not in self.running
        config, log = self.layout.config(number), self.layout.log(number)
        if not config.exists():
            self.configure(number)
        log.touch()
        begin = log.stat().st_size
        environment = self.environments.get(number, {})
        pid = self.nursery.fork(config, log, environment, self.constants)
        self.running[number] = Born(self.nursery, number, pid, log, begin)

    def said(self, number: int) -> str:
        """What a member has written in the life it is in."""
        return self.running[number].said()

    def term_led(self, number: int) -> int:
        """The newest term that a running member says it led; 0: none."""
        return max(map(int, _LEADS.findall(self.said(number))), default=0)

    def wait_end(self, number: int, seconds: float) -> int | None:
        """The status with which a member ends by itself; None: it runs on (and is left alone)."""
        member = self.running[number]
        deadline = time.monotonic() + seconds
        while not member.ended and time.monotonic() < deadline:
            time.sleep(0.002)
        if not member.ended:
            return None
        del self.running[number]
        return member.returncode

    def wait_led(self, number: int, seconds: float) -> bool:
        """Whether a member serves within so long; it may end instead, or hang."""
        deadline = time.monotonic() + seconds
        while not self.running[number].ended and time.monotonic() < deadline:
            if self.mode(number):
                return True
            time.sleep(0.003)
        return False

    def empty(self, number: int) -> None:
        """A new disk in the place of a member's old one, with its configuration."""
        assert number not in self.running
        shutil.rmtree(self.layout.home(number))
        self.configure(number)


@contextmanager
def lane(
    name: str, *, memory: bool = True, library: Callable[[Path], Path] | None = shim.build
) -> Iterator[tuple[Path, Nursery]]:
    """A folder of one's own and a nursery, both gone at the end. `library` builds, into a folder,
    what members are loaded with."""
    folder = Path(tempfile.mkdtemp(prefix=f"hikari-{name}-", dir=MEMORY if memory else None))
    nursery = Nursery(library(folder) if library else None)
    try:
        yield folder, nursery
    finally:
        nursery.close()
        shutil.rmtree(folder, ignore_errors=True)


def ports_of_ones_own() -> tuple[socket.socket, range]:
    """Client ports that no other harness on this machine takes between two lives of a member, nor
    do their peers' (a hundred further on), until the socket is closed. Its name is no file's."""
    for slot in range(SLOTS):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0hikari-faults-ports-{slot}")
        except OSError:
            claim.close()
        else:
            first = PORT + slot // 4 * 200 + slot % 4 * 25
            return claim, range(first, first + 20)
    raise AssertionError(f"{SLOTS} ensembles use all ports")
