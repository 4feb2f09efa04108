"""A real ZooKeeper (Debian's, 3.8) instead of members: for the stories that ask for `hosts`."""

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import pytest
from differential import servers

MARKS = [
    pytest.mark.ensemble,
    pytest.mark.skipif(bool(servers.missing()), reason=str(servers.missing())),
]


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One server."""
    server = servers.ZooKeeper(tmp_path_factory.mktemp("zookeeper"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def hosts(ensemble: Any, request: pytest.FixtureRequest) -> str:
    """A connect string with a chroot that nobody else uses; the test makes the root."""
    return f"127.0.0.1:{ensemble.port}/t{abs(hash(request.node.nodeid))}"


def stories(*modules: ModuleType, without: Iterable[str] = ()) -> dict[str, Any]:
    """The tests of these modules, to be told again; no two have the same name."""
    found: dict[str, Any] = {}
    for module in modules:
        for name, story in vars(module).items():
            if name.startswith("test_") and name not in without:
                assert found.setdefault(name, story) is story
    return found
