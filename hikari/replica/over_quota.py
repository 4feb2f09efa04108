"""Says whose quota is exceeded: once a minute each, for whoever writes against it does so often."""

from typing import Final

from attrs import Factory, define, field
from twisted.logger import Logger

log = Logger(__name__)

TOLD_TICKS: Final = 1_200
PATHS_MAX: Final = 1_000


@define
class OverQuota:
    _now: int = field(init=False, default=0)
    _silent_until: dict[bytes, int] = field(init=False, default=Factory(dict))

    def tick(self, paths: dict[bytes, tuple[str, int, int]]) -> None:
        """One tick passed in which these were exceeded: which limit, by what, and the limit. They
        are taken out."""
        self._now += 1
        for path, (what, now, limit) in paths.items():
            if self._now >= self._silent_until.get(path, 0):
                if len(self._silent_until) >= PATHS_MAX:
                    self._silent_until.clear()
                self._silent_until[path] = self._now + TOLD_TICKS
                log.warn(
                    "more than the quota of {path} allows: its {what} is {limit}, this is {now}",
                    path=path.decode(errors="replace"),
                    what=what,
                    limit=limit,
                    now=now,
                )
        paths.clear()
