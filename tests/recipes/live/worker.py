"""One process that contends for a lock again and again, and says what it had and when.

    python -m recipes.live.worker HOSTS PATH CONTENDERS ROUNDS

Each line is an event: `in TOKEN MOMENT NAME` or `out TOKEN MOMENT NAME`. The moment is the
monotonic clock of the machine, which all processes share.
"""

import asyncio
import os
import sys
import time

from hikari_client import LockLost, aio
from hikari_client.recipes import Lock


async def contend(hosts: str, path: str, name: str, rounds: int) -> None:
    async with aio.client(hosts, session_timeout=4) as zk:
        for _ in range(rounds):
            try:
                async with Lock(zk, path, name=name) as held:
                    print("in", held.token, time.monotonic(), name, flush=True)
                    await zk.sleep(0.01)
                    held.check()
                    print("out", held.token, time.monotonic(), name, flush=True)
            except LockLost:
                print("lost", 0, time.monotonic(), name, flush=True)


async def main() -> None:
    hosts, path, contenders, rounds = sys.argv[1:]
    async with asyncio.TaskGroup() as group:
        for number in range(int(contenders)):
            group.create_task(contend(hosts, path, f"{os.getpid()}-{number}", int(rounds)))


if __name__ == "__main__":
    asyncio.run(main())
