"""The leader's ear: which sessions were heard from, and which have been silent for too long.

Counted in ticks, not in seconds: a member that was itself asleep does not blame its clients.
"""

from collections.abc import Container, Iterable

from attrs import Factory, define, field


@define
class SessionClock:
    """Sessions in buckets by the tick at which they expire; hearing of one moves it, lazily.

    Invariant: a session is in exactly one bucket that counts, the one of the tick `_looked_at`
    has for it, and that is not later than its deadline.

    Only who leads counts: the others keep nothing but `through`, the member through which a
    session was heard last; none if that is gone.
    """

    tick_ms: int
    now: int = 0
    leads: bool = False
    deadline: dict[int, int] = Factory(dict)  # session -> tick
    patience: dict[int, int] = Factory(dict)  # session -> ticks of silence allowed
    through: dict[int, int] = Factory(dict)  # session -> member
    _buckets: dict[int, list[int]] = field(init=False, default=Factory(dict))
    _looked_at: dict[int, int] = field(init=False, default=Factory(dict))  # session -> tick

    def lead(self) -> None:
        """This member decides from now on: whoever is to live is to be opened."""
        self.leads = True

    def follow(self) -> None:
        """Another decides."""
        self.leads = False
        for known in (self.deadline, self.patience, self._buckets, self._looked_at):
            known.clear()

    def open(self, session: int, timeout_ms: int, through: int = 0) -> None:
        """A session began, moved, or is new to us: it gets its full time-out, which may be a
        shorter one than it had."""
        if through:
            self.through[session] = through
        if not self.leads:
            return
        ticks = -(-timeout_ms // self.tick_ms) + 1
        self.patience[session] = ticks
        self.deadline[session] = due = self.now + ticks
        if self._looked_at.get(session, due + 1) > due:
            self._look(session, due)

    def _look(self, session: int, tick: int) -> None:
        self._looked_at[session] = tick
        self._buckets.setdefault(tick, []).append(session)

    def close(self, session: int) -> None:
        self.through.pop(session, None)
        if self.leads and self._looked_at.pop(session, None) is not None:
            del self.deadline[session]
            del self.patience[session]

    def keep(self, sessions: Container[int]) -> None:
        """Forget all others."""
        for session in [one for one in self.deadline | self.through if one not in sessions]:
            self.close(session)

    def heard(self, sessions: Iterable[int], member: int) -> None:
        """Signs of life, through a member. Sessions that are not known (any more) are ignored."""
        now, deadline, patience, through = self.now, self.deadline, self.patience, self.through
        for session in sessions:
            ticks = patience.get(session)
            if ticks is not None:
                deadline[session] = now + ticks
                through[session] = member

    def gone(self, member: int) -> None:
        """A member is out of reach, with whatever it heard since its last report: its sessions get
        their full time-out. Once: then they must be heard of again, through whomever."""
        for session in [one for one, through in self.through.items() if through == member]:
            del self.through[session]
            if self.leads:
                self.deadline[session] = self.now + self.patience[session]

    def tick(self) -> list[int]:
        """One tick passed. The sessions that were silent too long; each is named again, a
        while later, until it is closed: the first proposal may have been lost."""
        self.now += 1
        expired = []
        for session in self._buckets.pop(self.now, ()):
            if self._looked_at.get(session) != self.now:
                continue  # closed, or looked at sooner
            deadline = self.deadline[session]
            if deadline <= self.now:
                expired.append(session)
                deadline = self.now + self.patience[session]
                self.deadline[session] = deadline
            self._look(session, deadline)
        return expired
