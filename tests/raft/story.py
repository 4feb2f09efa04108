"""What Raft's transcripts speak. Nothing happens by itself: messages and writes wait to be told.

    members 3                   members that belong together and have the first entry
    members 3 new               an ensemble that was never started
    tick 1 20                   so many ticks of member 1's clock
    leaderless 2 3              they have not heard of their leader for an election time-out
    elect 1                     all are leaderless, 1 loses patience first, and all is delivered
    settle                      deliver all, and what comes of it, until nothing is left
    deliver [1->2 …]            what is under way, all of it or on these links, once
    cut 1 2                     from now on they hear nobody and nobody hears them (nothing: all do)
    again [1->2 …]              the same, and the network keeps a copy · drop [1->2 …] loses it
    durable 1 [count]           member 1's disk has done all that it was given, or so many writes
    propose 1 a b               two entries · read 1 · suspect 2 1 · snapshot 1 2 · compact 1 5
    transfer 1 [2]              1 hands over, to 2 or to whom it likes · stay 1 (after all)
    crash 2 [keep=1] [lose=2]   restart 2 · wipe 2 [known] · salvage 2 (somebody accepts the loss)
    slow 1 … / quick 1 …        its writes wait for `durable` / are done at once
    batch 1                     at most so many entries in one Append (0: as many as there are)
    status · log 1 · progress 1

A member is shown as `2 follower of 1, term 2, log 5@2, commit 4, durable 5`, a message as
`1->2 term 2: Append after 4@2 [5@2:x] commit 4 round 1`, an entry as `5@2:x`: index, term, payload.
"""

from collections.abc import Iterable
from typing import Any

from raft.world import LaggingJournal, new_journal

from hikari.raft import leader as leader_module
from hikari.raft.entry import ORIGIN, Entry, Mark, chain
from hikari.raft.journal import HardState, JournalEstranged
from hikari.raft.messages import (
    Append,
    AppendReply,
    Chunk,
    ChunkReply,
    Estranged,
    ReadReply,
    ReadRequest,
    TimeoutNow,
    Vote,
    VoteReply,
)
from hikari.raft.raft import FOLLOWER, ROLE_NAMES, Raft
from hikari.raft.ready import Ready

ELECTION_TICKS = 10
HEARTBEAT_TICKS = 2
SETTLE_ROUNDS_MAX = 200
_APPEND_BYTES_MAX = leader_module.APPEND_BYTES_MAX


def show_entries(entries: list[Entry]) -> str:
    shown = [(f"{e.index}@{e.term}", e.payload.decode()) for e in entries]
    return " ".join(place + (payload and f":{payload}") for place, payload in shown)


def show(message: Any) -> str:
    """One message, without what everybody knows."""
    m = message
    forms = {
        Append: lambda: (
            f"Append after {m.before.index}@{m.before.term} [{show_entries(m.entries)}]"
            f" commit {m.commit}{f' durable {m.durable}' * (m.durable > m.commit)}"
            f" round {m.round}{' forgot' * m.forgot}"
        ),
        AppendReply: lambda: (
            f"{'has' if m.ok else f'has not {m.before}, look at'} {m.index}"
            f" round {m.round}{' recovering' * m.recovering}"
        ),
        Vote: lambda: (
            f"{'would you ' * m.pre}vote? {m.last_index}@{m.last_term}{' forced' * m.forced}"
            f"{' recovering' * m.recovering}"
        ),
        VoteReply: lambda: f"{'would ' * m.pre}{'yes' if m.granted else 'no'}",
        TimeoutNow: lambda: "stand now",
        Estranged: lambda: "you have another history",
        ReadRequest: lambda: f"read {m.context}?",
        ReadReply: lambda: f"read {m.context} at {m.index}",
        Chunk: lambda: f"snapshot of {m.mark.index}@{m.mark.term}",
        ChunkReply: lambda: f"took {m.number} of {m.index}",
    }
    return f"term {m.term}: {forms[type(m)]()}"


