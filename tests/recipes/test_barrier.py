"""Barriers."""

import asyncio

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import DeadlineExceeded
from hikari_client.recipes import Barrier, DoubleBarrier

PATH = "/barriers/x"


def test_a_barrier_holds_until_it_is_opened() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        barrier = Barrier(zk, PATH)
        await barrier.wait(timeout=0.1)
        await barrier.close()
        await barrier.close()
        with pytest.raises(DeadlineExceeded):
            await Barrier(other, PATH).wait(timeout=10)
        waiting = asyncio.create_task(Barrier(other, PATH).wait())
        await zk.sleep(0.1)
        assert not waiting.done()
        await barrier.open()
        await asyncio.wait_for(waiting, 1)

    play(story)


@pytest.mark.parametrize("stale", [False, True])
def test_all_begin_together_and_end_together_whatever_connections_do(stale: bool) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        clients = [await ensemble.client().start() for _ in range(4)]
        if stale:
            await clients[0].create(f"{PATH}/ready", parents=True)
        entered: list[float] = []
        left: list[float] = []
        now = clients[0].loop.now

        async def work(who: int) -> None:
            zk = clients[who]
            for _ in range(2):
                await zk.sleep(who)
                async with DoubleBarrier(zk, PATH, 4, timeout=60):
                    entered.append(now())
                    await zk.sleep(who)
                left.append(now())

        ensemble.lose_frame(clients[2].loop, number)
        await asyncio.gather(*(work(who) for who in range(4)))
        assert max(entered[:4]) - min(entered[:4]) < 0.5
        assert max(left[:4]) - min(left[:4]) < 0.5
        assert min(left[:4]) >= min(entered[:4]) + 3
        assert min(entered[4:]) >= max(left[:4])
        assert ensemble.names(PATH) == []
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_who_waits_in_vain_leaves_nothing_behind() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        with pytest.raises(DeadlineExceeded):
            await DoubleBarrier(zk, PATH, 2).enter(timeout=1)
        await zk.sleep(0.1)
        assert ensemble.names(PATH) == []

    play(story)


def test_a_member_that_dies_has_left() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        one, two = DoubleBarrier(zk, PATH, 2), DoubleBarrier(other, PATH, 2)
        await asyncio.gather(one.enter(5), two.enter(5))
        other.loop.pause()  # type: ignore[attr-defined]
        await one.leave(timeout=20)
        assert set(ensemble.names(PATH)) <= {"ready"}
        third = await ensemble.client().start()
        with pytest.raises(DeadlineExceeded):
            await DoubleBarrier(third, PATH, 2).enter(timeout=1)

    play(story)
