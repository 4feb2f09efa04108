"""A small world for Raft: hosts with lagging disks, a network without manners, one clock.

Everything that happens is an event on a heap, drawn from one seed. After every event the host it
touched is held against what must be true (see `witness.py`).
"""

import random
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Any

from attrs import define, field
from raft.witness import Witness

from hikari.raft import leader as leader_module
from hikari.raft.entry import ORIGIN, Mark
from hikari.raft.messages import Chunk, ChunkReply
from hikari.raft.raft import LEADER, Raft
from hikari.raft.ready import Ready
from hikari.store.memory import MemoryJournal

TICK = 10
ELECTION_TICKS = 10
HEARTBEAT_TICKS = 2
PATIENCE_TICKS = 20  # then a snapshot that is not answered is given up
PASSES_MAX = 4


class LaggingJournal(MemoryJournal):
    """The twin, with a disk that may have done only the first of the writes it was given."""

    written = 0  # writes given to it since it was opened
    synced = 0

    def _write(self, write: Any) -> None:
        super()._write(write)
        self.written += 1

    def sync(self) -> None:
        super().sync()
        self.synced = self.written

    def sync_to(self, written: int) -> None:
        """What was given when `written` writes had been given is durable now."""
        count = max(0, written - self.synced)
        for write in self._unsynced[:count]:
            self._durable.write(write)
        del self._unsynced[:count]
        self.synced += count
        promised = self._durable.last.index
        for write in self._unsynced:  # a cut under way has lowered the watermark already
            if not isinstance(write, Mark) and write[1]:
                promised = min(promised, write[1][0].index - 1)
        self._promised = Mark(promised, 0, 0)

    def reset(self, hard_state: Any, mark: Mark, tree_name: str) -> None:
        super().reset(hard_state, mark, tree_name)
        self.synced = self.written

    def crash(self, keep: int = 0, lose: int = 0) -> "LaggingJournal":
        found = super().crash(keep, lose)
        found.__class__ = LaggingJournal
        assert isinstance(found, LaggingJournal)
        return found

    def durable_mark(self, index: int) -> Mark | None:
        log = self._durable
        return log.mark_at(index) if log.base.index <= index <= log.last.index else None

    @property
    def durable_hard_state(self) -> tuple[int, int]:
        return self._durable.hard_state


def new_journal() -> LaggingJournal:
    journal = LaggingJournal()
    journal.recovering = True  # a lost folder looks like a new one
    return journal


class Killed(Exception):
    """The process ended in the middle of its turn."""


@define
class Manners:
    """How bad this world is: every seed draws its own, so that some are bad in one way only."""

    loss: float = 0.0
    duplication: float = 0.0
    delay_max: int = 8
    straggler: float = 0.0  # the chance of a message that comes very late
    sync_max: int = 3
    lazy_sync: float = 0.0  # the chance that a sync takes very long
    lazy_turn: float = 0.3  # the chance that more happens before the turn
    killed: float = 0.0  # the chance to die within a turn, before each thing it does
    killed_at_commit: float = 0.0  # the chance of a leader to die as soon as it has committed
    small_appends: bool = False
    kinds: dict[str, float] = field(factory=dict)  # what else befalls it, by weight
    misfortune_every: int = 150

    @staticmethod
    def drawn(chance: random.Random) -> "Manners":
        kinds = {
            kind: chance.choice((0, 0, 1, 1, 3))
            for kind in (
                *("cut", "split", "isolate", "join", "crash", "crash leader", "pause"),
                *("suspect", "lie", "compact", "lose", "wipe", "slow", "transfer"),
            )
        }
        kinds["join"] += 1
        return Manners(
            loss=chance.choice((0, 0, 0.02, 0.2)),
            duplication=chance.choice((0, 0, 0.1, 0.3)),
            delay_max=chance.choice((2, 8, 8, 40)),
            straggler=chance.choice((0, 0, 0.02, 0.1)),
            sync_max=chance.choice((0, 3, 3, 40)),
            lazy_sync=chance.choice((0, 0, 0.05, 0.2)),
            lazy_turn=chance.choice((0, 0.3, 0.8)),
            killed=chance.choice((0, 0, 0.002, 0.01)),
            killed_at_commit=chance.choice((0, 0, 0.02, 0.2)),
            small_appends=chance.random() < 0.5,
            kinds=kinds,
            misfortune_every=chance.choice((40, 80, 150, 300)),
        )


