"""Members hold the digests of their trees against each other, at equal index, all the time.

Everybody tells everybody, and judges itself: whoever holds another tree than a majority stops. So
no leader is trusted, none has to be told, and none is missed. With no majority for either it is
loud and undecided; the next point, or the next member, decides.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from attrs import Factory, define, field
from twisted.logger import Logger

from hikari.peers.messages import Digest
from hikari.raft.quorum import majority

log = Logger(__name__)

DIGEST_ENTRIES = 128  # the simulator tunes it
"""A point is every entry whose index is a multiple of it: the same ones on every member."""
BUSY_POINTS: Final = 7
"""A busy member may leave points out, but not so many in a row: 896 entries at most."""
QUIET_ROWS: Final = 64
"""With more to settle a member is busy: a digest is of settled rows, and hot ones, settled for each
point, cost a mixture of reads and writes some per cent of its processor time."""
POINTS_KEPT: Final = 64
"""So far a member may be behind or ahead and still be compared."""


def is_due(index: int, unsettled: int) -> bool:
    """Whether a member with so many unsettled rows takes a digest at this entry."""
    if index % DIGEST_ENTRIES:
        return False
    return unsettled <= QUIET_ROWS or not index % (BUSY_POINTS * DIGEST_ENTRIES)


@define
class Digests:
    """Counts since the start: `compared`, how often another's digest was held against ours, the
    newest index of that, and `mismatches`, how often they were not the same. `disputed`: at the
    newest point that was judged they differ, and no majority tells which is right."""

    member: int
    voters: Sequence[int]
    send: Callable[[int, Digest], None]  # (to, message)
    diverged: Callable[[int], NoReturn]  # this member is the odd one, since this index or before
    newest: int  # our last point, or where we begin
    compared: int = field(init=False, default=0)
    last_index: int = field(init=False, default=0)
    mismatches: int = field(init=False, default=0)
    disputed: bool = field(init=False, default=False)
    # index -> member -> digest. Invariant: only points near `newest`.
    _answers: dict[int, dict[int, int]] = field(init=False, default=Factory(dict))
    _said: str = field(init=False, default="")  # what is not said again until it changes

    def reached(self, index: int, digest: int) -> None:
        """Our tree at a point: told to everybody, and held against what they told before."""
        self.begin_at(index)
        answers = self._answers.setdefault(index, {})
        answers[self.member] = digest
        for voter in self.voters:
            if voter != self.member:
                self.send(voter, Digest(self.member, index, digest))
                if voter in answers:
                    self._compare(index, answers, voter)
        self._judge(index, answers)

    def own(self) -> list[tuple[int, int]]:
        """Our trees at the points that are remembered: (index, digest), oldest first."""
        answers = self._answers
        return [
            (index, answers[index][self.member])
            for index in sorted(answers)
            if self.member in answers[index]
        ]

    def begin_at(self, index: int) -> None:
        """The tree is at `index` now: what is far behind that is forgotten."""
        self.newest = index
        for old in [old for old in self._answers if not self._is_near(old)]:
            del self._answers[old]

    def heard(self, message: Digest) -> None:
        """Another's tree at a point. It is given ours if it may have missed that."""
        sender, index = message.sender, message.index
        if sender not in self.voters or index % DIGEST_ENTRIES or not self._is_near(index):
            return
        answers = self._answers.setdefault(index, {})
        if sender == self.member or answers.get(sender) == message.digest:
            return
        answers[sender] = message.digest
        ours = answers.get(self.member)
        if ours is not None:
            self._compare(index, answers, sender)
            if ours != message.digest:
                self.send(sender, Digest(self.member, index, ours))
            self._judge(index, answers)

    def _is_near(self, index: int) -> bool:
        return abs(index - self.newest) <= POINTS_KEPT * DIGEST_ENTRIES

    def _compare(self, index: int, answers: dict[int, int], other: int) -> None:
        self.compared += 1
        self.last_index = max(self.last_index, index)
        self.mismatches += answers[other] != answers[self.member]

    def _judge(self, index: int, answers: dict[int, int]) -> None:
        (most, count), *different = Counter(answers.values()).most_common()
        if not different:
            if count >= majority(len(self.voters)):
                self.disputed = False
            if count == len(self.voters):
                self._said = ""
            return
        shown = ", ".join(f"member {m} has {answers[m]:016x}" for m in sorted(answers))
        odd = [member for member, digest in answers.items() if digest != most]
        self.disputed = count < majority(len(self.voters))
        if self.disputed:
            self._say("the trees differ and no majority tells yet which is right", index, shown)
        elif self.member not in odd:
            named = " and ".join(map(str, sorted(odd)))
            self._say(f"the tree of member {named} is not that of the majority", index, shown)
        else:
            self._say("the tree HERE is not that of the majority", index, shown)
            self.diverged(index)

    def _say(self, what: str, index: int, shown: str) -> None:
        if what != self._said:
            self._said = what
            log.critical("{what}: at entry {index} {shown}", what=what, index=index, shown=shown)
