"""Fifty contenders in five processes on a real ensemble; a member and a process are killed.

Judged from outside: by the moments at which they were inside, and by their fencing tokens.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hikari_client import aio

pytestmark = pytest.mark.ensemble
PROCESSES, CONTENDERS, ROUNDS = 5, 10, 3
PATH = "/locks/x"
SECONDS_MAX = 60


def launch(hosts: str, into: Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "recipes.live.worker",
        hosts,
        PATH,
        str(CONTENDERS),
        str(ROUNDS),
    ]
    with into.open("wb") as out:
        return subprocess.Popen(
            command, stdout=out, env={**os.environ, "PYTHONPATH": ":".join(sys.path)}
        )


def read(files: list[Path]) -> list[tuple[float, str, int, str]]:
    """What all of them said: (moment, what, token, whose), in time."""
    said = []
    for file in files:
        for line in file.read_text().splitlines():
            what, token, moment, _ = line.split(maxsplit=3)
            said.append((float(moment), what, int(token), file.name))
    return sorted(said)


def test_fifty_contenders_never_meet_while_a_member_and_a_process_die(
    ensemble: Any, hosts: str, tmp_path: Path
) -> None:
    servers, _, chroot = hosts.partition("/")

    async def prepare() -> None:
        async with aio.client(servers) as root:
            await root.create(f"/{chroot}")

    asyncio.run(prepare())
    files = [tmp_path / str(number) for number in range(PROCESSES)]
    workers = [launch(hosts, file) for file in files]
    began = time.monotonic()
    try:
        while len(read(files)) < 30 and time.monotonic() < began + SECONDS_MAX:
            time.sleep(0.05)
        workers[0].send_signal(signal.SIGKILL)
        ensemble.kill(2)
        for worker in workers[1:]:
            assert worker.wait(SECONDS_MAX) == 0
        ensemble.launch(2)
        ensemble.leader()
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    judge(read(files), files[0].name)

    async def nothing_left() -> None:
        async with aio.client(hosts) as zk:
            await zk.sync()
            while await zk.children(PATH):  # the killed one's, until its sessions end
                assert time.monotonic() < began + SECONDS_MAX
                await zk.sleep(0.2)

    asyncio.run(nothing_left())


def judge(said: list[tuple[float, str, int, str]], killed: str) -> None:
    inside: tuple[int, str] | None = None
    newest = works = 0
    for _, what, token, whose in said:
        if what == "in":
            assert inside is None or inside[1] == killed, f"{whose} came to {inside}"
            assert token > newest, "a token of a later holder is greater"
            inside, newest = (token, whose), token
        elif what == "out":
            assert inside == (token, whose)
            inside = None
            works += whose != killed
    survivors = (PROCESSES - 1) * CONTENDERS * ROUNDS
    lost = sum(what == "lost" and whose != killed for _, what, _, whose in said)
    assert works + lost == survivors
    assert lost <= CONTENDERS, "a session lives through the death of a member"
