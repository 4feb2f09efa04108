"""Queues."""

import asyncio
from random import Random
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import BadArguments, ConnectionLoss, DeadlineExceeded, LockLost
from hikari_client.recipes import (
    DelayQueue,
    IdQueue,
    LockingQueue,
    PriorityQueue,
    Queue,
    ShardedQueue,
)
from hikari_client.recipes.queues import BATCH

PATH = "/queues/x"


@pytest.mark.parametrize("layout", ["kazoo", "curator"])
def test_items_come_out_once_in_the_order_of_priority_and_of_putting(layout: Any) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = PriorityQueue(zk, PATH, layout=layout)
        for number in range(4):
            await queue.put(b"%d" % number, priority=(100, 5)[number % 2])
        assert await queue.count() == 4
        assert [(await queue.get()).value for _ in range(4)] == [b"1", b"3", b"0", b"2"]
        assert await queue.try_get() is None
        with pytest.raises(DeadlineExceeded):
            await queue.get(timeout=1)
        with pytest.raises(BadArguments):
            await queue.put(b"", priority=1 << 40)

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


@pytest.mark.parametrize("layout", ["kazoo", "curator", "simple"])
def test_a_lost_connection_loses_an_item_only_when_it_says_so(layout: Any) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        for value in (b"1", b"2"):
            await Queue(other, PATH, layout=layout).put(value)
        ensemble.lose_frame(zk.loop, number)
        got: list[bytes] = []
        for _ in range(2):
            try:
                got.append((await Queue(zk, PATH, layout=layout).get(timeout=5)).value)
            except ConnectionLoss as loss:
                got.append(b"in doubt" if loss.maybe_applied else b"?")
        assert got in ([b"1", b"2"], [b"in doubt", b"2"], [b"1", b"in doubt"])
        return bool(ensemble.lost_frames)

    each_frame(story)


@pytest.mark.parametrize("layout", ["kazoo", "curator"])
def test_a_delayed_item_comes_out_when_it_is_due(layout: Any) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = DelayQueue(zk, PATH, now=zk.loop.now, layout=layout)
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


@pytest.mark.parametrize("layout", ["kazoo", "curator"])
def test_an_item_with_a_key_can_be_taken_back(layout: Any) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = IdQueue(zk, PATH, layout=layout)
        for key in ("b", "a", "b", "c"):
            await queue.put(key.encode(), key=key)
        assert await queue.remove("b") == 2
        assert await queue.remove("x") == 0
        assert [await queue.get(), await queue.get()] == [(b"a", "a"), (b"c", "c")]
        with pytest.raises(BadArguments):
            await queue.put(b"", key="a|b")

    play(story)


LOCKING: dict[str, dict[str, Any]] = {
    "kazoo": {},
    "curator": {"layout": "curator", "taken": "/queues/x-locks"},
}
every_locking = pytest.mark.parametrize("settings", LOCKING.values(), ids=LOCKING.keys())


@every_locking
def test_a_locked_item_is_worked_on_by_one_and_consumed_once(settings: Any) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        values = [b"%d" % n for n in range(6)]
        await LockingQueue(other, PATH, **settings).put(*values)
        worked: list[bytes] = []
        under_way: set[bytes] = set()

        async def work(client: Any, seconds: float) -> None:
            queue = LockingQueue(client, PATH, **settings)
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
        places = (PATH, settings["taken"]) if settings else (f"{PATH}/entries", f"{PATH}/taken")
        assert [ensemble.names(place) for place in places] == [[], []]
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


def test_what_is_not_of_the_layout_stays_where_it_is_and_holds_nobody_up() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        queue = Queue(zk, PATH, layout="curator")
        locking = LockingQueue(zk, PATH, layout="curator", taken="/taken")
        await zk.ensure_path(PATH)
        await zk.create(f"{PATH}/foreign", b"x")
        for number in range(BATCH + 1):
            await zk.create(f"{PATH}/queue-!{number}", b"x" * number)
        assert await locking.try_get() is None
        await queue.put(b"1")
        await queue.put(b"2")
        assert (await queue.get(timeout=1)).value == b"1"
        assert await locking.count() == BATCH + 3
        async with await locking.get(timeout=1) as item:
            assert item.value == b"2"
        assert await queue.try_get() is None
        assert len(ensemble.names(PATH)) == BATCH + 2
        assert ensemble.names("/taken") == []

    play(story)


