"""What the tests of this folder need of the machine, or say why they are skipped."""

import random

import pytest
from faults import shim


@pytest.fixture
def seed(capsys):
    """Another one each time: the whole is run by command, these tests look at a part of it."""
    drawn = random.randrange(1 << 31)
    with capsys.disabled():
        print(f"\nseed {drawn}", flush=True)
    return drawn


@pytest.fixture
def compiler():
    """The shim is compiled when it is needed."""
    if not shim.can_build():
        pytest.skip("gcc is not installed")
