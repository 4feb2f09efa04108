"""Creating once and deleting for sure."""

import asyncio
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import DeadlineExceeded, NoNode
from hikari_client.recipes import create_protected, delete_guaranteed
from hikari_wire import codes


@pytest.mark.parametrize("ephemeral", [False, True], ids=["persistent", "ephemeral"])
@pytest.mark.parametrize("meanwhile", ["wait", "fail"])
def test_what_is_protected_is_created_once_whichever_frame_is_lost(
    meanwhile: str, ephemeral: bool
) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client(on_disconnect=meanwhile).start()
        await zk.ensure_path("/a")
        ensemble.lose_frame(zk.loop, number)
        for _ in range(4):
            created = await create_protected(
                zk, "/a/x-", b"1", ephemeral=ephemeral, sequential=True, timeout=60
            )
            assert created.path.startswith("/a/_c_")
        assert len(ensemble.names("/a")) == 4
        assert created.path.endswith("x-0000000003")
        assert created.stat.ephemeral_owner == (zk.session_id if ephemeral else 0)
        return bool(ensemble.lost_frames)

    each_frame(story)


@pytest.mark.parametrize("ephemeral", [False, True], ids=["persistent", "ephemeral"])
def test_a_session_that_ends_at_each_step_leaves_one(ephemeral: bool) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        await zk.ensure_path("/a")
        task = asyncio.create_task(create_protected(zk, "/a/x", ephemeral=ephemeral))
        await zk.sleep(number * 0.0003)
        was_over = task.done()
        ensemble.expire(zk.session_id)
        process: Any = zk.loop
        process.cut()
        created = await task
        await zk.sleep(20)
        if not was_over:
            assert len(ensemble.names("/a")) == 1
            if not ephemeral or created.stat.ephemeral_owner == zk.session_id:
                assert created.path == f"/a/{ensemble.names('/a')[0]}"
        return not was_over

    each_frame(story)


def test_who_gives_up_leaves_nothing_behind() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        await zk.ensure_path("/a")
        with pytest.raises(NoNode):
            await create_protected(zk, "/b/x")
        task = asyncio.create_task(create_protected(zk, "/a/x", timeout=3))
        await zk.sleep(number * 0.0003)
        was_over = task.done()
        process: Any = zk.loop
        if number % 2:
            task.cancel()
        else:
            process.alone = True
            process.cut()
        await asyncio.wait([task])
        process.alone = False
        await zk.sleep(30)
        if not was_over:
            kinds = (asyncio.CancelledError, DeadlineExceeded)
            assert task.cancelled() or isinstance(task.exception(), kinds)
            assert ensemble.names("/a") == []
        return not was_over

    each_frame(story)


def test_what_is_to_be_deleted_goes_whatever_happens() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client(on_disconnect="fail").start()
        await zk.create("/a/b", parents=True)
        ensemble.refusals[codes.DELETE] = [codes.THROTTLED_OP]
        ensemble.lose_frame(zk.loop, number)
        gone = [delete_guaranteed(zk, "/a/b"), delete_guaranteed(zk, "/none")]
        await zk.sleep(0.001)
        ensemble.expire(zk.session_id)
        for one in gone:
            async with asyncio.timeout(60):
                await one
        assert ensemble.names("/a") == []
        await zk.create("/a/c")
        await delete_guaranteed(zk, "/a")
        assert ensemble.names("/a") == ["c"], "it has children: that is logged"
        return bool(ensemble.lost_frames) and number < 20

    each_frame(story)


def test_an_ephemeral_of_a_session_that_is_given_up_is_not_taken_for_ours() -> None:
    """By our own clock it was over; the members still have it."""

    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client(on_disconnect="fail").start()
        await zk.ensure_path("/a")
        session = zk.session_id
        ensemble.lose_frame(zk.loop, 1)  # the answer
        process: Any = zk.loop
        task = asyncio.create_task(create_protected(zk, "/a/x", ephemeral=True))
        await zk.sleep(0.0015)
        process.alone = True
        ensemble.timeouts[session] = 1000
        ensemble.heard(session)
        await zk.sleep(30)
        process.alone = False
        created = await task
        assert zk.session_id != session
        assert ensemble.count(codes.DELETE) == 1
        assert created.stat.ephemeral_owner == zk.session_id
        assert created.path == f"/a/{ensemble.names('/a')[0]}"
        assert len(ensemble.names("/a")) == 1

    play(story)
