"""A process that holds all locks is stopped for longer than its session lives, and goes on."""

import asyncio
import os
import signal
import subprocess
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from ensemble.ensemble import wait_until
from recipes.live.fleet import WAIT_S, end, launch, make_root, nothing_left, read
from recipes.live.worker import path_of, token_of
from recipes.locks import LOCKS

from hikari_client import aio

pytestmark = pytest.mark.ensemble
STEPS = 100_000  # more than it is given time for


def stop(worker: "subprocess.Popen[bytes]") -> None:
    """Comes back when it has really stopped."""
    worker.send_signal(signal.SIGSTOP)
    stat = Path(f"/proc/{worker.pid}/stat")
    wait_until("stopped", lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")


async def take_all(hosts: str, worker: "subprocess.Popen[bytes]") -> dict[str, int]:
    """Wait until all can be had, and hold them while the first goes on. The tokens."""
    tokens = {}
    async with asyncio.timeout(WAIT_S), aio.client(hosts) as zk, AsyncExitStack() as stack:
        for name, recipe in LOCKS.items():
            path = path_of(name)
            held = await stack.enter_async_context(recipe.other(zk, path))
            tokens[name] = token_of(held, path)
        os.kill(worker.pid, signal.SIGCONT)
        assert await asyncio.to_thread(worker.wait, WAIT_S) == 0
    return tokens


def test_a_process_that_was_stopped_says_lost_and_does_nothing_with_what_another_has_by_now(
    hosts: str, tmp_path: Path
) -> None:
    asyncio.run(make_root(hosts))
    file = tmp_path / "said"
    worker = launch("worker", file, hosts, 1, 1, STEPS, *LOCKS)
    try:
        wait_until("all are held", lambda: len({one.recipe for one in read([file])}) == len(LOCKS))
        stop(worker)
        stopped = time.monotonic()
        tokens = asyncio.run(take_all(hosts, worker))
    finally:
        end([worker])
    said = read([file])
    for name in LOCKS:
        mine = [event for event in said if event.recipe == name.replace(" ", "-")]
        assert mine[0].token < tokens[name]
        assert {event.what for event in mine[:-1]} <= {"in", "works"}
        assert mine[-1].what == "lost"
        assert all(event.moment < stopped for event in mine[:-1]), "it works no more"
    asyncio.run(nothing_left(hosts, map(path_of, LOCKS)))
