"""Locks that several may have: readers and writers, leases, entries, many locks at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import DeadlineExceeded, LockLost
from hikari_client.recipes import (
    Lease,
    Lock,
    MultiLease,
    MultiLock,
    ReadWriteLock,
    ReentrantLock,
    Semaphore,
    SharedCount,
    WriteLock,
)

PATH = "/locks/x"


@pytest.mark.parametrize("layout", ["kazoo", "curator"])
@pytest.mark.parametrize("seed", range(5))
def test_readers_and_writers_come_in_order_and_never_meet(layout: Any, seed: int) -> None:
    """A reader waits for the writers before it alone, a writer for all before it; nobody starves
    and nothing dead-locks."""

    async def story(ensemble: FalseEnsemble) -> None:
        chance = Random(seed)
        readers = writers = works = 0
        came: list[str] = []
        went: list[str] = []

        async def work(zk: Any, name: str, reads: bool) -> None:
            nonlocal readers, writers, works
            both = ReadWriteLock(zk, PATH, layout=layout)
            came.append(name)
            async with (both.reader if reads else both.writer).acquire():
                went.append(name)
                readers, writers = readers + reads, writers + (not reads)
                assert writers <= 1
                assert not (writers and readers)
                await zk.sleep(chance.random())
                readers, writers = readers - reads, writers - (not reads)
                works += 1

        tasks = []
        for number in range(20):
            zk = await ensemble.client().start()
            reads = chance.random() < 0.6
            tasks.append(asyncio.create_task(work(zk, f"{'rw'[not reads]}{number}", reads)))
            await zk.sleep(0.01)
        await asyncio.gather(*tasks)
        assert works == 20
        assert ensemble.names(PATH) == []
        for at, name in enumerate(came):
            if name.startswith("w"):
                assert went.index(name) == at, "a writer is passed by nobody, and passes nobody"

    play(story)


def test_readers_are_inside_together() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        both = ReadWriteLock(zk, PATH)
        one = await both.reader.acquire(timeout=1)
        two = await both.reader.acquire(timeout=1)
        with pytest.raises(DeadlineExceeded):
            await both.writer.acquire(timeout=1)
        await one.release()
        await two.release()
        await both.writer.acquire(timeout=1)
        assert await both.reader.try_acquire() is None

    play(story)


def test_a_writer_becomes_a_reader_and_no_other_writer_comes_in_between() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        lock = WriteLock(zk, PATH)
        held = await lock.acquire()
        writer = asyncio.create_task(WriteLock(other, PATH)._acquire(None, None))
        await zk.sleep(0.1)
        ensemble.lose_frame(zk.loop, number)
        try:
            reader = await lock.downgrade(held)
        except Exception:
            await zk.sleep(1)
            assert ensemble.lost_frames
            assert writer.done(), "nothing of the former writer is in the way"
            return True
        await other.sleep(1)
        assert not writer.done()
        assert not reader.is_lost
        assert reader.token > held.token
        again = await ReadWriteLock(zk, PATH).reader.try_acquire()
        assert again is None, "the waiting writer comes before new readers"
        await reader.release()
        second = await asyncio.wait_for(writer, 2)
        assert second is not None
        return bool(ensemble.lost_frames)

    number = 0
    while play(lambda ensemble, n=number: story(ensemble, n)):  # type: ignore[misc]
        number += 1
    assert number >= 2


def test_a_reentrant_lock_is_given_back_with_its_last_entry() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        mine, others = ReentrantLock(zk, PATH), Lock(zk, PATH)
        async with mine as outer:
            async with mine as inner:
                assert inner.token == outer.token
            assert not outer.is_lost
            assert await others.try_acquire() is None
        assert await others.acquire(timeout=1)

    play(story)


def test_a_reentrant_lock_that_two_tasks_of_one_owner_want_is_asked_for_once() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        mine = ReentrantLock(zk, PATH)
        one, two = await asyncio.gather(mine._acquire(1, None), mine._acquire(1, None))
        assert one is not None
        assert two is not None
        assert one.token == two.token
        await one.release()
        await one.release()
        assert len(ensemble.names(PATH)) == 1
        await two.release()
        assert ensemble.names(PATH) == []

    play(story)


def test_a_reentrant_lock_that_was_lost_is_acquired_anew() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        mine = ReentrantLock(zk, PATH)
        held = await mine.acquire()
        await zk.delete(held.path)
        await held.lost
        again = await mine.acquire(timeout=1)
        assert again.token > held.token
        await held.release()
        assert not again.is_lost

    play(story)


def test_all_locks_or_none() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        paths = ["/l/c", "/l/a", "/l/b"]
        taken = await Lock(zk, "/l/c").acquire()
        many = MultiLock([Lock(zk, path) for path in paths])
        with pytest.raises(DeadlineExceeded):
            await many.acquire(timeout=1)
        await zk.sleep(0.1)
        assert ensemble.names("/l/a") == ensemble.names("/l/b") == []
        await taken.release()
        async with many as held:
            assert sorted(held.tokens) == sorted(paths)
            assert [len(ensemble.names(path)) for path in paths] == [1, 1, 1]
        assert [len(ensemble.names(path)) for path in paths] == [0, 0, 0]

        async def one_is_lost() -> None:
            async with many as held:
                await zk.delete(held._held["/l/b"].path)
                await zk.sleep(10)

        with pytest.raises(LockLost):
            await one_is_lost()

    play(story)


def test_a_semaphore_tells_who_has_a_lease_and_agrees_on_how_many_there_are() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        of = Semaphore(zk, PATH, 2, name="me")
        held = [await of.acquire(timeout=1), await of.acquire(timeout=1)]
        assert [one.token for one in await of.holders()] == [one.token for one in held]
        assert await of.try_acquire() is None
        with pytest.raises(DeadlineExceeded):
            await of.acquire(timeout=1)
        assert [one.name for one in await of.holders()] == ["me", "me"]
        await held[0].release()
        assert await of.try_acquire() is not None
        with pytest.raises(ValueError, match="2 leases, not 3"):
            await Semaphore(zk, PATH, 3).acquire()

    play(story)


def test_a_semaphores_waiters_get_leases_in_order_under_losses() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        clients = [await ensemble.client().start() for _ in range(4)]
        order: list[int] = []
        inside = 0

        async def work(who: int) -> None:
            nonlocal inside
            zk = clients[who]
            await zk.sleep(0.05 * who)
            async with Semaphore(zk, PATH, 2) as held:
                order.append(who)
                inside += 1
                assert inside <= 2
                await zk.sleep(1 + who / 10)
                inside -= 1
                held.check()

        ensemble.lose_frame(clients[2].loop, number)
        await asyncio.gather(*(work(who) for who in range(4)))
        assert sorted(order) == [0, 1, 2, 3]
        await clients[0].sleep(1)
        assert ensemble.names(PATH) == ensemble.names(f"{PATH}-__lock__") == []
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_a_lease_outlives_its_session_and_ends_at_its_time() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        start = datetime(2030, 1, 1, tzinfo=UTC)
        now = [start]

        def lease(name: str) -> Lease:
            return Lease(zk, "/leases/x", 60, name=name, now=lambda: now[0])

        assert await lease("one").obtain()
        assert not await lease("two").obtain()
        now[0] = start + timedelta(seconds=30)
        assert await lease("one").obtain(), "it is renewed"
        now[0] = start + timedelta(seconds=80)
        assert not await lease("two").obtain()
        now[0] = start + timedelta(seconds=90)
        assert await lease("two").obtain()
        await lease("one").give_back()
        assert not await lease("one").obtain()
        await lease("two").give_back()
        assert await lease("one").obtain()
        assert [
            await MultiLease(zk, "/leases/m", 2, 60, name=name).obtain() for name in "abcab"
        ] == [True, True, False, True, True]

    play(story)


def test_a_number_of_leases_that_changes_wakes_who_waits_and_takes_nothing_away() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        async with SharedCount(zk, "/sem-count", 1) as count:
            slots = Semaphore(zk, "/sem", count, layout="curator")
            first = await slots.acquire(timeout=5)
            assert await slots.try_acquire() is None
            waiting = asyncio.create_task(slots._acquire(60, None))
            await zk.sleep(1)
            ensemble.lose_frame(zk.loop, number)
            await other.set("/sem-count", b"\0\0\0\2")
            async with asyncio.timeout(5):
                second = await waiting
            assert second is not None
            assert not second.is_lost
            await other.set("/sem-count", b"\0\0\0\1")
            await zk.sleep(1)
            assert not first.is_lost
            await first.release()
            assert await slots.try_acquire() is None
            await second.release()
            held = await slots.acquire(timeout=5)
            waiting = asyncio.create_task(slots._acquire(60, None))
            await zk.sleep(1)
            await other.set("/sem-count", b"?")
            with pytest.raises(ValueError, match="no count"):
                await waiting
            await held.release()
        with pytest.raises(ValueError, match="Curator"):
            Semaphore(zk, "/sem", count)
        return bool(ensemble.lost_frames)

    each_frame(story)
