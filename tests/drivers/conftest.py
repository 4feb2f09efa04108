"""One ensemble of three for all tests beside this file; each has a path of its own in it."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from drivers.drivers import DRIVERS
from ensemble.ensemble import Ensemble

from hikari_client import Client

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    """Three members, whole at the beginning of each module."""
    made = Ensemble(tmp_path_factory.mktemp("ensemble"), 3)
    made.start()
    made.leader()
    yield made
    made.close()
    made.demand_clean_logs()


@pytest.fixture
def hosts(ensemble):
    """A connect string with a chroot that nobody else uses; the test makes the root."""
    servers = ",".join(f"127.0.0.1:{port}" for port in ensemble.ports)
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
