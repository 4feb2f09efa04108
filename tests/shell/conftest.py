"""One ensemble of three for all tests beside this file; each has a path of its own in it."""

import itertools

import pytest
from ensemble.ensemble import Ensemble
from shell.sitting import Sitting

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
def servers(ensemble):
    """Give a connect string."""
    return ",".join(f"127.0.0.1:{port}" for port in ensemble.ports)


@pytest.fixture
def shell(servers):
    """Give a shell that sits at a path that nobody else uses; the path is there."""
    with Sitting(servers) as sitting:
        home = f"/t{next(_numbers)}"
        sitting.run("create", home)
        sitting.run("cd", home)
        sitting.said.clear()
        sitting.home = home
        yield sitting
