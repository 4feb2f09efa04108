"""What a member tells of itself to whoever asks, beside what the turn knows: how it is configured,
since when it runs, how much disk it uses; and who may ask which words."""

import os
from collections.abc import Callable
from pathlib import Path
from time import localtime, strftime

from attrs import define, field

from hikari.config import Config


@define
class About:
    """`seconds` is a monotonic clock, `wall_ms` the time of day: it is told to people, and decides
    nothing."""

    config: Config
    seconds: Callable[[], float]
    wall_ms: Callable[[], int]
    tree_folder: Callable[[], Path] = Path
    journal_folder: Callable[[], Path] = Path
    started_s: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.started_s = self.seconds()

    @property
    def uptime_ms(self) -> int:
        return round(1000 * (self.seconds() - self.started_s))

    def wall_of(self, seconds: float) -> int:
        """The time of day, in ms, at which the monotonic clock showed this."""
        return self.wall_ms() + round(1000 * (seconds - self.seconds()))

    def may(self, word: bytes) -> bool:
        """Whether it is in the whitelist. A client that reads where nobody can write looks for a
        better member with `isro`."""
        words = self.config.member.words
        if word == b"isro" and self.config.sessions.readonly_mode:
            return True
        return word == b"srvr" or "*" in words or word.decode("latin-1") in words

    def tree_bytes(self) -> int:
        """On disk."""
        return _bytes_in(self.tree_folder())

    def journal_bytes(self) -> int:
        return _bytes_in(self.journal_folder())


def date(wall_ms: int) -> str:
    """As Java prints it."""
    return strftime("%a %b %d %H:%M:%S %Z %Y", localtime(wall_ms / 1000))


def _bytes_in(folder: Path) -> int:
    """Of all files; those that go meanwhile count as nothing."""
    total = 0
    try:
        with os.scandir(folder) as found:
            for entry in found:
                try:
                    total += entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    continue
    except OSError:
        return 0
    return total
