"""A shell on an ensemble of three; each test has a path of its own in it."""

import itertools

import pytest
from ensemble.three import ensemble, servers
from shell.sitting import Sitting

__all__ = ["ensemble", "servers"]

_numbers = itertools.count(1)


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
