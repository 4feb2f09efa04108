"""Builds every room of one member once and ties them together; the only room with the reactor."""

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn
from zlib import crc32

from twisted.internet import defer, task
from twisted.internet.error import CannotListenError
from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)

from hikari import garbage
from hikari.config import HEARD_TICKS, Config
from hikari.descriptors import for_clients
from hikari.gateway.about import About
from hikari.gateway.door import Door
from hikari.gateway.figures import Figure
from hikari.gateway.http import admin_port, metrics_port
from hikari.gateway.port import ClientPort
from hikari.machine import EXIT_REFUSED, Machine, RealMachine, StartAnew
from hikari.peers.link import Links
from hikari.pidfile import remove_pid, write_pid
from hikari.raft.journal import JournalDamaged, JournalEstranged
from hikari.raft.raft import Raft
from hikari.reactor import install
from hikari.replica.collector import Collector
from hikari.replica.compaction import Compaction
from hikari.replica.disk_watch import LOOK_S, DiskWatch
from hikari.replica.inquest import Inquest
from hikari.replica.proposals import Proposals
from hikari.replica.replica import Replica
from hikari.replica.session_clock import SessionClock
from hikari.replica.snapshots import Receiving
from hikari.stalls import Stalls
from hikari.store.aside import ESTRANGED
from hikari.store.disk import DiskFailed, FolderInUse, is_full
from hikari.store.healing import JOURNAL, CannotStart, Healing, NothingLeftBut
from hikari.store.pace import JournalSync
from hikari.store.rows import MEMTABLE_BYTES, FolderRows, RocksRows
from hikari.store.space import MIB, Space, missing_to_open
from hikari.tally import Tally
from hikari.tree.rows import RowsDamaged, RowsFull
from hikari.tree.tree import Tree

log = Logger(__name__)

SWITCH_INTERVAL_S: Final = 1e-4
"""How soon the reactor's thread gives way to one that comes back from the disk."""
BACKLOG: Final = 1024
ROOM_POLL_S: Final = 1.0
HAND_OVER_SECONDS_MAX: Final = 0.3
"""A leader that is stopped waits so long for another to take over; that takes milliseconds, unless
nobody can."""
HAND_OVER_POLL_S: Final = 0.002
JOURNAL_SHARE: Final = 16
MEMTABLE_SHARE: Final = 128
"""Of a small disk they take no more than this part: merges need several times as much."""