class Member:
    """One member of a story, with its disk and what it has applied."""

    def __init__(self, story: "Story", number: int, journal: LaggingJournal) -> None:
        self.story = story
        self.number = number
        self.journal = journal
        self.raft: Raft | None = None
        self.applied: Mark = ORIGIN
        self.slow = False
        self.writes: list[tuple[int, int]] = []  # number, how much was written then
        self.start()

    def start(self) -> None:
        applied = min(self.applied.index, self.journal.last.index)
        self.raft = Raft(
            self.number,
            self.story.numbers,
            self.journal,
            applied,
            ELECTION_TICKS,
            HEARTBEAT_TICKS,
            lambda below: self.number % below,
        )
        self.writes = []

    def turn(self) -> list[str]:
        said: list[str] = []
        while self.raft is not None:
            ready = self.raft.ready()
            said += self.carry_out(ready)
            if not (ready.number and not self.slow) and not ready.chunks:
                break
        return said

    def carry_out(self, ready: Ready) -> Iterable[str]:
        assert self.raft is not None
        journal = self.journal
        if ready.recovered:
            journal.recovered()
            yield f"{self.number} is whole again"
        if ready.number:
            journal.append(ready.hard_state, ready.entries)
            self.writes.append((ready.number, journal.written))
            if not self.slow:
                self.durable()
        for to, message in ready.messages:
            self.story.under_way.append((self.number, to, message))
        for context, index in ready.reads:
            yield f"{self.number} reads {context} once {index} is applied"
        for peer in ready.snapshots:
            yield f"{self.number} has no entries for {peer}: it wants a snapshot"
        if ready.committed:
            self.applied = ready.committed[-1].mark
            yield f"{self.number} applies {show_entries(ready.committed)}"
        for chunk in ready.chunks:
            yield from self.chunk(chunk)

    def durable(self, count: int = 0) -> None:
        if self.writes:
            done = count or len(self.writes)
            number, written = self.writes[done - 1]
            del self.writes[:done]
            self.journal.sync_to(written)
            assert self.raft is not None
            self.raft.durable(number)

    def chunk(self, chunk: Any) -> Iterable[str]:
        """As `replica` does it, in one chunk."""
        raft = self.raft
        assert raft is not None
        if isinstance(chunk, ChunkReply):
            raft.snapshot_ended(chunk.sender)
            return
        number = -1
        if chunk.mark.index > raft.log.commit:
            number = 0
            self.journal.reset(self.journal.hard_state, chunk.mark, "tree")
            raft.restore(chunk.mark)
            self.applied = chunk.mark
            yield f"{self.number} restores {chunk.mark.index}@{chunk.mark.term}"
        reply = ChunkReply(self.number, chunk.term, chunk.mark.index, number)
        self.story.under_way.append((self.number, chunk.sender, reply))

    def __str__(self) -> str:
        raft = self.raft
        if raft is None:
            return f"{self.number} is down"
        log = raft.log
        whose = f" of {raft.leader}" if raft.leader not in (0, self.number) else ""
        return (
            f"{self.number} {ROLE_NAMES[raft.role]}{whose}, term {raft.term},"
            f" log {log.last.index}@{log.last.term}, commit {log.commit}, durable {log.durable}"
            f"{', recovering' * raft.recovering}"
        )


