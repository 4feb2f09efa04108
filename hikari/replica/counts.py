"""What the turn counts of the log since the start: entries, not requests, as Raft has them."""

from attrs import Factory, define, field

from hikari.tally import Tally


@define
class LogCounts:
    """`sizes` are the payloads a leader proposed, in bytes, until somebody resets it."""

    proposed: int = field(init=False, default=0)  # as the leader
    committed: int = field(init=False, default=0)  # and applied, as the leader
    followed: int = field(init=False, default=0)  # committed and applied, as a follower
    expired: int = field(init=False, default=0)  # sessions closed for their silence, as the leader
    sizes: Tally = field(init=False, default=Factory(Tally))
    elections: Tally = field(init=False, default=Factory(Tally))  # ms each without a known leader
    looked: int = field(init=False, default=0)  # how often there was none
    single: int = field(init=False, default=0)  # writes of one entry, as most are
    several: Tally = field(init=False, default=Factory(Tally))  # entries of the other writes
    away: Tally = field(init=False, default=Factory(Tally))  # ms each in which it served nobody
    away_to_lead: Tally = field(init=False, default=Factory(Tally))  # those at whose end it led
    led_s: float = field(init=False, default=0.0)  # since when this member leads
    _alone_s: float | None = field(init=False, default=None)  # since when there is no leader
    _away_s: float | None = field(init=False, default=None)  # since when it serves nobody

    def propose(self, size: int) -> None:
        """As the leader: an entry of so many bytes."""
        self.proposed += 1
        self.sizes.add(size)

    def write(self, entries: int) -> None:
        """To the journal, at once."""
        if entries == 1:
            self.single += 1
        elif entries:
            self.several.add(entries)

    def batches(self) -> Tally:
        """Entries of each write."""
        all = Tally.of(1, self.single)
        all.merge(self.several)
        return all

    def commit(self, entries: int, leads: bool) -> None:
        """So many are committed, as this turn has found."""
        if leads:
            self.committed += entries
        else:
            self.followed += entries

    def serves(self, serving: bool, leads: bool, now_s: float) -> None:
        """Asked at every tick."""
        if not serving:
            if self._away_s is None:
                self._away_s = now_s
        elif self._away_s is not None:
            took_ms, self._away_s = 1000 * (now_s - self._away_s), None
            self.away.add(took_ms)
            if leads:
                self.away_to_lead.add(took_ms)

    def leader(self, leader: int, member: int, now_s: float) -> None:
        """Another leads now, or nobody; or this member starts, and knows of none."""
        if not leader:
            if self._alone_s is None:
                self._alone_s = now_s
                self.looked += 1
        elif self._alone_s is not None:
            self.elections.add(1000 * (now_s - self._alone_s))
            self._alone_s = None
        if leader == member:
            self.led_s = now_s
