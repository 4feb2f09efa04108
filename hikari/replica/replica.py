"""The turn: everything that one poll of the reactor brought, moved once, in the safe order."""

from collections.abc import Callable
from typing import Any, Final, NoReturn

from attrs import Factory, define, field
from twisted.logger import Logger

from hikari.config import HEARD_TICKS
from hikari.peers.messages import Digest, DiskRoom, Forward, Heard
from hikari.raft.entry import Entry
from hikari.raft.journal import Journal
from hikari.raft.messages import Append, AppendReply, Chunk, ChunkReply
from hikari.raft.raft import LEADER, Raft
from hikari.raft.ready import Ready
from hikari.replica.barriers import Barriers
from hikari.replica.collector import Collector
from hikari.replica.compaction import Compaction
from hikari.replica.counts import LogCounts
from hikari.replica.delays import Delays
from hikari.replica.devices import Disk, Door, Peers
from hikari.replica.digests import Digests, is_due
from hikari.replica.gathering import Gathering
from hikari.replica.leaderless import why_leaderless
from hikari.replica.nobody import payload_of_nobody
from hikari.replica.over_quota import OverQuota
from hikari.replica.proposals import Asker, Group, Proposals, batches, payloads, unpack
from hikari.replica.room import Room
from hikari.replica.scrub import Scrub
from hikari.replica.session_clock import SessionClock
from hikari.replica.settling import Settling
from hikari.replica.snapshots import Receiving, Sending
from hikari.tree.fresh import CONFIG
from hikari.tree.membership import CONFIGURE, servers_of
from hikari.tree.quotas import ENFORCE_QUOTAS
from hikari.tree.sessions import ATTACH, EXPIRE
from hikari.tree.space import READ_ONLY
from hikari.tree.tree import Tree
from hikari_wire.codes import CLOSE_SESSION, CREATE_SESSION, OK

log = Logger(__name__)

PASSES_MAX: Final = 4
"""How often one turn asks Raft again because the disk answered at once."""
WAITING_BYTES_MAX: Final = 256 << 20
"""More that waits for a leader is not kept: its connections are closed, the newest first."""
_HOW: Final = ("writable again", "read-only: too few members have room on their disks")
LOG_ENTRIES_IN_MEMORY = 512  # the simulator tunes it
LOG_BYTES_IN_MEMORY: Final = 32 << 20


