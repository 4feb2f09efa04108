"""The same recipes under asyncio and Twisted, against real members."""

import gc
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from drivers.drivers import DRIVERS
from twisted.logger import globalLogPublisher

from hikari_client import Client, DeadlineExceeded, LockLost, NoNode, blocking
from hikari_client.recipes import (
    CachedCounter,
    Counter,
    DataWatch,
    DoubleBarrier,
    Election,
    LeaderLatch,
    LockingQueue,
    MultiLock,
    PatientChildrenWatch,
    PersistentNode,
    Queue,
    SetPartitioner,
    ShardedQueue,
    SharedCount,
    TreeCache,
    UniqueIds,
    create_protected,
    delete_guaranteed,
)
from hikari_client.recipes.waiting import Beside

pytestmark = pytest.mark.ensemble


@pytest.fixture(params=DRIVERS)
def live(request: pytest.FixtureRequest, hosts: str) -> Callable[[Any], None]:
    """Tell a story of a client; whatever nobody caught is an error of the test."""
    driver = DRIVERS[request.param]()
    servers, _, chroot = hosts.partition("/")

    async def run(story: Any) -> None:
        async with driver.client(servers) as root:
            await root.create(f"/{chroot}")
        async with driver.client(hosts) as zk:
            await story(zk)

    def tell(story: Any) -> None:
        unhandled: list[Any] = []

        def look(event: Any) -> None:
            if "log_failure" in event:
                unhandled.append(event["log_failure"])

        globalLogPublisher.addObserver(look)
        try:
            driver.run(run(story))
            gc.collect()
        finally:
            globalLogPublisher.removeObserver(look)
        assert unhandled == []

    return tell


def test_locks(live: Any) -> None:
    async def story(zk: Client) -> None:
        lock = zk.lock("/locks/x", name="a")
        over: list[str] = []

        async def loses(held: Any) -> None:
            try:
                await zk.delete(held.path)
                await zk.sleep(30)
            finally:
                over.append("cancelled")

        async def gives(held: Any) -> int:
            return int(held.token)

        with pytest.raises(LockLost):
            await lock.run(loses)
        assert over == ["cancelled"]
        assert await lock.run(gives) > 0
        async with lock as held:
            assert await lock.try_acquire() is None
            with pytest.raises(DeadlineExceeded):
                await lock.acquire(timeout=0.1)
            while await held.waiters():  # what was in doubt is taken back in the background
                await zk.sleep(0.01)
            waiting = Beside(zk, lock._acquire(None, None))
            await zk.sleep(0.1)
            assert len(await held.waiters()) == 1
            waiting.stop()
            await zk.sleep(0.1)
            assert await held.waiters() == []
        async with MultiLock([zk.lock("/l/a"), zk.semaphore("/l/b", 2)]) as many:
            assert sorted(many.tokens) == ["/l/a", "/l/b"]
        both = zk.read_write_lock("/l/c")
        reader = await both.writer.downgrade(await both.writer.acquire())
        await reader.release()
        assert await zk.children("/locks/x") == []

    live(story)


def test_a_body_is_cancelled_where_the_driver_knows_which(live: Any) -> None:
    async def story(zk: Client) -> None:
        async def body() -> None:
            async with zk.lock("/locks/x", on_lost="cancel") as held:
                await zk.delete(held.path)
                await zk.sleep(30)

        with pytest.raises((LockLost, ValueError)) as raised:
            await body()
        assert (raised.type is LockLost) == hasattr(zk.loop, "running")
        async with zk.lock("/locks/x"):
            assert len(await zk.children("/locks/x")) == 1

    live(story)


def test_who_is_asked_to_give_it_back(live: Any) -> None:
    async def story(zk: Client) -> None:
        lock = zk.lock("/locks/x", name="a", layout="curator")

        async def waits(held: Any) -> str:
            await held.revoked
            return "gave"

        asked: list[Any] = []

        async def ask() -> None:
            while not asked:
                asked.extend(filter(None, [await lock.revoke()]))

        beside = Beside(zk, ask())
        assert await lock.run(waits) == "gave"
        beside.stop()
        assert asked[0].name in ("a", "__REVOKE__")
        assert await lock.revoke() is None

    live(story)


def test_elections(live: Any) -> None:
    async def story(zk: Client) -> None:
        terms: Any = aiter(Election(zk, "/e"))
        async with aclosing(terms):
            async for term in terms:
                async with term:
                    term.check()
                break
        async with LeaderLatch(zk, "/e") as latch:
            await latch.elected(timeout=5)
            async with LeaderLatch(zk, "/e") as other:
                await zk.sleep(0.1)
                assert not other.leads
            await zk.sleep(0.1)
        assert await zk.children("/e") == []

    live(story)


