"""Each driver on an ensemble of three; each test has a path of its own in it."""

import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from drivers.drivers import DRIVERS
from ensemble.three import ensemble, servers

from hikari_client import Client, blocking

__all__ = ["ensemble", "servers"]

_numbers = itertools.count(1)


@pytest.fixture
def hosts(servers):
    """A connect string with a chroot that nobody else uses; the test makes the root."""
    return f"{servers}/t{next(_numbers)}"


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> Any:
    return DRIVERS[request.param]()


@pytest.fixture
def live(driver: Any, hosts: str) -> Callable[..., None]:
    """Run a story with a client whose root is there."""

    async def run(story: Callable[[Client], Awaitable[Any]], settings: dict[str, Any]) -> None:
        servers, _, chroot = hosts.partition("/")
        async with driver.client(servers) as root:
            await root.create(f"/{chroot}", exist_ok=True)
        async with driver.client(hosts, **settings) as zk:
            await story(zk)

    return lambda story, **settings: driver.run(run(story, settings))


@pytest.fixture
def zk(hosts: str) -> Iterator[blocking.Blocking]:
    """A client for threads, whose root is there."""
    servers, _, chroot = hosts.partition("/")
    with blocking.connect(servers) as root:
        root.create(f"/{chroot}")
    with blocking.connect(hosts) as made:
        yield made
