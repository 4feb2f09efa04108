"""One ensemble of three for all tests of a folder; each test has a path of its own in it.

Import both fixtures into the folder's conftest.
"""

import pytest
from ensemble.ensemble import Ensemble


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
