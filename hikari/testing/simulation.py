"""One plan, lived through: chaos while it lasts, then healing, then judgement."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from zlib import crc32

from hikari.config import Endings
from hikari.raft import leader as raft_leader
from hikari.raft import raft
from hikari.replica import digests, replica, settling, snapshots
from hikari.testing.agreed import agreed
from hikari.testing.clients import SimulatedClient
from hikari.testing.disk import Disk
from hikari.testing.expiries import judge_expiries
from hikari.testing.faults import Faults
from hikari.testing.final import judge_tree
from hikari.testing.history import OK, Applied, Conversation
from hikari.testing.linear import judge_registers
from hikari.testing.members import Manners, Member, make_config
from hikari.testing.network import Network
from hikari.testing.plan import DELAYING, Plan
from hikari.testing.promises import Violation, demand
from hikari.testing.replay import REPORT_S, judge
from hikari.testing.requests import make_requests
from hikari.testing.scripts import Act
from hikari.testing.timeline import Process, Timeline
from hikari.testing.witness import Witness
from hikari.tree import keys
from hikari.tree.ending import has_ended
from hikari.tree.znode import from_row
from hikari_wire import codes

STORY_LINES: Final = 400
HEAL_S_MAX: Final = 10.0
ANSWER_S_MAX: Final = 60.0
"""A client that hears nothing goes elsewhere after two thirds of its session's time-out."""
SWEPT_WITHIN_MS: Final = 1_000
"""Plans with more between two looks at what has ended do not wait for it."""
SWEEP_S_MAX: Final = 30.0
QUIET_S: Final = 3.0
LAST_TIMEOUT_MS: Final = 10_000
SEARCH_STEPS_MAX: Final = 20_000
CHAOS_S_PER_TURN: Final = 0.2
"""With nobody left to have a turn, chaos ends all the same."""


