"""Whole members in memory, and a crowd that asks them anything, in any state of its sessions."""

import random
from collections import Counter
from typing import Any

from fuzz import corpus
from fuzz.mutation import Mutator
from replica.cluster import Cluster, Member
from replica.wire import EVERYTHING, Client, acl_of
from twisted.logger import capturedLogs

from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames

PATHS = (b"/", b"/a", b"/a/b", b"/a/b/c", b"/s-", b"/a/s-", b"/e", b"/zookeeper", b"")
KEPT = (b"/kept", b"/kept/1", b"/kept/2", b"/kept/e", b"/kept/new", b"/kept/1/below")
"""What belongs to the judge, and others may only read."""
SECRET = b"judge:secret"
ACLS = (
    *(b"", b"", b"", b"", acl_of(), acl_of((31, b"world", b"anyone")), acl_of((1, b"auth", b""))),
    *(
        acl_of((31, b"ip", b"10.0.0.0/8")),
        acl_of((31, b"digest", b"ann:x"), (1, b"world", b"anyone")),
    ),
    acl_of((31, b"none", b"x")),
)
DATA = (None, b"", b"data", bytes(300), bytes(5_000))
CROWD = 9


def request(chance: random.Random) -> tuple[Any, ...]:
    """A sound request of any kind, on whosever path."""
    pick = chance.choice
    path, second = (pick(PATHS) if chance.random() < 0.8 else pick(KEPT) for _ in range(2))
    version = pick([-1, -1, -1, 0, 1, 5, -(2**31)])
    create = (path, pick(DATA), pick(ACLS), pick([0, 0, 0, 1, 2, 3, 4, 7, -1]))
    watch = chance.random() < 0.5
    writes = [
        *((op, *create) for op in (codes.CREATE, codes.CREATE2, codes.CREATE_CONTAINER)),
        (codes.CREATE_TTL, *create, 5),
        (codes.DELETE, path, version),
        (codes.SET_DATA, path, pick(DATA), version),
        (codes.CHECK, path, version),
    ]
    reads = [(codes.GET_DATA, path, watch), (codes.GET_CHILDREN, second, watch)]
    rest = [
        (codes.SET_ACL, path, pick(ACLS), version),
        (codes.MULTI, tuple(chance.sample(writes, chance.randrange(5)))),
        (codes.MULTI, ((codes.SET_DATA, path, b"", -1), (codes.DELETE, second, -1))),
        (codes.MULTI_READ, tuple(reads * chance.randrange(3))),
        (codes.EXISTS, path, watch),
        (codes.GET_CHILDREN2, path, watch),
        *((op, path) for op in (codes.GET_ACL, codes.SYNC, codes.SYNC, codes.GET_EPHEMERALS)),
        *((op, path) for op in (codes.DELETE_CONTAINER, codes.GET_ALL_CHILDREN_NUMBER)),
        *((op, path, 3) for op in (codes.ADD_WATCH, codes.CHECK_WATCHES, codes.REMOVE_WATCHES)),
        (codes.SET_WATCHES, chance.randrange(50), (path,), (second,), (path, second)),
        (codes.SET_WATCHES2, 1, (path,), (second,), (), (path,), (second,)),
        (codes.AUTH, 0, pick([b"digest", b"digest", b"digest", b"ip", b"no"]), b"ann:secret"),
        *((op,) for op in (codes.PING, codes.PING, codes.WHO_AM_I)),
        (codes.SASL, b"token"),
        (codes.RECONFIG, b"", b"", b"", -1),
    ]
    if chance.random() < 0.02:
        return (codes.CLOSE_SESSION,)
    return pick(pick([writes, reads, rest]))


