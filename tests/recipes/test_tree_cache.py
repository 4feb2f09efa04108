"""A subtree kept at hand, and what is made of it: discovery, configuration."""

import asyncio
from random import Random
from typing import Any

import pytest
from recipes.false_ensemble import FalseEnsemble, play
from recipes.stories import each_frame

from hikari_client import EventType
from hikari_client.recipes import (
    ChildrenCache,
    Configuration,
    Instance,
    Provider,
    Registration,
    TreeCache,
    at_random,
    round_robin,
    services,
    sticky,
)


async def fill(zk: Any) -> None:
    for path in ("/s/a/x", "/s/a/y", "/s/b"):
        await zk.create(path, path.encode(), parents=True)


def test_it_has_all_of_it_and_tells_what_changes() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        await fill(other)
        async with TreeCache(zk, "/s") as tree, tree.changes() as changes:
            assert list(tree) == ["/s", "/s/a", "/s/a/x", "/s/a/y", "/s/b"]
            assert tree.children("/s") == ["a", "b"]
            assert tree["/s/a/x"].data == b"/s/a/x"
            assert "/s/c" not in tree
            assert tree.get("/s/c") is None
            await other.set("/s/b", b"2")
            await other.create("/s/c", b"3")
            await other.delete("/s/a", recursive=True)
            told = [await anext(changes) for _ in range(5)]
            assert [(event.type, event.path) for event in told[:2]] == [
                (EventType.CHANGED, "/s/b"),
                (EventType.CREATED, "/s/c"),
            ]
            assert {event.path for event in told[2:]} == {"/s/a", "/s/a/x", "/s/a/y"}
            assert {event.type for event in told[2:]} == {EventType.DELETED}
            assert list(tree) == ["/s", "/s/b", "/s/c"]
            assert len(tree) == 3
            assert tree.children("/s/a") == []

    play(story)


def test_what_happened_behind_its_back_is_told_as_what_changed() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        await fill(other)
        process: Any = zk.loop
        async with TreeCache(zk, "/s") as tree, tree.changes() as changes:
            for away in (1.0, 20.0):
                process.alone = True
                process.cut()
                await other.set("/s/b", b"%f" % away)
                await other.delete("/s/a/x", missing_ok=True)
                await other.create(f"/s/a/{away}")
                await other.sleep(away)
                process.alone = False
                await other.sleep(5)
                told = {(event.type.value, event.path) for event in changes.take()}
                assert ("changed", "/s/b") in told
                assert ("created", f"/s/a/{away}") in told
                assert tree["/s/b"].data == b"%f" % away
            assert "/s/a/x" not in tree

    play(story)


def test_it_is_right_in_the_end_whatever_connections_do() -> None:
    async def story(ensemble: FalseEnsemble, number: int) -> bool:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        chance = Random(number)
        ensemble.lose_frame(zk.loop, number)
        async with TreeCache(zk, "/s") as tree:
            for step in range(12):
                path = f"/s/{chance.choice('ab')}/{chance.choice('xy')}"
                kind = chance.randrange(3)
                if kind == 0:
                    await other.delete(path, missing_ok=True)
                elif await other.exists(path) is None:
                    await other.create(path, parents=True)
                else:
                    await other.set(path, b"%d" % step)
                await other.sleep(0.005)
            await other.sleep(3)
            assert list(tree) == sorted(
                path.decode()
                for path in (b"/s", *(b"/s/" + name for name in below(ensemble, b"/s")))
                if ensemble.tree.look(path)
            )
            for path in tree:
                assert tree[path].data == (await other.get(path)).data
        return bool(ensemble.lost_frames)

    def below(ensemble: FalseEnsemble, path: bytes) -> list[bytes]:
        names = []
        for name in ensemble.tree.children(path):
            names += [name, *(name + b"/" + one for one in below(ensemble, path + b"/" + name))]
        return names

    each_frame(story)


def test_children_alone() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        await fill(zk)
        async with ChildrenCache(zk, "/s") as cache:
            assert cache.names == ["a", "b"]
            assert list(cache) == ["/s", "/s/a", "/s/b"]
            await zk.create("/s/a/z")
            await zk.create("/s/c")
            await zk.sleep(0.1)
            assert cache.names == ["a", "b", "c"]
            assert len(cache) == 4

    play(story)


