"""Reads that wait until this member has applied all that was committed when they were asked."""

from collections import deque
from collections.abc import Callable

from attrs import Factory, define, field

Answer = Callable[[], None]

RETRY_TICKS = 6
"""A read index that has not come after so long is asked for again: the question may be lost."""


@define
class Barriers:
    """All barriers of one turn share one question; every question has a context of its own.

    A context is never used twice, not in another life either (each begins at one of 2**40 places,
    which is drawn): the answer to an old question proves nothing about a new one, and an old one,
    of before a loss of the disk, may be answered without a round.
    """

    ask: Callable[[int], bool]  # Raft.read
    _context: int = 0  # of the last question; begins at random: an earlier life asked some too
    _new: list[Answer] = field(init=False, default=Factory(list))
    _asked: dict[int, tuple[int, list[Answer]]] = field(init=False, default=Factory(dict))
    _indexed: deque[tuple[int, list[Answer]]] = field(init=False, default=Factory(deque))
    _now: int = field(init=False, default=0)

    def add(self, answer: Answer) -> None:
        self._new.append(answer)

    @property
    def unanswered(self) -> int:
        """How many wait."""
        asked = [answers for _, answers in (*self._asked.values(), *self._indexed)]
        return len(self._new) + sum(map(len, asked))

    def send(self) -> None:
        """Ask for what came in since the last turn."""
        if self._new:
            self._context += 1
            if self.ask(self._context):
                self._asked[self._context] = (self._now, self._new)
                self._new = []

    def followed(self) -> None:
        """The leader changed: whatever was asked has to be asked anew. What has an index, too: it
        may be of entries that went with that leader, and is then not reached for long."""
        self.again()
        self._new = [one for _, answers in self._indexed for one in answers] + self._new
        self._indexed.clear()

    def again(self) -> None:
        """Whatever was asked and has no answer is asked anew."""
        for _, answers in self._asked.values():
            self._new = answers + self._new
        self._asked = {}

    def tick(self) -> bool:
        """One tick passed. Whether there is something to ask in the next turn."""
        self._now += 1
        oldest = next(iter(self._asked.values()), None)
        if oldest is not None and self._now - oldest[0] > RETRY_TICKS:
            self.again()
        return bool(self._new)

    def indexed(self, context: int, index: int) -> None:
        """The answer to a question: its barriers are open once `index` is applied."""
        asked = self._asked.pop(context, None)
        if asked is not None:
            self._indexed.append((index, asked[1]))

    def applied(self, index: int) -> None:
        """Open what waited for entries up to `index`."""
        indexed = self._indexed
        while indexed and indexed[0][0] <= index:
            for answer in indexed.popleft()[1]:
                answer()
