"""One ensemble of three for all tests beside this file; each has a path of its own in it."""

import itertools

import pytest
from ensemble.ensemble import Ensemble

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
