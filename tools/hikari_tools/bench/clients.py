"""One client library under load, in a process of its own: prints one JSON line.

    python -m hikari_tools.bench.clients KIND HOSTS WORKLOAD DEPTH SECONDS ROOT

`DEPTH` requests are under way at any time: as many coroutines, each awaiting its own, where there
is `await`; a window of asynchronous results elsewhere. Each library is used as its own documents
say, and loaded only if it is asked for.
"""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count
from time import perf_counter, process_time
from typing import Any

DATA = b"x" * 128
WARM_UP_S = 0.5
HOT = "hot"  # the znode that is read and written

Ask = Callable[[int], Any]  # begins one request, of this number


class Meter:
    """Counts what is done between the end of the warm-up and the end."""

    def __init__(self, seconds: float) -> None:
        self.done = self._before = 0
        self._seconds = seconds
        self._begin = self.end = 0.0
        self._cpu_s = self._at = 0.0
        self.report: dict[str, float] = {}
        """Operations a second, and processor time of this process for each."""

    def more(self) -> bool:
        """One more is done: shall another be asked for?"""
        self.done += 1
        now = perf_counter()
        if not self._begin:
            self._begin = now + WARM_UP_S
            self.end = self._begin + self._seconds
        if not self._at and now >= self._begin:
            self._at, self._before, self._cpu_s = now, self.done, process_time()
        if now < self.end or self.done == self._before:  # one at least, however long it takes
            return True
        if not self.report:
            operations, cpu_s = self.done - self._before, process_time() - self._cpu_s
            self.report["ops_per_s"] = operations / (now - self._at)
            self.report["cpu_us_per_op"] = 1e6 * cpu_s / operations
        return False


async def by_coroutines(
    ask: Ask, depth: int, meter: Meter, spawn: Callable[[Any], Awaitable[Any]]
) -> None:
    """As many coroutines, each waiting for its own answer."""
    numbers = count()

    async def work() -> None:
        while True:
            await ask(next(numbers))
            if not meter.more():
                return

    for task in [spawn(work()) for _ in range(depth)]:
        await task


def by_window(ask: Ask, wait: Callable[[Any], Any], depth: int, meter: Meter) -> None:
    """So many results are waited for, the oldest first."""
    numbers = count()
    window = deque(ask(next(numbers)) for _ in range(depth))
    while True:
        wait(window.popleft())
        if not meter.more():
            break
        window.append(ask(next(numbers)))
    for one in window:
        wait(one)


def asked(workload: str, root: str, get: Any, set_: Any, create: Any) -> Ask:
    """The request of a workload."""
    hot, new = f"{root}/{HOT}", f"{root}/n"
    return {
        "get": lambda number: get(hot),
        "set": lambda number: set_(hot, DATA),
        "create": lambda number: create(f"{new}{number}", DATA),
    }[workload]


async def hikari(zk: Any, workload: str, depth: int, meter: Meter, root: str) -> None:
    """hikari_client, under whichever loop."""
    async with zk:
        await zk.create(f"{root}/{HOT}", DATA, parents=True)
        ask = asked(workload, root, zk.get, zk.set, zk.create)
        await by_coroutines(ask, depth, meter, zk.spawn)


def run_asyncio(hosts: str, *rest: Any) -> None:
    """hikari_client under asyncio."""
    from hikari_client import aio

    async def main() -> None:
        await hikari(aio.client(hosts), *rest)

    asyncio.run(main())


def run_twisted(hosts: str, *rest: Any) -> None:
    """hikari_client under Twisted."""
    from twisted.internet.task import react

    from hikari_client import tx

    async def main(reactor: Any) -> None:
        await hikari(tx.client(hosts, reactor), *rest)

    try:
        react(main)
    except SystemExit as end:
        if end.code:
            raise


def run_blocking(hosts: str, workload: str, depth: int, meter: Meter, root: str) -> None:
    """hikari_client's blocking client."""
    from hikari_client import blocking

    with blocking.connect(hosts) as zk:
        zk.create(f"{root}/{HOT}", DATA, parents=True)
        if depth == 1:
            ask = asked(workload, root, zk.get, zk.set, zk.create)
            by_window(ask, lambda answer: None, 1, meter)
        else:
            calls = zk.pipeline()
            ask = asked(workload, root, calls.get, calls.set, calls.create)
            by_window(ask, lambda call: call.result(), depth, meter)


def run_kazoo(hosts: str, workload: str, depth: int, meter: Meter, root: str) -> None:
    """kazoo, with its threads."""
    from kazoo.client import KazooClient

    zk = KazooClient(hosts)
    zk.start()
    zk.create(f"{root}/{HOT}", DATA, makepath=True)
    if depth == 1:
        ask = asked(workload, root, zk.get, zk.set, zk.create)
        by_window(ask, lambda answer: None, 1, meter)
    else:
        ask = asked(workload, root, zk.get_async, zk.set_async, zk.create_async)
        by_window(ask, lambda result: result.get(), depth, meter)
    zk.stop()
    zk.close()


def run_aiozk(hosts: str, workload: str, depth: int, meter: Meter, root: str) -> None:
    """aiozk."""
    import aiozk

    async def main() -> None:
        zk = aiozk.ZKClient(hosts)
        await zk.start()
        await zk.ensure_path(root)
        await zk.create(f"{root}/{HOT}", DATA)
        ask = asked(*(workload, root, zk.get, lambda path, data: zk.set(path, data, -1), zk.create))
        await by_coroutines(ask, depth, meter, asyncio.ensure_future)
        await zk.close()

    asyncio.run(main())


KINDS: dict[str, Callable[..., None]] = {
    "asyncio": run_asyncio,
    "twisted": run_twisted,
    "blocking": run_blocking,
    "kazoo": run_kazoo,
    "aiozk": run_aiozk,
}


def main(kind: str, hosts: str, workload: str, depth: str, seconds: str, root: str) -> None:
    """Do it, and print what came of it."""
    meter = Meter(float(seconds))
    KINDS[kind](hosts, workload, int(depth), meter, root)
    print(json.dumps(meter.report))


if __name__ == "__main__":
    main(*sys.argv[1:])
