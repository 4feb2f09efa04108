"""Whole members in memory, on one clock: real Raft, tree, turn and gateway; disk, network and
time under the test's control. Nothing happens but in `run`, `tick` and what a client says.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from replica.wire import Client, Wire
from twisted.internet.task import Clock

from hikari.config import Address, Config, Ensemble, MemberAddress
from hikari.config import Member as MemberConfig
from hikari.gateway.about import About
from hikari.gateway.door import Door
from hikari.gateway.port import ClientPort
from hikari.peers.codec import LENGTH, pack, unpack
from hikari.raft.raft import LEADER, Raft
from hikari.replica.collector import Collector
from hikari.replica.compaction import Compaction
from hikari.replica.proposals import Proposals
from hikari.replica.replica import Replica
from hikari.replica.session_clock import SessionClock
from hikari.replica.snapshots import Receiving
from hikari.store.memory import MemoryJournal, MemoryRows
from hikari.tree.tree import Tree
from hikari_wire import codes

TICK_MS = 50
ELECTION_TICKS = 20
CHECK_TICKS = 20  # between two looks for what ends by itself
LEADER_LOST_TICKS = 40
TIMEOUT_MIN_MS = 4_000
TIMEOUT_MAX_MS = 40_000
STEPS_MAX = 20_000


def config_of(number: int, voters: Sequence[int]) -> Config:
    """What a member is told of itself; all words are answered."""
    book = tuple(
        MemberAddress(n, Address("10.0.0.1", 2180 + n), Address("10.0.0.1", 2280 + n))
        for n in voters
    )
    return Config(MemberConfig(number, words=("*",)), Ensemble(book))


class Network:
    """Frames under way, in order on each link. `cut` breaks links, `hold` keeps frames back."""

    def __init__(self) -> None:
        self.links: dict[tuple[int, int], deque[bytes]] = {}
        self.cuts: set[tuple[int, int]] = set()  # nothing passes, and both ends know
        self.held: set[tuple[int, int]] = set()  # nothing passes for now, and nobody knows
        self.frames: list[tuple[int, int, list[Any]]] = []  # all that was ever sent
        self.drop: Callable[[int, int, Any], bool] = lambda sender, to, message: False

    def post(self, sender: int, to: int, frame: bytes) -> None:
        messages = unpack(frame[LENGTH.size :])
        self.frames.append((sender, to, messages))
        kept = [message for message in messages if not self.drop(sender, to, message)]
        if kept and (sender, to) not in self.cuts:
            self.links.setdefault((sender, to), deque()).append(pack(kept))

    def lose(self, sender: int, to: int) -> None:
        """Whatever is on its way on this link is lost."""
        self.links.pop((sender, to), None)


class MemoryPeers:
    """`hikari.replica.replica.Peers`."""

    def __init__(self, network: Network, member: int, others: Sequence[int]) -> None:
        self.network, self.member, self.others = network, member, others

    def send(self, messages: Sequence[tuple[int, Any]]) -> None:
        by_peer: dict[int, list[Any]] = {}
        for to, message in messages:
            by_peer.setdefault(to, []).append(message)
        for to, several in by_peer.items():
            self.network.post(self.member, to, pack(several))

    def linked(self, peer: int) -> bool:
        return peer in self.others and (self.member, peer) not in self.network.cuts


class MemoryDisk:
    """`hikari.replica.replica.Disk`: at once, or, while `slow`, when the test says `land`."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self.slow = self.hangs = False
        self.waiting: list[tuple[int, Callable[[int], None]]] = []

    def sync(self, number: int, durable: Callable[[int], None]) -> None:
        self.waiting.append((number, durable))
        if not self.slow:
            self.land()

    def quick(self) -> bool:
        return not (self.slow or self.waiting)

    def stalled(self) -> bool:
        return self.hangs

    def land(self) -> None:
        if self.waiting:
            self.journal.sync()
            (number, durable), self.waiting = self.waiting[-1], []
            durable(number)


class Stopped(Exception):
    """The process of a member has ended, here and now."""


