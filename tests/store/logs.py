"""Small logs for the tests of this folder."""

from hikari.raft.entry import ORIGIN, Entry, Mark, chain


def entries_after(before: Mark, count: int, term: int = 1, payload: bytes = b"x") -> list[Entry]:
    """`count` chained entries behind `before`, each with a payload of its own."""
    made: list[Entry] = []
    for _ in range(count):
        entry = chain(before, term, payload + b" %d" % (before.index + 1))
        made.append(entry)
        before = entry.mark
    return made


def log_of(count: int, term: int = 1) -> list[Entry]:
    return entries_after(ORIGIN, count, term)


def indexes(entries: list[Entry]) -> list[int]:
    return [entry.index for entry in entries]
