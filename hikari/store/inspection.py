"""The journal's rows, and what an opening must find true of them before anything is written.

`H`: hard state.  `B`: base mark, format and the name of the tree folder; written once before the
folder gets its name, so it is missing only if something is wrong.  `L` + index: a record.
"""

import struct
from typing import Final, NamedTuple
from zlib import crc32

from rocksdict import Rdict

from hikari.raft.entry import CorruptRecord, Entry, Mark, parse
from hikari.raft.journal import HardState, JournalDamaged, JournalForeign
from hikari.store.disk import DiskFailed, tells_damage
from hikari.store.watermark import Promise

HARD_STATE_KEY: Final = b"H"
BASE_KEY: Final = b"B"
RECORDS: Final = b"L"
RECORDS_END: Final = b"M"
FORMAT: Final = 1

_RECORD_KEY: Final = struct.Struct(">cQ")
_HARD_STATE: Final = struct.Struct(">IQQ")  # checksum of the rest, term, vote
_BASE: Final = struct.Struct(">IHQQI")  # checksum of the rest, format, index, term, checksum


class Found(NamedTuple):
    """A journal that can be used."""

    base: Mark
    tree_name: str
    hard_state: HardState
    last: Mark
    cut_from: int | None  # the first index of a torn tail, never promised; `last` is before it
    lost: str  # what was promised and is not there; "": nothing


def record_key(index: int) -> bytes:
    return _RECORD_KEY.pack(RECORDS, index)


def pack_hard_state(hard_state: HardState) -> bytes:
    body = _HARD_STATE.pack(0, *hard_state)[4:]
    return crc32(body).to_bytes(4, "big") + body


def pack_base(base: Mark, tree_name: str) -> bytes:
    body = _BASE.pack(0, FORMAT, *base)[4:] + tree_name.encode()
    return crc32(body).to_bytes(4, "big") + body


def inspect(db: Rdict, folder: str, promise: Promise | None) -> Found:
    """Hold every row against its neighbours and against `promise` (None: it is unknown).

    Raises JournalDamaged where what is wrong may have been promised.
    """
    base, tree_name = _read_base(db, folder)
    hard_state = _read_hard_state(db, folder)
    promised = base if promise is None else promise.mark
    last, wrong, found, unreadable = _walk(db, base, promised.index)
    if unreadable:
        raise JournalDamaged(
            f"{folder}: rows after entry {last.index} cannot be read: {unreadable}"
        )
    if wrong and (promise is None or last.index < promised.index):
        raise JournalDamaged(f"{folder}: entry {last.index + 1}: {wrong}")
    lost = ""
    if promise is None:
        lost = f"{folder}: the watermark is missing, so entries after {last.index} may be too"
    elif last.index < promised.index:
        lost = f"{folder}: entries {last.index + 1} to {promised.index} are missing"
    elif promised.index >= base.index and found != promised:
        lost = f"{folder}: entry {promised.index} is not the one that was promised"
    return Found(base, tree_name, hard_state, last, last.index + 1 if wrong else None, lost)


def follows(entry: Entry, before: Mark) -> str:
    """What keeps `entry` from being the one right behind `before`; "": nothing."""
    if entry.index != before.index + 1:
        return f"its record is that of entry {entry.index}"
    if entry.previous != before.checksum:
        return "it does not continue the chain of the entry before"
    if entry.term < before.term:
        return f"its term {entry.term} is before {before.term}, that of the entry before"
    return ""


def _read_base(db: Rdict, folder: str) -> tuple[Mark, str]:
    row = _read_row(db, folder, BASE_KEY)
    if row is None:
        raise JournalDamaged(f"{folder}: its base row is missing: RocksDB took it for empty")
    if len(row) < _BASE.size or crc32(row[4:]) != int.from_bytes(row[:4], "big"):
        raise JournalDamaged(f"{folder}: the base row does not match its checksum")
    _, version, *mark = _BASE.unpack_from(row)
    if version != FORMAT:
        raise JournalForeign(f"{folder}: format {version}; this version knows format {FORMAT}")
    return Mark(*mark), row[_BASE.size :].decode()


def _read_hard_state(db: Rdict, folder: str) -> HardState:
    row = _read_row(db, folder, HARD_STATE_KEY)
    if row is None:
        raise JournalDamaged(f"{folder}: the row of term and vote is missing")
    if len(row) != _HARD_STATE.size or crc32(row[4:]) != int.from_bytes(row[:4], "big"):
        raise JournalDamaged(f"{folder}: the row of term and vote does not match its checksum")
    _, term, vote = _HARD_STATE.unpack(row)
    return HardState(term, vote)


def _read_row(db: Rdict, folder: str, key: bytes) -> bytes | None:
    try:
        row: bytes | None = db.get(key)
    except Exception as error:  # rocksdict has but one class of error
        message = f"{folder}: row {key!r} cannot be read: {error}"
        raise (JournalDamaged if tells_damage(error) else DiskFailed)(message) from error
    return row


def good_part(db: Rdict, folder: str) -> Found:
    """What can be believed of a journal that is damaged behind its base row: the entries that
    hang together from the base on. Raises JournalDamaged if there is no base row to believe."""
    base, tree_name = _read_base(db, folder)
    try:
        hard_state = _read_hard_state(db, folder)
    except JournalDamaged:
        hard_state = HardState(0, 0)
    last, *_ = _walk(db, base, base.index)
    return Found(base, tree_name, hard_state, last, None, "")


def _walk(db: Rdict, base: Mark, promised_index: int) -> tuple[Mark, str, Mark | None, str]:
    """The mark of the last good entry, what is wrong with the next, the mark at `promised_index`,
    and why reading ended early. An iterator and its status: `items()` ends in silence at a damaged
    block."""
    before = base
    found = base if promised_index == base.index else None
    wrong = ""
    rows = db.iter()
    rows.seek(record_key(base.index + 1))
    while (key := rows.key()) is not None:
        if key != record_key(before.index + 1):
            wrong = f"it is missing; the next row is {key!r}"
            break
        try:
            entry = parse(rows.value())
        except CorruptRecord as error:
            wrong = str(error)
            break
        if wrong := follows(entry, before):
            break
        before = entry.mark
        if entry.index == promised_index:
            found = before
        rows.next()
    try:
        rows.status()
    except Exception as error:
        if not tells_damage(error):
            raise DiskFailed(f"entry {before.index + 1} cannot be read: {error}") from error
        return before, wrong, found, str(error)
    return before, wrong, found, ""
