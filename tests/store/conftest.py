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


@pytest.fixture(autouse=True)
def small_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No logs to recycle, but where that is the matter: folders are copied by the thousand."""
    monkeypatch.setattr("hikari.store.journal.LOGS_RECYCLED", 0)
