"""The drivers, so that one story can be told under each."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from time import monotonic
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.threads import blockingCallFromThread

from hikari_client import Client, aio, tx

STORY_S_MAX = 60


class Asyncio:
    def client(self, hosts: str, **settings: Any) -> Client:
        return aio.client(hosts, **settings)

    def run(self, story: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(asyncio.wait_for(story, STORY_S_MAX))


class Twisted:
    """A reactor of its own, in a thread of its own: pytest's is nobody's."""

    def client(self, hosts: str, **settings: Any) -> Client:
        return tx.client(hosts, _reactor(), **settings)

    def run(self, story: Coroutine[Any, Any, Any]) -> Any:
        def told() -> Deferred[Any]:
            return Deferred.fromCoroutine(story).addTimeout(STORY_S_MAX, _reactor())

        return blockingCallFromThread(_reactor(), told)


@cache
def _reactor() -> Any:
    reactor = EPollReactor()
    reactor.seconds = monotonic
    run = {"installSignalHandlers": False}
    threading.Thread(target=reactor.run, kwargs=run, daemon=True).start()
    return reactor


DRIVERS: dict[str, Callable[[], Asyncio | Twisted]] = {"asyncio": Asyncio, "twisted": Twisted}
