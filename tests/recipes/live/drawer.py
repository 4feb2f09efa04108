"""One process that draws unique ids for as long as it lives, and says each one.

python -m recipes.live.drawer HOSTS PATH
"""

import asyncio
import sys

from hikari_client import aio
from hikari_client.recipes import UniqueIds

BLOCK = 3
PAUSE_S = 0.002


async def main() -> None:
    hosts, path = sys.argv[1:]
    async with aio.client(hosts, session_timeout=4.0) as zk:
        ids = UniqueIds(zk, path, block=BLOCK)
        while True:
            print(await ids.next(), await ids.next_guid(), flush=True)
            await zk.sleep(PAUSE_S)


if __name__ == "__main__":
    asyncio.run(main())