@define(eq=False)
class Host:
    """One member's machine."""

    world: "World"
    member: int
    journal: LaggingJournal = field(factory=new_journal)
    raft: Raft | None = None  # None: not running
    life: int = 0
    losses: int = 0
    commit: int = 0
    applied: Mark = ORIGIN
    settled: Mark = ORIGIN  # what a restart finds applied
    paused_until: int = 0
    slow_until: int = 0
    sync_ends: int = 0
    turn_due: bool = False
    transfers: dict[int, tuple[int, int]] = field(factory=dict)  # peer -> index, since when

    def start(self) -> None:
        self.life += 1
        self.applied = self.settled
        self.transfers = {}
        self.turn_due = False
        self.sync_ends = 0
        if self.settled.index > self.journal.last.index:  # as `service` does it
            assert self.journal.recovering
            self.journal.reset(self.journal.hard_state, self.settled, self.journal.tree_name)
        world = self.world
        self.raft = Raft(
            self.member,
            world.members,
            self.journal,
            self.settled.index,
            ELECTION_TICKS,
            HEARTBEAT_TICKS,
            world.chance.randrange,
        )
        world.witness.started(self)
        self.later(world.chance.randrange(TICK), self.tick)

    def later(self, wait: int, what: Callable[[], None]) -> None:
        """Do it then, if this life lasts so long; a paused one does it when it goes on."""
        life = self.life

        def happen() -> None:
            if self.life != life or self.raft is None:
                return
            if self.paused_until > self.world.now:
                self.world.at(self.paused_until + self.world.chance.randrange(3), happen)
                return
            what()
            self.world.witness.look(self)
            self.wake()

        self.world.at(self.world.now + wait, happen)

    def wake(self) -> None:
        if self.turn_due or self.raft is None:
            return
        chance = self.world.chance
        if chance.random() < self.world.manners.lazy_turn:
            self.turn_due = True
            self.later(chance.randrange(4), self.turn)
        else:
            self.turn()

    def tick(self) -> None:
        assert self.raft is not None
        self.raft.tick()
        for peer, (_, since) in list(self.transfers.items()):
            if self.world.now - since > PATIENCE_TICKS * TICK:
                self.end_transfer(peer)
        self.later(TICK, self.tick)

    def turn(self) -> None:
        self.turn_due = False
        assert self.raft is not None
        try:
            for _ in range(PASSES_MAX):
                if not self.carry_out(self.raft.ready(self.sync_ends <= self.world.now)):
                    break
        except Killed:
            self.world.crash(self)
            return
        self.raft.log.trim(self.world.chance.choice((0, 1, 4, 64)), 1 << 20)
        self.world.witness.look(self)
        if self.raft.role != LEADER:
            self.transfers = {}
        if self.raft.more():
            self.turn_due = True
            self.later(1, self.turn)

    def carry_out(self, ready: Ready) -> bool:
        world, journal, raft = self.world, self.journal, self.raft
        assert raft is not None
        world.witness.look(self)
        if raft.log.commit > self.commit and raft.role == LEADER:
            self.may_be_killed(world.manners.killed_at_commit)
        self.commit = raft.log.commit
        for context, index in ready.reads:
            world.witness.read_answered(self, context, index)
        for peer in ready.snapshots:
            self.transfers[peer] = (self.applied.index, world.now)
            chunk = Chunk(self.member, raft.term, self.applied, 0, [], 0, True)
            world.send(self, peer, chunk)
        if ready.recovered:
            journal.recovered()
        for to, message in ready.messages:
            self.may_be_killed(world.manners.killed)
            world.witness.says(self, to, message)
            world.send(self, to, message)
        if ready.number:
            journal.append(ready.hard_state, ready.entries)
            self.may_be_killed(world.manners.killed)
        world.witness.wrote(self, ready.entries)
        if ready.number:
            self.sync(ready.number)
        for entry in ready.committed:
            world.witness.applies(self, entry)
            self.applied = entry.mark
        if ready.committed and world.chance.random() < 0.3:
            self.settled = self.applied
        for chunk in ready.chunks:
            self.chunk(chunk)
        return bool(ready.number or ready.chunks)

    def may_be_killed(self, risk: float) -> None:
        if risk and self.world.chance.random() < risk:
            raise Killed

    def sync(self, number: int) -> None:
        world, chance, manners = self.world, self.world.chance, self.world.manners
        wait = chance.randrange(manners.sync_max + 1)
        if chance.random() < manners.lazy_sync or self.slow_until > world.now:
            wait += chance.randrange(20 * TICK)
        written, journal = self.journal.written, self.journal

        def done() -> None:
            journal.sync_to(written)
            if chance.random() < 0.9 or self.sync_ends <= world.now:  # a later one may cover it
                assert self.raft is not None
                self.raft.durable(number)

        self.sync_ends = max(self.sync_ends, world.now + wait)
        if self.sync_ends == world.now:
            done()
        else:
            self.later(self.sync_ends - world.now, done)

    # ---- snapshots, as `replica` does it, in one chunk

    def chunk(self, chunk: Chunk | ChunkReply) -> None:
        raft = self.raft
        assert raft is not None
        if isinstance(chunk, ChunkReply):
            if self.transfers.get(chunk.sender, (None,))[0] == chunk.index:
                self.end_transfer(chunk.sender)
            return
        number = -1
        if chunk.mark.index > raft.log.commit:
            number = 0
            self.journal.reset(self.journal.hard_state, chunk.mark, f"tree-{chunk.mark.index}")
            raft.restore(chunk.mark)
            self.applied = self.settled = chunk.mark
            self.world.witness.restored(self, chunk.mark)
        reply = ChunkReply(self.member, chunk.term, chunk.mark.index, number)
        self.world.send(self, chunk.sender, reply)

    def end_transfer(self, peer: int) -> None:
        del self.transfers[peer]
        assert self.raft is not None
        self.raft.snapshot_ended(peer)

    def compact(self) -> None:
        assert self.raft is not None
        self.settled = self.applied
        lowest = min([self.settled.index, *(index for index, _ in self.transfers.values())])
        index = lowest - self.world.chance.randrange(4)
        if index > self.journal.base.index:
            mark = self.raft.log.mark_at(index)
            assert mark is not None
            self.journal.compact(mark)


