"""Entries of the log, their records, and the checksum chain that ties them together."""

import struct
from typing import Final, NamedTuple
from zlib import crc32

HEADER: Final = struct.Struct(">IIQQ")  # checksum, checksum of the entry before, term, index
HEADER_BYTES: Final = HEADER.size
_REST: Final = struct.Struct(">IQQ")  # what the checksum covers, besides the payload


class CorruptRecord(ValueError):
    """The bytes are not a whole record: too short, or their checksum does not match."""


class Mark(NamedTuple):
    """One place in the log: enough to continue the chain behind it."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    term: int
    checksum: int


ORIGIN: Final = Mark(0, 0, 0)
"""The place before the first entry of every log."""


class Entry:
    """One slot of the log. Immutable by convention; `record` is its only form on disk and wire."""

    __slots__ = ("checksum", "index", "previous", "record", "term")

    def __init__(self, index: int, term: int, previous: int, checksum: int, record: bytes) -> None:
        self.index = index
        self.term = term
        self.previous = previous
        self.checksum = checksum
        self.record = record

    @property
    def payload(self) -> bytes:
        return self.record[HEADER_BYTES:]

    @property
    def mark(self) -> Mark:
        return Mark(self.index, self.term, self.checksum)

    def __repr__(self) -> str:
        return f"Entry({self.index}, term {self.term}, {len(self.record)} bytes)"


def chain(before: Mark, term: int, payload: bytes) -> Entry:
    """The entry that follows `before` in `term`."""
    index = before.index + 1
    rest = _REST.pack(before.checksum, term, index) + payload
    checksum = crc32(rest)
    return Entry(index, term, before.checksum, checksum, checksum.to_bytes(4, "big") + rest)


def parse(record: bytes) -> Entry:
    """The entry in `record`, verified against its checksum. Raises CorruptRecord."""
    if len(record) < HEADER_BYTES:
        raise CorruptRecord(f"a record of {len(record)} bytes")
    checksum, previous, term, index = HEADER.unpack_from(record)
    if crc32(memoryview(record)[4:]) != checksum:
        raise CorruptRecord(f"the record of entry {index} does not match its checksum")
    return Entry(index, term, previous, checksum, record)
