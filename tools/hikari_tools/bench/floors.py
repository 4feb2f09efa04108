"""What the kernel, RocksDB and a forced write cost alone, without Hikari."""

import contextlib
import itertools
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.peers import BenchError, uninterrupted
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.usage import used_during

ROWS = 10_000
ROW = os.urandom(64) * 3
"""About what a znode of 128 bytes takes."""
REQUEST = os.urandom(40) * 4
"""About what its set takes in the log."""
LEVELS = (Level(16, 16), Level(1, 1))
BATCHES = (1, 64)
PREALLOCATED_BYTES = 64 << 20
BLOCK = bytes(4096)


@dataclass(frozen=True)
class Floor:
    """For one operation; None: not known, or it says nothing."""

    name: str
    cpu_us: float
    kernel_us: float
    took_us: float | None = None
    """p50, by the clock."""


def echo_command(port: int, log: Path | None = None) -> list[str]:
    """To start what answers without doing anything."""
    words = [sys.executable, "-m", "hikari_tools.bench.echo", str(port)]
    return [*words, str(log)] if log else words


@contextlib.contextmanager
def serving(words: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """Run it meanwhile."""
    with uninterrupted() as as_before:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=as_before
        )
        try:
            as_before()
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise BenchError("the echo does not serve")
            yield process
        finally:
            process.terminate()
            process.communicate()


def echoes(zkload: Path, folder: Path, seconds: float) -> Iterator[Floor]:
    """The same frames, answered by a loop; and forced to the disk before."""
    for log in (None, folder / "echoed"):
        port = free_ports(1)
        with serving(echo_command(port, log)) as process:
            for workload in ("set",) if log else ("get", "set"):
                for level in LEVELS:
                    what = "and one write and fdatasync a poll" if log else "nothing else"
                    run = Run(workload, level, seconds, options=("--keys", "10", "--keep"))
                    words = run.words(zkload, f"127.0.0.1:{port}", "echo", [])
                    report, (used,) = used_during(run, words, [process.pid])
                    name = f"echo of {workload} {level}, {what}"
                    yield Floor(name, used.cpu_us, used.kernel_us, report["latency_us"]["p50"])


def disk(folder: Path, seconds: float) -> Iterator[Floor]:
    """One block, and force it to the disk."""
    for name, size in (("at the growing end", 0), ("inside a file", PREALLOCATED_BYTES)):
        file = os.open(folder / "forced", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        try:
            if size:
                os.write(file, bytes(size))
                os.fsync(file)
                os.lseek(file, 0, os.SEEK_SET)

            def once(file: int = file, size: int = size) -> None:
                os.write(file, BLOCK)
                os.fdatasync(file)
                if size and os.lseek(file, 0, os.SEEK_CUR) >= size:
                    os.lseek(file, 0, os.SEEK_SET)

            yield _timed(f"write and fdatasync of 4 KiB {name}", once, seconds)
        finally:
            os.close(file)


def rocks(folder: Path, seconds: float) -> Iterator[Floor]:
    """The two databases of a member, as it uses them. Nothing, if rocksdict is not installed."""
    try:
        from rocksdict import Options, Rdict, WriteBatch, WriteOptions
    except ImportError:
        return

    def fresh(name: str) -> Rdict:
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        return Rdict(str(folder / name), options)

    tree, journal = fresh("tree"), fresh("journal")
    no_log = WriteOptions()
    no_log.disable_wal = True  # type: ignore[method-assign, assignment]
    keys = [b"Z\0\0\2/bench/k/%010d" % number for number in range(ROWS)]
    random.shuffle(keys)
    next_key, index = itertools.cycle(keys).__next__, itertools.count()

    def settle(count: int) -> None:
        batch = WriteBatch(raw_mode=True)
        for _ in range(count):
            batch.put(next_key(), ROW)
        tree.write(batch, no_log)

    def append(count: int) -> None:
        batch = WriteBatch(raw_mode=True)
        batch.put(b"L" + next(index).to_bytes(8, "big"), REQUEST * count)
        journal.write(batch)

    settle(ROWS)
    tree.flush()
    yield _timed("RocksDB: get of a row", lambda: tree.get(next_key()), seconds)
    for count in BATCHES:
        rows = "row" if count == 1 else "rows"
        name = f"RocksDB: write of {count} {rows} in one batch, no log, for each row"
        yield _timed(name, lambda count=count: settle(count), seconds, count)  # type: ignore[misc]
    for count in BATCHES:
        what = "request" if count == 1 else "requests"
        name = f"RocksDB: append of an entry of {count} {what}, not forced, for each request"
        yield _timed(name, lambda count=count: append(count), seconds, count)  # type: ignore[misc]

    def forced() -> None:
        append(1)
        journal.flush_wal(True)

    yield _timed("RocksDB: append of an entry, and force its log to the disk", forced, seconds)
    tree.close()
    journal.close()


def _timed(name: str, once: Callable[[], object], seconds: float, count: int = 1) -> Floor:
    """Do it for so long; each does it for `count`."""
    took_us, before, end = [], os.times(), time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        once()
        took_us.append((time.perf_counter() - begun) * 1e6)
    after, done = os.times(), len(took_us) * count / 1e6
    kernel_us = (after.system - before.system) / done
    cpu_us = (after.user - before.user) / done + kernel_us
    return Floor(name, cpu_us, kernel_us, statistics.median(took_us) / count)


def all_floors(zkload: Path, folder: Path, seconds: float) -> Iterator[Floor]:
    """Of the loopback, of the disk, of RocksDB."""
    yield from echoes(zkload, folder, seconds)
    yield from disk(folder, seconds)
    yield from rocks(folder, seconds)
