"""The same stories against a real ZooKeeper (Debian's, 3.8): one server."""

from collections.abc import Iterator
from typing import Any

import drivers.test_blocking
import drivers.test_stories
import pytest
from differential import servers

from hikari_client import Client

LEFT_OUT = {
    "test_it_goes_to_another_member_when_its_own_dies",  # there is no other
}
BLOCKING = {"test_many_calls_are_under_way_at_once", "test_a_watch_is_an_iterator"}

pytestmark = [
    pytest.mark.ensemble,
    pytest.mark.skipif(bool(servers.missing()), reason=str(servers.missing())),
]


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = servers.ZooKeeper(tmp_path_factory.mktemp("zookeeper"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def hosts(ensemble: Any, request: pytest.FixtureRequest) -> str:
    return f"127.0.0.1:{ensemble.port}/t{abs(hash(request.node.nodeid))}"


for _stories, _names in (
    (drivers.test_stories, set(vars(drivers.test_stories)) - LEFT_OUT),
    (drivers.test_blocking, BLOCKING),
):
    for _name in sorted(_names):
        if _name.startswith("test_"):
            globals()[_name] = vars(_stories)[_name]
zk = drivers.test_blocking.zk


def test_what_only_some_servers_have_is_there_too(live: Any) -> None:
    async def story(zk: Client) -> None:
        made = await zk.create("/ttl", ttl=3600)
        assert made.path == "/ttl"
        await zk.create("/box", container=True)
        assert await zk.get_many(["/ttl", "/none"]) == [await zk.get("/ttl"), None]
        assert await zk.count_below("/") == 2
        assert any(scheme == "ip" for scheme, _ in await zk.who_am_i())

    live(story)