def test_services_are_found_as_long_as_they_are_registered() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        made = [Instance("web", "10.0.0.1", 80 + n, payload={"n": n}, id=str(n)) for n in range(3)]
        async with Provider(other, "/services", "web") as web:
            assert web.choose() is None
            held = [await Registration(zk, "/services", one).start() for one in made]
            await other.sleep(0.1)
            assert web.instances() == made
            assert [web.choose() for _ in range(4)] == [*made, made[0]]
            assert await services(other, "/services") == ["web"]
            await held[1].update(enabled=False)
            await held[0].close()
            await zk.create("/services/web/junk", b"no json")
            await other.sleep(0.1)
            assert web.instances() == [made[2]]
            ensemble.expire(zk.session_id)
            await other.sleep(0.1)
            assert web.instances() == []
            zk.loop.cut()  # type: ignore[attr-defined]
            await other.sleep(1)
            assert web.instances() == [made[2]], "it is registered again"

    play(story)


def test_an_instance_that_fails_is_left_alone_for_a_while() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        for one in ("a", "b"):
            await Registration(zk, "/services", Instance("web", id=one)).start()
        async with Provider(zk, "/services", "web", down_s=10) as web:
            first = web.instances()[0]
            web.failed_at(first)
            assert {web.choose().id for _ in range(4)} == {"a", "b"}  # type: ignore[union-attr]
            web.failed_at(first)
            assert {web.choose().id for _ in range(4)} == {"b"}  # type: ignore[union-attr]
            for _ in range(2):
                web.failed_at(web.instances()[1])
            assert {web.choose().id for _ in range(4)} == {"a", "b"}, "all are down"  # type: ignore[union-attr]
            await zk.sleep(11)
            assert {web.choose().id for _ in range(4)} == {"a", "b"}  # type: ignore[union-attr]

    play(story)


def test_instances_are_said_as_curator_says_them() -> None:
    one = Instance("web", "h", 80, payload="p", id="i", registered_ms=5)
    assert Instance.from_json(one.to_json()) == one
    old = b'{"name":"web","id":"i","address":"h","port":80,"sslPort":null,"more":1}'
    read = Instance.from_json(old)
    assert (read.port, read.enabled, read.kind) == (80, True, "DYNAMIC")
    for bad in (b"{}", b"[]", b"no"):
        with pytest.raises(ValueError):
            Instance.from_json(bad)


def test_ways_to_choose() -> None:
    there = [Instance("s", id=str(n)) for n in range(3)]
    turn = round_robin()
    assert [turn(there).id for _ in range(4)] == ["0", "1", "2", "0"]
    assert {at_random(Random(1))(there).id for _ in range(1)} <= {"0", "1", "2"}
    same = sticky(round_robin())
    assert [same(there).id for _ in range(3)] == ["0", "0", "0"]
    assert [same(there[1:]).id for _ in range(2)] == ["2", "2"]
    assert same(there).id == "2"


def test_settings_are_read_as_what_they_are_and_are_live() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        other = await ensemble.client().start()
        told: list[Any] = []
        async with Configuration(zk, "/config") as config:
            assert config.read("pool/size", int, default=3) == 3
            with pytest.raises(KeyError):
                config.read("pool/size", int)
            stop = config.on_change("pool/size", int, told.append, default=3)
            writer = Configuration(other, "/config")
            for value in (10, "many", 20):
                await writer.write("pool/size", value)
                await zk.sleep(0.1)
            assert told == [3, 10, 20]
            await writer.write("debug", "yes")
            await zk.sleep(0.1)
            assert config.read("debug", bool) is True
            assert config.read("debug") == "yes"
            with pytest.raises(ValueError, match="debug is b'yes'"):
                config.read("debug", float)
            assert config.keys() == ["debug", "pool", "pool/size"]
            await other.delete("/config/pool/size")
            await zk.sleep(0.1)
            assert told == [3, 10, 20, 3]
            stop()
            await writer.write("pool/size", 5)
            await zk.sleep(0.1)
            assert told == [3, 10, 20, 3]

    play(story)


def test_changes_end_with_the_cache() -> None:
    async def story(ensemble: FalseEnsemble) -> None:
        zk = await ensemble.client().start()
        async with TreeCache(zk, "/s") as tree:
            changes = tree.changes()

            async def read() -> int:
                return len([event async for event in changes])

            task = asyncio.create_task(read())
            await zk.create("/s")
            await zk.sleep(0.1)
        assert await asyncio.wait_for(task, 1) == 1

    play(story)
