"""A member's journal, read from its files as an opening would see it, and left as it is."""

import time
from contextlib import suppress
from pathlib import Path

from hikari.raft.entry import Mark, parse
from hikari.raft.journal import HardState, JournalDamaged
from hikari.store.inspection import Found, inspect, record_key
from hikari.store.journal import journal_options
from hikari.store.opening import open_rocks
from hikari.store.watermark import Watermark

ATTEMPTS = 5


def journal_of(home: Path) -> Found:
    """What is in it, held against the watermark. Raises JournalDamaged."""
    watermark = Watermark.open(home / "watermark")
    if watermark is None:
        raise JournalDamaged("there is no watermark")
    watermark.close()
    db = open_rocks(home / "journal", journal_options(), JournalDamaged, read_only=True)
    try:
        found = inspect(db, "journal", watermark.promise)
    finally:
        db.close()
    return found._replace(hard_state=max(found.hard_state, watermark.promise.hard_state))


def hard_state_of(home: Path) -> HardState:
    """Term and vote; of a member that runs, too. Raises JournalDamaged."""
    for _ in range(ATTEMPTS - 1):
        with suppress(JournalDamaged):  # a file may have gone while it was read
            return journal_of(home).hard_state
        time.sleep(0.1)
    return journal_of(home).hard_state


def recovering(home: Path) -> bool:
    """Whether the member says that it has forgotten something, or cannot say."""
    watermark = Watermark.open(home / "watermark")
    if watermark is None:
        return True
    watermark.close()
    return watermark.promise.recovering


def mark_at(home: Path, index: int) -> Mark | None:
    """That of one entry, if the journal still has it."""
    db = open_rocks(home / "journal", journal_options(), JournalDamaged, read_only=True)
    try:
        record = db.get(record_key(index))
    finally:
        db.close()
    return parse(record).mark if record is not None else None
