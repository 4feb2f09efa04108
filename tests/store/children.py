"""What the tests of this folder run in processes of their own, to be killed.

`python children.py <what> <folder> …`; each prints, line by line, what it has made sure of.
"""

import contextlib
import faulthandler
import os
import re
import signal
import sys
import threading
from pathlib import Path

from store import members

from hikari.raft.entry import chain
from hikari.raft.journal import HardState, JournalDamaged
from hikari.store import journal as store
from hikari.store.disk import DiskFailed
from hikari.store.journal import RocksJournal
from hikari.store.opening import watched
from hikari.store.rows import RocksRows
from hikari.tree.rows import RowsDamaged


def say(*words: object) -> None:
    print(*words, flush=True)


def append_for_ever(folder: Path) -> None:
    """Turns of one to four entries; says index, checksum, term and vote of each sync."""
    journal = RocksJournal(folder)
    say("opened", journal.last.index)
    turn = 0
    while True:
        turn += 1
        entries = []
        mark = journal.last
        for _ in range(turn % 4 + 1):
            entry = chain(mark, 1 + mark.index // 50, b"x" * (mark.index * 37 % 5000))
            entries.append(entry)
            mark = entry.mark
        vote = HardState(mark.term, 1) if mark.term > journal.hard_state.term else None
        journal.append(vote, entries)
        journal.sync()
        if turn % 20 == 0:
            journal.compact(journal.entries(mark.index - 10, mark.index - 10, 0)[0].mark)
        say(*journal.last, *journal.hard_state)


def write_for_ever(folder: Path) -> None:
    """Batch n sets `a`, `b` and a row of its own to n, some flushed on another thread; says each
    n that is known to be flushed."""
    rows = RocksRows(folder, memtable_bytes=64 * 1024)
    n = len(rows.scan_keys(b"n"))
    say("opened", n)
    flush: threading.Thread | None = None
    flushed = n
    while True:
        n += 1
        value = b"%08d" % n
        rows.write({b"a": value, b"n" + value: value * (n % 50), b"b": value})
        if flush is None and n % 10 == 0:
            flushed = n
            flush = threading.Thread(target=rows.flush)
            flush.start()
        elif flush is not None and not flush.is_alive():
            flush = None
            say(flushed)


def open_each(*folders: Path) -> None:
    """Open one journal after the other, and say of each what came of it: "damaged", or the mark
    it ends at, term and vote, and whether it is recovering."""
    store.LOGS_RECYCLED = 0  # hundreds of folders
    for folder in folders:
        try:
            journal = RocksJournal(folder, open_seconds_max=1.0)
        except JournalDamaged:
            say("damaged")
        else:
            say(*journal.last, *journal.hard_state, journal.recovering)
            journal.close()


def spin(folder: Path) -> None:
    """Hold the interpreter lock for longer than anybody will wait."""
    with watched(folder, 0.2):
        re.match("(a+)+$", "a" * 60 + "b")


def heal_each(*folders: Path) -> None:
    """Start one member after the other, and read all it has. What a read finds damaged is noted,
    and the member started anew, as the service does it."""
    store.LOGS_RECYCLED = 0
    for name in ("hikari.store.journal", "hikari.store.rows", "hikari.store.healing"):
        sys.modules[name].OPEN_SECONDS_MAX = 1.0
    for module in (store.RocksJournal, RocksRows):
        module.__init__.__kwdefaults__["open_seconds_max"] = 1.0
    for folder in folders:
        say(heal(folder))


def heal(folder: Path) -> str:
    for _ in range(4):
        opened = members.healing(folder, said=lambda what: None).open()
        try:
            return members.judge(opened)
        except RowsDamaged as error:
            members.healing(folder).aside.note(opened.journal.tree_name, str(error))
        except JournalDamaged as error:
            members.healing(folder).aside.note("journal", str(error))
        finally:
            with contextlib.suppress(DiskFailed, RowsDamaged, JournalDamaged):
                members.close(opened)
    return "never comes up"


def crash(folder: Path) -> None:
    with watched(folder, 5.0):
        faulthandler._sigsegv()


def be_killed(folder: Path) -> None:
    with watched(folder, 5.0):
        os.kill(os.getpid(), signal.SIGKILL)


def open_in_time(folder: Path) -> None:
    with watched(folder, 0.2):
        pass
    threading.Event().wait(0.4)
    say("alive")


if __name__ == "__main__":
    globals()[sys.argv[1]](*map(Path, sys.argv[2:]))
