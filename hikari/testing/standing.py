"""What others count on a member for, and that it stands by it.

Raft's proof needs more than that what is committed stays: an acknowledgement says "my log is yours
up to here", and holds for as long as the term lasts; and a member that lost its log is counted
again only when it has all that it may have helped to commit.
"""

from hikari.raft.messages import Append, AppendReply
from hikari.raft.quorum import two_decide
from hikari.testing.members import Member
from hikari.testing.promises import demand


class Standing:
    """Hears what members say to each other about their logs. Raises Violation."""

    def __init__(self) -> None:
        self._acknowledged: dict[int, tuple[int, int]] = {}  # member -> term, index
        self.lost_at: dict[int, int] = {}
        """Who lost its log, and is not whole yet: the newest commit by then."""

    # ---- acknowledgements

    def acknowledges(self, member: Member, reply: AppendReply, leader: Member | None) -> None:
        """`leader`: of the reply's term, if it leads still."""
        raft, number = member.replica.raft, member.number
        said = (reply.term, reply.index)
        if (
            raft.term != reply.term
            or reply.recovering
            or said <= self._acknowledged.get(number, (0, 0))
        ):
            return
        self._acknowledged[number] = said
        if leader is None:
            return
        own, wanted = raft.log, leader.replica.raft.log
        reaches = reply.index <= wanted.last.index
        demand(reaches, "acknowledged what its leader has not", number, reply, wanted.last)
        if reply.index > max(own.base.index, wanted.base.index):
            mark, want = own.mark_at(reply.index), wanted.mark_at(reply.index)
            demand(mark == want, "acknowledged what its leader has not", number, mark, want)

    def keeps(self, member: Member) -> None:
        """Its log has changed, or was read from its disk."""
        raft = member.replica.raft
        term, index = self._acknowledged.get(member.number, (0, 0))
        kept = raft.term != term or raft.log.last.index >= index
        demand(kept, "what was acknowledged is kept", member.number, term, index, raft.log.last)

    # ---- who lost its log

    def lost(self, member: Member, commit: int) -> None:
        """It starts without something that it had promised, when `commit` was the newest."""
        self._acknowledged.pop(member.number, None)
        self.lost_at.setdefault(member.number, commit)

    def tells(self, to: int, message: Append, voters: int) -> None:
        """A leader of so many says how much makes `to` whole: what it has committed, and where two
        decide, what it has on disk, which others may have committed before it has heard of that."""
        if message.forgot and to in self.lost_at:
            told = message.durable if two_decide(voters) else 0
            enough = max(message.commit, told) >= self.lost_at[to]
            demand(enough, "who is whole has all it had", to, message, self.lost_at[to])
