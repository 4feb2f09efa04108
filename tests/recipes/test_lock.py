"""A lock under everything that can happen to a connection, a session and a process."""

import asyncio
import gc
from typing import Any

import pytest
from recipes.false_ensemble import LATENCY_S, FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import DeadlineExceeded, LockLost
from hikari_client.recipes import Lock
from hikari_wire import codes

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


def test_one_task_in_two_locks_is_cancelled_once_and_told_by_the_outer_one() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        process: Any = zk.loop
        told: list[str] = []

        async def work() -> None:
            try:
                async with Lock(zk, "/locks/a"):
                    try:
                        async with Lock(zk, "/locks/b"):
                            process.alone = True
                            process.cut()
                            await zk.sleep(100)
                    finally:
                        told.append("inner")
            except LockLost as lost:
                told.append(lost.path)
            task = asyncio.current_task()
            assert task is not None
            assert not task.cancelling()
            async with asyncio.timeout(1):
                await zk.sleep(0.1)

        await work()
        assert told[0] == "inner"
        assert told[1].startswith("/locks/a/")

    play(story)


def test_a_cancellation_from_outside_stays_one_even_if_the_lock_is_lost_too() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()

        async def work() -> None:
            async with Lock(zk, PATH) as held:
                held.lost.set()
                task.cancel()
                await zk.sleep(100)

        task = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await task

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


def test_who_does_not_know_whether_it_stands_in_the_queue_looks_at_a_member_that_knows() -> None:
    """The next member may lag behind the one that did it: a sync comes first."""

    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        await zk.ensure_path(PATH)
        ensemble.lose_frame(zk.loop, 2)  # the create's answer, behind two requests
        async with Lock(zk, PATH):
            asked = [request for _, request in ensemble.asked]
            [at] = [n for n, request in enumerate(asked) if b"__lock__" in request[1]][:1]
            ops = [request[0] for request in asked[at:]]
            assert ops[:2] == [codes.CREATE2, codes.GET_CHILDREN]
            assert codes.GET_CHILDREN in ops[ops.index(codes.SYNC) :]
            assert ops.count(codes.CREATE2) == 1

    play(story)


def test_a_delete_that_is_refused_for_now_is_tried_again() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        held = await Lock(zk, PATH).acquire()
        ensemble.refusals[codes.DELETE] = [codes.THROTTLED_OP, codes.NOT_READ_ONLY]
        await held.release()
        assert ensemble.names(PATH) == []
        assert ensemble.refusals[codes.DELETE] == []

    play(story)


def test_numbers_that_begin_again_below_zero_keep_their_order() -> None:
    from hikari_client.recipes.contenders import in_order

    numbers = ["2147483646", "2147483647", "-2147483648", "-2147483647"]
    names = [f"{n:032x}__lock__{number}" for n, number in enumerate(numbers)]
    for anchor in ("", *names):
        assert [place.name for place in in_order(sorted(names), anchor)] == names or not anchor
    assert [place.name for place in in_order(["junk", *names], names[3])] == names


def test_a_free_lock_is_had_after_one_round_trip() -> None:
    """Where the contenders are listed in the same breath as one is made; who waits does so after
    one more."""

    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        await zk.ensure_path(PATH)
        began = zk.loop.now()
        held = await Lock(zk, PATH).acquire()
        assert zk.loop.now() - began == pytest.approx(2 * LATENCY_S)
        waiting = asyncio.create_task(Lock(other, PATH)._acquire(None, None))
        await other.sleep(3.9 * LATENCY_S)
        assert len(ensemble.watches.watching(held.path.encode())) == 2
        await held.release()
        await waiting

    play(story)


def test_what_nobody_waits_for_any_more_fails_in_silence() -> None:
    """Of two requests sent together both are answered, if the first has failed too."""

    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        told: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, said: told.append(said))
        zk = await ensemble.client(on_disconnect="fail").start()
        ensemble.lose_frame(zk.loop, number)
        async with Lock(zk, PATH):
            pass
        await zk.sleep(1)
        gc.collect()
        assert told == []
        return bool(ensemble.lost_frames)

    each_frame(story)
