"""Rows that count how often they were asked."""

from collections.abc import Mapping

from hikari.store.memory import MemoryRows


class CountedRows(MemoryRows):
    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        self.gets = self.scans = self.scanned = self.writes = self.written = 0

    def get(self, key: bytes) -> bytes | None:
        self.gets += 1
        return super().get(key)

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        self.writes += 1
        self.written += len(changes)
        super().write(changes)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        found = super().scan(prefix)
        self.scans += 1
        self.scanned += len(found)
        return found

    def scan_keys(self, prefix: bytes) -> list[bytes]:
        found = super().scan_keys(prefix)
        self.scans += 1
        self.scanned += len(found)
        return found
