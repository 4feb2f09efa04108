"""One whole member in memory, for connections to speak to."""

from collections.abc import Callable, Iterator

import pytest
from replica.cluster import Cluster, Member
from replica.wire import Client
from twisted.logger import capturedLogs


@pytest.fixture(autouse=True)
def no_defects(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a connection survives by closing itself is a defect all the same, unless it is the
    test's own."""
    with capturedLogs() as logged:
        yield
    failures = [event["log_failure"] for event in logged if "log_failure" in event]
    assert not failures or "fails" in request.node.name


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(1)


@pytest.fixture
def member(cluster: Cluster) -> Member:
    return cluster.leader


@pytest.fixture
def dial(cluster: Cluster, member: Member) -> Callable[[], Client]:
    """A connection on which nothing was said yet."""
    return lambda: cluster.dial(member)


@pytest.fixture
def client(cluster: Cluster, member: Member) -> Client:
    return cluster.client(member)


@pytest.fixture
def other(cluster: Cluster, member: Member) -> Client:
    """Somebody who must not be disturbed."""
    return cluster.client(member)
