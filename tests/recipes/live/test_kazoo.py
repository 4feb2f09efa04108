"""A fleet of both: kazoo's recipes and ours in one queue, on one path, with one layout."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from kazoo.client import KazooClient

from hikari_client import Client, aio
from hikari_client.recipes import (
    Counter,
    Lease,
    Lock,
    LockingQueue,
    Party,
    Queue,
    ReadWriteLock,
    Semaphore,
)

pytestmark = pytest.mark.ensemble


@pytest.fixture
def kazoo(hosts: str) -> Any:
    servers, _, chroot = hosts.partition("/")
    root = KazooClient(servers)
    root.start()
    root.create(f"/{chroot}")
    root.stop()
    client = KazooClient(hosts)
    client.start()
    yield client
    client.stop()
    client.close()


def live(hosts: str, story: Callable[[Client], Awaitable[Any]]) -> None:
    async def run() -> None:
        async with aio.client(hosts) as zk:
            await story(zk)

    asyncio.run(asyncio.wait_for(run(), 30))


def test_locks_exclude_each_other_in_one_queue(hosts: str, kazoo: Any) -> None:
    async def story(zk: Client) -> None:
        theirs = kazoo.Lock("/lock", "kazoo")
        theirs.acquire()
        assert await Lock(zk, "/lock").try_acquire() is None
        waiting = asyncio.create_task(Lock(zk, "/lock", name="ours")._acquire(10, None))
        await zk.sleep(0.2)
        await asyncio.to_thread(kazoo.sync, "/")
        assert theirs.contenders() == ["kazoo", "ours"]
        await asyncio.to_thread(theirs.release)
        held = await waiting
        assert held is not None
        assert not kazoo.Lock("/lock").acquire(blocking=False)
        got = threading.Event()
        thread = threading.Thread(target=lambda: kazoo.Lock("/lock").acquire() and got.set())
        thread.start()
        await held.release()
        assert await asyncio.to_thread(got.wait, 10)
        thread.join()

    live(hosts, story)


def test_readers_writers_and_semaphores(hosts: str, kazoo: Any) -> None:
    async def story(zk: Client) -> None:
        both = ReadWriteLock(zk, "/rw")
        reader = await both.reader.acquire(timeout=5)
        assert await asyncio.to_thread(kazoo.ReadLock("/rw").acquire, False)
        assert not await asyncio.to_thread(kazoo.WriteLock("/rw").acquire, False)
        assert await both.writer.try_acquire() is None
        await reader.release()
        theirs = kazoo.Semaphore("/sem", "kazoo", max_leases=2)
        assert await asyncio.to_thread(theirs.acquire)
        async with Semaphore(zk, "/sem", 2, name="ours"):
            await asyncio.to_thread(kazoo.sync, "/")
            assert sorted(theirs.lease_holders()) == ["kazoo", "ours"]
            third = kazoo.Semaphore("/sem", max_leases=2)
            assert not await asyncio.to_thread(third.acquire, False)

    live(hosts, story)


def test_queues_counters_parties_and_leases(hosts: str, kazoo: Any) -> None:
    async def story(zk: Client) -> None:
        kazoo.LockingQueue("/lq").put(b"theirs")
        await LockingQueue(zk, "/lq").put(b"ours")
        async with await LockingQueue(zk, "/lq").get(timeout=5) as item:
            assert item.value == b"theirs"
            assert await asyncio.to_thread(kazoo.LockingQueue("/lq").get, 5) == b"ours"

        async def settled() -> None:
            """Each client reads what its own member has."""
            await zk.sync()
            await asyncio.to_thread(kazoo.sync, "/")

        kazoo.Queue("/q").put(b"theirs")
        assert (await Queue(zk, "/q").get(timeout=5)).value == b"theirs"
        await Queue(zk, "/q").put(b"ours")
        await settled()
        assert kazoo.Queue("/q").get() == b"ours"
        theirs = kazoo.Counter("/c")
        theirs += 2
        await settled()
        assert await Counter(zk, "/c").add(3) == 5
        await settled()
        assert theirs.value == 5
        async with Party(zk, "/p", "ours") as party:
            others = kazoo.Party("/p", "theirs")
            others.join()
            await settled()
            assert sorted(others) == sorted(await party.members()) == ["ours", "theirs"]
        assert await Lease(zk, "/lease", 60, name="ours").obtain()

        def lease() -> bool:
            from datetime import timedelta

            return bool(kazoo.NonBlockingLease("/lease", timedelta(minutes=1), "theirs"))

        assert not await asyncio.to_thread(lease)
        assert await Lease(zk, "/lease", 60, name="ours").obtain()

    live(hosts, story)
