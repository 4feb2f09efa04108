"""Which server to try next, and after what pause. Each is tried once without one; who fails in
round after round waits longer and longer, by chance, so that not all clients come back at once."""

from random import Random
from typing import Final

from hikari_client.settings import Address, Settings

PROBE_FIRST_S: Final = 0.1
PROBE_MAX_S: Final = 60.0
GOOD_S: Final = 1.0
"""Who served for so long was good: a server that drops everybody at once is tried with pauses."""


class Search:
    """See the module."""

    def __init__(self, settings: Settings, addresses: list[Address], chance: Random) -> None:
        self._settings = settings
        self._addresses = list(addresses)
        self._chance = chance
        self._attempts = 0  # since one was good
        self._probes = 0  # since a read-only one was found

    def next(self) -> tuple[Address, float]:
        """A server, and seconds to wait before it is tried."""
        round_number, place = divmod(self._attempts, len(self._addresses))
        pause = 0.0
        if not place:
            self._addresses.sort(key=lambda _: self._chance.random())
            if round_number:
                first, most = self._settings.backoff_first, self._settings.backoff_max
                pause = self._jittered(min(first * 2 ** min(round_number, 16), most))
        self._attempts += 1
        return self._addresses[place], pause

    def served(self, seconds: float) -> None:
        """The last one was open for so long."""
        self._probes = 0
        if seconds >= GOOD_S:
            self._attempts = 0

    def patience(self, timeout: float) -> float:
        """How long to wait for one, so that all can be asked within a session's time-out."""
        return min(self._settings.connect_timeout, timeout / len(self._addresses))

    def probe(self, current: Address) -> tuple[Address, float]:
        """A server that may be better than the current, read-only one; seconds until the next."""
        others = [one for one in self._addresses if one != current] or [current]
        pause = self._jittered(min(PROBE_FIRST_S * 2 ** min(self._probes, 16), PROBE_MAX_S))
        self._probes += 1
        return others[self._probes % len(others)], pause

    def _jittered(self, seconds: float) -> float:
        return seconds * (0.5 + self._chance.random() / 2)
