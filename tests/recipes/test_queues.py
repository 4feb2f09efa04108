"""Queues."""

import asyncio
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import BadArguments, ConnectionLoss, DeadlineExceeded, LockLost
from hikari_client.recipes import DelayQueue, IdQueue, LockingQueue, PriorityQueue, Queue

PATH = "/queues/x"


def test_items_come_out_once_in_the_order_of_priority_and_of_putting() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = PriorityQueue(zk, PATH)
        for number in range(4):
            await queue.put(b"%d" % number, priority=(100, 5)[number % 2])
        assert await queue.count() == 4
        assert [(await queue.get()).value for _ in range(4)] == [b"1", b"3", b"0", b"2"]
        assert await queue.try_get() is None
        with pytest.raises(DeadlineExceeded):
            await queue.get(timeout=1)
        with pytest.raises(BadArguments):
            await queue.put(b"", priority=1000)

    play(story)


def test_many_producers_and_consumers_lose_and_double_nothing() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        got: list[bytes] = []

        async def put(who: int) -> None:
            queue = Queue(await ensemble.client().start(), PATH)
            for number in range(20):
                await queue.put(b"%d-%d" % (who, number))

        async def get() -> None:
            queue = Queue(await ensemble.client().start(), PATH)
            while True:
                got.append((await queue.get(timeout=5)).value)

        await asyncio.gather(
            *(put(who) for who in range(3)), *(get() for _ in range(4)), return_exceptions=True
        )
        assert sorted(got) == sorted(b"%d-%d" % (w, n) for w in range(3) for n in range(20))

    play(story)


def test_a_lost_connection_loses_an_item_only_when_it_says_so() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        for value in (b"1", b"2"):
            await Queue(other, PATH).put(value)
        ensemble.lose_frame(zk.loop, number)
        got: list[bytes] = []
        for _ in range(2):
            try:
                got.append((await Queue(zk, PATH).get(timeout=5)).value)
            except ConnectionLoss as loss:
                got.append(b"in doubt" if loss.maybe_applied else b"?")
        assert got in ([b"1", b"2"], [b"in doubt", b"2"], [b"1", b"in doubt"])
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_a_delayed_item_comes_out_when_it_is_due() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = DelayQueue(zk, PATH, now=zk.loop.now)
        start = zk.loop.now()
        await queue.put(b"late", delay=20)
        await queue.put(b"soon", delay=5)
        assert await queue.try_get() is None
        assert (await queue.get()).value == b"soon"
        assert 5 <= zk.loop.now() - start < 5.1
        waiting = asyncio.create_task(queue.get())
        await zk.sleep(1)
        await queue.put(b"now")
        assert (await waiting).value == b"now"
        assert (await queue.get()).value == b"late"
        assert 20 <= zk.loop.now() - start < 20.1

    play(story)


def test_an_item_with_a_key_can_be_taken_back() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = IdQueue(zk, PATH)
        for key in ("b", "a", "b", "c"):
            await queue.put(key.encode(), key=key)
        assert await queue.remove("b") == 2
        assert await queue.remove("x") == 0
        assert [await queue.get(), await queue.get()] == [(b"a", "a"), (b"c", "c")]
        with pytest.raises(BadArguments):
            await queue.put(b"", key="a|b")

    play(story)


def test_a_locked_item_is_worked_on_by_one_and_consumed_once() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        values = [b"%d" % n for n in range(6)]
        await LockingQueue(other, PATH).put(*values)
        worked: list[bytes] = []
        under_way: set[bytes] = set()

        async def work(client: Any, seconds: float) -> None:
            queue = LockingQueue(client, PATH)
            while True:
                async with await queue.get(timeout=3) as item:
                    assert item.value not in under_way
                    under_way.add(item.value)
                    await client.sleep(seconds)
                    worked.append(item.value)
                    under_way.discard(item.value)

        ensemble.lose_frame(zk.loop, number)
        ends = await asyncio.gather(
            work(zk, 0.1), work(zk, 0.11), work(other, 0.12), return_exceptions=True
        )
        assert all(isinstance(end, DeadlineExceeded) for end in ends), ends
        assert sorted(worked) == values
        assert ensemble.names(f"{PATH}/entries") == ensemble.names(f"{PATH}/taken") == []
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_an_item_that_was_not_done_is_given_out_again() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        queue = LockingQueue(zk, PATH)
        await queue.put(b"1")

        async def fail() -> None:
            async with await queue.get():
                raise ValueError("wrong")

        with pytest.raises(ValueError, match="wrong"):
            await fail()
        item = await queue.get(timeout=1)
        with pytest.raises(DeadlineExceeded):
            await LockingQueue(other, PATH).get(timeout=1)
        process: Any = zk.loop
        process.alone = True
        process.cut()
        again = await LockingQueue(other, PATH).get(timeout=20)
        assert again.value == b"1"
        assert again.token > item.token
        process.alone = False
        with pytest.raises(LockLost):
            await item.consume()
        await again.consume()
        await again.consume()
        assert await queue.count() == 0

    play(story)
