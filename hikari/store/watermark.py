"""What the journal has promised, in a small file outside of it.

RocksDB's recovery drops a damaged tail in silence. Held against this file, the loss is seen.

Two slots of 512 bytes (a sector: written whole or not at all), used in turn, so that the newest
valid one is never overwritten. A write goes to the page cache and survives the death of the
process; `secure` makes it survive the death of the machine.
"""

import struct
from pathlib import Path
from typing import Final, NamedTuple, Self
from zlib import crc32

from hikari.raft.entry import ORIGIN, Mark
from hikari.raft.journal import HardState, JournalDamaged
from hikari.store.files import OS_FILES, File, Files

SLOT_BYTES: Final = 512
_MAGIC: Final = b"HKWM\x00\x00\x00\x01"
# magic, sequence, index, term, checksum, term, vote, _RECOVERING | _BEREFT
_SLOT: Final = struct.Struct(">8sQQQIQQB")
_RECOVERING: Final = 1
_BEREFT: Final = 2
_CRC: Final = struct.Struct(">I")


class Promise(NamedTuple):
    """What this member may have told the others."""

    mark: Mark
    hard_state: HardState
    recovering: bool
    bereft: bool = False  # see Journal


BLANK: Final = Promise(ORIGIN, HardState(0, 0), False)


def _pack(sequence: int, promise: Promise) -> bytes:
    mark, hard_state, recovering, bereft = promise
    flags = recovering * _RECOVERING | bereft * _BEREFT
    body = _SLOT.pack(_MAGIC, sequence, *mark, *hard_state, flags)
    return (body + _CRC.pack(crc32(body))).ljust(SLOT_BYTES, b"\0")


def _unpack(slot: bytes) -> tuple[int, Promise] | None:
    body, rest = slot[: _SLOT.size], slot[_SLOT.size :]
    if len(slot) != SLOT_BYTES or rest != _CRC.pack(crc32(body)).ljust(len(rest), b"\0"):
        return None
    magic, sequence, index, term, checksum, hard_term, vote, flags = _SLOT.unpack(body)
    if magic != _MAGIC:
        return None
    mark, hard_state = Mark(index, term, checksum), HardState(hard_term, vote)
    return sequence, Promise(mark, hard_state, bool(flags & _RECOVERING), bool(flags & _BEREFT))


class Watermark:
    """The file, open. Only `secure` may run beside other calls. All raise OSError."""

    def __init__(self, file: File, sequence: int, promise: Promise) -> None:
        self._file = file
        self._sequence = sequence  # of the newest slot; its place is its lowest bit
        self._secured = 0  # the newest sequence known to be on the disk itself
        self.promise = promise

    @classmethod
    def open(cls, path: Path, files: Files = OS_FILES) -> Self | None:
        """The watermark at `path`; None: there is no such file. Raises JournalDamaged."""
        file = files.open(path)
        if file is None:
            return None
        content = file.read(2 * SLOT_BYTES)
        slots = [_unpack(content[:SLOT_BYTES]), _unpack(content[SLOT_BYTES:])]
        valid = [slot for slot in slots if slot is not None]
        if not valid:
            file.close()
            raise JournalDamaged(
                f"{path}: neither slot of the watermark is valid; without the file this member"
                " takes its own journal for incomplete and recovers from the others"
            )
        return cls(file, *max(valid))

    @classmethod
    def create(cls, path: Path, promise: Promise, files: Files = OS_FILES) -> Self:
        """A new file in the place of any other, whole and durable on return."""
        watermark = cls(files.create(path, _pack(2, promise) + _pack(1, promise)), 2, promise)
        watermark._secured = 2
        return watermark

    @property
    def secured(self) -> bool:
        """The newest promise survives the death of the machine."""
        return self._secured == self._sequence

    def write(self, promise: Promise) -> None:
        """Replace the promise, in the page cache only."""
        sequence = self._sequence + 1
        self._file.write(_pack(sequence, promise), sequence % 2 * SLOT_BYTES)
        self._sequence = sequence
        self.promise = promise

    def raise_to(self, mark: Mark, hard_state: HardState) -> None:
        """Promise `mark` and `hard_state` too; neither ever goes back by this."""
        mark_was, state_was, recovering, bereft = self.promise
        newer = mark if mark.index >= mark_was.index else mark_was
        self.write(Promise(newer, max(hard_state, state_was), recovering, bereft))

    def secure(self) -> None:
        """Block until all that was written before this call is on the disk itself. Any thread;
        the interpreter lock is free meanwhile."""
        sequence = self._sequence
        self._file.sync()
        self._secured = max(self._secured, sequence)

    def close(self) -> None:
        self._file.close()