@contextmanager
def tuned(knobs: dict[str, float]) -> Iterator[None]:
    """Bounds of production code, made small for a while. Not Final there: compiled code has what
    is Final as it was when it was compiled."""
    places: list[tuple[Any, str, str]] = [
        (raft_leader, "APPEND_BYTES_MAX", "append_bytes"),
        (raft, "COMMITTED_BYTES_MAX", "committed_bytes"),
        (snapshots, "CHUNK_BYTES", "chunk_bytes"),
        (settling, "SETTLE_ROWS", "settle_rows"),
        (replica, "LOG_ENTRIES_IN_MEMORY", "entries_in_memory"),
        (digests, "DIGEST_ENTRIES", "digest_entries"),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    for module, name, knob in places:
        if knob in knobs:
            setattr(module, name, int(knobs[knob]))
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


class Simulation:
    """Members, clients, network and disks of one plan, on one timeline."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        knobs = plan.knobs
        # One stream of chance for each: what is drawn in one place moves nothing in another.
        self.timeline = Timeline(random.Random(f"timeline {plan.seed}"))
        self.network = Network(self.timeline, random.Random(f"network {plan.seed}"))
        self.network.chop = knobs.get("chop", 0)
        self.network.room = int(knobs.get("room", 1 << 20))
        self.manners = Manners()
        self.witness = Witness()
        self.story: deque[tuple[float, str]] = deque(maxlen=STORY_LINES)
        self.turns = 0
        self.deaths = 0
        self.trace = 0
        """A checksum over everything that was said: equal runs have equal traces."""
        self.applied: list[Applied] = []
        self.conversations: list[Conversation] = []
        self.unjudged: list[bytes] = []
        """Registers for which the search gave up."""
        self.chaos = True
        self.members = [self._member(n) for n in range(1, plan.members + 1)]
        self.clients = [self._client(n, one.timeout_ms) for n, one in enumerate(plan.scripts, 1)]
        self.faults = Faults(self)
        self.timeline.unhandled = self._unhandled
        self._mistreat()

    def _member(self, number: int) -> Member:
        plan = self.plan
        chance = random.Random(f"member {number} {plan.seed}")
        knobs = plan.knobs
        config = make_config(
            number,
            plan.members,
            int(knobs.get("kept", 1000)),
            int(knobs.get("flush_entries", 1e3)),
            Endings(
                check_interval_ms=int(knobs.get("check_ms", 60_000)),
                per_minute_max=int(knobs.get("per_minute", 10_000)),
                never_used_ms=int(knobs.get("never_used_ms", 0)),
            ),
            enforces_quotas=bool(int(knobs.get("enforcing", 0)) >> number & 1),
        )
        disk = Disk(random.Random(f"disk {number} {plan.seed}"))
        member = Member(config, self.timeline, self.network, chance, disk, self.manners)
        if plan.rates:
            member.rate = plan.rates[number - 1]
        member.started = self._started
        member.moved = self._moved
        member.says = self._says
        member.died = self._died
        return member

    def _client(self, number: int, timeout_ms: int) -> SimulatedClient:
        plan = self.plan
        chance = random.Random(f"client {number} {plan.seed}")
        return SimulatedClient(
            number, plan.members, timeout_ms, self.timeline, self.network, chance
        )

    def _mistreat(self) -> None:
        """The network and the disks as bad as the plan has them."""
        knobs, manners = self.plan.knobs, self.manners
        manners.doubled, manners.late = knobs.get("doubled", 0), knobs.get("late", 0)
        manners.late_s = knobs.get("late_s", 0)
        self.network.default = (
            knobs.get("delay_s", 0.0002), knobs.get("spread_s", 0.0002), knobs.get("loss", 0)
        )  # fmt: skip
        for member in self.members:
            member.disk.sync_s = (0.0001, 0.0001 + knobs.get("sync_s", 0.0002))
            member.turn_s = knobs.get("turn_s", 0)

    # ---- what is told

    def tell(self, *words: Any) -> None:
        line = " ".join(map(str, words))
        self.story.append((self.timeline.now, line))
        self.trace = crc32(f"{self.timeline.now:.9f} {line}".encode(), self.trace)

    def hear(self, line: str) -> None:
        """Somebody logs."""
        process = self.timeline.current
        self.tell(f"{process.name if process else 'nobody'}: {line}")

    def _started(self, member: Member) -> None:
        raft_ = member.replica.raft
        whole = "recovering" if raft_.recovering else "whole"
        base, last = raft_.log.base.index, raft_.log.last.index
        self.tell(f"member {member.number} starts, {whole}, term {raft_.term}, {base}..{last}")
        self.witness.started(member, member.number in self.faults.damaged)

    def _moved(self, member: Member) -> None:
        self.witness.moved(member)
        self.faults.moved(member)
        reactor = member.machine.reactor
        if reactor.polls:
            self.turns += reactor.polls
            reactor.polls = 0
            if member.turn_s and member.process is not None:
                member.process.sleep(member.turn_s * member.chance.random())

    def _says(self, member: Member, to: int, message: Any) -> None:
        self.witness.says(member, to, message)
        said = (member.number, to, type(message).__name__)
        self.trace = crc32(repr((self.timeline.now, said)).encode(), self.trace)

    def _died(self, member: Member, why: str) -> None:
        self.deaths += 1
        self.tell(f"member {member.number} is dead: {why}")
        ended = member.machine.ended
        if isinstance(ended, Violation):
            raise ended  # what the witness saw in the midst of its turn
        if ended is not None and not self.faults.expected(member, ended):
            raise Violation(f"a member ends itself: {member.number} {ended!r}") from ended
        self.faults.died(member)

    def _unhandled(self, process: Process | None, error: Exception) -> None:
        if isinstance(error, Violation):
            raise error
        who = "nobody" if process is None else process.name
        raise Violation(f"an error that nobody handles: {who}: {error!r}") from error

    # ---- the run

    def run(self) -> "Simulation":
        """Live through the plan. Raises Violation."""
        with tuned(self.plan.knobs):
            for member in self.members:
                member.start()
            for client, script in zip(self.clients, self.plan.scripts, strict=True):
                client.begin()
                for at_s, *act in script.acts:
                    self.timeline.at(at_s, self._act, client, act)
            for at_s, *fault in self.plan.faults:
                self.timeline.at(at_s, self.faults.begin, fault)
            self._chaos()
            self._heal()
            self._judge()
        return self

    def _chaos(self) -> None:
        turns, end = self.plan.turns, self.plan.turns * CHAOS_S_PER_TURN
        step = self.timeline.step
        while self.turns < turns and step(end):
            pass

    def _act(self, client: SimulatedClient, act: Act) -> None:
        if self.chaos:
            self.timeline.current = client.process
            kind = act[0]
            if kind == "hang up":
                client.hang_up()
            elif kind == "leave":
                client.ask(*make_requests(client, ["set", act[1]]))
                client.ask(*make_requests(client, ["get", act[1], True]))
                client.process.call_later(act[2], client.hang_up)
            elif kind == "away":
                self._away(client, *act[1:])
            elif kind == "sleep":
                client.process.sleep(act[1])
            elif kind == "move":
                client.hang_up()
                client.next_member = act[1]
            else:
                client.ask(*make_requests(client, act))

    def _away(self, client: SimulatedClient, beyond_s: float, hold_s: float) -> None:
        back_at = client.stay_away(beyond_s)
        if hold_s and back_at:
            self.timeline.at(back_at, self.faults.begin, ["mute", 0, hold_s])

    # ---- healing

    def _heal(self) -> None:
        """No more faults: all must be as it should be, soon."""
        self.chaos = False
        self.tell("the faults end")
        self.faults.end()
        self.manners.doubled = self.manners.late = 0
        self.network.default = (0.0002, 0.0002, 0)
        self.network.room = 1 << 20
        for member in self.members:
            member.disk.sync_s = (0.0001, 0.0003)
            member.turn_s = 0.0
        self._until(self._whole, "all members are whole and agree", HEAL_S_MAX)
        awake = max((client.process.busy_until for client in self.clients), default=0.0)
        self.timeline.run(max(awake, self.timeline.now) + QUIET_S)
        for client in self.clients:  # who does not know yet that nobody is there finds out
            self.timeline.current = client.process
            client.ask((codes.PING,))
        self._until(
            lambda: not any(c.pending for c in self.clients), "all is answered", ANSWER_S_MAX
        )
        self._until(self._whole, "all members still agree", HEAL_S_MAX)
        self._grow()
        if self.plan.knobs.get("check_ms", 60_000) < SWEPT_WITHIN_MS:
            self._until(lambda: not self._overdue(), "what has ended is removed", SWEEP_S_MAX)
            self._until(self._at_rest, "all members agree when it is", HEAL_S_MAX)

    def _overdue(self) -> list[bytes]:
        """Empty containers and TTL znodes that should be gone by the clock of who leads. All
        znodes are asked, not the rows that say what may be due."""
        leader = next(one for one in self.members if one.replica.raft.role == raft.LEADER)
        tree = leader.replica.tree
        slack_ms = 2 * int(self.plan.knobs["check_ms"]) + 1_000
        now_ms = leader.replica.wall_ms() - slack_ms
        rows = tree.rows.scan(keys.ZNODE)
        return [key for key, row in rows if has_ended(from_row(row), now_ms, 0)]

    def _grow(self) -> None:
        """Whoever comes now can write."""
        client = self._client(len(self.clients) + 1, LAST_TIMEOUT_MS)
        self.clients.append(client)
        client.begin()

        def written() -> bool:
            if client.conversation is not None and not client.pending:
                client.ask((codes.CREATE, b"/last-", b"", b"", codes.PERSISTENT_SEQUENTIAL))
            return any(
                one.outcome == OK and one.request[0] == codes.CREATE
                for conversation in client.conversations
                for one in conversation.asked
            )

        self._until(written, "a new client can create a znode", HEAL_S_MAX)
        self._until(
            self._at_rest, "all members agree, all rows have room, all is answered", HEAL_S_MAX
        )

    def _at_rest(self) -> bool:
        return (
            self._whole()
            and all(member.replica.tree.settle() for member in self.members)
            and not any(client.pending for client in self.clients)
        )

    def _until(self, true: Callable[[], bool], what: str, seconds: float) -> None:
        end = self.timeline.now + seconds
        while not true():
            demand(self.timeline.now < end, "liveness", what, self._why_not())
            self.timeline.run(self.timeline.now + 0.1)

    def _whole(self) -> bool:
        members = self.members
        if not all(member.running and member.server for member in members):
            return False
        rafts = [member.replica.raft for member in members]
        leaders = {r.leader for r in rafts}
        # One index for all: what all have on disk, the leader may be about to apply.
        indexes = {member.replica.tree.index for member in members}
        indexes |= {r.log.last.index for r in rafts}
        hampered = any(r.recovering for r in rafts) or any(
            member.replica.tree.read_only for member in members
        )
        return len(leaders) == len(indexes) == 1 and 0 not in leaders and not hampered

    def _why_not(self) -> str:
        states = []
        for member in self.members:
            if not member.running or member.server is None:
                states.append(f"{member.number} does not run ({member.refused})")
                continue
            r, index = member.replica.raft, member.replica.tree.index
            states.append(
                f"{member.number}: term {r.term} leader {r.leader} recovering {r.recovering}"
                f" log {r.log.base.index}..{r.log.last.index} commit {r.log.commit} at {index}"
                f" read-only {member.replica.tree.read_only}"
            )
        waiting = [f"{c.name} waits for {c.pending[0]}" for c in self.clients if c.pending]
        return "; ".join(states + waiting)

    # ---- judgement

    def _judge(self) -> None:
        self.tell("judgement")
        self._same_rows()
        self._no_ghosts()
        indexes = self._agree()
        zxid = self.members[0].replica.tree.zxid
        demand(len(self.applied) == zxid, "every request counts once", len(self.applied), zxid)
        wrong = judge_tree(self.applied, self.members[0].replica.tree)
        demand(not wrong, "what is there", *wrong[:3])
        self.conversations = [one for client in self.clients for one in client.conversations]
        # Who is cut off or asleep cannot tell whom it has heard from: then who may be called
        # expired is nothing that a client can judge.
        kinds = {kind for _, kind, *_ in self.plan.faults}
        prompt = not kinds & DELAYING and not any(rate != 1 for rate in self.plan.rates)
        report_s = REPORT_S if prompt else float("inf")
        offices, committed_at = self.witness.offices, self.witness.committed_at
        early = judge_expiries(self.applied, indexes, committed_at, offices)
        demand(not early, "a session lives for its time-out", *early[:3])
        wrong = judge(self.applied, self.conversations, at_rest=True, report_s=report_s)
        demand(not wrong, "what clients saw", *wrong[:3])
        wrong, self.unjudged = judge_registers(self.conversations, SEARCH_STEPS_MAX)
        demand(not wrong, "what clients saw", *wrong[:3])

    def _agree(self) -> list[int]:
        """All requests in their order; and of each the index of its entry."""
        committed, indexes = self.witness.committed, []
        now = 0

        def payloads() -> Iterator[bytes]:
            nonlocal now
            for now in range(1, self.witness.commit_max + 1):
                yield committed[now].payload

        for one in agreed(payloads()):
            self.applied.append(one)
            indexes.append(now)
        return indexes

    def _same_rows(self) -> None:
        first: dict[bytes, bytes] | None = None
        for member in self.members:
            tree = member.replica.tree
            tree.settle()
            rows = dict(tree.rows.scan(b""))
            if first is None:
                first = rows
            elif rows != first:
                different = {k for k in {*rows, *first} if rows.get(k) != first.get(k)}
                raise Violation(f"equal rows at rest: {member.number} {sorted(different)[:5]}")

    def _no_ghosts(self) -> None:
        for member in self.members:
            tree = member.replica.tree
            for path in tree.rows.scan_keys(b"E"):
                owner = int.from_bytes(path[:8], "big")
                demand(owner in tree.sessions, "no ghost ephemerals", member.number, path)
                znode = tree.look(path[8:])
                owned = znode is not None and znode.owner == owner
                demand(owned, "no ephemeral without its znode", member.number, path)
