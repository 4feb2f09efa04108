"""RocksDB's own threads: merges take the processor time that is left.

A merge of some hundred MB has a thread busy for seconds, on all members at about the same time,
since all have the same rows. Where they and their clients have but two cores, that is a queue.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

MERGES: Final = "rocksdb:low"
"""What RocksDB calls its threads that merge; those that flush, for which writes may come to wait,
are called otherwise."""
NICENESS: Final = 10
"""More than the member's own: a tenth of the share. At 19, a seventieth, merges could stay behind
for so long that RocksDB holds up the writes."""
_NICENESS_MAX: Final = 19


def put_merges_behind() -> None:
    """To be called when a database was opened, which starts the threads. Where threads have no
    niceness of their own, nothing happens."""
    niceness = min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, _NICENESS_MAX)
    for number in merging():
        with suppress(OSError):  # it has just ended, or whoever started us put it further back
            os.setpriority(os.PRIO_PROCESS, number, niceness)


def merging() -> list[int]:
    """The threads of this process that merge, as the kernel numbers them."""
    found = []
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):
                if (thread / "comm").read_text("ascii", "replace").strip() == MERGES:
                    found.append(int(thread.name))
    return found
