"""What follows a znode."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import ACL, DeadlineExceeded, NoAuth, NoNode
from hikari_client.recipes import (
    ChildrenList,
    ChildrenWatch,
    DataWatch,
    NodeCache,
    PatientChildrenWatch,
)


def test_a_node_is_followed_through_its_life_and_that_of_connections_and_sessions() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        process: Any = zk.loop
        async with NodeCache(zk, "/a") as node, aclosing(node.changes()) as changes:  # type: ignore[type-var]
            assert await anext(changes) is None
            await other.create("/a", b"1")
            assert (await anext(changes)).data == b"1"
            for step, away in enumerate((0.5, 20.0)):
                process.alone = True
                process.cut()
                await other.sleep(away)
                await other.set("/a", b"away %d" % step)
                assert node.data != b"away %d" % step
                process.alone = False
                assert (await anext(changes)).data == b"away %d" % step
            await other.delete("/a")
            assert await anext(changes) is None
            assert node.node is None

    play(story)


def test_whoever_is_slow_sees_the_newest_and_each_change_is_read_once() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        await zk.create("/a", b"0")
        seen: list[bytes] = []
        async with NodeCache(zk, "/a") as node:

            async def look() -> None:
                async for value in node.changes():
                    assert value is not None
                    seen.append(value.data)
                    await zk.sleep(1)

            task = asyncio.create_task(look())
            for number in range(1, 50):
                await other.set("/a", b"%d" % number)
            await zk.sleep(5)
            assert seen[0] in (b"0", b"1")
            assert seen[-1] == b"49"
            assert len(seen) <= 3
        await asyncio.wait_for(task, 1)

    play(story)


def test_children_are_followed() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        await zk.create("/a/c", parents=True)
        async with ChildrenList(zk, "/a") as children:
            assert children.names == ["c"]
            await zk.create("/a/b")
            await zk.set("/a", b"x")
            await zk.sleep(0.1)
            assert children.names == ["b", "c"]

    play(story)


def test_callbacks_are_called_until_they_say_no() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        told: list[Any] = []

        def on_data(node: Any) -> bool | None:
            told.append(node and node.data)
            return None if len(told) < 3 else False

        async def on_children(names: list[str] | None) -> None:
            await zk.sleep(0.01)
            told.append(names)

        await DataWatch(zk, "/a", on_data).start()
        for data in (b"1", b"2", b"3"):
            await zk.create("/a", data) if data == b"1" else await zk.set("/a", data)
            await zk.sleep(0.1)
        assert told == [None, b"1", b"2"]
        told.clear()
        async with ChildrenWatch(zk, "/a", on_children):
            await zk.create("/a/b")
            await zk.sleep(0.1)
        await zk.delete("/a/b")
        await zk.sleep(0.1)
        assert told == [[], ["b"]]

    play(story)


def test_what_may_not_be_read_is_not_followed_and_that_is_said() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        await zk.create("/a", acl=ACL.digest("bob", "secret"))
        with pytest.raises(NoAuth):
            await NodeCache(zk, "/a").start()

    play(story)


def test_children_that_come_and_go_are_told_once_they_have_been_the_same_for_long_enough() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        await other.ensure_path("/a")
        ensemble.lose_frame(zk.loop, number)
        watch = PatientChildrenWatch(zk, "/a", quiet=5)
        began = zk.loop.now()
        waiting = asyncio.create_task(watch.wait(timeout=60))
        for name in ("c", "b"):
            await other.sleep(3)
            await other.create(f"/a/{name}")
        quiet = await waiting
        assert quiet.names == ["b", "c"]
        assert zk.loop.now() - began >= 6 + 5
        assert not quiet.changed.is_set
        await other.delete("/a/b")
        async with asyncio.timeout(5):
            await quiet.changed
        assert (await watch.wait()).names == ["c"]
        with pytest.raises(DeadlineExceeded):
            await watch.wait(timeout=4)
        await other.delete("/a/c")
        await other.delete("/a")
        with pytest.raises(NoNode):
            await watch.wait()
        return bool(ensemble.lost_frames)

    each_frame(story)