@define(eq=False)
class Replica:
    """One member's running copy. All of it runs on one thread."""

    member: int
    raft: Raft
    journal: Journal
    disk: Disk
    tree: Tree
    peers: Peers
    door: Door
    later: Callable[[Callable[[], None]], object]  # after all sockets of this poll were read
    later_s: Callable[[float, Callable[[], None]], object]
    wall_ms: Callable[[], int]
    proposals: Proposals
    sessions: SessionClock
    collector: Collector
    enforces_quotas: bool  # what this member puts into the log when it leads
    receiving: Receiving
    compaction: Compaction
    replant: Callable[[Any, str], Tree]  # (rows, folder name) -> the tree in them
    leader_lost_ticks: int
    diverged: Callable[[int], NoReturn]  # the tree is not that of the majority: stop at once
    servers: bytes = b""  # what /zookeeper/config should say: see hikari.tree.membership

    heard: set[int] = field(init=False, default=Factory(set))  # sessions, since the last report
    barriers: Barriers = field(init=False)
    counts: LogCounts = field(init=False, default=Factory(LogCounts))
    sending: Sending = field(init=False)
    delays: Delays = field(init=False)
    digests: Digests = field(init=False)
    scrub: Scrub = field(init=False, default=Factory(Scrub))
    settling: Settling = field(init=False, default=Factory(Settling))
    room: Room = field(init=False)
    gathering: Gathering = field(init=False)
    over_quota: OverQuota = field(init=False, default=Factory(OverQuota))
    _woken: bool = field(init=False, default=False)
    _forwarded: list[bytes] = field(init=False, default=Factory(list))
    _forwarded_requests: int = field(init=False, default=0)  # in those
    _expired: list[bytes] = field(init=False, default=Factory(list))
    _outbox: list[tuple[int, Any]] = field(init=False, default=Factory(list))
    _allegiance: tuple[int, int] = field(init=False, default=(0, 0))  # (leader, term) they went to
    _silent_ticks: int = field(init=False, default=0)  # since the leader was heard; -1: leads
    _ticks: int = field(init=False, default=0)
    _stood_aside: bool = field(init=False, default=False)  # at the last tick, for want of room
    _grace: int = field(init=False, default=0)  # ticks in which no session grows older
    _stalled: bool = field(init=False, default=False)  # leads, and hands over for its disk's sake
    _turning: bool = field(init=False, default=False)  # Raft will be asked again in this turn

    def __attrs_post_init__(self) -> None:
        self.barriers = Barriers(self.raft.read, self.proposals.serial)
        self.sending = Sending(self.member, self.raft.snapshot_ended)
        self.digests = Digests(
            member=self.member,
            voters=self.raft.voters,
            send=lambda to, digest: self._outbox.append((to, digest)),
            diverged=self.diverged,
            newest=self.tree.index,
        )
        self.room = Room(self.member, len(self.raft.voters))
        self.gathering = Gathering(self.proposals.seconds, self.later_s, self.wake)
        self.delays = Delays(self.member, self.proposals.seconds, self.wall_ms)
        self.counts.leader(0, self.member, self.proposals.seconds())
        self.counts.serves(False, False, self.proposals.seconds())

    # ---- what moves it

    def wake(self) -> None:
        """There is something to move: have a turn, once, after this poll."""
        if not self._woken:
            self._woken = True
            self.later(self.turn)

    def propose(self, asker: Asker, group: Group, size: int) -> None:
        """Requests of one connection, in order, for the log. `size`: about how many bytes."""
        self.proposals.add(asker, group, size)
        held = self.gathering.holds and not self.gathering.fills(len(group[3]))
        if not self._woken and not held:
            self.wake()

    def barrier(self, answer: Callable[[], None]) -> None:
        """Call `answer` once all is applied here that was committed anywhere before this call."""
        self.barriers.add(answer)
        self.wake()

    def message(self, message: Any) -> None:
        """A peer said something."""
        kind = type(message)
        if kind is Forward:
            if self.raft.role == LEADER and message.term == self.raft.term:
                self._forwarded += message.proposals
                self._forwarded_requests += message.requests
                if self.gathering.holds and not self.gathering.fills(message.requests):
                    return
        elif kind is Heard:
            self.sessions.heard(message.sessions, message.sender)
            return
        elif kind is Digest:
            self.digests.heard(message)
            return
        elif kind is DiskRoom:
            self.room.heard(message.sender, message.low)
            return
        elif self.room.starved and kind is Append:
            return  # there is no room for it: it will be sent again
        elif self.room.starved and kind is Chunk:
            self._refuse(message)
        else:
            self.raft.step(message)
            if kind is Append:
                if self.serving:
                    self._silent_ticks = 0
                self.delays.took(message, self.raft.leader)
            if kind is AppendReply:
                if message.sender in self.delays.silent:
                    self.delays.answered_by(message.sender, self.raft.leadership)
                if self.raft.quiet():
                    return  # the second answer to what the first had decided
        self.wake()

    def peer_lost(self, peer: int) -> None:
        """The link to `peer` broke."""
        self.raft.suspect(peer)
        self.sending.lost(peer)
        self.sessions.gone(peer)
        if peer == self._allegiance[0]:
            self._changed_allegiance()
        self.proposals.link_lost(peer)
        self.wake()

    def tick(self, late: bool = False) -> None:
        """One tick of Raft's clock passed. `late`: this member stood still for longer than one, so
        that what it was told meanwhile is not read yet."""
        self._ticks += 1
        self.settling.tick(self.tree)
        if not self.room.starved:
            self.raft.tick()
        elif self.raft.role == LEADER and (heir := self.room.heir()):
            self.raft.transfer(heir)  # it leads no more, nor stands: nothing could be written
        self.sending.tick()
        self.delays.tick(self.raft.leadership)
        self.counts.serves(self.serving, self.raft.role == LEADER, self.proposals.seconds())
        answered, leader = self.receiving.answered, self.raft.leader
        if answered and self.peers.linked(leader) and self._ticks % HEARD_TICKS == 0:
            self._outbox.append((leader, answered))
            if answered.number < 0:
                self.receiving.answered = None
        self.scrub.tick(self.tree)
        self._tick_disk()
        self._tick_sessions(late)
        self._tick_collector()
        if self.room.tick():
            self._tick_room()
        if self.barriers.tick():
            self.wake()
        if self.raft.role == LEADER and not self.room.starved:  # it looks after its majority itself
            self._silent_ticks = -1
        elif self._silent_ticks < 0:  # and found it gone only after an election time-out
            self._silent_ticks = min(self.raft.election_ticks + 1, self.leader_lost_ticks)
        else:
            self._silent_ticks += 1
        if self._silent_ticks == self.leader_lost_ticks:
            why = why_leaderless(self.raft, self.room.starved, self.serving, self.journal.bereft)
            log.warn("no word of a leader: {why}", why=why)
            self.door.leader_lost()
        self.wake()

    @property
    def serving(self) -> bool:
        """A leader is known, and can be spoken to."""
        leader = self.raft.leader
        if self.room.starved:
            return False
        return leader == self.member or (leader != 0 and self.peers.linked(leader))

    # ---- the turn

    def turn(self) -> None:
        """Move everything that moved since the last turn, in the one order that is safe."""
        self._woken = False
        self._turning = True
        self._follow_leader()
        self._submit()
        committed: list[Entry] = []
        for _ in range(PASSES_MAX):
            ready = self.raft.ready(self.disk.quick())
            committed += ready.committed
            if not self._carry_out(ready):
                break
        else:
            self.wake()
        self._turning = False
        if self.delays.following:
            self.delays.moved(self.raft.log)
        if committed:
            self.counts.commit(len(committed), self.raft.role == LEADER)
            if committed[0].index <= self.tree.index:  # a snapshot of this turn has them
                committed = [entry for entry in committed if entry.index > self.tree.index]
            self._apply(committed)
            if committed and self.proposals.applied(committed[-1].term):
                self.wake()
        if self.delays.following:
            self.delays.in_tree(self.tree.index)
        self.barriers.applied(self.tree.index)
        self.settling.consider(self.tree, self.raft.log.bytes)
        self.raft.log.trim(LOG_ENTRIES_IN_MEMORY, LOG_BYTES_IN_MEMORY)
        self.compaction.consider(self.tree, self.raft.log, self.sending.lowest)
        self._stream()
        self.door.turn_ended()
        log_ = self.raft.log
        assert log_.base.index <= self.tree.index == log_.applied <= min(log_.commit, log_.durable)
        waits = self.proposals.waiting() and self.serving and not self.raft.heir
        if self.raft.more() or (waits and not self.gathering.holds):
            self.wake()

    def _follow_leader(self) -> None:
        """Notice a new leader (or none) before anything is proposed to it."""
        raft = self.raft
        if (raft.leader, raft.term) != self._allegiance:
            self._changed_allegiance()
            if raft.leader:
                log.info("member {leader} leads, term {term}", leader=raft.leader, term=raft.term)
            if raft.role == LEADER:
                self.room.leads()
                self.sessions.lead()
                self._grant_all()
                self._configure()
            else:
                self.sending.end_all()
                self.sessions.follow()

    def _configure(self) -> None:
        """Whoever leads tells all trees who the members are."""
        config = self.tree.look(CONFIG)
        assert config is not None
        if servers_of(config.data) != self.servers:
            self._expired += payload_of_nobody((CONFIGURE, self.servers))

    def _changed_allegiance(self) -> None:
        before, self._allegiance = self._allegiance, (self.raft.leader, self.raft.term)
        self.counts.leader(self.raft.leader, self.member, self.proposals.seconds())
        self.delays.follow(self.raft.leader)
        self._forwarded, self._forwarded_requests, self._expired = [], 0, []
        self.gathering.end()
        self.proposals.followed(before, self._allegiance)
        self.barriers.followed()

    def _submit(self) -> None:
        """Hand what was gathered to Raft here, or in one Forward to the leader."""
        raft, serving = self.raft, self.serving
        if not serving or self.proposals.doubt:
            self.proposals.shed(WAITING_BYTES_MAX)  # the rest waits
        if not serving:
            return
        self.barriers.send()
        if raft.leadership and raft.leadership.heir:
            return  # it waits for whoever leads then
        requests = self.proposals.waiting_requests()
        if raft.role == LEADER and self.gathering.hold(
            self._forwarded_requests + requests, raft.log.commit
        ):
            return
        mine = self.proposals.pack() if self.proposals.waiting() else []
        if raft.role != LEADER:
            for some in batches(mine):
                forward = Forward(self.member, raft.term, some, requests)
                self._outbox.append((raft.leader, forward))
            return
        gathered = self._forwarded + mine + self._expired
        if gathered:
            self._forwarded, self._forwarded_requests, self._expired = [], 0, []
            for payload in payloads(self.wall_ms(), gathered):
                raft.propose(payload)
                self.counts.propose(len(payload))
                self.delays.gathered(raft.log.last.index, raft.leadership)
            self.gathering.proposed(raft.log.last.index)

    def _carry_out(self, ready: Ready) -> bool:
        """Send, write, sync. Whether Raft may have more to say now."""
        number = ready.number
        if ready.recovered:  # before anybody hears of it: who dies between is recovering still,
            self.journal.recovered()  # and a first leader's first entry may outlive it elsewhere
        outbox = self._outbox + ready.messages
        if outbox:
            self._outbox = []
            self.peers.send(outbox)  # before a slow disk writes: the others write while it does
        if number:
            self.journal.append(ready.hard_state, ready.entries)
            self.counts.write(len(ready.entries))
            self.disk.sync(number, self._durable)
        for context, index in ready.reads:
            self.barriers.indexed(context, index)
        for peer in ready.snapshots:
            self._begin_snapshot(peer)
        for chunk in ready.chunks:
            self._chunk(chunk)
        whole = self.receiving.whole
        if whole is not None:
            self._restore(*whole)
        return bool(number or ready.chunks or whole)

    def _durable(self, number: int) -> None:
        self.raft.durable(number)
        if not self._turning:  # else this turn asks Raft again by itself
            self.wake()

    # ---- apply

    def _apply(self, entries: list[Entry]) -> None:
        tree = self.tree
        for entry in entries:
            payload = entry.payload
            if payload:
                time_ms, proposals = unpack(payload)
                skip = tree.begin(entry.index, time_ms)
                for proposal in proposals:
                    skip = self._apply_proposal(proposal, skip)
            else:
                tree.begin(entry.index, tree.time_ms)
            tree.finish(entry.term, entry.checksum)
            if is_due(entry.index, len(tree.changed)):
                self.digests.reached(entry.index, tree.digest())

    def _apply_proposal(self, proposal: bytes, skip: int) -> int:
        """Apply the groups of one proposal but for the first `skip` requests; how many of those
        are still to be skipped."""
        member, serial, groups = unpack(proposal)
        tree, door = self.tree, self.door
        once, lasting = door.interest
        askers = self.proposals.answered(serial) if member == self.member else None
        for number, (session, attachment, identities, requests) in enumerate(groups):
            if skip:
                count = min(skip, len(requests))
                skip -= count
                requests = requests[count:]
            asker = askers[number] if askers else None
            tree.asked = asker is not None
            refusal = tree.admit(session, attachment)
            for request in requests:
                if refusal == OK:
                    error, result = tree.apply(request, session, identities)
                    if tree.events:
                        if once or lasting:
                            door.fired(tree.events, tree.zxid)
                        tree.events.clear()
                    if request[0] < 0:
                        self._session_request(request, session, error, result, member)
                        if len(requests) > 1:
                            refusal = tree.admit(session, attachment)
                else:
                    error, result = tree.refuse(refusal)
                if asker is not None:
                    try:
                        asker.replied(tree.zxid, error, result)
                    except Exception as failure:  # one client's trouble, not the member's
                        asker.failed(failure)
        tree.asked = True
        return skip

    def _session_request(
        self, request: tuple[Any, ...], session: int, error: int, result: Any, member: int
    ) -> None:
        """A session began, moved or ended, as `member` asked: tell the clock and the gateway."""
        if error != OK:
            return
        op = request[0]
        if op == CREATE_SESSION:  # no connection can have had it
            self.sessions.open(result.id, result.timeout_ms, member)
        elif op in (CLOSE_SESSION, EXPIRE):
            closed = request[1] if op == EXPIRE else session
            if closed not in self.tree.sessions:
                self.sessions.close(closed)
                self.door.session_moved(closed, 0)
        elif op == ATTACH:
            self.sessions.open(result.id, result.timeout_ms, member)
            self.door.session_moved(result.id, result.attachment)
        elif op == READ_ONLY:
            log.warn("the ensemble is {how}", how=_HOW[self.tree.read_only])

    def _tick_disk(self) -> None:
        """The others have on disk what this member's disk keeps it waiting for: let one of them
        lead, before anybody's patience ends."""
        raft = self.raft
        hangs = raft.role == LEADER and self.disk.stalled()
        if hangs and raft.transfer() and not self._stalled:
            log.warn("the disk hangs: member {heir} is to lead", heir=raft.heir)
        elif self._stalled and not hangs:
            raft.stay()
        self._stalled = hangs and raft.heir != 0

    # ---- sessions

    def _tick_sessions(self, late: bool) -> None:
        if late:
            self._grace = HEARD_TICKS + 1  # until others have been read, and have reported
        elif self._grace:
            self._grace -= 1
        if self._stood_aside and not self.room.starved:  # nobody could reach who leads
            self._grant_all()
        self._stood_aside = self.room.starved
        expired = [] if self._grace else self.sessions.tick()
        raft = self.raft
        due = self._ticks % HEARD_TICKS == 0 or self._grace == HEARD_TICKS
        if self.heard and (due or raft.role == LEADER):
            if raft.role == LEADER:
                self.sessions.heard(self.heard, self.member)
                self.heard.clear()
            elif self.serving:
                self._outbox.append((raft.leader, self._report()))
        if raft.role == LEADER and not self.room.starved:
            for session in expired:
                self._expire(session)

    def _report(self) -> Heard:
        report = Heard(self.member, list(self.heard))
        self.heard.clear()
        return report

    def farewell(self) -> None:
        """This member stops: its last word is whom it has heard since its last report."""
        if self.heard and self.raft.role != LEADER and self.serving:
            self.peers.send([(self.raft.leader, self._report())])

    def _grant_all(self) -> None:
        """Everybody gets a full time-out."""
        for session in self.tree.sessions.values():
            self.sessions.open(session.id, session.timeout_ms)

    def _expire(self, session: int) -> None:
        known = self.tree.sessions.get(session)
        if known is not None:
            request = (EXPIRE, session, known.attachment)
            self.counts.expired += 1
            self._expired += payload_of_nobody(request)

    # ---- what ends by itself

    def _tick_collector(self) -> None:
        if self.raft.role != LEADER or self.room.starved:
            self.collector.rest()
            self.tree.over_quota.clear()  # who leads says so
        elif due := self.collector.tick(self.tree.rows, self.wall_ms()):
            self._expired += payload_of_nobody(*due)
        self.over_quota.tick(self.tree.over_quota)

    # ---- room

    def _tick_room(self) -> None:
        """Tell the leader how the disk is; or, as the leader, do what follows for everybody."""
        raft, room = self.raft, self.room
        if raft.role != LEADER:
            if self.serving:
                self._outbox.append((raft.leader, DiskRoom(self.member, room.low)))
        elif not room.starved:
            self._configure()
            if self.tree.enforces_quotas != self.enforces_quotas:
                request = (ENFORCE_QUOTAS, int(self.enforces_quotas))
                self._expired += payload_of_nobody(request)
            wanted = room.read_only(self.tree.read_only)
            if wanted != self.tree.read_only:
                self._expired += payload_of_nobody((READ_ONLY, int(wanted)))
            elif not wanted and (heir := room.heir()) and raft.transfer(heir):
                log.warn("the disk is short of room: member {heir} is to lead", heir=heir)
        if room.low:
            self.compaction.hurry()

    # ---- snapshots

    def _begin_snapshot(self, peer: int) -> None:
        if not self.peers.linked(peer):
            self.raft.snapshot_ended(peer)  # nothing would arrive: it will be asked again
            return
        settled = self.tree.settle()
        mark = self.raft.log.mark_at(self.tree.index)
        if self.tree.done or mark is None or not settled:
            self.raft.snapshot_ended(peer)  # not between entries, or no room: asked again
            return
        self.sending.begin(peer, self.tree.rows.view(), mark)

    def _stream(self) -> None:
        """The next chunks; more of them in the next turn."""
        if self.raft.role == LEADER:
            chunks = self.sending.chunks(self.raft.term)
            if chunks:
                self.peers.send(chunks)
                self.wake()

    def _chunk(self, chunk: Chunk | ChunkReply) -> None:
        if isinstance(chunk, ChunkReply):
            self.sending.replied(chunk)
        elif self.room.low:  # a tree beside the old one: not now
            self.receiving.abandon()
            self._refuse(chunk)
        elif chunk.mark.index <= self.raft.log.commit:
            self.receiving.abandon(chunk.mark)
            self._refuse(chunk)
        else:
            self.receiving.take(chunk, lambda reply: self._took(chunk.sender, reply))

    def _refuse(self, chunk: Chunk) -> None:
        """All of it will be sent again, after a rest, if it is needed then. Of a chunk that is lost
        in silence the leader would wait for word for long (PATIENCE_TICKS), with an open view."""
        self._took(chunk.sender, ChunkReply(self.member, chunk.term, chunk.mark.index, -1))

    def _took(self, sender: int, reply: ChunkReply) -> None:
        if reply.number < 0:
            self.receiving.answered = reply  # said once more: it may find no link
        self._outbox.append((sender, reply))
        self.wake()

    def _restore(self, mark: Any, name: str, rows: Any) -> None:
        """The rows are all there and on disk: they replace the tree, and the log starts anew. But
        not if the log has come as far by itself meanwhile, and may have acknowledged more."""
        if not self.raft.wants(mark):
            self.receiving.abandon()
            return
        self.receiving.taken()
        self.journal.reset(self.journal.hard_state, mark, name)
        self.raft.restore(mark)
        self.tree = self.replant(rows, name)
        assert self.tree.index == mark.index
        self.digests.begin_at(mark.index)
        self.scrub.end()
        self.proposals.lose()  # some may be in there: no entry will answer them
        self.sessions.keep(self.tree.sessions)
        for session in self.tree.sessions.values():
            self.sessions.open(session.id, session.timeout_ms)
        self.door.restored()
