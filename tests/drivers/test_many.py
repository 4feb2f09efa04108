"""Many reads as one request (multiRead)."""

from collections.abc import Callable

import pytest

from hikari_client import ACL, Client, NoAuth, Permission

pytestmark = pytest.mark.ensemble
Live = Callable[..., None]


def test_what_is_not_there_is_none_and_what_may_not_be_read_is_an_error(live: Live) -> None:
    async def story(zk: Client) -> None:
        await zk.create("/a/b", b"1", parents=True)
        await zk.create("/secret", acl=ACL.anyone(Permission.DELETE))
        assert await zk.get_many(["/a/b", "/none", "/a"]) == [
            await zk.get("/a/b"),
            None,
            await zk.get("/a"),
        ]
        assert await zk.children_many(["/a", "/none", "/a/b"]) == [["b"], None, []]
        assert await zk.get_many([]) == await zk.children_many([]) == []
        for ask in (zk.get_many, zk.children_many):
            with pytest.raises(NoAuth, match="/secret"):
                await ask(["/a", "/secret"])

    live(story)
