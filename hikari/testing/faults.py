"""A plan's faults, done to the members, their network and their disks; and taken back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from hikari.machine import StartAnew
from hikari.store.aside import ESTRANGED
from hikari.store.disk import DiskFailed, is_full
from hikari.store.space import MIB
from hikari.testing.members import Member, host_of
from hikari.testing.rocks import RETRY_S

if TYPE_CHECKING:
    from hikari.testing.simulation import Simulation


DAMAGES_MAX: Final = 3
"""So often without being whole in between: after some more a member gives up, as it should."""
NEVER: Final = -1.0
FOREVER: Final = float("inf")
TWO_LEADERS_S_MAX: Final = 2.0
"""By then a leader that hears nobody knows it."""
LEFT_BEHIND_S: Final = 0.6
TAKEN_S: Final = 0.5
"""So often those who fill a disk take what has become free."""


class Faults:
    """Whoever has died is started again after its rest. Disks are damaged on a minority only: on
    more, nobody could promise anything."""

    def __init__(self, simulation: "Simulation") -> None:
        self._simulation = simulation
        self._timeline, self._network = simulation.timeline, simulation.network
        self._members = simulation.members
        self._rest_s: dict[int, float] = {}
        self._over = False
        self._cuts: dict[tuple[str, str], int] = {}  # how many faults cut this link
        self._failed: set[int] = set()  # whose disk fails
        self._curses: list[list[Any]] = []  # points, power, rest_s: for the leaders to come
        self._waiting: list[Callable[[Member], bool]] = []  # for something to happen in a member
        self._severed: list[Member] | None = None  # from a leader that does not notice it yet
        self._interrupting = False  # the next snapshot, or some
        self._cursed = 0  # the newest term whose leader was met by one
        self._filled: dict[int, list[int]] = {}  # by member, the bytes that each fault leaves free
        self._full_until: dict[int, float] = {}  # by member: so long it may find no room
        self.damaged: set[int] = set()  # whose disk has lost what was promised
        self._again: dict[int, int] = {}  # how often, since it was whole

    def begin(self, fault: list[Any]) -> None:
        if self._over:
            return
        kind, *arguments = fault
        self._simulation.tell("fault:", kind, *arguments)
        getattr(self, "_" + kind.replace(" ", "_"))(*arguments)

    def end(self) -> None:
        """Everything is mended, and everybody starts."""
        self._over = True
        for sender, to in self._cuts:
            self._network.heal(sender, to)
        for number in list(self._filled):
            self._emptied(number)
        for member in self._members:
            member.disk.others_bytes = 0
            for content in member.disk.folders.values():
                content.rotten.clear()
            member.doom = 0
            member.disk.failing, member.disk.stall_s, member.disk.slow_s = "", 0.0, 0.0
            if member.process is not None:
                member.process.busy_until = min(member.process.busy_until, self._timeline.now)
            for other in self._members:
                link = self._network.link(member.host, other.host)
                link.delay_s, link.spread_s, link.loss = -1.0, 0.0, 0.0
            if not member.running:
                self._start(member)

    def expected(self, member: Member, ended: BaseException) -> bool:
        """Whether a member may end itself for this."""
        if ESTRANGED in str(ended):
            return False  # nobody here has accepted a loss
        if isinstance(ended, StartAnew):
            return member.number in self.damaged or (
                is_full(ended) and self._timeline.now <= self._full_until.get(member.number, NEVER)
            )
        return isinstance(ended, DiskFailed) and member.number in self._failed

    def died(self, member: Member) -> None:
        self._failed.discard(member.number)
        member.disk.failing = ""
        rest_s = self._rest_s.pop(member.number, 0.05)
        if member.refused:
            rest_s = 1.0
        self._later(rest_s, self._start, member)

    def _start(self, member: Member) -> None:
        if not member.running:
            member.start()

    # ---- whom

    def _member(self, number: int) -> Member:
        """The member of that number; of 0, whoever leads, or else anybody."""
        if number:
            return self._members[number - 1]
        leaders = [member for member in self._members if member.leads]
        return max(leaders, key=lambda one: one.replica.raft.term, default=self._members[0])

    def _later(self, seconds: float, work: Any, *arguments: Any) -> None:
        self._timeline.at(self._timeline.now + seconds, work, *arguments)

    # ---- death

    def _kill(self, number: int, rest_s: float, power: bool = False) -> None:
        member = self._member(number)
        if member.running:
            self._rest_s[member.number] = rest_s
            member.kill(power, "power lost" if power else "killed")

    def _power(self, number: int, rest_s: float) -> None:
        self._kill(number, rest_s, power=True)

    def _power_all(self, rest_s: float) -> None:
        for member in self._members:
            self._kill(member.number, rest_s, power=True)

    def _doom(self, number: int, points: int, power: bool, rest_s: float) -> None:
        member = self._member(number)
        if member.running:
            member.doom, member.doomed_power = points, power
            self._rest_s[member.number] = rest_s

    def _stop(self, number: int, rest_s: float) -> None:
        """It is asked to stop, as an operator would: it hands over first."""
        member = self._member(number)
        if member.running and member.server is not None:
            self._rest_s[member.number] = rest_s
            member.stop()

    def _hand_over(self, to: int) -> None:
        leader = self._member(0)
        if leader.leads and to != leader.number:
            leader.replica.raft.transfer(to)
            leader.replica.wake()

    def _flap(self, rest_s: float, times: int) -> None:
        """The leader dies, and the next one, and so on."""
        self._kill(0, rest_s)
        if times > 1 and not self._over:
            self._later(0.3 + rest_s, self._flap, rest_s, times - 1)

    def _curse(self, points: list[int], power: bool, rest_s: float) -> None:
        """The leaders to come die soon after they take office, one after another."""
        self._curses = [[count, power, rest_s] for count in points]

    def moved(self, member: Member) -> None:
        """Something happened in a member."""
        if self._waiting and not self._over:
            self._waiting = [one for one in self._waiting if not one(member)]
        if self._curses and not self._over and member.leads:
            term = member.replica.raft.term
            if term > self._cursed:
                self._cursed = term
                self._doom(member.number, *self._curses.pop())

    def _exile(self, seconds: float, slow_s: float, power: bool, rest_s: float) -> None:
        """The leader is alone for a while, with a slow disk; when it comes back, it meets none of
        those who led meanwhile."""
        exiled = self._member(0)
        self._alone(exiled.number, seconds)
        if slow_s:
            self._slow_disk(exiled.number, slow_s, seconds + 1.0)

        def back() -> None:
            successor = self._member(0)
            if successor is not exiled and not self._over:
                self._kill(successor.number, rest_s, power)

        self._later(seconds, back)

    def _last_words(self, how: str, seconds: float) -> None:
        """The leader is cut off the moment it has told its clients of something: of what it told
        the other members then, nothing arrives. It may die of that."""
        indexes = {one.number: one.replica.tree.index for one in self._members if one.leads}

        def spoken(member: Member) -> bool:
            if not member.leads:
                return False
            index = member.replica.tree.index
            if indexes.setdefault(member.number, index) == index:
                return False
            self._alone(member.number, seconds)
            if how == "kill":
                self._kill(member.number, seconds / 2)
            elif how == "wipe":
                self._wipe(member.number, seconds / 2)
            return True

        self._waiting.append(spoken)

    def _two_leaders(self, asleep: bool, wiped: bool, count: int, seconds: float) -> None:
        """The others lose the leader, and at once; it does not notice yet, or sleeps. When another
        was elected, and has committed `count` entries, that one is alone, and the first, which
        knows nothing of it, has the rest again; one of them may have lost its disk."""
        first = self._member(0)
        if not first.leads or self._severed:
            return
        others = [one for one in self._members if one is not first]
        self._severed = others
        for other in others:
            self._sever(first, other)
            self._network.reset(first.host, other.host)
        if asleep:
            self._pause(first.number, TWO_LEADERS_S_MAX)

        def committed(second: Member) -> bool:
            if self._severed is not others:
                return True
            leads = second is not first and second.leads and first.leads
            leadership = second.replica.raft.leadership if leads else None
            if leadership is None or second.replica.tree.index < leadership.first_own + count:
                return False
            self._reunite(first, others)
            self._alone(second.number, seconds)
            if wiped:
                self._wipe(next(one.number for one in others if one is not second), 0.001)
            return True

        self._waiting.append(committed)
        self._later(TWO_LEADERS_S_MAX, self._reunite, first, others)

    def _reunite(self, first: Member, others: list[Member]) -> None:
        if self._severed is others and not self._over:
            self._severed = None
            if first.process is not None:
                first.process.busy_until = min(first.process.busy_until, self._timeline.now)
            for other in others:
                self._join(first, other)

    def _interrupt(self, times: int, points: int, seconds: float) -> None:
        """A follower is left behind. Whoever is being sent a snapshot is cut off in the midst of
        it, and then is sent another one; so often. Or, with `points`, it dies while the snapshot,
        which is whole, takes the place of its tree and its log."""
        left = times
        followers = [one for one in self._members if one.running and not one.leads]
        if followers:
            self._lose(followers[0], LEFT_BEHIND_S)
        if self._interrupting:
            return
        self._interrupting = True

        def halfway(member: Member) -> bool:
            nonlocal left
            if not member.running or member.server is None or member.leads:
                return False
            receiving, leader = member.replica.receiving, self._member(0).host
            if (receiving.whole if points else receiving.answered) is None:
                return False
            if self._network.link(leader, member.host).cut or member.doom:
                return False
            if points:
                self._doom(member.number, points, False, seconds)
            else:
                self._lose(member, seconds)
            left -= 1
            self._interrupting = left > 0
            return not left

        self._waiting.append(halfway)

    def _lose(self, member: Member, seconds: float) -> None:
        """It is alone, and what was under way to it is lost."""
        for other in self._members:
            if other is not member:
                self._network.reset(member.host, other.host)
        self._alone(member.number, seconds)

    # ---- the network

    def _sever(self, one: Member, other: Member) -> None:
        """Until they are joined."""
        for pair in ((one.host, other.host), (other.host, one.host)):
            self._cuts[pair] = self._cuts.get(pair, 0) + 1
            self._network.cut(*pair)

    def _join(self, one: Member, other: Member) -> None:
        for pair in ((one.host, other.host), (other.host, one.host)):
            self._uncut(pair)

    def _cut(self, sender: int, to: int, seconds: float) -> None:
        pair = (host_of(sender), host_of(to))
        self._cuts[pair] = self._cuts.get(pair, 0) + 1
        self._network.cut(*pair)
        self._later(seconds, self._uncut, pair)

    def _uncut(self, pair: tuple[str, str]) -> None:
        self._cuts[pair] -= 1
        if not self._cuts[pair]:
            self._network.heal(*pair)

    def _halves(self, some: list[int], seconds: float) -> None:
        for one in some:
            for other in self._members:
                if other.number not in some:
                    self._cut(one, other.number, seconds)
                    self._cut(other.number, one, seconds)

    def _alone(self, number: int, seconds: float) -> None:
        self._halves([self._member(number).number], seconds)

    def _deaf(self, number: int, seconds: float) -> None:
        deaf = self._member(number)
        for other in self._members:
            if other is not deaf:
                self._cut(other.number, deaf.number, seconds)

    def _mute(self, number: int, seconds: float) -> None:
        mute = self._member(number)
        for other in self._members:
            if other is not mute:
                self._cut(mute.number, other.number, seconds)

    def _one_way(self, sender: int, to: int, seconds: float) -> None:
        self._cut(sender, to, seconds)

    def _reset(self, one: int, other: int) -> None:
        self._network.reset(host_of(one), host_of(other))

    def _slow_link(self, sender: int, to: int, delay_s: float, seconds: float) -> None:
        link = self._network.link(host_of(sender), host_of(to))
        link.delay_s = link.spread_s = delay_s

        def mend() -> None:
            link.delay_s = -1.0

        self._later(seconds, mend)

    # ---- time

    def _pause(self, number: int, seconds: float) -> None:
        member = self._member(number)
        if member.running and member.process is not None:
            member.process.sleep(seconds)

    def _clock(self, number: int, jump_ms: int) -> None:
        member = self._member(number)
        member.skew_ms = jump_ms
        if member.running:
            member.machine.skew_ms = jump_ms

    # ---- disks

    def _slow_disk(self, number: int, sync_s: float, seconds: float) -> None:
        disk = self._member(number).disk
        disk.slow_s = sync_s

        def mend() -> None:
            disk.slow_s = 0.0

        self._later(seconds, mend)

    def _stall(self, number: int, seconds: float) -> None:
        self._member(number).disk.stall_s = seconds

    def _fail(self, what: str, number: int, rest_s: float) -> None:
        member = self._member(number)
        if member.running:
            member.disk.failing = what
            self._failed.add(member.number)
            self._rest_s[member.number] = rest_s

    def _failed_fsync(self, number: int, power: bool, rest_s: float) -> None:
        self._member(number).doomed_power = power
        self._fail("sync", number, rest_s)

    def _failed_write(self, number: int, rest_s: float) -> None:
        self._fail("write", number, rest_s)

    def _fill(self, who: int | list[int], free_mib: int, seconds: float) -> None:
        """Others take what there is of their disks but for this, and go on doing so."""
        for number in who if isinstance(who, list) else [who]:
            member = self._member(number)
            self._filled.setdefault(member.number, []).append(free_mib * MIB)
            self._full_until[member.number] = FOREVER
            self._take(member, until_s=self._timeline.now + seconds)
            self._later(seconds, self._give_back, member, free_mib * MIB)

    def _take(self, member: Member, until_s: float) -> None:
        left = self._filled.get(member.number)
        if left and self._timeline.now < until_s:
            member.disk.others_bytes += max(0, member.disk.free() - min(left))
            self._later(TAKEN_S, self._take, member, until_s)

    def _give_back(self, member: Member, left: int) -> None:
        others = self._filled.get(member.number, [])
        if left in others:
            others.remove(left)
            member.disk.others_bytes = 0
            if others:
                member.disk.others_bytes = max(0, member.disk.free() - min(others))
            else:
                self._emptied(member.number)

    def _emptied(self, number: int) -> None:
        """RocksDB need not have noticed yet."""
        del self._filled[number]
        self._full_until[number] = self._timeline.now + RETRY_S

    # ---- what was promised is lost

    def _may_damage(self, member: Member) -> bool:
        """Whether the others suffice: a majority that was whole, and not damaged since."""
        self.damaged = {n for n in self.damaged if not self._members[n - 1].recovered}
        if not member.recovered and self._again.get(member.number, 0) >= DAMAGES_MAX:
            return False
        others = [one for one in self._members if one is not member]
        return sum(one.recovered for one in others) * 2 > len(self._members)

    def _damage(self, member: Member, rest_s: float) -> None:
        again = 0 if member.recovered else self._again.get(member.number, 0)
        self._again[member.number] = again + 1
        self._rest_s[member.number] = rest_s
        self.damaged.add(member.number)
        member.recovered, member.rotten = False, True
        self._simulation.witness.lossless = False

    def _wipe(self, number: int, rest_s: float) -> None:
        """Its disk is lost as a whole."""
        member = self._member(number)
        if member.running and self._may_damage(member):
            self._damage(member, rest_s)
            member.kill(power=False, why="killed, and its disk is lost")
            member.disk.wipe()

    def _tear(self, number: int, batches: int, rest_s: float) -> None:
        """The end of its journal rots, fsynced or not."""
        member = self._member(number)
        if member.running and self._may_damage(member):
            self._damage(member, rest_s)
            member.kill(power=False, why=f"killed, and its journal rots at the end ({batches})")
            journal = member.disk.folders.get(f"/m{member.number}/journal")
            if journal is not None:
                journal.tear(batches)

    def _rot(self, number: int, what: str, rest_s: float) -> None:
        """Something of its disk rots while it does not run."""
        member = self._member(number)
        if member.running and self._may_damage(member):
            self._damage(member, rest_s)
            member.kill(power=False, why=f"killed, and its {what}")
            member.disk.rot(what)

    def _rot_unseen(self, number: int, share: float) -> None:
        """A row of its tree rots while it runs: whoever reads it must notice."""
        member = self._member(number)
        if member.running and member.server is not None and self._may_damage(member):
            self._damage(member, 0.01)
            content = member.disk.folders[f"/m{member.number}/{member.server.journal.tree_name}"]
            content.rotten.add(content.keys[int(share * len(content.keys))])
