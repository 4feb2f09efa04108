"""A lock under everything that can happen to a connection, a session and a process."""

import asyncio
import functools
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play

from hikari_client import DeadlineExceeded, LockLost
from hikari_client.recipes import Lock

PATH = "/locks/x"


def test_one_at_a_time_in_the_order_of_asking_and_tokens_grow() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        order: list[tuple[str, int]] = []
        inside = 0

        async def work(number: int) -> None:
            nonlocal inside
            zk = await ensemble.client().start()
            await zk.sleep(number * 0.05)
            async with Lock(zk, PATH, name=f"w{number}") as held:
                inside += 1
                assert inside == 1
                order.append((f"w{number}", held.token))
                await zk.sleep(1)
                inside -= 1

        await asyncio.gather(*(work(n) for n in range(8)))
        assert [name for name, _ in order] == [f"w{n}" for n in range(8)]
        tokens = [token for _, token in order]
        assert tokens == sorted(set(tokens))
        assert ensemble.names(PATH) == []

    play(story)


class Watchman:
    """Who is inside, and whether that was ever more than one."""

    def __init__(self, ensemble: FalseEnsemble, most: int = 1) -> None:
        self.ensemble = ensemble
        self.inside: list[Any] = []
        self.most = most
        self.seen: list[int] = []

    async def work(self, zk: Any, held: Any, seconds: float) -> None:
        self.inside = [one for one in self.inside if not one.is_lost]
        self.inside.append(held)
        assert len(self.inside) <= self.most, "two have it"
        self.seen.append(held.token)
        try:
            await zk.sleep(seconds)
            await zk.exists("/")
            held.check()
        finally:
            self.inside.remove(held)


def each_frame(story: Any) -> None:
    """Lose each frame that the story has, one in each of its runs."""
    number = 0
    while play(functools.partial(story, number=number)):
        number += 1
    assert number > 5, "the story was never hit"


@pytest.mark.parametrize("layout", ["kazoo", "curator"])
@pytest.mark.parametrize("first", [True, False])
def test_a_connection_lost_at_each_step_leaves_one_holder_and_no_orphan(
    first: bool, layout: Any
) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        watchman = Watchman(ensemble)
        victim = await ensemble.client().start()
        other = await ensemble.client().start()

        async def work(zk: Any, delay: float) -> None:
            await zk.sleep(delay)
            async with Lock(zk, PATH, layout=layout) as held:
                await watchman.work(zk, held, 0.5)

        ensemble.lose_frame(victim.loop, number)
        await asyncio.gather(work(victim, 0.0 if first else 0.1), work(other, 0.05))
        assert len(watchman.seen) == 2
        assert ensemble.names(PATH) == []
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_a_connection_lost_at_each_step_of_giving_up_leaves_no_orphan() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        other = await ensemble.client().start()
        async with Lock(other, PATH):
            ensemble.lose_frame(victim.loop, number)
            with pytest.raises(DeadlineExceeded):
                await Lock(victim, PATH).acquire(timeout=0.5)
            assert await Lock(victim, PATH).try_acquire() is None
            await other.sleep(1)
            assert len(ensemble.names(PATH)) == 1, "of the holder"
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_a_cancellation_at_each_step_leaves_no_orphan_and_no_holder() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        other = await ensemble.client().start()
        holder = await Lock(other, PATH).acquire()

        async def work() -> None:
            async with Lock(victim, PATH) as held:
                await victim.sleep(0.01)
                held.check()

        task = asyncio.create_task(work())
        other.loop.at(other.loop.now() + 0.01, lambda: other.spawn(holder.release()))
        await other.sleep(number * 0.0005)
        was_over = task.done()
        task.cancel()
        await asyncio.wait([task])
        await other.sleep(0.1)
        assert ensemble.names(PATH) == []
        async with Lock(other, PATH, timeout=1):
            pass
        return not was_over

    each_frame(story)


def test_a_lost_connection_and_a_cancellation_leave_no_orphan() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        victim = await ensemble.client().start()
        ensemble.lose_frame(victim.loop, number)
        task = asyncio.create_task(Lock(victim, PATH)._acquire(None, None))
        while not task.done() and not ensemble.lost_frames:
            await asyncio.sleep(0.0001)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(1)
        if not task.cancelled():
            await task.result().release()  # type: ignore[union-attr]
        assert ensemble.names(PATH) == []
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_a_holder_whose_session_nobody_vouches_for_is_cancelled_before_another_holds_it() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        told: list[str] = []
        victim = await ensemble.client().start()
        other = await ensemble.client().start()

        async def work() -> None:
            async with Lock(victim, PATH) as held:
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
        async with Lock(other, PATH, timeout=20) as held:
            assert told == ["lost", "cancelled"]
            assert held.token > 0
        with pytest.raises(LockLost):
            await task

    play(story)


