"""Which members have room on their disks, and so whether the tree may grow and who should lead.

Everybody tells the leader once a second, and at once when it changes. The leader asks the log to
make the tree read-only when fewer than a majority could go on writing, and to end that when a
majority can again.
"""

from typing import Final

from attrs import Factory, define, field

from hikari.raft.quorum import majority

REPORT_TICKS: Final = 20
"""So often members say how it is with them, and the leader draws its conclusions."""
PATIENCE_TICKS: Final = 3 * REPORT_TICKS
"""Who has said nothing for so long counts as having no room: it takes no part in a majority."""


@define
class Room:
    """`low` and `starved` are of this member's own disk: see `hikari.store.space`."""

    member: int
    voters: int
    low: bool = False
    starved: bool = False
    _said: dict[int, tuple[int, bool]] = field(init=False, default=Factory(dict))  # tick, low
    _now: int = field(init=False, default=0)
    _low_ticks: int = field(init=False, default=0)
    _began: int = field(init=False, default=0)  # to lead
    _told: bool = field(init=False, default=False)  # how it is here, at the last report
    _urgent: bool = field(init=False, default=False)  # somebody's disk is not as it was

    def tick(self) -> bool:
        """One tick passed. Whether to report, or to draw conclusions, now: from time to time, and
        at once when something has changed, for a disk can fill in a second."""
        self._now += 1
        self._low_ticks = self._low_ticks + 1 if self.low else 0
        urgent, self._urgent = self._urgent or self.low != self._told, False
        self._told = self.low
        return urgent or self._now % REPORT_TICKS == 0

    def leads(self) -> None:
        """This member leads from now on, and knows nothing of the others yet."""
        self._began = self._now
        self._said.clear()

    def heard(self, sender: int, low: bool) -> None:
        _, before = self._said.get(sender, (0, False))
        self._urgent = self._urgent or low != before
        self._said[sender] = (self._now, low)

    def _others(self, low: bool) -> list[int]:
        """Those who said so, lately."""
        since = self._now - PATIENCE_TICKS
        return [who for who, (at, said) in self._said.items() if said == low and at >= since]

    def read_only(self, now: bool) -> bool:
        """What the leader wants the tree to be; `now`: what it is."""
        heard_all = len(self._said) == self.voters - 1
        if self._now - self._began < 2 * REPORT_TICKS and not heard_all:
            return now  # not everybody can have reported yet
        roomy = len(self._others(low=False)) + (not self.low)
        someone_is_low = self.low or bool(self._others(low=True))
        return someone_is_low and roomy < majority(self.voters)

    def heir(self) -> int:
        """Who should lead instead of this member, whose disk is low; 0: nobody. Not at once, unless
        it can write no more: each change of the leader costs some clients their connections, and
        room may come back."""
        if self._low_ticks < PATIENCE_TICKS and not self.starved:
            return 0
        return min(self._others(low=False), default=0)
