"""Every call can be given up, under every driver, before it is sent and after."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from drivers import relay
from twisted.internet import defer

from hikari_client import Client, DeadlineExceeded
from hikari_client.operations import Operations

CANCELLED = (asyncio.CancelledError, defer.CancelledError)
Ask = Callable[..., Any]
CALLS: dict[str, Ask] = {
    "create": lambda zk, **how: zk.create("/a", b"1", **how),
    "create, parents": lambda zk, **how: zk.create("/a/b", parents=True, **how),
    "create, exist_ok": lambda zk, **how: zk.create("/a", exist_ok=True, **how),
    "ensure_path": lambda zk, **how: zk.ensure_path("/a/b", **how),
    "set": lambda zk, **how: zk.set("/a", b"1", **how),
    "delete": lambda zk, **how: zk.delete("/a", **how),
    "delete, recursive": lambda zk, **how: zk.delete("/a", recursive=True, **how),
    "delete, missing_ok": lambda zk, **how: zk.delete("/a", missing_ok=True, **how),
    "set_acl": lambda zk, **how: zk.set_acl("/a", [], **how),
    "get": lambda zk, **how: zk.get("/a", watch=print, **how),
    "exists": lambda zk, **how: zk.exists("/a", watch=print, **how),
    "children": lambda zk, **how: zk.children("/a", watch=print, **how),
    "children_and_stat": lambda zk, **how: zk.children_and_stat("/a", **how),
    "get_acl": lambda zk, **how: zk.get_acl("/a", **how),
    "sync": lambda zk, **how: zk.sync("/a", **how),
    "ephemerals": lambda zk, **how: zk.ephemerals("/a", **how),
    "count_below": lambda zk, **how: zk.count_below("/a", **how),
    "who_am_i": lambda zk, **how: zk.who_am_i(**how),
    "config": lambda zk, **how: zk.config(**how),
    "reconfig": lambda zk, **how: zk.reconfig(joining="x", **how),
    "get_many": lambda zk, **how: zk.get_many(["/a"], **how),
    "children_many": lambda zk, **how: zk.children_many(["/a"], **how),
    "transaction": lambda zk, **how: zk.transaction(**how).commit(),
    "add_auth": lambda zk: zk.add_auth("digest", "bob:secret"),
}


def test_no_operation_is_left_out() -> None:
    operations = {name for name, _ in inspect.getmembers(Operations, inspect.isfunction)}
    there = {name.partition(",")[0] for name in CALLS} - {"transaction"}
    assert there == {name for name in operations if not name.startswith("_")}


@pytest.fixture
def tell(driver: Any) -> Callable[[Callable[[Client, relay.HeldBack], Any]], None]:
    """A story of a client and a server that does not answer before it may."""

    async def run(story: Callable[[Client, relay.HeldBack], Any], port: int) -> None:
        async with driver.client(f"127.0.0.1:{port}", session_timeout=60) as zk:
            await story(zk, server)

    server = relay.HeldBack()

    def told(story: Callable[[Client, relay.HeldBack], Any]) -> None:
        with relay.serving(server) as port:
            try:
                driver.run(run(story, port))
            finally:
                server.answer.set()

    return told


def test_given_up_before_it_is_sent_it_never_is(tell: Any) -> None:
    async def story(zk: Client, server: relay.HeldBack) -> None:
        for name, ask in CALLS.items():
            if name == "add_auth":  # a proof is not taken back
                continue
            zk._line.close()
            zk.dropped(zk._line, "cut")  # nothing is sent before the next connection
            asked = ask(zk)
            asked.cancel()
            with pytest.raises(CANCELLED):
                await asked
            await zk.connected()
        server.answer.set()
        await zk.exists("/end")
        assert server.paths == ["/end"]

    tell(story)


def test_given_up_after_it_was_sent_it_disturbs_nobody(tell: Any) -> None:
    async def story(zk: Client, server: relay.HeldBack) -> None:
        given_up = [ask(zk) for ask in CALLS.values()]
        other = zk.exists("/other")
        await zk.sleep(0.05)
        assert server.asked.wait(30)
        for asked in given_up:
            asked.cancel()
            with pytest.raises(CANCELLED):
                await asked
        server.answer.set()
        assert await other is None
        assert await zk.exists("/end") is None

    tell(story)


def test_who_has_waited_long_enough_hears_whether_it_may_have_been_done(tell: Any) -> None:
    async def story(zk: Client, server: relay.HeldBack) -> None:
        reads = {"get", "exists", "children", "children_and_stat", "get_acl", "sync", "ephemerals"}
        reads |= {"count_below", "who_am_i", "config", "get_many", "children_many"}
        calls = {name: ask(zk, deadline=0.2) for name, ask in CALLS.items() if name != "add_auth"}
        for name, asked in calls.items():
            with pytest.raises(DeadlineExceeded) as over:
                await asked
            read = name in reads or name == "delete, recursive"  # which begins with a look
            assert over.value.maybe_applied == (not read), name

    tell(story)