def test_what_follows(live: Any) -> None:
    async def story(zk: Client) -> None:
        told: list[Any] = []
        async with (
            PersistentNode(zk, "/a/b", b"1") as node,
            TreeCache(zk, "/a") as tree,
            DataWatch(zk, "/a/b", told.append),
            tree.changes() as changes,
        ):
            assert tree["/a/b"].data == b"1"
            await node.set(b"2")
            assert (await anext(changes)).path == "/a/b"
            await zk.delete("/a/b")
            await anext(changes)
            await anext(changes)
            assert tree["/a/b"].data == b"2"
            await zk.sleep(0.1)
        assert [told[0].data, told[-1].data] == [b"1", b"2"]
        portions: Any = aiter(SetPartitioner(zk, "/set", ["x", "y"], name="a", settle=0.1))
        async with aclosing(portions):
            async for portion in portions:
                async with portion:
                    assert portion.items == ["x", "y"]
                break
        assert await zk.children("/set/party") == []

    live(story)


def test_queues_barriers_and_numbers(live: Any) -> None:
    async def story(zk: Client) -> None:
        queue = LockingQueue(zk, "/q")
        await queue.put(b"1", b"2")
        async with await queue.get(timeout=5) as one, await queue.get(timeout=5) as two:
            assert (one.value, two.value) == (b"1", b"2")
        assert await queue.count() == 0
        async with DoubleBarrier(zk, "/b", 1):
            pass
        assert await zk.counter("/c").add(2) == 2
        async with ShardedQueue(zk, "/shards", LockingQueue) as shards:
            await shards.put(b"1")
            async with await shards.get(timeout=5) as item:
                assert item.value == b"1"
        settings = {"layout": "curator", "taken": "/cq-locks"}
        await LockingQueue(zk, "/cq", **settings).put(b"1", b"2")
        assert (await Queue(zk, "/cq", layout="curator").get(timeout=5)).value == b"1"
        async with await LockingQueue(zk, "/cq", **settings).get(timeout=5) as item:
            assert item.value == b"2"
        cached = CachedCounter(Counter(zk, "/cached", encoding="long"), 2)
        assert [await cached.next() for _ in range(3)] == [1, 2, 3]
        async with SharedCount(zk, "/shared", 4) as count:
            assert await count.try_set(5)
        assert (await PatientChildrenWatch(zk, "/cq", quiet=0.05).wait(timeout=5)).names == []
        ids = UniqueIds(zk, "/ids", block=2)
        assert len({await ids.next_guid() for _ in range(5)}) == 5

    live(story)


def test_created_once_and_deleted_for_sure(live: Any) -> None:
    async def story(zk: Client) -> None:
        await zk.ensure_path("/a")
        for number in range(2):
            created = await create_protected(zk, "/a/x-", sequential=True, timeout=5)
            assert created.path.endswith(f"-x-000000000{number}")
            await delete_guaranteed(zk, created.path)
        with pytest.raises(NoNode):
            await create_protected(zk, "/b/x", ephemeral=True)
        assert await zk.children("/a") == []

    live(story)


def test_they_are_used_from_threads_too(hosts: str) -> None:
    servers, _, chroot = hosts.partition("/")
    with blocking.connect(servers, deadline=10) as root:
        root.create(f"/{chroot}")
    with blocking.connect(hosts, deadline=10) as zk:
        with zk.within(lambda client: client.lock("/locks/x", timeout=5)) as held:
            held.check()
            assert len(zk.children("/locks/x")) == 1
        assert zk.children("/locks/x") == []

        async def add(client: Client) -> int:
            return await client.counter("/c").add(2)

        assert zk.run(add) == 2


def test_threads_lead_with_a_latch_and_are_told_so(hosts: str) -> None:
    servers, _, chroot = hosts.partition("/")
    with blocking.connect(servers, deadline=10) as root:
        root.create(f"/{chroot}")

    async def campaign(client: Client) -> int:
        async for term in client.election("/e"):
            async with term:
                return term.token
        raise AssertionError

    with blocking.connect(hosts, deadline=10) as zk:
        wrong: Any = Client.election
        said = r"Election has no .*run\(\).*LeaderLatch.*zk\.election"
        with pytest.raises(TypeError, match=said), zk.within(lambda zk: wrong(zk, "/e")):
            pass
        with zk.within(lambda client: LeaderLatch(client, "/e")) as latch:
            term = zk.run(lambda client: latch.elected(timeout=5))
            assert latch.leads
        assert term.is_lost
        assert zk.run(campaign) > term.token
        assert zk.children("/e") == []