@pytest.mark.parametrize("when", ["lost", "suspended"])
def test_a_paused_holder_knows_that_it_is_lost_before_it_does_anything(when: Any) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        told: list[str] = []
        victim = await ensemble.client().start()
        other = await ensemble.client().start()

        async def work() -> None:
            async with Lock(victim, PATH, lost_when=when) as held:
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
        async with Lock(other, PATH, timeout=20):
            told.clear()
            victim.loop.resume()
            with pytest.raises(LockLost):
                await task
            assert told == ["over"]
        await other.sleep(20)
        assert ensemble.names(PATH) == []

    play(story)


def test_the_clock_alone_says_that_it_is_lost() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        victim = await ensemble.client().start()
        held = await Lock(victim, PATH).acquire(on_lost="tell")
        assert 5 < held.surely_for <= 6
        held.check()
        victim.loop.pause()
        await asyncio.sleep(7)
        assert not held.lost.is_set
        with pytest.raises(LockLost):
            held.check()

    play(story)


def test_it_can_be_lost_with_the_connection_already() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()

        async def work() -> None:
            async with Lock(zk, PATH, lost_when="suspended"):
                zk.loop.cut()
                await zk.sleep(100)

        with pytest.raises(LockLost):
            await asyncio.wait_for(work(), 1)
        async with Lock(zk, PATH, timeout=1):
            pass

    play(story)


def test_a_holder_or_waiter_whose_znode_is_deleted_by_somebody_is_told() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        held = await Lock(zk, PATH, name="one").acquire()
        waiting = asyncio.create_task(Lock(other, PATH, name="two")._acquire(None, None))
        await zk.sleep(0.1)
        assert [(one.name, one.token == held.token) for one in await Lock(zk, PATH).waiters()] == [
            ("one", True),
            ("two", False),
        ]
        [second] = await held.waiters()
        await zk.delete(second.path)
        await zk.sleep(0.1)
        [second] = await held.waiters()
        assert second.name == "two", "it stands in the queue again"
        await zk.delete(held.path)
        await held.lost
        assert held.is_lost
        assert await asyncio.wait_for(waiting, 1)

    play(story)


def test_the_body_may_be_told_instead_of_cancelled() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        async with Lock(zk, PATH, on_lost="tell") as held:
            await zk.delete(held.path)
            await held.lost

    play(story)


def test_work_runs_in_a_task_that_is_cancelled_when_it_is_lost() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        lock = Lock(zk, PATH)
        over: list[str] = []

        async def fine(held: Any) -> int:
            return int(held.token)

        async def wrong(held: Any) -> None:
            raise ValueError("wrong")

        async def loses(held: Any) -> None:
            try:
                await zk.delete(held.path)
                await zk.sleep(100)
            finally:
                over.append("cancelled")

        assert await lock.run(fine) > 0
        with pytest.raises(ValueError, match="wrong"):
            await lock.run(wrong)
        with pytest.raises(LockLost):
            await lock.run(loses)
        task = asyncio.create_task(lock.run(lambda held: zk.sleep(100)))
        await zk.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert over == ["cancelled"]
        assert ensemble.names(PATH) == []

    play(story)


def test_a_session_that_ends_while_waiting_begins_again_behind_the_others() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        first, victim, third = [await ensemble.client().start() for _ in range(3)]
        held = await Lock(first, PATH).acquire()
        order: list[str] = []

        async def work(zk: Any, name: str) -> None:
            async with Lock(zk, PATH):
                order.append(name)

        tasks = [asyncio.create_task(work(victim, "victim"))]
        await first.sleep(0.1)
        tasks.append(asyncio.create_task(work(third, "third")))
        await first.sleep(0.1)
        ensemble.expire(victim.session_id)
        victim.loop.cut()
        await first.sleep(1)
        assert len(ensemble.names(PATH)) == 3
        await held.release()
        await asyncio.gather(*tasks)
        assert order == ["third", "victim"]

    play(story)


def test_a_release_wakes_one_waiter_and_no_herd() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        clients = [await ensemble.client().start() for _ in range(20)]
        held = [await Lock(clients[0], PATH).acquire()]

        async def wait(zk: Any) -> None:
            held.append(await Lock(zk, PATH).acquire())

        for zk in clients[1:]:
            zk.spawn(wait(zk))
        await clients[0].sleep(1)
        ensemble.asked.clear()
        await held[0].release()
        await clients[0].sleep(1)
        assert len(held) == 2
        assert len(ensemble.asked) == 2, "a delete, and one looks who is next"

    play(story)


def test_numbers_that_begin_again_below_zero_keep_their_order() -> None:
    from hikari_client.recipes.contenders import in_order

    numbers = ["2147483646", "2147483647", "-2147483648", "-2147483647"]
    names = [f"{n:032x}__lock__{number}" for n, number in enumerate(numbers)]
    for anchor in ("", *names):
        assert [place.name for place in in_order(sorted(names), anchor)] == names or not anchor
    assert [place.name for place in in_order(["junk", *names], names[3])] == names
