"""Says whose quota is exceeded: once a minute each, for whoever writes against it does so often."""

from typing import Final

from attrs import Factory, define, field
from twisted.logger import Logger

log = Logger()

TOLD_TICKS: Final = 1_200
PATHS_MAX: Final = 1_000


@define
class OverQuota:
    _now: int = field(init=False, default=0)
    _silent_until: dict[bytes, int] = field(init=False, default=Factory(dict))

    def tick(self, paths: set[bytes]) -> None:
        """One tick passed in which these were exceeded. They are taken out."""
        self._now += 1
        for path in paths:
            if self._now >= self._silent_until.get(path, 0):
                if len(self._silent_until) >= PATHS_MAX:
                    self._silent_until.clear()
                self._silent_until[path] = self._now + TOLD_TICKS
                log.warn("more than the quota of {path} allows", path=path.decode(errors="replace"))
        paths.clear()
