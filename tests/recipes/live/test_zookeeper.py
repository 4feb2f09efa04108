"""The same recipes, and all examples, against a real ZooKeeper (Debian's, 3.8): one server."""

from collections.abc import Iterator
from typing import Any

import pytest
import recipes.live.test_drivers
import recipes.live.test_kazoo
import recipes.live.test_pages
from differential import servers

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


live = recipes.live.test_drivers.live
kazoo = recipes.live.test_kazoo.kazoo
for _stories in (recipes.live.test_drivers, recipes.live.test_kazoo, recipes.live.test_pages):
    for _name, _story in vars(_stories).items():
        if _name.startswith("test_"):
            globals()[_name] = _story