class Crowd:
    """One seed's members, crowd and judge. What goes wrong is an AssertionError, or whatever a
    turn raises: nothing is caught."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.cluster = Cluster(3, seed, entries_kept=50, flush_entries=40)
        for member in self.cluster.members.values():  # limits that are met
            member.door.readonly_mode = True
            member.door.outstanding_max = 40
            member.door.connections_per_host_max = CROWD
        self.mutator = Mutator(corpus.REQUESTS, self.chance)
        self.crowd: list[Client] = []
        self.answers: Counter[int] = Counter()
        self.frames = self.isolated = 0
        self.kept: dict[bytes, bytes] = {}
        self.judge = self._seat()
        self._own(b"/kept", b"", 0)
        for path, flags in ((b"/kept/1", 0), (b"/kept/2", 0), (b"/kept/e", codes.EPHEMERAL)):
            self._own(path, b"mine", flags)

    def _seat(self) -> Client:
        judge = self.cluster.client(self.cluster.leader, 40_000)
        judge.ask((codes.AUTH, 0, b"digest", SECRET))
        self.cluster.run()
        return judge

    def _own(self, path: bytes, data: bytes, flags: int) -> None:
        acl = acl_of((31, b"auth", b""), (codes.PERM_READ, b"world", b"anyone"))
        xid = self.judge.create(path, data, flags, acl)
        self.cluster.run()
        assert self.judge.error(xid) == codes.OK
        self.kept[path] = data

    # ---- what happens

    def run(self, steps: int) -> None:
        """So many steps, then peace; all members must hold the same, and what was the judge's."""
        with capturedLogs() as logged:
            for step in range(steps):
                self.step()
                if step % 100 == 99:
                    self.judge_asks(step)
            self.peace()
        failures = [event["log_failure"] for event in logged if "log_failure" in event]
        assert not failures, failures[0].getTraceback()

    def step(self) -> None:
        chance = self.chance
        if len(self.crowd) < CROWD:
            self.arrive()
        client = chance.choice(self.crowd)
        acts = [self.ask] * 30 + [self.cluster_poll] * 10 + [self.cluster_run] * 6
        acts += [self.deaf, self.listens, self.leave, self.time_passes, self.disk]
        acts += [self.depose] if chance.random() < 0.3 else []
        chance.choice(acts)(client)
        for one in self.crowd:
            if one.closed:
                self.heard(one)
        self.crowd = [one for one in self.crowd if not one.closed]

    def arrive(self) -> None:
        member = self.chance.choice(list(self.cluster.members.values()))
        client = self.cluster.dial(member, f"10.0.0.{self.chance.randrange(9)}")
        known = [one for one in self.crowd if one.connection.session and len(one.wire.told) > 40]
        if known and self.chance.random() < 0.2:
            told = self.chance.choice(known).wire.told
            _, _, session, password, _ = replies.decode_connect(told, 4, len(told))
            if self.chance.random() < 0.3:
                password = self.chance.randbytes(len(password))
            client.hello(5_000, session, password)
        elif self.chance.random() < 0.95:
            read_only = self.chance.random() < 0.5
            client.hello(self.chance.randrange(-5, 60_000), read_only=read_only)
        self.crowd.append(client)

    def ask(self, client: Client) -> None:
        chance = self.chance
        said = []
        for _ in range(chance.choice([1, 1, 2, 5, 30])):
            if chance.random() < 0.75:
                said.append(requests.encode(request(chance), chance.randrange(1, 100)))
            else:
                (frame,) = self.mutator.some(1)
                said.append(len(frame).to_bytes(4, "big") + frame)
        self.frames += len(said)
        data = b"".join(said)
        if chance.random() < 0.005:
            data = chance.randbytes(20)
        while data and not client.closed:
            size = chance.choice([7, 60, 5_000, 100_000])
            client.wire.say(data[:size])
            data = data[size:]
            if chance.random() < 0.1:
                self.cluster.poll()

    def cluster_poll(self, client: Client) -> None:
        self.cluster.poll()

    def cluster_run(self, client: Client) -> None:
        self.cluster.run()

    def deaf(self, client: Client) -> None:
        client.wire.room = self.chance.randrange(3_000)

    def listens(self, client: Client) -> None:
        if not client.closed:
            client.wire.make_room(EVERYTHING)

    def leave(self, client: Client) -> None:
        client.wire.die()

    def time_passes(self, client: Client) -> None:
        """At times long enough for sessions to end; the judge shows that it lives."""
        for _ in range(self.chance.choice([1, 5, 30])):
            self.cluster.tick(3)
            self.judge_returns()

    def disk(self, client: Client) -> None:
        """One member's disk is slow for a while."""
        self.quick()
        slow = self.chance.choice(list(self.cluster.members.values()))
        slow.disk.slow = self.chance.random() < 0.5 and not slow.leads

    def depose(self, client: Client) -> None:
        """The leader is cut off till there is another, with all that is under way."""
        cluster = self.cluster
        self.quick()
        cut = cluster.leader
        cluster.cut(cut)
        cluster.elect()
        if self.chance.random() < 0.3:
            self.alone(cut)
        cluster.heal()
        cluster.elect()

    def alone(self, member: Member) -> None:
        """A member that was cut off knows it: it may be read, and must not be written to."""
        self.cluster.until(lambda: member.door.alone)
        reader = self.cluster.dial(member)
        reader.hello(read_only=True)
        self.cluster.run()
        assert reader.connection.local
        self.crowd.append(reader)
        for _ in range(5):
            if not reader.closed:
                self.ask(reader)
        self.cluster.run()
        assert not member.replica.proposals.waiting()
        self.isolated += 1

    # ---- what must hold

    def quick(self) -> None:
        """All disks answer at once."""
        for member in self.cluster.members.values():
            member.disk.slow = False
            member.disk.land()

    def judge_asks(self, step: int) -> None:
        self.quick()
        self.judge_returns()
        path, data = self.chance.choice([b"/kept/1", b"/kept/2", b"/kept/e"]), b"%d" % step
        xid = self.judge.ask((codes.SET_DATA, path, data, -1))
        looked = self.judge.ask((codes.GET_DATA, path, False))
        self.cluster.run()
        assert self.judge.error(xid) == codes.OK
        assert self.judge.value(looked)[0] == data
        self.kept[path] = data
        self.judge.heard.clear()

    def judge_returns(self) -> None:
        """It may have been disconnected, as everybody may: its session is still there."""
        self.cluster.run()
        if self.judge.closed:
            self.judge = self.cluster.move(self.judge, self.cluster.leader)
            self.judge.ask((codes.AUTH, 0, b"digest", SECRET))
            self.cluster.run()
            assert self.judge.session
        self.judge.ping()

    def heard(self, client: Client) -> None:
        """Nothing of the xids can be trusted, they are mutated; but all that is told is frames."""
        buf, spans = Frames(1 << 30).feed(client.wire.told)
        for at, end in spans[1:]:
            self.answers[replies.decode_header(buf, at, end).error] += 1

    def peace(self) -> None:
        for client in self.crowd:
            client.wire.die()
        self.quick()
        self.judge_returns()
        self.cluster.agree()
        for client in self.crowd:
            self.heard(client)
        for member in self.cluster.members.values():
            self.check(member)

    def check(self, member: Member) -> None:
        for path, data in self.kept.items():
            assert member.data(path) == data, f"{path!r} of the judge was changed"
        assert sorted(member.tree.children(b"/kept")) == [b"1", b"2", b"e"]
        door = member.door
        assert door.outstanding == sum(one.counted for one in door.connections)
        assert door.held_bytes == sum(one.held_bytes for one in door.connections)
        others = set(member.door.connections) - {self.judge.connection}
        assert not others, "a connection that is gone is remembered"
        assert len(member.door.watches) == 0, "so are its watches"
        assert not member.replica.proposals._outstanding
