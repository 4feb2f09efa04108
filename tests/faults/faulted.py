"""The ensemble under test: real members in the places of a net, with clocks of their own."""

import atexit
import functools
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs
from ensemble.ensemble import BAD_WORDS, Ensemble
from faults import points, shim
from faults.folders import kept_folder
from faults.nets import Loopback, Switched, python_path

from hikari.config import Address
from hikari.ensemble import MODE, Layout, Member, config_text

PROGRAM = (sys.executable, "-m", "hikari")
WORD_S = 1.0
NO_ROOM = "No space left on device"
GAVE_UP = re.compile(
    r"[^\n]*this member cannot go on\n(?:\t[^\n]*\n)*"
    r"\t[\w.]*DiskFailed: [^\n]*(?:Input/output error|Seen error|has previous error)[^\n]*\n"
)
"""What a member says that ends because an fsync failed: it was told so by the fsync, or by a write
that RocksDB refused behind it."""
COMPARED = re.compile(r"hikari_digests_compared\s+(\d+)")
SETTINGS = """
[journal]
flush_entries = 3000
entries_kept = 10000000

[sessions]
timeout_min_ms = 4000
"""
"""The whole log stays, since it is the truth that the judges need; trees are flushed meanwhile."""
SHORT_LOGS = """
[journal]
flush_entries = 100
entries_kept = 20

[sessions]
timeout_min_ms = 4000
"""
"""Who was away for a moment is sent a snapshot."""
SLOW_DISK = (sys.executable, "-m", "faults.slow_disk")


@attrs.frozen
class Placed(Layout):
    """A layout whose addresses are those of a net."""

    net: Any = None

    def client(self, member: int) -> Address:
        return Address(*self.net.client(member))

    def peer(self, member: int) -> Address:
        return Address(*self.net.peer(member))


