"""A client against real members: the same under every driver."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from drivers import relay
from twisted.internet import defer

from hikari_client import (
    ACL,
    Auth,
    AuthFailed,
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
)

pytestmark = pytest.mark.ensemble
Live = Callable[..., None]


def test_a_znode_lives_and_dies(live: Live) -> None:
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

    live(story)


def test_calls_that_are_not_awaited_go_out_together(live: Live) -> None:
    async def story(zk: Client) -> None:
        made = [zk.create("/s-", b"%d" % n, sequential=True) for n in range(500)]
        assert [(await one).path for one in made] == [f"/s-{n:010}" for n in range(500)]
        assert len(await zk.children("/")) == 500

    live(story)


def test_a_transaction_does_all_or_nothing(live: Live) -> None:
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

    live(story)


def test_a_watch_tells_all_that_happens_below(live: Live) -> None:
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

    live(story)


def test_a_watch_fires_once_with_its_read(live: Live) -> None:
    async def story(zk: Client) -> None:
        heard: list[Any] = []
        assert await zk.exists("/a", watch=heard.append) is None
        await zk.create("/a")
        await zk.set("/a", b"1")
        assert [(event.type, event.path) for event in heard] == [(EventType.CREATED, "/a")]

    live(story)


def test_only_who_may_does(live: Live, driver: Any, hosts: str) -> None:
    async def story(zk: Client) -> None:
        await zk.add_auth("digest", "bob:secret")
        await zk.create("/a", b"1", acl=ACL.creator())
        assert ("digest", "bob") in await zk.who_am_i()
        entries, _ = await zk.get_acl("/a")
        assert [entry.scheme for entry in entries] == ["digest"]
        async with driver.client(hosts) as other:
            with pytest.raises(NoAuth):
                await other.get("/a")

    live(story)


def test_ephemerals_end_with_the_client(live: Live, driver: Any, hosts: str) -> None:
    async def story(zk: Client) -> None:
        async with driver.client(hosts) as other:
            await other.create("/mine", ephemeral=True)
            assert await other.ephemerals() == ["/mine"]
        await zk.sync()
        assert await zk.exists("/mine") is None
        with pytest.raises(ClientClosed):
            other.get("/mine")

    live(story)


def test_a_deadline_is_kept_when_nobody_answers(driver: Any) -> None:
    async def story() -> None:
        zk = driver.client("127.0.0.1:1")
        with pytest.raises(DeadlineExceeded, match=r"127\.0\.0\.1:1"):
            await zk.start(deadline=1)
        with pytest.raises(DeadlineExceeded):
            await zk.get("/a", deadline=0.1)
        await zk.close()

    driver.run(story())


def test_it_goes_to_another_member_when_its_own_dies(live: Live, ensemble: Any) -> None:
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

    live(story, session_timeout=8)


def test_what_is_spawned_runs_beside_and_can_be_cancelled(live: Live) -> None:
    async def story(zk: Client) -> None:
        done: list[str] = []

        async def work(name: str, seconds: float) -> str:
            done.append(f"{name} began")
            try:
                await zk.sleep(seconds)
            finally:
                done.append(f"{name} ended")
            return name

        never, quick, long = (zk.spawn(work(name, s)) for name, s in (("n", 9), ("q", 0), ("l", 9)))
        assert not done, "it begins once this turn is over"
        never.cancel()
        assert await quick == "q"
        long.cancel()
        for cancelled in (never, long):
            with pytest.raises((asyncio.CancelledError, defer.CancelledError)):
                await cancelled
        assert done == ["q began", "l began", "q ended", "l ended"]

    live(story)


def test_who_gives_up_disturbs_nobody_else(live: Live) -> None:
    async def story(zk: Client) -> None:
        calls = [zk.create(f"/{n}") for n in range(5)]
        calls[1].cancel()
        assert (await calls[2]).path == "/2"
        await calls[4]
        calls[3].cancel()
        assert set(await zk.children("/")) >= {"0", "2", "3", "4"}

    live(story)


def test_whoever_is_told_may_ask_at_once(live: Live) -> None:
    """Under Twisted what waits goes on in the very moment in which it is told."""

    async def story(zk: Client) -> None:
        async def count(name: str) -> None:
            for n in range(50):
                await zk.set(f"/{name}", b"%d" % n, version=n)

        for name in "abc":
            await zk.create(f"/{name}")
        tasks = [zk.spawn(count(name)) for name in "abc"]
        for task in tasks:
            await task
        assert [(await zk.get(f"/{name}")).data for name in "abc"] == [b"49"] * 3
        closing = zk.spawn(zk.close())
        await zk.exists("/a")
        await closing
        with pytest.raises(ClientClosed):
            zk.exists("/a")

    live(story)


def test_a_long_answer_comes_whole(live: Live) -> None:
    async def story(zk: Client) -> None:
        names = [f"{n:0120}" for n in range(20_000)]
        for name in names:
            last = zk.create(f"/{name}")
        await last
        assert sorted(await zk.children("/")) == names

    live(story)


def test_it_can_be_closed_at_any_time(driver: Any, hosts: str) -> None:
    servers = hosts.partition("/")[0]

    async def story() -> None:
        never = driver.client(servers)
        await never.close()
        with pytest.raises(ClientClosed):
            await never.start()

        dialling = driver.client("127.0.0.1:1")
        starting = dialling.spawn(dialling.start())
        await dialling.sleep(0.01)
        waiting = dialling.get("/")
        await dialling.close()
        for one in (starting, waiting):
            with pytest.raises(ClientClosed):
                await one

        zk = await driver.client(servers).start()
        states, events = zk.states(), zk.watch("/")
        async with events:
            asked = [zk.exists("/") for _ in range(5)]
            closing = [zk.spawn(zk.close()) for _ in range(3)]
            assert [(await one).czxid for one in asked] == [0] * 5
            for one in closing:
                await one
            assert [event async for event in events] == []
        assert [status.state async for status in states] == [State.CLOSED]
        await zk.close()

    driver.run(story())


def test_its_ephemerals_go_at_once_even_if_its_connection_had_gone(
    live: Live, driver: Any, hosts: str
) -> None:
    async def story(zk: Client) -> None:
        other = await driver.client(hosts).start()
        await other.create("/mine", ephemeral=True)
        other._line.close()
        other.dropped(other._line, "cut")
        await other.close()
        await zk.sync()
        assert await zk.exists("/mine") is None

    live(story)


def test_whose_proof_is_refused_is_of_no_more_use(driver: Any, hosts: str) -> None:
    async def story() -> None:
        zk = driver.client(hosts.partition("/")[0], auth=(Auth("nonsense", b"?"),))
        with pytest.raises(AuthFailed):
            await zk.start()
        with pytest.raises(AuthFailed):
            zk.get("/")
        await zk.close()

    driver.run(story())


class Calm(Random):
    """Servers are tried as they were named."""

    def random(self) -> float:
        return 0.0


def test_from_a_read_only_server_it_moves_to_one_that_serves_writes(
    driver: Any, hosts: str
) -> None:
    async def story(port: int) -> None:
        servers = f"127.0.0.1:{port},{hosts.partition('/')[0]}"
        async with driver.client(servers, read_only=True, chance=Calm()) as zk:
            states = zk.states()
            assert zk.status.state is State.READ_ONLY
            assert (await anext(states)).state is State.SUSPENDED
            assert (await anext(states)).state is State.CONNECTED
            assert await zk.exists("/")

    with relay.serving(relay.alone) as port:
        driver.run(story(port))


def test_whoever_gives_up_before_there_is_a_connection_leaves_nothing_behind(driver: Any) -> None:
    async def story() -> None:
        zk = driver.client("127.0.0.1:1")

        async def use() -> None:
            async with zk:
                raise AssertionError("connected to nobody")

        using = zk.spawn(use())
        await zk.sleep(0.05)
        using.cancel()
        with pytest.raises((asyncio.CancelledError, defer.CancelledError)):
            await using
        assert zk.status.state is State.CLOSED

    driver.run(story())
