"""zkload, the neutral load generator: builds it, runs it, gives back what it reports."""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hikari_tools.bench.peers import INTERRUPTS, BenchError, uninterrupted

# Beyond its own time a run connects, prepares its znodes and removes them again.
SPARE_SECONDS = 120.0


def build(bench_folder: Path) -> Path:
    """Build zkload outside its own folder, which may be read-only; nothing if it is up to date."""
    if not (bench_folder / "zkload.c").is_file():
        raise BenchError(f"no zkload.c in {bench_folder}: name its folder with --bench-folder")
    for program, package in (("make", "make"), ("gcc", "gcc libc6-dev")):
        if shutil.which(program) is None:
            raise BenchError(f"{program} is missing: apt-get install {package}")
    out = _cache_folder()
    zkload = out / "zkload"
    made = subprocess.run(
        ["make", "--silent", "-C", bench_folder, f"OUT={out}", zkload],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise BenchError(f"zkload cannot be built:\n{made.stdout}{made.stderr}")
    return zkload


def _cache_folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hikari-bench"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="hikari-bench-"))
    return cache


@dataclass(frozen=True, order=True)
class Level:
    """How much is asked at once: connections, and requests outstanding on each."""

    connections: int
    depth: int

    @classmethod
    def parse(cls, text: str) -> "Level":
        """Read `16x4`."""
        connections, x, depth = text.partition("x")
        if not (x and connections.isdigit() and depth.isdigit()) or "0" in (connections, depth):
            raise ValueError(f"a level is CONNECTIONSxDEPTH, such as 16x4, not {text!r}")
        return cls(int(connections), int(depth))

    def __str__(self) -> str:
        """Give back what `parse` reads."""
        return f"{self.connections}x{self.depth}"


@dataclass(frozen=True)
class Run:
    """One run of zkload: what is asked of whom, and for how long."""

    workload: str
    level: Level
    seconds: float
    warm_up: float = 1.0
    seed: int = 1
    options: Sequence[str] = field(default=())

    def words(self, zkload: Path, hosts: str, label: str, pids: Sequence[int]) -> list[str]:
        """Give the command line."""
        return [
            *(str(zkload), "--hosts", hosts, "--workload", self.workload, "--label", label),
            *("--connections", str(self.level.connections), "--depth", str(self.level.depth)),
            *("--duration", f"{self.seconds:g}", "--warmup", f"{self.warm_up:g}"),
            *("--seed", str(self.seed)),
            *(("--pids", ",".join(map(str, pids))) if pids else ()),
            *self.options,
        ]


def start(words: Sequence[str]) -> "subprocess.Popen[str]":
    """Start a run; `finish` gives its report."""
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_as_a_generator,
    )


def _as_a_generator() -> None:
    """In the new process: ten thousand sessions are as many sockets; and it hears of signals."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextlib.contextmanager
def started(words: Sequence[str]) -> "Iterator[subprocess.Popen[str]]":
    """Start a run, for `finish`; it is ended if we are interrupted."""
    with uninterrupted() as as_before:
        process = start(words)
        try:
            as_before()
            yield process
        finally:
            _end(process)


def run(words: Sequence[str], seconds_max: float) -> dict[str, Any]:
    """Do a run and give its report."""
    with started(words) as process:
        return finish(process, seconds_max)


def finish(process: "subprocess.Popen[str]", seconds_max: float) -> dict[str, Any]:
    """Wait for a run and read its one JSON line."""
    try:
        report, said = process.communicate(timeout=seconds_max)
    except subprocess.TimeoutExpired:
        raise BenchError(f"zkload did not end in {seconds_max:.0f} s") from None
    finally:
        _end(process)
    if process.returncode:
        raise BenchError(f"zkload failed: {said.strip()}")
    return parse_report(report)


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
        process.communicate()


def parse_report(text: str) -> dict[str, Any]:
    """Read what zkload printed; anything but one JSON object is refused."""
    try:
        report = json.loads(text)
    except ValueError:
        raise BenchError(f"zkload did not report in JSON but said {text[:200]!r}") from None
    if not isinstance(report, dict) or "ops_per_s" not in report:
        raise BenchError(f"zkload's report is not understood: {text[:200]!r}")
    return report


def measure(
    zkload: Path, asked: Run, hosts: str, label: str, pids: Sequence[int]
) -> dict[str, Any]:
    """Do one run and give its report."""
    words = asked.words(zkload, hosts, label, pids)
    return run(words, asked.seconds + asked.warm_up + SPARE_SECONDS)
