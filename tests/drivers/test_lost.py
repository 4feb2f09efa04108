"""What becomes of the body of `async with lock` when the lock is lost: under every driver it is
cancelled at once, wherever it waits, and nothing else is."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet import defer

from hikari_client import Client, LockLost

pytestmark = pytest.mark.ensemble
Live = Callable[..., None]
CANCELLED = (asyncio.CancelledError, defer.CancelledError)
LONG_S = 30


async def lose(zk: Client, path: str) -> None:
    """Somebody deletes what all of them hold."""
    for name in await zk.children(path):
        await zk.delete(f"{path}/{name}", missing_ok=True)


async def call(zk: Client) -> None:
    await zk.sleep(LONG_S)


async def spawned(zk: Client) -> None:
    await zk.spawn(zk.sleep(LONG_S))


async def stream(zk: Client) -> None:
    async for _ in zk.watch("/nothing"):
        pass


async def own(zk: Client) -> None:
    """Something that no client knows of."""
    await zk.loop.waiter()


@pytest.mark.parametrize("waits", [call, spawned, stream, own])
def test_the_body_is_cancelled_wherever_it_waits(live: Live, waits: Any) -> None:
    async def story(zk: Client) -> None:
        over: list[str] = []

        async def body() -> None:
            async with zk.lock("/l") as held:
                zk.spawn(lose(zk, "/l"))
                try:
                    await waits(zk)
                finally:
                    over.append("over")
                    assert held.is_lost

        for began in (body, lambda: zk.spawn(body())):
            with pytest.raises(LockLost):
                await began()
        assert over == ["over", "over"]
        await zk.sleep(0)  # and whoever was not in the body goes on
        assert await zk.children("/l") == []

    live(story)


def test_a_body_that_loses_it_itself_is_cancelled_when_it_waits_next(live: Live) -> None:
    async def story(zk: Client) -> None:
        done: list[str] = []

        async def body(then: Callable[[], Any]) -> None:
            async with zk.lock("/l") as held:
                held.lost.set()
                done.append("went on")
                await then()

        async def nothing() -> None:
            """Not even wait."""

        for then in (lambda: zk.sleep(LONG_S), nothing):
            with pytest.raises(LockLost):
                await body(then)
        assert done == ["went on"] * 2
        await zk.sleep(0.05)
        assert await zk.children("/l") == []

    live(story)


def test_what_the_body_spawned_is_its_own_trouble(live: Live) -> None:
    async def story(zk: Client) -> None:
        spawned: list[Any] = []

        async def value() -> str:
            await zk.sleep(0.2)
            return "here"

        async def body() -> None:
            async with zk.lock("/l"):
                spawned.append(zk.spawn(value()))
                await lose(zk, "/l")
                await zk.sleep(LONG_S)

        with pytest.raises(LockLost):
            await body()
        assert await spawned[0] == "here"

    live(story)


def test_the_caller_may_cancel_too_and_that_stays_a_cancellation(live: Live) -> None:
    async def story(zk: Client) -> None:
        async def body() -> None:
            async with zk.lock("/l") as held:
                zk.loop.soon(lambda: (task.cancel(), held.lost.set()))
                await zk.sleep(LONG_S)

        task = zk.spawn(body())
        with pytest.raises(CANCELLED):
            await task
        assert await zk.children("/l") == []

    live(story)


def test_of_two_locks_the_outer_one_tells_and_the_body_goes_on_behind_it(live: Live) -> None:
    async def story(zk: Client) -> None:
        async def body() -> None:
            async with zk.lock("/outer") as outer, zk.lock("/inner") as inner:
                zk.loop.soon(lambda: (outer.lost.set(), inner.lost.set()))
                await zk.sleep(LONG_S)

        with pytest.raises(LockLost) as lost:
            await body()
        assert lost.value.path.startswith("/outer/")
        await zk.sleep(0.05)
        assert await zk.children("/outer") == await zk.children("/inner") == []

    live(story)


def test_who_wants_to_be_told_is_not_cancelled(live: Live) -> None:
    async def story(zk: Client) -> None:
        async with zk.lock("/l", on_lost="tell") as held:
            zk.spawn(lose(zk, "/l"))
            await held.lost
            await zk.sleep(0.05)

    live(story)