@functools.cache
def clock_library() -> Path | None:
    """The library that lies about the wall clock; None where there is no C compiler."""
    if shutil.which("cc") is None:
        return None
    folder = kept_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "wrong_clock.so"
    source = Path(__file__).with_name("wrong_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


@functools.cache
def points_library() -> Path:
    """The library that ends members at points. Raises OSError without a C compiler."""
    folder = kept_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return points.build(folder)


@functools.cache
def shim_library() -> Path:
    """The library that makes disks full and lets them fail. Raises OSError without a compiler."""
    folder = kept_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return shim.build(folder)


class Faulted(Ensemble):
    """`clocks`: each member's wall clock can be set. `program`: what a member is started with.
    `disks`: a mode of the shim that hangs on a flag, which `flag` names."""

    def __init__(
        self,
        folder: Path,
        net: Loopback | Switched,
        *,
        settings: str = SETTINGS,
        clocks: bool = False,
        program: tuple[str, ...] = PROGRAM,
        disks: str = "",
    ) -> None:
        super().__init__(folder, net.members, settings)
        self.layout = Placed(folder, net.members, 0, net)
        self.net = net
        self.clocks = clocks
        self.disks = disks
        self.program = program
        self.environments: dict[int, dict[str, str]] = {}
        """What else a member finds in its environment; with it, the library of points."""

    def launch(self, number: int) -> None:
        assert number not in self.running
        config = self.layout.config(number)
        if not config.exists():
            config.parent.mkdir(parents=True)
            config.write_text(config_text(self.layout, number) + self.settings)
            self.set_clock(number, 0)
        path = ("env", f"PYTHONPATH={python_path()}")
        around = (
            *self._with_clock(number),
            *self._with_points(number),
            *self._with_shim(number),
        )
        program = (*self.net.inside(number), *path, *around, *self.program)
        self.running[number] = Member(self.layout, number, program)

    def _with_clock(self, number: int) -> tuple[str, ...]:
        if not self.clocks:
            return ()
        return (f"LD_PRELOAD={clock_library()}", f"HIKARI_WRONG_CLOCK={self._clock(number)}")

    def _with_points(self, number: int) -> tuple[str, ...]:
        if number not in self.environments:
            return ()
        words = [f"{name}={value}" for name, value in self.environments[number].items()]
        return (f"LD_PRELOAD={points_library()}", *words)

    def _with_shim(self, number: int) -> tuple[str, ...]:
        if not self.disks:
            return ()
        home, flag = self.layout.home(number), str(self.flag(number))
        words = shim.environment(home, self.disks, 1, flag=flag).items()
        return (f"LD_PRELOAD={shim_library()}", *(f"{name}={value}" for name, value in words))

    def flag(self, number: int) -> Path:
        """While it is there, this member's disk is as `disks` says."""
        return self.layout.data / f"flag-{number}"

    def _clock(self, number: int) -> Path:
        return self.layout.home(number) / "clock"

    def set_clock(self, number: int, ahead_s: float) -> None:
        """Let a member's wall clock jump to so many seconds before or after the true time."""
        file = os.open(self._clock(number), os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(file, struct.pack("=q", int(ahead_s * 1e9)))  # in place: members have it mapped
        os.close(file)

    def set_disk(self, number: int, fsync_s: float) -> None:
        """Say how long each fsync of a member takes; it must run as `SLOW_DISK`."""
        (self.layout.home(number) / "disk").write_text(f"{fsync_s}")

    # Questions go past the network's faults: from the member's own place.

    def mode(self, number: int) -> str | None:
        if number not in self.running or number in self.paused:
            return None
        try:
            found = MODE.search(self.word(number, b"srvr"))
        except OSError:
            return None
        return found[1] if found else None

    def word(self, number: int, word: bytes) -> str:
        answer = b""
        with self.net.socket(number) as asked:
            asked.settimeout(WORD_S)
            asked.connect(self.net.client(number))
            asked.sendall(word)
            while part := asked.recv(65536):
                answer += part
        return answer.decode()

    def digests_compared(self, number: int) -> int:
        """How often a member has held another's tree against its own in the life it is in."""
        (told,) = COMPARED.findall(self.word(number, b"mntr"))
        return int(told)

    def dial(self, number: int) -> socket.socket:
        """A connection to a member from its own place."""
        dialled = self.net.socket(number)
        dialled.settimeout(WORD_S)
        dialled.connect(self.net.client(number))
        return dialled

    def look(self) -> list[str]:
        """What each process is doing just now: for failures that never come again."""
        seen = [f"load {Path('/proc/loadavg').read_text().strip()}"]
        for pressed in sorted(Path("/proc").glob("pressure/*")):
            seen.append(f"{pressed.name} {' '.join(pressed.read_text().split())}")
        for number, member in sorted(self.running.items()):
            for task in sorted(Path(f"/proc/{member.pid}/task").glob("*")):
                words = (task / "stat").read_text().rpartition(")")[2].split()
                name, waits = (task / "comm").read_text().strip(), (task / "wchan").read_text()
                seen.append(
                    f"member {number} {name} {words[0]} in {waits}, ticks {words[11]} {words[12]}"
                )
            seen.append(f"member {number} mode {self.mode(number)} zxid {self.zxid(number)}")
        return seen

    def full(self, number: int) -> int:
        """How often a member has said that its disk is full."""
        return self.log(number).count(NO_ROOM)

    def demand_clean_logs(self) -> None:
        """But a member that gives up the disk that was made to fail says why, and may."""
        for number in self.numbers:
            said = self.log(number)
            if self.disks == shim.FAILS_ONCE:
                said = GAVE_UP.sub("", said)
            bad = [word for word in BAD_WORDS if word in said]
            assert not bad, f"member {number}: {said[-6000:]}"

    def some_leader(self, seconds: float) -> int:
        """A member that believes it leads, if there is one soon; 0 otherwise. Of two, either."""
        deadline = time.monotonic() + seconds
        while True:
            for number in list(self.running):
                if self.mode(number) in ("leader", "standalone"):
                    return number
            if time.monotonic() > deadline:
                return 0
            time.sleep(0.02)

    def terms(self) -> list[tuple[int, int]]:
        """(term, leader) pairs that any member has followed, from the logs."""
        seen = set()
        for number in self.numbers:
            for line in self.log(number).splitlines():
                words = line.split()
                if words[-4:-3] == ["leads,"] or " leads, term " in line:
                    seen.add((int(words[-1]), int(words[-4])))
        return sorted(seen)
