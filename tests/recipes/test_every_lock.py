"""What every lock must stand: a lost connection, a cancellation, a lost session, at every step, and
a pause. At no moment more hold it than may, and nothing of anybody stays behind."""

import asyncio
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.locks import LOCKS, PATH, Recipe, contenders_in, places
from recipes.stories import Watchman, each_frame

from hikari_client import Client, ClientClosed, LockLost
from hikari_client.recipes import ReadLock, Semaphore

every_lock = pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS.keys())


def orphans(ensemble: FalseEnsemble) -> list[str]:
    return [name for place in places() for name in contenders_in(ensemble.names(place))]


@every_lock
@pytest.mark.parametrize("first", [True, False], ids=["the first", "the second"])
@pytest.mark.parametrize("meanwhile", ["wait", "fail"])
def test_a_connection_lost_at_each_step_leaves_one_holder_and_no_orphan(
    lock: Recipe, first: bool, meanwhile: str
) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        watchman = Watchman(ensemble)
        victim = await ensemble.client(on_disconnect=meanwhile).start()
        other = await ensemble.client().start()

        async def work(zk: Any, delay: float) -> None:
            await zk.sleep(delay)
            enter = lock.enter if zk is victim else lock.other
            async with enter(zk) as held:
                await watchman.work(zk, held, 0.5)

        ensemble.lose_frame(victim.loop, number)
        await asyncio.gather(work(victim, 0.0 if first else 0.1), work(other, 0.05))
        assert watchman.works == 2
        await other.sleep(1)
        assert orphans(ensemble) == []
        return bool(ensemble.lost_frames)

    each_frame(story)


@every_lock
def test_a_cancellation_at_each_step_leaves_no_orphan_and_no_holder(lock: Recipe) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        other = await ensemble.client().start()
        left = asyncio.Event()

        async def hold() -> None:
            async with lock.other(other):
                await left.wait()

        async def work() -> None:
            async with lock.enter(victim) as held:
                await victim.sleep(0.01)
                held.check()

        holder = asyncio.create_task(hold())
        await other.sleep(0.2)
        task = asyncio.create_task(work())
        other.loop.at(other.loop.now() + 0.01, left.set)
        await other.sleep(number * 0.0005)
        was_over = task.done()
        task.cancel()
        await asyncio.wait([task, holder])
        await other.sleep(0.1)
        assert orphans(ensemble) == []
        async with asyncio.timeout(1), lock.other(other):
            pass
        return not was_over

    each_frame(story)


@every_lock
def test_a_holder_whom_nobody_vouches_for_is_cancelled_before_another_has_it(lock: Recipe) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        told: list[str] = []
        victim = await ensemble.client().start()
        other = await ensemble.client().start()

        async def work() -> None:
            async with lock.enter(victim) as held:
                victim.loop.alone = True
                victim.loop.cut()
                await victim.sleep(0.01)
                assert held.suspended
                assert not held.is_lost
                held.lost.when(lambda: told.append("lost"))
                try:
                    await victim.sleep(100)
                finally:
                    told.append("cancelled")

        task = asyncio.create_task(work())
        await other.sleep(0.1)
        async with asyncio.timeout(20), lock.other(other):
            assert sorted(told) == ["cancelled", "lost"]
        with pytest.raises(LockLost):
            await task

    play(story)


@every_lock
def test_a_paused_holder_knows_that_it_is_lost_before_it_does_anything(lock: Recipe) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        told: list[str] = []
        victim = await ensemble.client().start()
        other = await ensemble.client().start()

        async def work() -> None:
            async with lock.enter(victim) as held:
                try:
                    while True:
                        await victim.exists("/")
                        held.check()
                        told.append("works")
                        await victim.sleep(0.1)
                finally:
                    told.append("over")

        task = asyncio.create_task(work())
        await other.sleep(1)
        victim.loop.pause()
        async with asyncio.timeout(20), lock.other(other):
            told.clear()
            victim.loop.resume()
            with pytest.raises(LockLost):
                await task
            assert told == ["over"]
        await other.sleep(20)
        assert orphans(ensemble) == []

    play(story)


@every_lock
def test_a_session_that_ends_at_each_step_ends_what_it_held(lock: Recipe) -> None:
    """The members end it early, as an operator may make them: then nobody is told in time, but
    nobody hangs, and nothing stays."""

    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        other = await ensemble.client().start()
        over: list[Any] = []
        inside: list[int] = []

        async def work(zk: Any) -> None:
            session = 0
            try:
                enter = lock.enter if zk is victim else lock.other
                async with enter(zk) as held:
                    session = zk.session_id
                    alive = [one for one in inside if one in ensemble.tree.sessions]
                    assert held.is_lost or not alive, "it is given to one of those that live"
                    inside.append(session)
                    await zk.sleep(0.05)
            except LockLost as error:
                over.append(error)
            finally:
                if session in inside:
                    inside.remove(session)

        tasks = [asyncio.create_task(work(victim)), asyncio.create_task(work(other))]
        await asyncio.sleep(number * 0.0005)
        was_over = tasks[0].done()
        ensemble.expire(victim.session_id)
        await asyncio.sleep(number % 7 * 0.0007)
        victim.loop.cut()
        await asyncio.gather(*tasks)
        await other.sleep(1)
        assert len(over) <= 1
        assert orphans(ensemble) == []
        return not was_over

    each_frame(story)


def test_many_readers_and_leases_but_not_more() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        clients = [await ensemble.client().start() for _ in range(9)]
        watchman = Watchman(ensemble, most=3)

        async def work(zk: Any) -> None:
            async with Semaphore(zk, PATH, 3, name="w") as held:
                await watchman.work(zk, held, 1)

        await asyncio.gather(*(work(zk) for zk in clients))
        assert (watchman.works, watchman.highest) == (9, 3)
        readers = [await ReadLock(zk, "/locks/y").acquire(timeout=1) for zk in clients]
        assert not any(one.is_lost for one in readers)

    play(story)


@every_lock
def test_a_client_that_is_closed_hangs_nobody(lock: Recipe) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = ensemble.client()
        other = await ensemble.client().start()

        async def work(client: Client) -> None:
            enter = lock.other if client is other else lock.enter
            async with enter(client):
                await other.sleep(1000)

        async with asyncio.timeout(1):
            with pytest.raises(ClientClosed):
                await work(zk)  # it was never started
        await zk.start()
        holder = asyncio.create_task(work(other))
        await zk.sleep(1)
        waiting = asyncio.create_task(work(zk))
        await zk.sleep(1)
        await zk.close()
        async with asyncio.timeout(1):
            with pytest.raises(ClientClosed):
                await waiting
        await other.close()
        async with asyncio.timeout(1):
            with pytest.raises(LockLost):
                await holder

    play(story, seconds=100)
