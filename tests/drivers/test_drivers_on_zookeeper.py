"""The stories of the drivers against a real ZooKeeper. (Those of the recipes are told in
recipes/live/test_recipes_on_zookeeper.py.)"""

from typing import Any

import drivers.test_blocking
import drivers.test_lost
import drivers.test_many
import drivers.test_pipeline
import drivers.test_rearm
import drivers.test_stories
from drivers import zookeeper

from hikari_client import Client

LEFT_OUT = {
    "test_it_goes_to_another_member_when_its_own_dies",  # there is no other
}
BLOCKING = {"test_many_calls_are_under_way_at_once", "test_a_watch_is_an_iterator"}

pytestmark = zookeeper.MARKS
ensemble, hosts = zookeeper.ensemble, zookeeper.hosts
held_back = drivers.test_pipeline.held_back
globals().update(
    zookeeper.stories(drivers.test_stories, drivers.test_lost, drivers.test_many, without=LEFT_OUT)
)
globals().update(zookeeper.stories(drivers.test_pipeline, drivers.test_rearm))
globals().update({name: vars(drivers.test_blocking)[name] for name in BLOCKING})


def test_what_only_some_servers_have_is_there_too(live: Any) -> None:
    async def story(zk: Client) -> None:
        made = await zk.create("/ttl", ttl=3600)
        assert made.path == "/ttl"
        await zk.create("/box", container=True)
        assert await zk.get_many(["/ttl", "/none"]) == [await zk.get("/ttl"), None]
        assert await zk.count_below("/") == 2
        assert any(scheme == "ip" for scheme, _ in await zk.who_am_i())

    live(story)
