"""A member whose fsyncs take as long as a file beside its configuration says, while it says so.

    python -m faults.slow_disk serve --config FOLDER/hikari.toml

A real slow device needs cgroups and a loop device; what the member sees of one is this.
"""

import sys
import time
from pathlib import Path
from typing import Any

STEP_S = 0.005


def _wait(file: Path) -> None:
    """As long as the file says at any moment: a disk that thaws answers at once."""
    began = time.monotonic()
    while True:
        try:
            wanted = float(file.read_text() or 0)
        except (OSError, ValueError):
            return
        if time.monotonic() - began >= wanted:
            return
        time.sleep(STEP_S)


def patch(file: Path) -> None:
    """Every fsync of the journal and of its watermark waits first."""
    from hikari.store.journal import RocksJournal
    from hikari.store.watermark import Watermark

    flushed, secured = RocksJournal._flush_wal, Watermark.secure

    def flush(self: Any) -> None:
        _wait(file)
        flushed(self)

    def secure(self: Any) -> None:
        _wait(file)
        secured(self)

    RocksJournal._flush_wal = flush  # type: ignore[method-assign]
    Watermark.secure = secure  # type: ignore[method-assign]


if __name__ == "__main__":
    from hikari.__main__ import main

    patch(Path(sys.argv[sys.argv.index("--config") + 1]).with_name("disk"))
    main(prog_name="hikari")