class World:
    """All hosts, the network between them, and what befalls them."""

    def __init__(self, seed: int, size: int, manners: Manners | None = None) -> None:
        self.chance = random.Random(seed)
        self.manners = manners or Manners.drawn(self.chance)
        self.now = 0
        self.events: list[tuple[int, float, Callable[[], None]]] = []
        self.cuts: set[tuple[int, int]] = set()
        self.contexts = 0
        self.payloads = 0
        self.members = list(range(1, size + 1))
        self.witness = Witness(self.members)
        self.hosts = [Host(self, member) for member in self.members]
        for host in self.hosts:
            self.at(self.chance.randrange(3 * TICK), host.start)

    def at(self, time: int, what: Callable[[], None]) -> None:
        heappush(self.events, (time, self.chance.random(), what))

    def run(self, until: int) -> None:
        kept = leader_module.APPEND_BYTES_MAX
        if self.manners.small_appends:
            leader_module.APPEND_BYTES_MAX = 1
        try:
            while self.events[0][0] < until:
                self.now, _, what = heappop(self.events)
                what()
        finally:
            leader_module.APPEND_BYTES_MAX = kept
        self.now = until

    def running(self) -> list[Host]:
        return [host for host in self.hosts if host.raft is not None]

    def leaders(self) -> list[Host]:
        return [host for host in self.running() if host.raft and host.raft.role == LEADER]

    # ---- the network

    def send(self, host: Host, to: int, message: Any) -> None:
        chance, manners = self.chance, self.manners
        receiver = self.hosts[to - 1]
        copies = 1 + (chance.random() < manners.duplication)
        for _ in range(copies):
            if (host.member, to) in self.cuts or chance.random() < manners.loss:
                continue
            wait = chance.randrange(manners.delay_max + 1)
            if chance.random() < manners.straggler:
                wait += chance.randrange(60 * TICK)
            self.at(self.now + wait, partial(self.deliver, receiver, receiver.losses, message))

    def deliver(self, host: Host, losses: int, message: Any) -> None:
        if host.raft is None or host.losses != losses:
            return  # what was said to it before it lost something went down with its links
        raft = host.raft
        host.later(0, lambda: raft.step(message))

    # ---- what clients want

    def propose(self, host: Host) -> None:
        if host.raft is not None and host.paused_until <= self.now:
            self.payloads += 1
            host.raft.propose(b"%d" % self.payloads)
            host.wake()

    def read(self, host: Host) -> None:
        if host.raft is not None and host.paused_until <= self.now:
            self.contexts += 1
            self.witness.read_asked(self.contexts)
            host.raft.read(self.contexts)
            host.wake()

    # ---- what befalls them

    def crash(self, host: Host, lose: int = 0, wipe: bool = False) -> None:
        chance = self.chance
        if host.raft is None:
            return
        host.raft = None
        host.life += 1
        host.losses += bool(lose or wipe)
        host.paused_until = 0
        if wipe:
            host.journal, host.settled = new_journal(), ORIGIN
            self.witness.wiped(host)
        else:
            keep = chance.choice((0, chance.randrange(host.journal.unsynced + 1)))
            host.journal = host.journal.crash(keep, lose)
        for other in self.running():
            if chance.random() < 0.7:
                self.link_lost(other, host.member)
        self.at(self.now + chance.choice((3, 30, 300)) + chance.randrange(20), host.start)

    def link_lost(self, host: Host, member: int) -> None:
        raft = host.raft
        assert raft is not None

        def suspect() -> None:
            raft.suspect(member)
            if member in host.transfers:
                host.end_transfer(member)

        host.later(self.chance.randrange(6), suspect)

    def whole(self) -> bool:
        """All have joined, and nobody misses anything now: one of them may."""
        return all(h.journal.last.index and not h.journal.recovering for h in self.hosts)

    def misfortune(self) -> None:
        kinds = self.manners.kinds
        kind = self.chance.choices(list(kinds), list(kinds.values()))[0]
        getattr(self, "befall_" + kind.replace(" ", "_"))()

    def someone(self) -> Host:
        return self.chance.choice(self.hosts)

    def leader_or_someone(self) -> Host:
        leaders = self.leaders()
        return self.chance.choice(leaders) if leaders else self.someone()

    def befall_cut(self) -> None:
        self.cuts.add(tuple(self.chance.sample(self.members, 2)))  # type: ignore[arg-type]

    def befall_split(self) -> None:
        side = set(self.chance.sample(self.members, self.chance.randrange(1, len(self.members))))
        self.cuts |= {
            (a, b) for a in self.members for b in self.members if (a in side) != (b in side)
        }

    def befall_isolate(self) -> None:
        lost = self.leader_or_someone().member
        direction = self.chance.randrange(3)
        if direction != 1:
            self.cuts |= {(lost, other) for other in self.members}
        if direction != 2:
            self.cuts |= {(other, lost) for other in self.members}

    def befall_join(self) -> None:
        self.cuts.clear()

    def befall_crash(self) -> None:
        self.crash(self.someone())

    def befall_crash_leader(self) -> None:
        self.crash(self.leader_or_someone())

    def befall_pause(self) -> None:
        host = self.chance.choice((self.someone(), self.leader_or_someone()))
        host.paused_until = self.now + self.chance.randrange(40 * TICK)

    def befall_suspect(self) -> None:
        """Links between two break, both notice."""
        one, other = self.chance.sample(self.hosts, 2)
        for a, b in ((one, other), (other, one)):
            if a.raft is not None:
                self.link_lost(a, b.member)

    def befall_lie(self) -> None:
        """Somebody believes the leader dead who is not."""
        host = self.someone()
        if host.raft is not None and host.raft.leader not in (0, host.member):
            self.link_lost(host, host.raft.leader)

    def befall_compact(self) -> None:
        host = self.someone()
        if host.raft is not None and host.paused_until <= self.now:
            host.compact()

    def befall_transfer(self) -> None:
        """A leader hands over: to whom it likes, to somebody by name, or it thinks better of it."""
        host = self.leader_or_someone()
        if host.raft is None or host.paused_until > self.now:
            return
        host.raft.transfer(self.chance.choice((0, 0, self.someone().member)))
        if self.chance.random() < 0.1:
            host.raft.stay()
        self.witness.look(host)
        host.wake()

    def befall_slow(self) -> None:
        self.someone().slow_until = self.now + self.chance.randrange(50 * TICK)

    def befall_lose(self) -> None:
        """A disk that lied: what was durable is not there after the crash."""
        host = self.chance.choice((self.someone(), self.leader_or_someone()))
        if self.whole():
            self.crash(host, lose=self.chance.randrange(1, 4))

    def befall_wipe(self) -> None:
        """The folder is lost. What it voted is lost too, so in this world only three may."""
        if len(self.members) == 3 and self.whole():
            self.crash(self.someone(), wipe=True)
