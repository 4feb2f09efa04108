"""A fleet of both: kazoo's recipes and ours in one queue, on one path, with one layout."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from kazoo.client import KazooClient

from hikari_client import Client, DeadlineExceeded, aio
from hikari_client.recipes import (
    Barrier,
    CachedCounter,
    Counter,
    DoubleBarrier,
    Election,
    LeaderLatch,
    Lease,
    Lock,
    LockingQueue,
    MultiLease,
    Party,
    Queue,
    ReadWriteLock,
    ReentrantLock,
    Semaphore,
    SetPartitioner,
    ShallowParty,
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
        assert await ReentrantLock(zk, "/lock").try_acquire() is None
        waiting = asyncio.create_task(Lock(zk, "/lock", name="ours")._acquire(10, None))
        while await asyncio.to_thread(theirs.contenders) != ["kazoo", "ours"]:
            await zk.sleep(0.05)
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
        assert await CachedCounter(Counter(zk, "/c"), 2).next() == 6
        await settled()
        assert theirs.value == 7
        async with Party(zk, "/p", "ours") as party:
            others = kazoo.Party("/p", "theirs")
            others.join()
            await settled()
            assert sorted(others) == sorted(await party.members()) == ["ours", "theirs"]
        assert await Lease(zk, "/lease", 60, name="ours").obtain()

        def lease() -> bool:
            return bool(kazoo.NonBlockingLease("/lease", timedelta(minutes=1), "theirs"))

        assert not await asyncio.to_thread(lease)
        assert await Lease(zk, "/lease", 60, name="ours").obtain()

    live(hosts, story)


def test_elections_and_latches_stand_in_one_queue(hosts: str, kazoo: Any) -> None:
    leads, over = threading.Event(), threading.Event()
    theirs = kazoo.Election("/e", "kazoo")

    def lead() -> None:
        leads.set()
        assert over.wait(20)

    async def run_theirs() -> None:
        leads.clear()
        over.clear()
        await asyncio.to_thread(theirs.run, lead)

    async def stand(zk: Client, names: list[str]) -> None:
        """Wait until these stand, in this order, and both clients see it."""
        async with asyncio.timeout(20):
            while [one.name for one in await Election(zk, "/e").candidates()] != names:
                await zk.sleep(0.02)
        await asyncio.to_thread(kazoo.sync, "/")
        assert await asyncio.to_thread(theirs.contenders) == names

    async def story(zk: Client) -> None:
        first = asyncio.create_task(run_theirs())
        assert await asyncio.to_thread(leads.wait, 10)
        terms: Any = aiter(Election(zk, "/e", name="campaign"))
        async with LeaderLatch(zk, "/e", name="latch") as latch, aclosing(terms):
            await stand(zk, ["kazoo", "latch"])
            coming = asyncio.create_task(anext(terms))
            await stand(zk, ["kazoo", "latch", "campaign"])
            assert not latch.leads
            over.set()
            await first
            await latch.elected(timeout=10)
            await latch.close()
            async with asyncio.timeout(10), await coming:
                again = asyncio.create_task(run_theirs())
                await stand(zk, ["campaign", "kazoo"])
                assert not leads.is_set()
            assert await asyncio.to_thread(leads.wait, 10)
            over.set()
            await again

    live(hosts, story)


def test_barriers_hold_both(hosts: str, kazoo: Any) -> None:
    async def story(zk: Client) -> None:
        ours, theirs = Barrier(zk, "/b"), kazoo.Barrier("/b")
        await ours.close()
        await asyncio.to_thread(kazoo.sync, "/")
        assert not await asyncio.to_thread(theirs.wait, 0.1)
        waiting = asyncio.create_task(asyncio.to_thread(theirs.wait, 10))
        await ours.open()
        assert await waiting
        await asyncio.to_thread(theirs.create)
        await zk.sync()
        with pytest.raises(DeadlineExceeded):
            await ours.wait(timeout=0.1)
        assert await asyncio.to_thread(theirs.remove)
        await ours.wait(timeout=10)

    live(hosts, story)


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_double_barriers_begin_and_end_together(hosts: str, kazoo: Any, first: str) -> None:
    async def story(zk: Client) -> None:
        both = {"ours": DoubleBarrier(zk, "/db", 2), "theirs": kazoo.DoubleBarrier("/db", 2)}

        async def do(whose: str, what: str) -> None:
            does = getattr(both[whose], what)
            await (does() if whose == "ours" else asyncio.to_thread(does))

        for what in ("enter", "leave"):
            one = asyncio.create_task(do(first, what))
            await zk.sleep(0.2)
            assert not one.done(), "it waits for the other"
            await do("theirs" if first == "ours" else "ours", what)
            async with asyncio.timeout(10):
                await one
        await zk.sync()
        assert await zk.children("/db") == []

    live(hosts, story)


def their_share(theirs: Any, size: int) -> list[str]:
    """As kazoo's page shows it: give it back when asked, until it is so large."""
    until = time.monotonic() + 20
    while not (theirs.acquired and len(list(theirs)) == size):
        assert time.monotonic() < until
        assert not theirs.failed
        if theirs.release:
            theirs.release_set()
        theirs.state_change_event.wait(0.05)
        theirs.state_change_event.clear()
    return list(theirs)


def test_shallow_parties_and_shares_of_a_set(hosts: str, kazoo: Any) -> None:
    async def story(zk: Client) -> None:
        async with ShallowParty(zk, "/sp", "ours") as party:
            others = kazoo.ShallowParty("/sp", "theirs")
            await asyncio.to_thread(others.join)
            await zk.sync()
            await asyncio.to_thread(kazoo.sync, "/")
            assert sorted(await asyncio.to_thread(list, others)) == ["ours", "theirs"]
            assert await party.members() == ["ours", "theirs"]
        items = ["a", "b", "c", "d"]
        theirs = await asyncio.to_thread(
            lambda: kazoo.SetPartitioner("/set", items, identifier="kazoo", time_boundary=0.3)
        )
        assert await asyncio.to_thread(their_share, theirs, 4) == items
        portions: Any = aiter(SetPartitioner(zk, "/set", items, name="ours", settle=0.3))
        share = asyncio.create_task(asyncio.to_thread(their_share, theirs, 2))
        async with aclosing(portions):
            async for portion in portions:
                async with portion:
                    assert portion.items == ["b", "d"]
                    assert await share == ["a", "c"]
                break
        assert await asyncio.to_thread(their_share, theirs, 4) == items
        await asyncio.to_thread(theirs.finish)

    live(hosts, story)


def test_leases_of_some_hosts(hosts: str, kazoo: Any) -> None:
    async def story(zk: Client) -> None:
        def obtain(name: str) -> bool:
            return bool(kazoo.MultiNonBlockingLease(2, "/ml", timedelta(minutes=1), name))

        assert await asyncio.to_thread(obtain, "theirs")
        assert await MultiLease(zk, "/ml", 2, 60, name="ours").obtain()
        assert not await MultiLease(zk, "/ml", 2, 60, name="another").obtain()
        assert not await asyncio.to_thread(obtain, "another")
        assert await MultiLease(zk, "/ml", 2, 60, name="ours").obtain()
        assert await asyncio.to_thread(obtain, "theirs")

    live(hosts, story)
