"""What the tree needs of the disk: the seam that `hikari.store` fills."""

from collections.abc import Mapping
from typing import Protocol


class RowsDamaged(Exception):
    """A row could not be read back as it was written. Never to be taken for "not there"."""


class RowsForeign(RowsDamaged):
    """The rows are in order, but of a version that is not known here: leave them alone."""


class RowsFull(Exception):
    """The disk has no room for it. Whether anything of it was kept is not known, and does no harm:
    write the same, or more, again later."""


class View(Protocol):
    """All rows as they were at one moment, in the order of their keys."""

    def take(self, bytes_max: int) -> list[tuple[bytes, bytes]]:
        """The next rows, about `bytes_max` bytes of them, at least one; [] at the end.
        Raises RowsDamaged."""

    def close(self) -> None: ...


class Rows(Protocol):
    """An ordered map of bytes to bytes that keeps whole batches, in order, through a crash."""

    def get(self, key: bytes) -> bytes | None: ...

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """One batch: None deletes. Survives a crash only once flushed, but always as a whole.
        Raises RowsFull."""

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        """All rows whose key starts with `prefix`, in order. Raises RowsDamaged."""

    def scan_keys(self, prefix: bytes, start: bytes = b"", count_max: int = 1 << 62) -> list[bytes]:
        """The keys alone, without their prefix, in order: those from `start` on, at most so many.
        Raises RowsDamaged."""

    def page(self, prefix: bytes, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        """The first `count` rows whose key starts with `prefix` and is greater than `after`, in
        order. Raises RowsDamaged."""

    def view(self) -> View: ...

    def flush(self) -> None:
        """Block until all that was written before this call survives a crash. Any thread.
        Raises RowsFull."""

    def close(self) -> None: ...
