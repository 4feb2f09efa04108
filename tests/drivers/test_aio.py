"""The asyncio client against real members."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hikari_client import (
    ACL,
    BadVersion,
    Client,
    ClientClosed,
    DeadlineExceeded,
    EventType,
    NoAuth,
    NodeExists,
    NoNode,
    State,
    TransactionFailed,
    aio,
)

pytestmark = pytest.mark.ensemble


def live(hosts: str, story: Callable[[Client], Awaitable[Any]], **settings: Any) -> None:
    """Run a story with a client whose root is there."""

    async def run() -> None:
        async with aio.client(hosts, **settings) as zk:
            servers, _, chroot = hosts.partition("/")
            async with aio.client(servers) as root:
                await root.create(f"/{chroot}", exist_ok=True)
            await story(zk)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_znode_lives_and_dies(hosts: str) -> None:
    async def story(zk: Client) -> None:
        made = await zk.create("/a/b", b"1", parents=True)
        assert made.path == "/a/b"
        data, stat = await zk.get("/a/b")
        assert (data, stat) == (b"1", made.stat)
        assert (await zk.set("/a/b", b"2", version=0)).version == 1
        with pytest.raises(BadVersion, match="/a/b"):
            await zk.set("/a/b", b"3", version=0)
        with pytest.raises(NodeExists):
            await zk.create("/a/b")
        assert (await zk.create("/a/b", exist_ok=True)).stat.czxid == made.stat.czxid
        assert await zk.children("/") == ["a"]
        await zk.delete("/a", recursive=True)
        assert await zk.exists("/a") is None
        with pytest.raises(NoNode, match="/a/b"):
            await zk.delete("/a/b")
        await zk.delete("/a/b", missing_ok=True)

    live(hosts, story)


def test_calls_that_are_not_awaited_go_out_together(hosts: str) -> None:
    async def story(zk: Client) -> None:
        made = [zk.create("/s-", b"%d" % n, sequential=True) for n in range(500)]
        assert [(await one).path for one in made] == [f"/s-{n:010}" for n in range(500)]
        assert len(await zk.children("/")) == 500

    live(hosts, story)


def test_a_transaction_does_all_or_nothing(hosts: str) -> None:
    async def story(zk: Client) -> None:
        async with zk.transaction() as t:
            t.create("/a", b"1")
            t.set("/a", b"2")
            t.create("/a/s-", sequential=True)
        created, stat, numbered = t.results
        assert (created.path, stat.version, numbered.path) == ("/a", 1, "/a/s-0000000000")
        doomed = zk.transaction()
        doomed.delete("/a/s-0000000000")
        doomed.check("/a", version=9)
        with pytest.raises(TransactionFailed) as failed:
            await doomed.commit()
        assert isinstance(failed.value.__cause__, BadVersion)
        assert failed.value.path == "/a"
        assert await zk.exists("/a/s-0000000000")

    live(hosts, story)


def test_a_watch_tells_all_that_happens_below(hosts: str) -> None:
    async def story(zk: Client) -> None:
        async with zk.watch("/", recursive=True) as events:
            await zk.create("/a")
            await zk.create("/a/b", ephemeral=True)
            await zk.set("/a", b"1")
            await zk.delete("/a/b")
            seen = [await anext(events) for _ in range(4)]
        assert [(event.type, event.path) for event in seen] == [
            (EventType.CREATED, "/a"),
            (EventType.CREATED, "/a/b"),
            (EventType.CHANGED, "/a"),
            (EventType.DELETED, "/a/b"),
        ]
        assert not (await zk.exists("/a")).ephemeral_owner

    live(hosts, story)


def test_a_watch_fires_once_with_its_read(hosts: str) -> None:
    async def story(zk: Client) -> None:
        heard: list[Any] = []
        assert await zk.exists("/a", watch=heard.append) is None
        await zk.create("/a")
        await zk.set("/a", b"1")
        assert [(event.type, event.path) for event in heard] == [(EventType.CREATED, "/a")]

    live(hosts, story)


def test_only_who_may_does(hosts: str) -> None:
    async def story(zk: Client) -> None:
        await zk.add_auth("digest", "bob:secret")
        await zk.create("/a", b"1", acl=ACL.creator())
        assert ("digest", "bob") in await zk.who_am_i()
        entries, _ = await zk.get_acl("/a")
        assert [entry.scheme for entry in entries] == ["digest"]
        async with aio.client(hosts) as other:
            with pytest.raises(NoAuth):
                await other.get("/a")

    live(hosts, story)


def test_ephemerals_end_with_the_client(hosts: str) -> None:
    async def story(zk: Client) -> None:
        async with aio.client(hosts) as other:
            await other.create("/mine", ephemeral=True)
            assert await other.ephemerals() == ["/mine"]
        await zk.sync()
        assert await zk.exists("/mine") is None
        with pytest.raises(ClientClosed):
            other.get("/mine")

    live(hosts, story)


def test_a_deadline_is_kept_when_nobody_answers() -> None:
    async def story() -> None:
        zk = aio.client("127.0.0.1:1")
        with pytest.raises(DeadlineExceeded):
            await zk.start(deadline=0.2)
        with pytest.raises(DeadlineExceeded):
            await zk.get("/a", deadline=0.1)
        await zk.close()

    asyncio.run(story())


def test_it_goes_to_another_member_when_its_own_dies(ensemble: Any, hosts: str) -> None:
    async def story(zk: Client) -> None:
        await zk.create("/mine", b"1", ephemeral=True)
        states = zk.states()
        async with zk.watch("/mine") as events:
            port = int(zk.status.server.rpartition(":")[2])
            number = 1 + ensemble.ports.index(port)
            session = zk.session_id
            ensemble.kill(number)
            try:
                assert (await zk.get("/mine")).data == b"1"
                assert zk.session_id == session
                assert (await anext(states)).state is State.SUSPENDED
                assert (await anext(states)).state is State.CONNECTED
                assert (await anext(events)).gap
            finally:
                ensemble.launch(number)
                ensemble.leader()

    live(hosts, story, session_timeout=8)