class Member:
    """One member. `stop` it, and `Cluster.start` it again on what its disk has kept."""

    def __init__(
        self,
        cluster: "Cluster",
        number: int,
        journal: MemoryJournal,
        folders: dict[str, MemoryRows],
    ) -> None:
        self.cluster, self.number, self.running = cluster, number, True
        self.diverged_at = 0  # index
        self.journal, self.folders = journal, folders
        self.rows = folders.setdefault(journal.tree_name, MemoryRows())
        self.disk = MemoryDisk(journal)
        self.door = Door(
            frame_bytes_max=1 << 20,
            requests_max=100,
            connections_max=100,
            output_bytes_max=1 << 22,
            timeout_min_ms=TIMEOUT_MIN_MS,
            timeout_max_ms=TIMEOUT_MAX_MS,
            new_password=lambda: cluster.chance.randbytes(16),
            later_s=cluster.clock.callLater,
            about=About(
                config_of(number, cluster.voters),
                seconds=cluster.clock.seconds,
                wall_ms=lambda: 1_700_000_000_000 + int(cluster.clock.seconds() * 1000),
            ),
        )
        self.replica = self._make_replica()
        self.door.tie(self.replica)

    def _make_replica(self) -> Replica:
        cluster, number = self.cluster, self.number
        tree = Tree(self.rows, 1 << 20)
        return Replica(
            member=number,
            raft=Raft(
                member=number,
                voters=cluster.voters,
                journal=self.journal,
                applied=tree.index,
                election_ticks=ELECTION_TICKS,
                heartbeat_ticks=2,
                jitter=cluster.chance.randrange,
            ),
            journal=self.journal,
            disk=self.disk,
            tree=tree,
            peers=MemoryPeers(cluster.network, number, cluster.voters),
            door=self.door,
            later=lambda turn: cluster.after.append(lambda: self._turn(turn)),
            later_s=lambda wait_s, ring: cluster.clock.callLater(wait_s, lambda: self._turn(ring)),
            wall_ms=lambda: 1_700_000_000_000 + int(cluster.clock.seconds() * 1000),
            proposals=Proposals(
                number, cluster.chance.getrandbits(40) << 20, cluster.clock.seconds
            ),
            sessions=SessionClock(TICK_MS),
            collector=Collector(TICK_MS, CHECK_TICKS, per_minute_max=60_000, never_used_ms=5_000),
            enforces_quotas=cluster.enforces_quotas,
            receiving=Receiving(
                number,
                open_rows=self._open,
                drop_rows=lambda name: self.folders.pop(name),
                aside=self._aside,
            ),
            compaction=Compaction(
                self.journal,
                entries_kept=cluster.entries_kept,
                bytes_kept=1 << 28,
                flush_entries=cluster.flush_entries,
                aside=self._aside,
            ),
            replant=self._replant,
            leader_lost_ticks=LEADER_LOST_TICKS,
            diverged=self._diverged,
        )

    def _turn(self, turn: Callable[[], None]) -> None:
        if self.running:
            with suppress(Stopped):
                turn()

    def _diverged(self, index: int) -> NoReturn:
        self.diverged_at = index
        self.cluster.stop(self)
        raise Stopped

    def _open(self, name: str) -> MemoryRows:
        assert name not in self.folders
        rows = self.folders[name] = MemoryRows()
        return rows

    def _aside(self, work: Callable[[], None], back: Callable[[], None]) -> None:
        work()
        self.cluster.clock.callLater(0, lambda: back() if self.running else None)

    def _replant(self, rows: Any, name: str) -> Tree:
        self.folders = {name: rows}
        self.rows = rows
        return Tree(rows, 1 << 20)

    # ---- short words

    @property
    def raft(self) -> Raft:
        return self.replica.raft

    @property
    def tree(self) -> Tree:
        return self.replica.tree

    @property
    def leads(self) -> bool:
        return self.running and self.raft.role == LEADER

    def data(self, path: bytes) -> bytes | None:
        znode = self.tree.look(path)
        return None if znode is None else znode.data

    def everything(self) -> list[tuple[bytes, bytes]]:
        """All rows: what must be the same on every member at the same index."""
        self.tree.settle()
        return self.rows.scan(b"")


