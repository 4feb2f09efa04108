"""load: so many operations by so many clients, and how long they took. A look, not a benchmark:
`hikari-bench` measures."""

import asyncio
import time
from random import Random
from typing import Final

from hikari_client import Client, NoNode
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.output import Counter
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import below, gather

FAMILY = "Ensemble"
CLIENTS, OPERATIONS, BYTES, READS_PERCENT, DEPTH, ZNODES = 4, 10_000, 100, 50, 16, 100
CLIENTS_MAX: Final = 500


@command(
    "load [-c clients] [-n operations] [-s bytes] [-r percent] [-q depth] [path]",
    family=FAMILY,
    about=f"gets and sets of own znodes below a path: {CLIENTS} clients, {OPERATIONS} operations"
    f" of {BYTES} bytes, {READS_PERCENT} % reads, {DEPTH} at a time each, if nothing else is said",
    writes=True,
)
async def load(shell: Shell, given: Given) -> None:
    clients = given.number("-c", CLIENTS, 1)
    count = given.number("-n", OPERATIONS, 1)
    depth = given.number("-q", DEPTH, 1)
    reads = given.number("-r", READS_PERCENT, 0)
    if clients > CLIENTS_MAX or reads > 100:
        raise usage(f"up to {CLIENTS_MAX} clients, and 100 percent")
    payload = bytes(given.number("-s", BYTES, 0))
    path = shell.path(given.word(0))
    root = await _room_below(shell, path)
    others = [shell.dial(shell.hosts) for _ in range(clients)]
    try:
        await gather(shell.reached(one, shell.hosts) for one in others)
        znodes = [below(root, f"z{n}") for n in range(min(ZNODES, count))]
        await gather(shell.zk.create(one, payload) for one in znodes)
        await gather(one.sync(root) for one in others)  # theirs may be behind
        with shell.out.progress("load", count) as counter:
            began = time.perf_counter()
            took = await _all(others, znodes, payload, (count, depth, reads), counter)
            seconds = time.perf_counter() - began
    finally:
        await asyncio.gather(*(one.close() for one in others), return_exceptions=True)
        await shell.zk.delete(root, recursive=True, missing_ok=True)
    _tell(shell, took, seconds)


async def _room_below(shell: Shell, path: str) -> str:
    """A znode of our own, for those that are written to."""
    try:
        return (await shell.zk.create(below(path, "hikari-load-"), sequential=True)).path
    except NoNode:
        raise Complaint(f"NoNode: {path}: there is no such znode to load; `create` it") from None


async def _all(
    clients: list[Client],
    znodes: list[str],
    payload: bytes,
    size: tuple[int, int, int],
    counter: Counter,
) -> list[float]:
    """How long each operation took, in seconds."""
    count, depth, reads = size
    left = iter(range(count))
    chance = Random(0)
    took: list[float] = []

    async def one_after_the_other(zk: Client) -> None:
        for number in left:
            path = znodes[number % len(znodes)]
            began = time.perf_counter()
            if chance.randrange(100) < reads:
                await zk.get(path)
            else:
                await zk.set(path, payload)
            took.append(time.perf_counter() - began)
            counter.add()

    await gather(one_after_the_other(zk) for zk in clients for _ in range(depth))
    return took


def _tell(shell: Shell, took: list[float], seconds: float) -> None:
    took.sort()
    figures = {
        "operations": len(took),
        "seconds": round(seconds, 3),
        "per_second": round(len(took) / seconds),
        "p50_ms": round(1000 * took[len(took) // 2], 2),
        "p99_ms": round(1000 * took[len(took) * 99 // 100], 2),
        "max_ms": round(1000 * took[-1], 2),
    }
    shell.out.tell(
        figures,
        f"{figures['operations']} operations in {seconds:.2f} s: {figures['per_second']} a second;"
        f" half within {figures['p50_ms']} ms, 99 % within {figures['p99_ms']} ms,"
        f" the slowest {figures['max_ms']} ms",
    )
