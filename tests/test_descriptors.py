"""The process takes as many descriptors as it may, and leaves enough of them to its databases."""

import resource

import pytest

from hikari.descriptors import for_clients

INFINITY = resource.RLIM_INFINITY


@pytest.fixture
def limits(monkeypatch):
    """Give (soft, hard) of a process that the test may set."""
    now = [(1024, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: now[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: now.append(limits))
    return now


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "clients"),
    [
        (1024, 524_288, 14_096, 10_000),  # as most systems start a process
        (1024, INFINITY, 14_096, 10_000),
        (20_000, 20_000, 20_000, 10_000),
        (INFINITY, INFINITY, INFINITY, 10_000),
        (1024, 12_000, 12_000, 7_904),
        (1024, 4096, 4096, 2048),
        (200, 200, 200, 100),
    ],
)
def test_clients_have_what_is_left(limits, soft, hard, raised, clients):
    limits.append((soft, hard))
    assert for_clients(10_000) == clients
    assert limits[-1] == (raised, hard)
