"""Where these tests keep what they spoil."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from store.disks import MEMORY


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """Like `tmp_path`, in memory where there is such a place: for hundreds of openings, each with
    a dozen fsyncs that nobody's power is cut for."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)
