"""Workers as processes, and what they said."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from recipes.locks import contenders_in, places

from hikari_client import Client, NoNode, aio

WAIT_S = 60.0


class Event(NamedTuple):
    """See `recipes.live.worker`. `whose`: the process, by the name of its file."""

    moment: float
    what: str
    recipe: str
    token: int
    whose: str
    name: str


def launch(module: str, into: Path, *args: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", f"recipes.live.{module}", *map(str, args)]
    with into.open("wb") as out:
        return subprocess.Popen(
            command, stdout=out, env={**os.environ, "PYTHONPATH": ":".join(sys.path)}
        )


def lines(file: Path) -> list[list[str]]:
    """The words of each whole line: the last one may be under way, or its writer was killed."""
    whole, _, _ = file.read_text().rpartition("\n")
    return [line.split() for line in whole.splitlines()]


def read(files: Iterable[Path]) -> list[Event]:
    """All that was said, in time."""
    said = []
    for file in files:
        for what, recipe, token, moment, name in lines(file):
            said.append(Event(float(moment), what, recipe, int(token), file.name, name))
    return sorted(said)


def end(workers: "Iterable[subprocess.Popen[bytes]]") -> None:
    for worker in workers:
        worker.kill()
        worker.wait()


async def make_root(hosts: str) -> None:
    """The connect string has a chroot."""
    servers, _, chroot = hosts.partition("/")
    async with aio.client(servers) as root:
        await root.create(f"/{chroot}")


async def orphans(zk: Client, path: str) -> list[str]:
    """What contenders for this path have there."""
    names: list[str] = []
    for place in places(path):
        try:
            names += contenders_in(await zk.children(place))
        except NoNode:
            continue
    return names


async def nothing_left(hosts: str, paths: Iterable[str]) -> None:
    """Wait until the sessions of those that were killed are over, and all are gone."""
    until = time.monotonic() + WAIT_S
    async with aio.client(hosts) as zk:
        await zk.sync()
        for path in paths:
            while left := await orphans(zk, path):
                assert time.monotonic() < until, left
                await zk.sleep(0.2)
