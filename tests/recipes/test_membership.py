"""What is there as long as we are: persistent nodes, parties, groups, shares of a set."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import DeadlineExceeded, LockLost
from hikari_client.recipes import Group, Party, PersistentNode, SetPartitioner, ShallowParty
from hikari_client.recipes.waiting import Signal


def test_it_comes_back_after_a_deletion_and_a_lost_session() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        process: Any = zk.loop
        async with PersistentNode(zk, "/a/b", b"1") as node:
            await other.delete("/a/b")
            await other.sleep(0.1)
            assert (await other.get("/a/b")).data == b"1"
            await node.set(b"2")
            process.alone = True
            process.cut()
            await other.sleep(20)
            assert await other.exists("/a/b") is None
            process.alone = False
            await other.sleep(5)
            data, stat = await other.get("/a/b")
            assert (data, stat.ephemeral_owner) == (b"2", zk.session_id)
        assert await other.exists("/a/b") is None

    play(story)


@pytest.mark.parametrize("mode", ["ephemeral", "persistent"])
def test_it_is_there_and_gone_again_whatever_connections_do(mode: Any) -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        ensemble.lose_frame(zk.loop, number)
        async with PersistentNode(zk, "/a/b", b"1", mode=mode) as node:
            assert ensemble.names("/a") == ["b"]
            await node.set(b"2")
            await zk.sleep(1)
            assert ensemble.tree.look(b"/a/b").data == b"2"  # type: ignore[union-attr]
        assert ensemble.names("/a") == []
        return bool(ensemble.lost_frames)

    each_frame(story)


def test_what_an_earlier_run_left_is_waited_for_and_then_ours() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        former = await ensemble.client().start()
        zk = await ensemble.client().start()
        await former.create("/me", b"old", ephemeral=True)
        former.loop.pause()  # type: ignore[attr-defined]
        starting = asyncio.create_task(PersistentNode(zk, "/me", b"new").start())
        await zk.sleep(1)
        assert not starting.done()
        await asyncio.wait_for(starting, 20)
        assert (await zk.get("/me")).data == b"new"

    play(story)


def test_what_an_earlier_session_of_its_own_left_is_taken_over_at_once() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        former = await ensemble.client().start()
        zk = await ensemble.client().start()
        await former.create("/me", b"old", ephemeral=True)
        node = PersistentNode(zk, "/me", b"new")
        node._sessions.add(former.session_id)
        await asyncio.wait_for(node.start(), 1)
        assert (await zk.get("/me")).stat.ephemeral_owner == zk.session_id

    play(story)


def test_one_with_a_ttl_is_touched_in_time() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        async with PersistentNode(zk, "/a", mode="persistent", ttl=30):
            for _ in range(5):
                await zk.sleep(20)
                stat = await zk.exists("/a")
                assert stat is not None
                assert stat.mtime / 1000 > zk.loop.now() - 30
        with pytest.raises(ValueError):
            PersistentNode(zk, "/a", ttl=30)

    play(story)


@pytest.mark.parametrize("kind", [Party, ShallowParty])
def test_a_party_knows_who_is_there(kind: Any) -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        outside = kind(zk, "/party", "outside")
        assert await outside.members() == []
        async with kind(zk, "/party", "a") as party, kind(other, "/party", "b"):
            assert await party.members() == ["a", "b"]
            ensemble.expire(other.session_id)
            await zk.sleep(0.1)
            assert await party.members() == ["a"]
            other.loop.cut()  # type: ignore[attr-defined]
            await zk.sleep(1)
            assert await party.members() == ["a", "b"]
        assert await outside.members() == []

    play(story)


def test_a_group_has_names_and_data() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        async with Group(zk, "/g", "a", b"1") as group, Group(other, "/g", "b", b"2"):
            assert await group.members() == {"a": b"1", "b": b"2"}
            await group.set(b"3")
            assert (await group.members())["a"] == b"3"

    play(story)


def test_a_set_is_shared_out_anew_whenever_somebody_comes_or_goes() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        items = [f"i{n}" for n in range(7)]
        owners: dict[str, str] = {}

        async def work(name: str, left: Signal) -> None:
            zk = await ensemble.client().start()
            terms: Any = aiter(SetPartitioner(zk, "/set", items, name=name, settle=1))
            async with aclosing(terms):
                async for portion in terms:
                    async with portion:
                        for item in portion.items:
                            assert item not in owners, "two have it"
                            owners[item] = name
                        left.when(portion.changed.set)
                        await portion.changed
                        for item in portion.items:
                            del owners[item]
                    if left.is_set:
                        return

        zk = await ensemble.client().start()
        leave = [Signal(zk) for _ in range(3)]
        tasks = [asyncio.create_task(work("a", leave[0]))]
        await zk.sleep(5)
        assert owners == dict.fromkeys(items, "a")
        tasks += [asyncio.create_task(work(name, leave[n])) for n, name in ((1, "b"), (2, "c"))]
        await zk.sleep(10)
        assert sorted(owners) == items
        assert sorted(list(owners.values()).count(name) for name in "abc") == [2, 2, 3]
        leave[0].set()
        await zk.sleep(10)
        assert sorted(owners) == items
        assert set(owners.values()) == {"b", "c"}
        process: Any = ensemble.clients[2].loop
        process.alone = True
        process.cut()
        with pytest.raises(LockLost):
            await asyncio.wait_for(tasks[1], 30)
        for item in [item for item, name in owners.items() if name == "b"]:
            del owners[item]
        await zk.sleep(20)
        assert owners == dict.fromkeys(items, "c")
        leave[2].set()
        await asyncio.wait_for(tasks[2], 10)

    play(story)


def test_waiting_for_a_portion_can_end() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        portions: Any = aiter(SetPartitioner(zk, "/set", ["x"], name="a", settle=1))
        taken = await anext(portions)
        assert taken.items == ["x"]
        await portions.aclose()
        await zk.sleep(1)
        assert ensemble.names("/set/locks/x") == ensemble.names("/set/party") == []
        with pytest.raises(DeadlineExceeded):
            await Signal(zk).wait(1)

    play(story)
