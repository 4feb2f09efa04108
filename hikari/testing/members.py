"""Simulated members: the real Server on a simulated machine, killed and started at will."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from hikari import config
from hikari.config import Address, Config, MemberAddress
from hikari.peers.messages import Forward, Heard, Hello
from hikari.raft.journal import JournalDamaged
from hikari.raft.messages import Chunk, ChunkReply
from hikari.raft.raft import LEADER
from hikari.replica.replica import Replica
from hikari.service import Server
from hikari.store.disk import DiskFailed
from hikari.store.healing import CannotStart, NothingLeftBut
from hikari.store.space import missing_to_open
from hikari.testing.disk import Disk
from hikari.testing.machine import SimulatedMachine
from hikari.testing.network import Network, Side
from hikari.testing.timeline import Killed, Process, Timeline
from hikari.tree.rows import RowsDamaged

log = Logger(__name__)

CLIENT_PORT, PEER_PORT = 2181, 2281
IN_ORDER_ONLY = (Hello, Forward, Heard, Chunk, ChunkReply)
"""Of all else Raft promises that it may come twice, late, or in another order."""


CANNOT_START = (*(CannotStart, NothingLeftBut, JournalDamaged, RowsDamaged, DiskFailed, OSError),)


def host_of(member: int) -> str:
    return f"10.0.0.{member}"


def make_config(
    member: int,
    members: int,
    kept: int,
    flush_entries: int,
    endings: config.Endings | None = None,
    enforces_quotas: bool = False,
) -> Config:
    """`kept`: entries that the journal keeps behind the flushed tree."""
    return Config(
        member=config.Member(member, Path(f"/m{member}")),
        ensemble=config.Ensemble(
            members=tuple(
                MemberAddress(n, Address(host_of(n), CLIENT_PORT), Address(host_of(n), PEER_PORT))
                for n in range(1, members + 1)
            )
        ),
        journal=config.Journal(entries_kept=kept, flush_entries=flush_entries),
        endings=endings or config.Endings(),
        quotas=config.Quotas(enforces_quotas),
    )


class Manners:
    """How messages between members are treated beyond what the network does."""

    def __init__(self) -> None:
        self.doubled = 0.0
        self.late = 0.0
        self.late_s = 0.3


class Member:
    """One member over all its lives."""

    def __init__(
        self,
        config: Config,
        timeline: Timeline,
        network: Network,
        chance: random.Random,
        disk: Disk,
        manners: Manners,
    ) -> None:
        self.config = config
        self.number = config.member.id
        self.host = host_of(self.number)
        self.timeline, self.network, self.chance, self.disk = timeline, network, chance, disk
        self.manners = manners
        self.rate = 1.0
        self.skew_ms = 0
        self.turn_s = 0.0
        """So long, at most, each poll takes: what comes meanwhile belongs to the next."""
        self.lives = 0
        self.refused = ""
        """Why it does not start; "": it does."""
        self._compared = 0  # digests, in lives that have ended
        self.doom = 0
        """It dies at so many points (disk operations, frames sent) from now; 0: at none."""
        self.doomed_power = False  # and then the machine with it
        self.recovered = False  # it was whole, since its disk was damaged last
        self.rotten = False  # and it has not been started since
        self.process: Process | None = None
        self.server: Server | None = None
        self.machine: SimulatedMachine
        self.started: Callable[[Member], None] = lambda member: None
        self.moved: Callable[[Member], None] = lambda member: None
        self.says: Callable[[Member, int, Any], None] = lambda member, to, message: None
        self.died: Callable[[Member, str], None] = lambda member, why: None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.alive

    @property
    def replica(self) -> Replica:
        assert self.server is not None
        return self.server.replica

    @property
    def leads(self) -> bool:
        running = self.running and self.server is not None  # else it is about to start
        return running and self.replica.raft.role == LEADER

    @property
    def compared(self) -> int:
        """How often it held another's digest against its own, in all its lives."""
        return self._compared + (self.replica.digests.compared if self.server else 0)

    # ---- life and death

    def start(self) -> None:
        """A new process on what the disk has kept."""
        assert not self.running
        self.lives += 1
        self.refused = ""
        self.network.power(self.host)
        name = f"member {self.number}"
        process = self.process = Process(self.timeline, name, self.host, self.rate)
        self.machine = SimulatedMachine(process, self.network, self.disk, self.chance, self.skew_ms)
        self.disk.point = self._point
        self.timeline.at(self.timeline.now, self._begin, process=process)

    def _begin(self) -> None:
        process = self.process
        assert process is not None
        if missing := missing_to_open(self.disk.files, self.config.member.data):
            self.refused = f"the disk is full: {missing} bytes more must be free"
            self._end("it waits: " + self.refused)
            return
        try:
            server = Server(self.config, self.machine)
        except (
            CannotStart,
            NothingLeftBut,
            JournalDamaged,
            RowsDamaged,
            DiskFailed,
            OSError,
        ) as error:
            self.refused = str(error)
            self._end("it refuses to start: " + self.refused)
            return
        except Killed:
            self._end("killed while it started")
            return
        self.server = server
        self.rotten = any(
            content.rotten for path, content in self.disk.folders.items() if "/damaged-" not in path
        )
        server.replica.peers = Spoken(self, server.links)
        heard = server.links.on_message
        server.links.on_message = lambda message: self._hear(heard, message)
        process.after = self._after
        process.gone = self.look
        server.start()
        self.started(self)

    def _after(self) -> None:
        """Behind each event of the process."""
        if not self.recovered:  # what counts is on disk: it may die before Raft's word gets there
            assert self.server is not None
            self.recovered = not self.rotten and not self.server.journal.recovering
        self.moved(self)

    def kill(self, power: bool = False, why: str = "killed") -> None:
        """End its process; with `power` the machine too: nobody is told."""
        if self.running:
            self._end(why, power)

    def stop(self) -> None:
        """Ask its process to end in order, as SIGTERM does."""
        assert self.process is not None
        self.timeline.at(self.timeline.now, self._stop, process=self.process)

    def _stop(self) -> None:
        server, life = self.server, self.lives
        if server is not None and not server.closed:
            server.stop().addCallbacks(
                lambda _: self._stopped(life), lambda failure: self._unstopped(life, failure)
            )

    def _unstopped(self, life: int, failure: Failure) -> None:
        """Not from within the Deferred: it would keep what the judges say of that."""
        timeline = self.timeline
        timeline.at(timeline.now, self._stopped, life, failure.value)

    def _stopped(self, life: int, error: BaseException | None = None) -> None:
        if self.running and self.lives == life:
            self.machine.ended = error
            self._end("stopped" if error is None else f"its stop failed: {error!r}")

    def _end(self, why: str, power: bool = False) -> None:
        process = self.process
        assert process is not None
        process.alive = False
        power = power or self.doomed_power
        self.doom, self.doomed_power = 0, False
        self._compared = self.compared
        self.server = None
        if power:
            self.network.down[self.host] = self.timeline.now
        self.network.died(process, silently=power)
        self.disk.crash(power)
        self.died(self, why)

    def look(self) -> None:
        """Bury a process that ended in the midst of an event."""
        if self.process is not None and not self.process.alive and self.server is not None:
            ended = self.machine.ended
            self._end("killed in the midst" if ended is None else f"it ended itself: {ended!r}")

    # ---- what it does to the outside

    def reaches(self, peer: int) -> bool:
        """Whether what it says to `peer` now may be heard: what is said on a link to a process
        that is dead by now reaches nobody, also if another has taken its place."""
        assert self.server is not None
        link = self.server.links._out.get(peer)
        side = link.transport if link is not None else None
        return isinstance(side, Side) and side.other.process.alive

    def _point(self, what: str) -> None:
        """A place at which it may die, or has."""
        process = self.process
        if process is not None and not process.alive:
            raise Killed
        if self.doom:
            self.doom -= 1
            if not self.doom:
                assert process is not None
                process.alive = False
                raise Killed

    def _hear(self, heard: Callable[[Any], None], message: Any) -> None:
        manners, process = self.manners, self.process
        if (manners.doubled or manners.late) and not isinstance(message, IN_ORDER_ONLY):
            assert process is not None
            drawn = self.chance.random()
            wait_s = manners.late_s * self.chance.random()
            if drawn < manners.late:
                process.call_later(wait_s, heard, message)
                return
            if drawn < manners.late + manners.doubled:
                process.call_later(wait_s, heard, message)
        heard(message)


class Spoken:
    """`hikari.replica.replica.Peers`: the real links, and a witness who hears first."""

    def __init__(self, member: Member, links: Any) -> None:
        self._member, self._links = member, links

    def send(self, messages: Any) -> None:
        member = self._member
        member._point("send")
        for to, message in messages:
            member.says(member, to, message)
        self._links.send(messages)
        member._point("sent")

    def linked(self, peer: int) -> bool:
        linked: bool = self._links.linked(peer)
        return linked