class Cluster:
    """`size` members, numbered from 1, with an elected leader unless `elect` is False."""

    def __init__(
        self,
        size: int = 3,
        seed: int = 1,
        entries_kept: int = 1_000,
        flush_entries: int = 1_000,
        elect: bool = True,
        enforces_quotas: bool = False,
    ) -> None:
        self.enforces_quotas = enforces_quotas
        self.clock = Clock()
        self.chance = random.Random(seed)
        self.network = Network()
        self.after: list[Callable[[], None]] = []  # turns that were asked for
        self.voters = list(range(1, size + 1))
        self.entries_kept, self.flush_entries = entries_kept, flush_entries
        self.members: dict[int, Member] = {}
        for number in self.voters:
            self.members[number] = Member(self, number, MemoryJournal(), {})
        if elect:
            self.elect()

    # ---- time

    def run(self) -> None:
        """Let everything happen that needs no time: polls, turns, frames on their way."""
        for _ in range(STEPS_MAX):
            if not self.poll():
                return
        raise AssertionError("this never comes to rest")

    def poll(self) -> bool:
        """What is under way arrives, then the turns that were asked for run, as in the reactor.
        Whether there was anything."""
        busy = self._arrive() or bool(self.after)
        if any(call.getTime() <= self.clock.seconds() for call in self.clock.calls):
            busy = True
            self.clock.advance(0)
        after, self.after = self.after, []
        for turn in after:
            turn()
        return busy

    def _arrive(self) -> bool:
        arrived = False
        for (sender, to), frames in list(self.network.links.items()):
            if (sender, to) in self.network.held:
                continue
            for _ in range(len(frames)):
                arrived = True
                self._hear(self.members[to], unpack(frames.popleft()[LENGTH.size :]))
        return arrived

    def _hear(self, member: Member, messages: list[Any]) -> None:
        for message in messages:
            if member.running:
                with suppress(Stopped):
                    member.replica.message(message)

    def tick(self, ticks: int = 1) -> None:
        for _ in range(ticks):
            self.clock.advance(TICK_MS / 1000)
            for member in self.members.values():
                if member.running:
                    member.door.tick()
                    member.replica.tick()
            self.run()

    def until(self, true: Callable[[], Any], ticks: int = 400) -> None:
        """Tick until something is so."""
        for _ in range(ticks):
            if true():
                return
            self.tick()
        raise AssertionError("it did not come about")

    def elect(self) -> Member:
        self.until(lambda: self._agreed() is not None)
        return self.leader

    def _agreed(self) -> Member | None:
        """The leader whom all that run and are linked to it follow."""
        running = [member for member in self.members.values() if member.running]
        leaders = [member for member in running if member.leads]
        if not leaders:
            return None
        leader = max(leaders, key=lambda member: member.raft.term)
        cuts = self.network.cuts
        reached = [m for m in running if (leader.number, m.number) not in cuts]
        if len(reached) * 2 <= len(self.voters):
            return None
        followed = all(m.raft.leader == leader.number for m in reached)
        return leader if followed and leader.raft.log.commit >= leader.raft.log.last.index else None

    # ---- who is who

    @property
    def leader(self) -> Member:
        leaders = [member for member in self.members.values() if member.leads]
        return max(leaders, key=lambda member: member.raft.term)

    @property
    def followers(self) -> list[Member]:
        leader = self.leader
        return [m for m in self.members.values() if m.running and m is not leader]

    # ---- faults

    def cut(self, one: Member, *others: Member) -> None:
        """Break the links between one member and these (all, if none is named), both ways."""
        for other in others or [m for m in self.members.values() if m is not one]:
            for here, there in ((one, other), (other, one)):
                self.network.cuts.add((here.number, there.number))
                self.network.lose(here.number, there.number)
                if here.running:
                    here.replica.peer_lost(there.number)

    def heal(self) -> None:
        self.network.cuts.clear()
        self.network.held.clear()

    def hold(self, one: Member) -> None:
        """Keep back whatever others send to this member, and whatever it sends."""
        for other in self.voters:
            self.network.held |= {(one.number, other), (other, one.number)}

    def stop(self, member: Member) -> None:
        """Kill a member; the others see its sockets close."""
        member.running = False
        for connection in list(member.door.connections):
            connection.transport.die()  # type: ignore[union-attr]
        self.cut(member)

    def start(self, number: int) -> Member:
        """A new process on what the disk has kept."""
        old = self.members[number]
        assert not old.running
        name = old.journal.tree_name
        journal = old.journal.crash()
        member = Member(self, number, journal, {name: old.folders[name].crash()})
        self.members[number] = member
        self.network.cuts = {pair for pair in self.network.cuts if number not in pair}
        return member

    # ---- clients

    def dial(self, member: Member, host: str = "10.0.0.9") -> Client:
        """A TCP connection to a member, and nothing said yet."""
        connection = ClientPort(member.door).buildProtocol(None)
        return Client(connection, Wire(self.clock, host))

    def client(self, member: Member, timeout_ms: int = 10_000) -> Client:
        """A client with a session of its own."""
        client = self.dial(member)
        client.hello(timeout_ms)
        self.run()
        assert client.session, "no session was opened"
        return client

    def move(self, client: Client, member: Member) -> Client:
        """The same session, taken up on another connection."""
        client.listen()
        assert client.response is not None
        moved = self.dial(member)
        seen = max([zxid for _, zxid, _, _ in client.heard], default=0)
        moved.hello(
            client.response.timeout_ms, client.response.session, client.response.password, seen
        )
        return moved

    def write(self, client: Client, path: bytes, data: bytes = b"", flags: int = 0) -> None:
        """Create a znode, and see that it is done."""
        xid = client.create(path, data, flags)
        self.run()
        assert client.error(xid) == codes.OK

    def agree(self) -> None:
        """All that run hold the same, entry for entry and row for row."""
        self.tick(3)
        running = [member for member in self.members.values() if member.running]
        assert len({m.tree.index for m in running}) == 1
        first = running[0].everything()
        assert all(m.everything() == first for m in running[1:])
