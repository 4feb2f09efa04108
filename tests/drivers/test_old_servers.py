"""`client.watch` where servers have no watches that stay (ZooKeeper before 3.6)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from drivers import relay

from hikari_client import Client, EventType, Unimplemented
from hikari_client.stream import Stream
from hikari_client.values import Event

pytestmark = pytest.mark.ensemble
CREATED, CHANGED, DELETED = EventType.CREATED, EventType.CHANGED, EventType.DELETED
CHILDREN, GAP = EventType.CHILDREN, EventType.GAP
Tell = Callable[[Callable[[Client], Any]], None]


@pytest.fixture
def server(ensemble: Any) -> relay.Old:
    return relay.Old(ensemble.ports[0])


@pytest.fixture
def tell(driver: Any, hosts: str, server: relay.Old) -> Iterator[Tell]:
    """Run a story with a client of that server."""
    servers, _, chroot = hosts.partition("/")

    async def run(story: Callable[[Client], Any], port: int) -> None:
        async with driver.client(servers) as root:
            await root.create(f"/{chroot}", exist_ok=True)
        async with driver.client(f"127.0.0.1:{port}/{chroot}") as zk:
            await story(zk)

    with relay.serving(server) as port:
        yield lambda story: driver.run(run(story, port))


async def heard(events: Stream[Event], count: int) -> list[EventType]:
    found = [await anext(events) for _ in range(count)]
    assert {event.path for event in found} == {"/a"}
    return [event.type for event in found]


def test_a_watch_that_stays_is_made_of_those_that_do_not(tell: Tell) -> None:
    async def story(zk: Client) -> None:
        async with zk.watch("/a") as events:
            await zk.create("/a")
            assert await heard(events, 2) == [CREATED, GAP]
            for _ in range(3):
                await zk.set("/a", b"1")
                assert await heard(events, 1) == [CHANGED]
            await zk.create("/a/b")
            assert await heard(events, 1) == [CHILDREN]
            await zk.delete("/a/b")
            assert await heard(events, 1) == [CHILDREN]
            await zk.delete("/a")
            assert await heard(events, 2) == [DELETED, GAP]
            await zk.create("/a")
            assert await heard(events, 2) == [CREATED, GAP]
        async with zk.watch("/a") as again:
            await zk.set("/a", b"2")
            assert await heard(again, 1) == [CHANGED]
        await zk.set("/a", b"3")
        await zk.set("/a", b"4")
        assert events.take() == []
        assert again.take() == []
        assert not zk._session.watches

    tell(story)


def test_what_happened_while_nothing_was_set_is_a_gap(tell: Tell) -> None:
    async def story(zk: Client) -> None:
        await zk.create("/a")
        async with zk.watch("/a") as events:
            twice = [zk.set("/a", b"1"), zk.set("/a", b"2")]
            assert await heard(events, 2) == [CHANGED, GAP]
            twice += [zk.create("/a/b"), zk.create("/a/c")]
            assert await heard(events, 2) == [CHILDREN, GAP]
            again = [zk.delete("/a/b"), zk.delete("/a/c"), zk.delete("/a"), zk.create("/a")]
            assert await heard(events, 3) == [CHILDREN, DELETED, GAP]
            for one in (*twice, *again):
                await one
            await zk.set("/a", b"1")
            while (kinds := await heard(events, 1)) == [GAP]:
                pass
            assert kinds == [CHANGED]

    tell(story)


def test_with_the_client_it_ends(tell: Tell) -> None:
    async def story(zk: Client) -> None:
        await zk.create("/a")
        async with zk.watch("/a") as events:
            changed = zk.set("/a", b"1")
            await zk.close()
            await changed
            assert {event.type async for event in events} <= {CHANGED, GAP}

    tell(story)


def test_a_recursive_watch_is_refused_and_disturbs_nothing_else(tell: Tell) -> None:
    async def story(zk: Client) -> None:
        for _ in range(2):
            with pytest.raises(Unimplemented, match=r"/a: .*3\.6"):
                async with zk.watch("/a", recursive=True):
                    raise AssertionError("armed")
            assert await zk.exists("/a") is None

    tell(story)


def test_a_watch_that_moves_to_an_older_server_goes_on(tell: Tell, server: relay.Old) -> None:
    async def story(zk: Client) -> None:
        await zk.create("/a")
        everything = zk.watch("/", recursive=True)
        async with zk.watch("/a") as events, everything:
            await zk.set("/a", b"1")
            assert await heard(events, 1) == [CHANGED]
            server.old = True
            server.cut()
            assert await heard(events, 2) == [GAP, GAP]
            await zk.set("/a", b"2")
            assert await heard(events, 1) == [CHANGED]
            with pytest.raises(Unimplemented):
                assert [event async for event in everything] == []

    server.old = False
    tell(story)