def test_items_are_named_and_packed_as_curator_does() -> None:
    """The bytes are those of its ItemSerializer and its tests of names."""

    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        await Queue(zk, "/a", layout="curator").put(b"hi")
        [name] = ensemble.names("/a")
        assert name == "queue-0000000000"
        packed = b"\0\1\0\1" + b"\1\0\0\0\2hi" + b"\2"
        assert (await zk.get(f"/a/{name}")).data == packed
        queue = PriorityQueue(zk, "/b", layout="curator")
        for priority in (1, 0, -1):
            await queue.put(b"%d" % priority, priority)
        assert sorted(ensemble.names("/b")) == [
            "queue-0FFFFFFFF0000000002",
            "queue-1000000000000000001",
            "queue-1000000010000000000",
        ]
        assert [(await queue.get()).value for _ in range(3)] == [b"-1", b"0", b"1"]
        await DelayQueue(zk, "/c", layout="curator", now=lambda: float(0x12345)).put(b"")
        assert ensemble.names("/c") == [f"queue-|{0x12345 * 1000:08X}|0000000000"]
        await Queue(zk, "/d", layout="simple").put(b"hi")
        assert ensemble.names("/d") == ["qn-0000000000"]
        assert (await zk.get("/d/qn-0000000000")).data == b"hi"
        for queue in (Queue(zk, "/a", layout="curator"), Queue(zk, "/d", layout="simple")):  # type: ignore[assignment]
            with pytest.raises(BadArguments):
                await queue.put(b"", 7)

    play(story)


def test_a_znode_of_curators_may_have_many_items_or_none() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        head, one, two = b"\0\1\0\1", b"\1\0\0\0\1a", b"\1\0\0\0\0"
        for items in (b"", one + two + one):
            await zk.create("/a/queue-", head + items + b"\2", sequential=True, parents=True)
        queue = Queue(zk, "/a", layout="curator")
        assert [(await queue.get()).value for _ in range(3)] == [b"a", b"", b"a"]
        assert await queue.try_get() is None
        await zk.create("/a/queue-", head + one + two + b"\2", sequential=True)
        async with await LockingQueue(zk, "/a", layout="curator", taken="/t").get() as item:
            assert item.values == (b"a", b"")
            with pytest.raises(ValueError, match="too many"):
                item.value  # noqa: B018

    play(story)


@pytest.mark.parametrize("kind", ["simple", "locking"])
def test_shards_are_added_when_all_are_long_and_emptied_by_everybody(kind: str) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        def make(client: Any, path: str) -> Any:
            return LockingQueue(client, path) if kind == "locking" else Queue(client, path)

        got: list[bytes] = []

        async def work() -> None:
            zk = await ensemble.client().start()
            async with ShardedQueue(zk, PATH, make, long=10, shards_max=3, check_s=1) as queue:
                while True:
                    item = await queue.get(timeout=30)
                    got.append(item.value)
                    if kind == "locking":
                        await item.consume()

        zk = await ensemble.client().start()
        async with ShardedQueue(
            zk, PATH, make, long=10, shards_max=3, check_s=1, chance=Random(1)
        ) as queue:
            assert await queue.try_get() is None
            for number in range(50):
                await queue.put(b"%d" % number)
                await zk.sleep(0.2)
                assert number > 8 or len(queue.shards) == 1
            assert await queue.count() == 50
            assert len(queue.shards) == len(ensemble.names(PATH)) == 3
            assert min([await shard.count() for shard in queue.shards]) > 5
            workers = asyncio.gather(work(), work(), return_exceptions=True)
            await zk.sleep(5)
            await queue.put(b"50")
            ends = await workers
            assert [type(end) for end in ends] == [DeadlineExceeded] * 2
            assert sorted(got) == sorted(b"%d" % n for n in range(51))
            assert await queue.count() == 0
        await zk.sleep(1)
        assert ensemble.names(f"{PATH}-leader") == []

    play(story)


def test_a_shard_that_somebody_adds_wakes_who_waits() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        async with ShardedQueue(zk, PATH, DelayQueue, check_s=1000) as queue:
            waiting = asyncio.create_task(queue.get(timeout=100))
            await zk.sleep(5)
            await DelayQueue(other, f"{PATH}/queue-x", now=other.loop.now).put(b"1")
            assert (await waiting).value == b"1"

    play(story)