class Story:
    """Members and the messages between them; `run` is one command."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.members: dict[int, Member] = {}
        self.under_way: list[tuple[int, int, Any]] = []
        self.cut: set[int] = set()
        self.context = 0
        leader_module.APPEND_BYTES_MAX = _APPEND_BYTES_MAX

    def run(self, line: str, body: str) -> str:
        command, *words = line.split()
        kept, self.under_way = self.under_way, []
        said = getattr(self, f"tell_{command}")(kept, words) or []
        for member in self.members.values():
            said += member.turn()
        self.under_way = [m for m in self.under_way if not self.cut & set(m[:2])]
        said += [f"{a}->{b} {show(m)}" for a, b, m in self.under_way]
        self.under_way = kept + self.under_way
        return "\n".join(said)

    def up(self, word: str) -> Raft:
        raft = self.members[int(word)].raft
        assert raft is not None, f"{word} is down"
        return raft

    def tell_members(self, kept: list[Any], words: list[str]) -> None:
        leader_module.APPEND_BYTES_MAX = _APPEND_BYTES_MAX
        kept.clear()
        self.numbers = list(range(1, int(words[0]) + 1))
        self.members = {}
        for number in self.numbers:
            journal = new_journal()
            if "new" not in words:
                journal.recovered()
                journal.append(HardState(1, 1), [chain(ORIGIN, 1, b"")])
                journal.sync()
            self.members[number] = Member(self, number, journal)

    def tell_tick(self, kept: list[Any], words: list[str]) -> list[str]:
        member, said = self.members[int(words[0])], []
        for _ in range(int(words[1]) if len(words) > 1 else 1):
            self.up(words[0]).tick()
            said += member.turn()
        return said

    def tell_elect(self, kept: list[Any], words: list[str]) -> list[str]:
        raft = self.up(words[0])
        self.tell_leaderless(kept, [str(number) for number in self.numbers])
        said: list[str] = []
        while not any(isinstance(m, Vote) for _, _, m in self.under_way):
            raft.tick()
            said += self.members[int(words[0])].turn()
        kept += self.under_way
        self.under_way = []
        return said + self.tell_settle(kept, [])

    def tell_leaderless(self, kept: list[Any], words: list[str]) -> None:
        """They have not heard of their leader for an election time-out, nor lost patience yet."""
        for word in words:
            raft = self.members[int(word)].raft
            while raft is not None and raft.role == FOLLOWER and raft._has_live_leader():
                raft.tick()

    def tell_settle(self, kept: list[Any], words: list[str]) -> list[str]:
        """Quietly, but for what happened; slow disks stay slow."""
        said: list[str] = []
        for _ in range(SETTLE_ROUNDS_MAX):
            self.under_way, moving = [], kept + self.under_way
            moving = [m for m in moving if not self.cut & set(m[:2])]
            kept.clear()
            if not moving:
                return said
            for _, to, message in moving:
                raft = self.members[to].raft
                if raft is not None:
                    said += self.step(to, raft, message)
                    said += self.members[to].turn()
        raise AssertionError("it never settles")

    def chosen(self, kept: list[Any], words: list[str]) -> list[tuple[int, int, Any]]:
        """Take what is meant out of what is under way."""
        links = [tuple(int(end) for end in word.split("->")) for word in words]
        chosen = [message for message in kept if not links or message[:2] in links]
        kept[:] = [message for message in kept if message not in chosen]
        return chosen

    def tell_deliver(self, kept: list[Any], words: list[str]) -> list[str]:
        said: list[str] = []
        for _, to, message in self.chosen(kept, words):
            raft = self.members[to].raft
            if raft is not None:
                said += self.step(to, raft, message)
        return said

    def step(self, to: int, raft: Raft, message: Any) -> list[str]:
        try:
            raft.step(message)
        except JournalEstranged as error:
            self.members[to].raft = None
            return [f"{to} ends: {error}"]
        return []

    def tell_again(self, kept: list[Any], words: list[str]) -> list[str]:
        """again 1->2: the network delivers it, and keeps a copy."""
        copies = list(kept)
        said = self.tell_deliver(kept, words)
        kept[:] = copies
        return said

    def tell_drop(self, kept: list[Any], words: list[str]) -> None:
        self.chosen(kept, words)

    def tell_late(self, kept: list[Any], words: list[str]) -> list[str]:
        """late 2 durable 3->2: both come within one turn of member 2, the message first."""
        member, _, *links = words
        for _, _, message in self.chosen(kept, links):
            self.up(member).step(message)
        self.members[int(member)].durable()
        return []

    def tell_cut(self, kept: list[Any], words: list[str]) -> None:
        self.cut = {int(word) for word in words}
        kept[:] = [m for m in kept if not self.cut & set(m[:2])]

    def tell_durable(self, kept: list[Any], words: list[str]) -> None:
        self.members[int(words[0])].durable(*(int(word) for word in words[1:]))

    def tell_slow(self, kept: list[Any], words: list[str]) -> None:
        for word in words:
            self.members[int(word)].slow = True

    def tell_quick(self, kept: list[Any], words: list[str]) -> None:
        for word in words:
            self.members[int(word)].slow = False
            self.members[int(word)].durable()

    def tell_batch(self, kept: list[Any], words: list[str]) -> None:
        """One entry of these stories has 24 bytes and a letter."""
        count = int(words[0])
        leader_module.APPEND_BYTES_MAX = 25 * count if count else _APPEND_BYTES_MAX

    def tell_propose(self, kept: list[Any], words: list[str]) -> list[str]:
        taken = [self.up(words[0]).propose(word.encode()) for word in words[1:]]
        return [] if all(taken) else [f"{words[0]} does not lead"]

    def tell_read(self, kept: list[Any], words: list[str]) -> list[str]:
        self.context += 1
        asked = self.up(words[0]).read(self.context)
        return [] if asked else [f"{words[0]} knows no leader"]

    def tell_transfer(self, kept: list[Any], words: list[str]) -> list[str]:
        begun = self.up(words[0]).transfer(*(int(word) for word in words[1:]))
        return [] if begun else [f"{words[0]} cannot"]

    def tell_stay(self, kept: list[Any], words: list[str]) -> None:
        self.up(words[0]).stay()

    def tell_suspect(self, kept: list[Any], words: list[str]) -> None:
        self.up(words[0]).suspect(int(words[1]))

    def tell_snapshot(self, kept: list[Any], words: list[str]) -> None:
        """snapshot 1 2: the rows of 1, as it has applied them, leave for 2."""
        sender = self.members[int(words[0])]
        chunk = Chunk(sender.number, self.up(words[0]).term, sender.applied, 0, [], 0, True)
        self.under_way.append((sender.number, int(words[1]), chunk))

    def tell_compact(self, kept: list[Any], words: list[str]) -> None:
        mark = self.up(words[0]).log.mark_at(int(words[1]))
        assert mark is not None
        self.up(words[0]).log.trim(0, 1 << 20)
        self.members[int(words[0])].journal.compact(mark)

    def tell_crash(self, kept: list[Any], words: list[str]) -> list[str]:
        member = self.members[int(words[0])]
        named = {word.split("=")[0]: int(word.split("=")[1]) for word in words[1:]}
        member.journal = member.journal.crash(**named)
        member.raft = None
        last = member.journal.last
        lost = ", promised entries are missing" if member.journal.recovering else ""
        return [f"{member.number} has {last.index}@{last.term} on disk{lost}"]

    def tell_wipe(self, kept: list[Any], words: list[str]) -> None:
        member = self.members[int(words[0])]
        member.journal, member.raft, member.applied = new_journal(), None, ORIGIN
        member.journal.bereft = "known" in words  # what was there was set aside as damaged

    def tell_salvage(self, kept: list[Any], words: list[str]) -> None:
        journal = self.members[int(words[0])].journal
        journal.recovering = journal.bereft = False

    def tell_restart(self, kept: list[Any], words: list[str]) -> None:
        self.members[int(words[0])].start()

    def tell_status(self, kept: list[Any], words: list[str]) -> list[str]:
        return [str(member) for member in self.members.values()]

    def tell_log(self, kept: list[Any], words: list[str]) -> list[str]:
        log = self.up(words[0]).log
        entries = []
        while log.base.index + len(entries) < log.last.index:
            first = log.base.index + len(entries) + 1
            entries += log.entries(first, log.last.index, 1 << 20)
        return [show_entries(entries) or "nothing"]

    def tell_progress(self, kept: list[Any], words: list[str]) -> list[str]:
        leadership = self.up(words[0]).leadership
        assert leadership is not None
        states = ("probe", "replicate", "snapshot")
        return [
            f"{member}: {states[p.state]} match {p.match} next {p.next}"
            f"{' forgotten' * bool(p.forgotten)}"
            for member, p in leadership.progress.items()
        ]
