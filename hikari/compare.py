"""Says which znodes of two trees differ: of two stopped members, or one that was set aside."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from rocksdict import Rdict

from hikari.raft.journal import JournalDamaged
from hikari.store.disk import DiskFailed, FolderInUse
from hikari.store.files import OS_FILES
from hikari.store.healing import JOURNAL
from hikari.store.inspection import good_part
from hikari.store.journal import journal_options
from hikari.store.opening import OPEN_SECONDS_MAX
from hikari.store.rows import FolderRows
from hikari.tree import keys
from hikari.tree.differences import Incomparable, differences
from hikari.tree.rows import RowsDamaged
from hikari.tree.state import read_meta

SAME, DIFFERENT, CANNOT_LOOK = 0, 1, 3  # exit statuses
_ROCKS_FILE = "CURRENT"  # which every folder of RocksDB has


class Side(NamedTuple):
    """One of the two."""

    folder: Path
    rows: FolderRows
    zxid: int


def compare(one: Path, other: Path) -> int:
    """Say what differs between the trees in two folders. Nothing is changed. Each is the data
    folder of a stopped member, or a tree's own. The exit status."""
    try:
        with ExitStack() as open_:
            sides = [open_.enter_context(_opened(folder)) for folder in (one, other)]
            return _compare(*sorted(sides, key=lambda side: side.zxid))
    except (FolderInUse, DiskFailed, RowsDamaged, JournalDamaged, OSError) as error:
        print(f"hikari: {error}")
        return CANNOT_LOOK


def _compare(older: Side, newer: Side) -> int:
    for name, side in (("older", older), ("newer", newer)):
        print(f"{name}      {side.folder} at zxid {side.zxid}")
    found = differences(older.rows.view(), newer.rows.view(), newer.rows.get)
    for line in found.told:
        print(f"differs    {line}")
    if found.count > len(found.told):
        print(f"           and {found.count - len(found.told)} more")
    if not found.count:
        later = "" if older.zxid == newer.zxid else ", but for what later requests have done"
        print(f"verdict    the same{later}")
        return SAME
    print(f"verdict    {found.count} znodes and sessions differ")
    return DIFFERENT


@contextmanager
def _opened(folder: Path) -> Iterator[Side]:
    with ExitStack() as held:
        if not (folder / _ROCKS_FILE).exists():
            if not folder.is_dir():
                raise OSError(f"{folder}: there is no such folder")
            held.callback(OS_FILES.lock(folder))
            folder /= _tree_name(folder)
        rows = FolderRows(folder)
        held.callback(rows.close)
        meta = rows.get(keys.META)
        if meta is None:
            raise Incomparable(f"{folder}: nothing was settled in it")
        yield Side(folder, rows, read_meta(meta).zxid)


def _tree_name(folder: Path) -> str:
    """Of a member's trees the one that its journal names, if there are several."""
    names = [name for name in OS_FILES.names(folder, "tree-") if not name.endswith(".new")]
    if len(names) == 1:
        return names[0]
    if not names:
        raise Incomparable(f"{folder}: there is no tree in it")
    journal = folder / JOURNAL
    with OS_FILES.watched(journal, OPEN_SECONDS_MAX):
        db: Rdict = OS_FILES.open_rocks(journal, journal_options(), JournalDamaged, read_only=True)
    try:
        return good_part(db, str(journal)).tree_name
    finally:
        db.close()
