"""Watches that are too many for one request survive the connection on which they were set."""

from collections.abc import Callable
from typing import Any

import pytest

from hikari_client import Client
from hikari_client.settings import FRAME_BYTES_MAX

pytestmark = pytest.mark.ensemble
Live = Callable[..., None]
MANY = 20_000


def test_tens_of_thousands_of_watches_are_set_on_the_next_connection(live: Live) -> None:
    async def story(zk: Client) -> None:
        paths = [f"/{number:0120}" for number in range(MANY)]
        assert sum(map(len, paths)) > 2 * FRAME_BYTES_MAX
        heard: list[Any] = []
        for path in paths:
            asked = zk.exists(path, watch=heard.append)
        await asked
        changed = paths[:: MANY // 5]
        session = zk.session_id
        made = [zk.create(changed[0])]
        await made[0]
        zk._line.close()
        zk.dropped(zk._line, "cut")
        made += [zk.create(path) for path in changed[1:]]
        for one in made:
            await one
        assert [event.path for event in heard] == changed
        assert zk.session_id == session

    live(story)