class Server:
    """One member: everything it is made of, started and stopped."""

    def __init__(self, config: Config, machine: Machine) -> None:
        self.config = config
        self.machine = machine
        self.reactor = machine.reactor
        self.files = machine.files
        self.closed = False
        self.folder = config.member.data
        self.alone = len(config.ensemble.members) == 1
        disk_bytes = self.files.room(self.folder).total
        self.memtable_bytes = min(MEMTABLE_BYTES, max(disk_bytes // MEMTABLE_SHARE, 2 * MIB))
        healing = Healing(
            self.folder,
            alone=self.alone,
            cache_bytes_max=config.limits.cache_bytes_max,
            memtable_bytes=self.memtable_bytes,
            seconds=machine.seconds,
            wall_ms=machine.wall_ms,
            said=lambda what: log.warn("{what}", what=what),
            files=self.files,
        )
        opening_s = machine.seconds()
        self.journal, self.rows, self.tree = healing.open()
        self.opening = {  # by ZooKeeper's names
            "dbinittime": Tally.of(1000 * (machine.seconds() - opening_s)),
            "startup_snap_load_time": Tally.of(1000 * healing.tree_s),
            "startup_txns_load_time": Tally.of(1000 * healing.journal_s),
            "startup_txns_loaded": Tally.of(self.journal.last.index - self.tree.index),
        }
        self.aside = healing.aside
        self.unhealed = self.aside.unhealed()
        self._whole_at = self.journal.last.index
        self._say_what_was_found()
        self.space = Space(
            self.files, self.folder, config.disk.low_bytes, config.disk.reserve_bytes
        )
        self.journal_worker = machine.worker("journal")
        self.tree_worker = machine.worker("tree")
        self.disk = JournalSync(
            self.journal,
            seconds=machine.seconds,
            in_thread=self.journal_worker.do,
            from_thread=lambda word: self.reactor.callFromThread(self.guarded(word)),
            failed=self.end,
            first_s=self.journal.opening_sync_s,
        )
        self.door = self._make_door()
        self.links = self._make_links()
        self.replica = self._make_replica()
        self.inquest = Inquest(
            self.aside, lambda name: FolderRows(self.folder / name, self.files), self._aside
        )
        self.door.tie(self.replica)
        self.door.damaged = self.end
        self.door.healing = lambda: bool(self.unhealed)
        self.port: Any = None
        self._secures = False
        self.stalls = Stalls(config.raft.tick_ms, self.reactor.seconds)
        self.ticking = task.LoopingCall(self.guarded(self._tick))
        self.ticking.clock = self.reactor
        self.disk_watch = self._make_disk_watch()
        self.looking = task.LoopingCall(self.guarded(self.disk_watch.look))
        self.looking.clock = self.reactor
        self.http_ports: list[Any] = []

    # ---- what is on disk

    def _open_rows(self, name: str) -> RocksRows:
        return RocksRows(self.folder / name, files=self.files, memtable_bytes=self.memtable_bytes)

    def _say_what_was_found(self) -> None:
        journal = self.journal
        if journal.cut_from is not None:
            log.info("a torn end, never promised, was cut from entry {n} on", n=journal.cut_from)
        if journal.lost:
            log.warn("promised and gone, no vote until it is back: {lost}", lost=journal.lost)

    # ---- the rooms

    def _make_door(self) -> Door:
        limits, sessions = self.config.limits, self.config.sessions
        connections_max = for_clients(limits.connections_max)
        if connections_max < limits.connections_max:
            log.warn(
                "only {count} clients at once, connections_max says {wanted}: this process may not"
                " have more files open (ulimit -n)",
                count=connections_max,
                wanted=limits.connections_max,
            )
        return Door(
            frame_bytes_max=limits.frame_bytes_max,
            requests_max=limits.requests_per_connection_max,
            connections_max=connections_max,
            output_bytes_max=limits.output_bytes_max,
            timeout_min_ms=sessions.timeout_min_ms,
            timeout_max_ms=sessions.timeout_max_ms,
            new_password=lambda: self.machine.chance.randbytes(16),
            later_s=self.reactor.callLater,
            about=About(
                self.config,
                seconds=self.machine.seconds,
                wall_ms=self.machine.wall_ms,
                tree_folder=lambda: self.folder / self.journal.tree_name,
                journal_folder=lambda: self.folder / JOURNAL,
            ),
            readonly_mode=sessions.readonly_mode,
            connections_per_host_max=limits.max_client_connections,
            sessions_max=limits.sessions_max,
            outstanding_max=limits.outstanding_limit,
            clients_bytes_max=limits.clients_bytes_max,
            super_digest=self.config.access.super_digest.encode(),
            skip_acl=self.config.access.skip_acl,
        )

    def _make_links(self) -> Links:
        config = self.config
        book = sorted(f"{m.id} {m.peer}" for m in config.ensemble.members)
        return Links(
            clock=self.reactor,
            member=config.member.id,
            ensemble=config.ensemble.name,
            addresses={
                m.id: (m.peer.host, m.peer.port)
                for m in config.ensemble.members
                if m.id != config.member.id
            },
            members_checksum=crc32("\n".join(book).encode()),
            on_message=self.guarded(lambda message: self.replica.message(message)),
            on_lost=self.guarded(lambda peer: self.replica.peer_lost(peer)),
        )

    def _make_replica(self) -> Replica:
        config, machine = self.config, self.machine
        member, times = config.member.id, config.raft
        raft = Raft(
            member=member,
            voters=[m.id for m in config.ensemble.members],
            journal=self.journal,
            applied=self.tree.index,
            election_ticks=times.election_ticks,
            heartbeat_ticks=times.heartbeat_ticks,
            jitter=machine.chance.randrange,
        )
        return Replica(
            member=member,
            raft=raft,
            journal=self.journal,
            disk=self.disk,
            tree=self.tree,
            peers=self.links,
            door=self.door,
            later=lambda turn: self.reactor.after_poll(self.guarded(turn)),
            later_s=lambda wait_s, ring: self.reactor.callLater(wait_s, self.guarded(ring)),
            wall_ms=machine.wall_ms,
            proposals=Proposals(member, machine.chance.getrandbits(40) << 20, machine.seconds),
            sessions=SessionClock(times.tick_ms),
            collector=Collector(
                tick_ms=times.tick_ms,
                interval_ticks=-(-config.endings.check_interval_ms // times.tick_ms),
                per_minute_max=config.endings.per_minute_max,
                never_used_ms=config.endings.never_used_ms,
            ),
            enforces_quotas=config.quotas.enforce,
            receiving=Receiving(
                member,
                open_rows=self._open_rows,
                drop_rows=lambda name: self.files.remove(self.folder / name),
                aside=self._aside,
            ),
            compaction=Compaction(
                self.journal,
                entries_kept=config.journal.entries_kept,
                bytes_kept=min(config.journal.bytes_kept, self.space.total // JOURNAL_SHARE),
                flush_entries=config.journal.flush_entries,
                aside=self._aside,
                seconds=machine.seconds,
            ),
            replant=self._replant,
            leader_lost_ticks=-(-times.leader_lost_ms // times.tick_ms),
            diverged=self._diverged,
            servers=b"" if self.alone else config.ensemble.servers(),
        )

    def _make_disk_watch(self) -> DiskWatch:
        replica = self.replica
        watch = DiskWatch(
            self.space, replica.room, replica.compaction, lambda: self.rows, self.journal.squeeze
        )
        replica.compaction.squeeze = watch.squeeze
        self.door.figures += [watch.figures, self._figures]
        return watch

    def _figures(self) -> Iterable[Figure]:
        """What only this room can tell: see hikari.gateway.figures."""
        yield "approximate_data_size", self.rows.data_bytes()
        yield "fsynctime", self.disk.durations
        yield "sync_processor_queue_flush_time_ms", self.disk.durations
        yield from self.opening.items()
        yield "hikari_fsync_mean_ms", round(1000 * self.disk.mean_s, 3)
        yield "hikari_fsync_slowest_ms", round(1000 * self.disk.slowest_s, 3)
        yield "hikari_fsync_threaded", int(self.disk.threaded)
        yield "hikari_stalls", self.stalls.count
        yield "hikari_stall_longest_ms", round(self.stalls.longest_ms, 3)
        yield "hikari_turn_longest_ms", round(1000 * self.reactor.turn_s_max, 3)
        yield "hikari_unhealed_sets", self.unhealed
        yield "hikari_diverged_znodes", self.inquest.named

    def _aside(self, work: Callable[[], None], back: Callable[[], None]) -> None:
        """Do `work` on the tree's thread, one piece after another, then `back` here."""

        def run() -> None:
            try:
                work()
            except BaseException as error:
                self.end(error)
            self.reactor.callFromThread(self.guarded(back))

        self.tree_worker.do(run)

    def _replant(self, rows: Any, name: str) -> Tree:
        """A snapshot replaces the tree; the old folder goes, its files may linger till closed."""
        self.inquest.end()
        old, self.rows = self.rows, rows
        self.tree = Tree(rows, self.config.limits.cache_bytes_max)
        self._aside(lambda: self._drop(old), lambda: None)
        return self.tree

    def _drop(self, old: RocksRows) -> None:
        """This folder and no other: the next snapshot may be coming in already."""
        old.close()
        self.files.remove(old.folder)

    def _diverged(self, index: int) -> NoReturn:
        """What is in memory alone goes to the disk: it may be what tells what went wrong."""
        self.tree.settle()
        with suppress(RowsFull):
            self.rows.flush()
        self.start_anew(f"{self.folder}: at entry {index} the tree is not what a majority holds")

    # ---- its life

    def start(self) -> None:
        config = self.config
        me, client = config.me, config.client
        self.port = self.machine.listen(client.port, ClientPort(self.door), BACKLOG, client.host)
        self.links.start(me.peer.host, me.peer.port)
        self._listen_http()
        self.ticking.start(config.raft.tick_ms / 1000, now=False)
        self.looking.start(LOOK_S)
        self._secure()
        if not self.unhealed and self.aside.sets():
            self.inquest.begin()  # what the last process did not come to
        log.info(
            "member {member} of {count} serves clients on {client}; term {term}, entries"
            " {base}..{last}, tree at {tree}",
            member=config.member.id,
            count=len(config.ensemble.members),
            client=client,
            term=self.replica.raft.term,
            base=self.journal.base.index,
            last=self.journal.last.index,
            tree=self.tree.index,
        )

    def _listen_http(self) -> None:
        """Where somebody may ask how it is."""
        member = self.config.member
        for address, port in (
            (member.admin, admin_port(self.door, member.admin_path)),
            (member.metrics, metrics_port(self.door)),
        ):
            if address is None:
                continue
            try:
                listening = self.reactor.listenTCP(address.port, port, interface=address.host)
            except CannotListenError as error:  # as ZooKeeper has it: clients need no HTTP
                why = error.socketError
                log.warn("nothing is served at http://{at}: {why}", at=address, why=why)
            else:
                self.http_ports.append(listening)

    def _tick(self) -> None:
        self.door.tick()
        late_ms = self.stalls.tick()
        late = late_ms >= HEARD_TICKS * self.stalls.tick_ms
        if late:
            log.warn("this member stood still for {ms} ms", ms=round(late_ms))
        self.replica.tick(late)
        self.inquest.tick(self.tree)

    def _secure(self) -> None:
        """The watermark reaches the disk also when nothing more is written."""
        secure = self.guarded(self.journal.secure_watermark)
        if not self.disk.threaded:
            secure()
        elif not self._secures:  # a slow disk is not asked again before it has answered
            self._secures = True
            self.journal_worker.do(lambda: self._secured(secure))
        if self.unhealed:
            self.guarded(self._note_healed)()
        self.securing = self.reactor.callLater(0.1, self._secure)

    def _secured(self, secure: Callable[[], None]) -> None:
        """On the journal's thread."""
        secure()
        self._secures = False

    def stop(self) -> "defer.Deferred[None]":
        """Nothing is lost if this does not run; with it, the others need not find out that their
        leader is gone, and the next start is quicker."""
        handed_over: defer.Deferred[None] = defer.Deferred()
        wait_s = HAND_OVER_SECONDS_MAX if self.replica.raft.transfer() else 0.0
        self.replica.wake()
        self._hand_over(self.reactor.seconds() + wait_s, handed_over)
        return handed_over.addCallback(lambda _: self._close())

    def _hand_over(self, until_s: float, handed_over: "defer.Deferred[None]") -> None:
        """Wait till another leads, if this one did: its vote may be needed for that."""
        raft = self.replica.raft
        if raft.leader not in (0, raft.member) or self.reactor.seconds() >= until_s:
            handed_over.callback(None)
        else:
            self.reactor.callLater(HAND_OVER_POLL_S, self._hand_over, until_s, handed_over)

    def _close(self) -> None:
        self.replica.farewell()
        self.closed = True
        self.ticking.stop()
        self.looking.stop()
        self.securing.cancel()
        for port in (self.port, *self.http_ports):
            if port is not None:
                port.stopListening()
        self.links.stop()
        self.tree_worker.stop()
        self.journal_worker.stop()
        self.tree.settle()
        with suppress(RowsFull):  # the journal has it
            self.rows.flush()
        self.rows.close()
        self.journal.close()
        log.info(
            "stopped; the longest turn took {turn} ms, the latest tick was {tick} ms late, the"
            " slowest sync took {sync} ms",
            turn=round(1000 * self.reactor.turn_s_max),
            tick=round(self.stalls.longest_ms),
            sync=round(1000 * self.disk.slowest_s),
        )

    def guarded(self, work: Callable[..., None]) -> Callable[..., None]:
        """`work`, whose failure ends the process: what it left behind cannot be trusted. Once the
        member is closed nothing is done any more: a turn may have been asked for before."""

        def run(*args: Any) -> None:
            if self.closed:
                return
            try:
                work(*args)
            except BaseException as error:
                self.end(error)

        return run

    def end(self, error: BaseException) -> NoReturn:
        """This process cannot go on. Any thread."""
        if isinstance(error, JournalEstranged):
            self.start_anew(f"{ESTRANGED}: {error}", JOURNAL)
        if isinstance(error, JournalDamaged):
            self.start_anew(str(error), JOURNAL)
        if isinstance(error, RowsDamaged):
            self.start_anew(str(error), self.journal.tree_name)
        if is_full(error):
            self.machine.end(StartAnew(f"no room left on the disk: {error}"))
        self.machine.end(error)

    def start_anew(self, what: str, folder: str = "") -> NoReturn:
        """What is in `folder` (of the tree, if none is named) is damaged: note it, and let a new
        process set it aside and heal from the others. Any thread."""
        try:
            self.aside.note(folder or self.journal.tree_name, what)
        except OSError as error:
            self.end(error)
        self.machine.end(StartAnew(what))

    def _note_healed(self) -> None:
        """Whole again, with all that the others had when this was asked."""
        raft = self.replica.raft
        if (
            raft.leader
            and not raft.recovering
            and self.tree.index >= max(raft.log.commit, self._whole_at)
        ):
            self.unhealed = 0
            self._aside(self.aside.healed, self._healed)

    def _healed(self) -> None:
        log.info("healed: this member has what the others have")
        self.inquest.begin()


def _wait_for_room(config: Config, machine: Machine) -> None:
    """On a full disk nothing can be opened: say so, and come back by itself when there is room."""
    told = False
    while missing := missing_to_open(machine.files, config.member.data):
        if not told:
            print(
                f"hikari: {config.member.data}: the disk is full: {-(-missing // MIB)} MiB more"
                " must be free to open what is there; waiting for it",
                file=sys.stderr,
                flush=True,
            )
            told = True
        time.sleep(ROOM_POLL_S)


def _open(config: Config, machine: Machine) -> Server:
    """The member, once there is room for it. Another process may be quicker and take what was
    there a moment ago: then a new process waits for it again."""
    _wait_for_room(config, machine)
    try:
        return Server(config, machine)
    except (DiskFailed, RowsFull, OSError) as error:
        if not is_full(error):
            raise
        time.sleep(ROOM_POLL_S)
        machine.end(StartAnew(str(error)))


def _begin_log() -> None:
    levels = LogLevelFilterPredicate()
    levels.setLogLevelForNamespace("twisted.web", LogLevel.warn)  # else a line a scrape
    observer = FilteringLogObserver(textFileLogObserver(sys.stderr), [levels])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)


def serve(config: Config, path: Path) -> None:
    """Run one member until SIGTERM or SIGINT. Ends the process with a status when it cannot."""
    reactor = install()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _begin_log()
    machine = RealMachine(reactor)
    try:
        server = _open(config, machine)
    except NothingLeftBut as error:
        print(
            f"hikari: {error}\nThere is no other member to heal from. What is left, and what going"
            f" on with it would cost, says:\n    hikari salvage --config {path}",
            file=sys.stderr,
        )
        raise SystemExit(EXIT_REFUSED) from None
    except (CannotStart, JournalDamaged, RowsDamaged, FolderInUse, DiskFailed, OSError) as error:
        print(f"hikari: {error}", file=sys.stderr)
        raise SystemExit(EXIT_REFUSED) from None
    garbage.begin()
    reactor.between_turns = garbage.between_turns
    pid = config.member.data / "pid"
    reactor.callWhenRunning(server.guarded(server.start))
    reactor.callWhenRunning(write_pid, pid)
    reactor.addSystemEventTrigger("before", "shutdown", server.stop)
    reactor.addSystemEventTrigger("after", "shutdown", remove_pid, pid)
    reactor.run()
