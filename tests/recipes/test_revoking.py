"""Asking for a lock to be given back."""

import asyncio
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.locks import LOCKS, PATH
from recipes.stories import each_frame

from hikari_client.recipes import Lock, revoke

WITH_PATH = {name: one.enter for name, one in LOCKS.items() if name != "multi lock"}


@pytest.mark.parametrize("lock", WITH_PATH.values(), ids=WITH_PATH.keys())
def test_a_holder_hears_that_it_is_to_give_it_back_and_still_holds_it(lock: Any) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        other = await ensemble.client().start()
        async with lock(victim, on_lost="tell") as held:
            ensemble.lose_frame(victim.loop, number)
            assert await revoke(other, held.path)
            async with asyncio.timeout(5):
                await held.revoked
            held.check()
            await victim.sleep(1)  # what is watched again is heard of again
            await other.delete(held.path)
            async with asyncio.timeout(5):
                await held.lost
        assert not await revoke(other, held.path)
        return number < 7

    each_frame(story)


def test_one_of_many_is_enough() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        async with LOCKS["multi lock"].enter(zk) as held:
            assert not held.revoked.is_set
            await Lock(zk, f"{PATH}-too").revoke()
            await zk.sleep(0.1)
            assert held.revoked.is_set

    play(story)


def test_who_is_asked_while_it_waits_knows_it_when_it_holds() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        lock = Lock(zk, PATH, name="x")
        assert await lock.revoke() is None
        first = await lock.acquire()
        waiting = asyncio.create_task(lock._acquire(None, None))
        await zk.sleep(0.1)
        [other] = await first.waiters()
        assert (other.name, other.is_revoked) == ("x", False)
        await revoke(zk, other.path)
        [other] = await first.waiters()
        assert other.is_revoked
        assert not first.revoked.is_set
        await first.release()
        second = await waiting
        assert second is not None
        assert second.revoked.is_set
        holder = await lock.revoke()
        assert holder is not None
        assert holder.token == second.token
        await second.release()

    play(story)


def test_who_is_asked_before_it_knows_that_it_stands_leaves_no_orphan() -> None:
    """The mark replaces the data of the znode: it is known by its name."""

    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        other = await ensemble.client().start()
        await other.ensure_path(PATH)

        async def work() -> None:
            async with Lock(victim, PATH, name="x"):
                pass

        def mark() -> None:
            for name in ensemble.names(PATH):
                ensemble.apply((5, f"{PATH}/{name}".encode(), b"__REVOKE__", -1))

        ensemble.lose_frame(victim.loop, number)
        task = asyncio.create_task(work())
        for _ in range(20):
            await other.sleep(0.0005)
            mark()
        async with asyncio.timeout(5):
            await task
        await other.sleep(0.1)
        assert ensemble.names(PATH) == []
        return bool(ensemble.lost_frames)

    each_frame(story)
