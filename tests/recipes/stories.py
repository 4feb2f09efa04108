"""Who judges the stories of locks, and how one is told again with something else going wrong."""

import functools
from contextlib import suppress
from typing import Any

from recipes.false_ensemble import FalseEnsemble, play

from hikari_client import ConnectionLoss


class Watchman:
    """Who is inside, and whether that was ever more than one."""

    def __init__(self, ensemble: FalseEnsemble, most: int = 1) -> None:
        self.ensemble = ensemble
        self.inside: list[Any] = []
        self.most = most
        self.works = self.highest = 0

    async def work(self, zk: Any, held: Any, seconds: float) -> None:
        self.inside = [one for one in self.inside if not one.is_lost]
        self.inside.append(held)
        assert len(self.inside) <= self.most, "two have it"
        self.works += 1
        self.highest = max(self.highest, len(self.inside))
        try:
            await zk.sleep(seconds)
            with suppress(ConnectionLoss):
                await zk.exists("/")
            held.check()
        finally:
            self.inside.remove(held)


def each_frame(story: Any) -> None:
    """Lose each frame that the story has, one in each of its runs."""
    number = 0
    while play(functools.partial(story, number=number)):
        number += 1
    assert number > 5, "the story was never hit"
