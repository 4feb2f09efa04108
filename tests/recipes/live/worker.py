"""One process whose contenders hold each of some recipes again and again, and say when they did.

    python -m recipes.live.worker HOSTS CONTENDERS ROUNDS STEPS RECIPE...

Each contender has one session, with which it contends for all of the recipes at once, each on a
path of its own. Each line is an event: `WHAT RECIPE TOKEN MOMENT NAME`. The moment is the monotonic
clock of the machine, which all processes share. `in`, `works` after each step of 10 ms, and `out`
are said while it is surely held; `lost` when it was lost. Every fifth contender is a rival of the
others, where a recipe has some. Of a lease, which has no token, each asks once, and says `has` or
`not`. `failed`, and why on its other output: then it goes on with its other recipes.
"""

import asyncio
import os
import sys
import time
import traceback
from typing import Any

from recipes.locks import LEASES, LOCKS, SHARED, Recipe

from hikari_client import Client, ConnectionLoss, LockLost, ZKError, aio

SESSION_S = 4.0
STEP_S = 0.01


def is_rival(number: int) -> bool:
    return number % 5 == 4


def path_of(recipe: str) -> str:
    """In each recipe's folder, so that nothing but it is there."""
    return f"/{recipe.replace(' ', '-')}/x"


def lease_of(most: int) -> str:
    """As what a worker takes it."""
    return f"lease {most}"


def token_of(held: Any, path: str) -> int:
    """Of a multi lock: of its first one."""
    return int(held.tokens[path] if hasattr(held, "tokens") else held.token)


async def contend(zk: Client, recipe: str, number: int, rounds: int, steps: int, name: str) -> None:
    found: Recipe = (LOCKS | SHARED)[recipe]
    enter = found.other if is_rival(number) else found.enter
    path, said_of = path_of(recipe), recipe.replace(" ", "-")

    def say(what: str, token: int, moment: float) -> None:
        print(what, said_of, token, moment, name, flush=True)

    for _ in range(rounds):
        try:
            async with enter(zk, path) as held:
                token = token_of(held, path)
                say("in", token, time.monotonic())
                for _ in range(steps if found.most == 1 else 5 * steps):  # so that they meet
                    await zk.sleep(STEP_S)
                    moment = time.monotonic()
                    held.check()
                    say("works", token, moment)
                say("out", token, time.monotonic())
        except LockLost:
            say("lost", 0, time.monotonic())
        except ZKError:
            traceback.print_exc()
            say("failed", 0, time.monotonic())


async def ask(zk: Client, recipe: str, name: str) -> None:
    lease = LEASES[int(recipe.split()[1])](zk, path_of(recipe), name)
    while True:
        try:
            said = "has" if await lease.obtain() else "not"
            break
        except (ConnectionLoss, LockLost):
            continue
        except ZKError:
            traceback.print_exc()
            said = "failed"
            break
    print(said, recipe.replace(" ", "-"), 0, time.monotonic(), name, flush=True)


async def contender(hosts: str, number: int, rounds: int, steps: int, recipes: list[str]) -> None:
    name = f"{os.getpid()}-{number}"
    async with aio.client(hosts, session_timeout=SESSION_S) as zk, asyncio.TaskGroup() as group:
        for recipe in recipes:
            if recipe in map(lease_of, LEASES):
                group.create_task(ask(zk, recipe, name))
            else:
                group.create_task(contend(zk, recipe, number, rounds, steps, name))


async def main() -> None:
    hosts, contenders, rounds, steps, *recipes = sys.argv[1:]
    async with asyncio.TaskGroup() as group:
        for number in range(int(contenders)):
            group.create_task(contender(hosts, number, int(rounds), int(steps), recipes))


if __name__ == "__main__":
    asyncio.run(main())
