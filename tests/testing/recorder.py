"""Clients of `replica.cluster` that write down what they ask and hear, and the log they left."""

import random
from typing import Any

from replica.cluster import TICK_MS, Cluster, Member
from replica.weather import Weather
from replica.wire import Wire

from hikari.gateway.port import ClientPort
from hikari.replica.proposals import unpack
from hikari.replica.replica import Replica
from hikari.testing.history import FAIL, OK, Applied, Conversation, Event, Operation
from hikari.tree.tree import Tree
from hikari_wire import codes, replies, requests
from hikari_wire.framing import Frames
from hikari_wire.records import ConnectRequest

KINDS = ("data", "exist", "child", "persistent", "recursive")
OF_TYPE = {1: ("child",), 2: ("data", "exist"), 3: KINDS, 4: ("persistent",), 5: ("recursive",)}


class Logbook:
    """What every member applied, request by request: they must agree, and it is the true order."""

    def __init__(self) -> None:
        self.applied: dict[int, Applied] = {}
        self.fates: list[bool] = []  # of the requests of the proposal that is being applied
        self.tree, self.replica = _classes(self)

    def watch(self, member: Member) -> None:
        replica = member.replica
        replant = replica.replant

        def replanted(rows: Any, name: str) -> Tree:
            return self._kind(replant(rows, name), self.tree)

        replica.replant = replanted
        self._kind(replica.tree, self.tree)
        self._kind(replica, self.replica)

    @staticmethod
    def _kind(one: Any, kind: type) -> Any:
        one.__class__ = kind
        return one

    def note(self, zxid: int, requests: list[Any], time_ms: int) -> None:
        for (session, identities, request), admitted in zip(requests, self.fates, strict=True):
            zxid += 1
            one = Applied(zxid, session, request, time_ms, identities, admitted)
            assert self.applied.setdefault(zxid, one) == one

    def log(self) -> list[Applied]:
        return [self.applied[zxid] for zxid in sorted(self.applied)]


def _classes(book: Logbook) -> tuple[type, type]:
    """The tree and the replica, telling the book what they apply."""

    class NotingTree(Tree):
        __slots__ = ()

        def apply(self, *request: Any) -> Any:
            book.fates.append(True)
            return super().apply(*request)

        def refuse(self, error: int) -> Any:
            book.fates.append(False)
            return super().refuse(error)

    class NotingReplica(Replica):
        __slots__ = ()

        def _apply_proposal(self, proposal: bytes, skip: int) -> int:
            zxid = self.tree.zxid
            groups = unpack(proposal)[2]
            flat = [(s, i, one) for s, _, i, several in groups for one in several]
            book.fates = []
            rest = super()._apply_proposal(proposal, skip)
            book.note(zxid, flat[skip:], self.tree.time_ms)
            return rest

    return NotingTree, NotingReplica


class RecordedCluster(Cluster):
    """A cluster whose log is written down as it is applied."""

    def __init__(self, size: int, seed: int, entries: int = 1_000) -> None:
        self.logbook = Logbook()
        self.moment = 0
        super().__init__(size, seed, entries_kept=entries, flush_entries=entries, elect=False)
        for member in self.members.values():
            self.logbook.watch(member)
        self.elect()

    def start(self, number: int) -> Member:
        member = super().start(number)
        self.logbook.watch(member)
        return member


class RecordingClient:
    """One client with one session, on one connection at a time."""

    def __init__(self, cluster: RecordedCluster, host: str = "10.0.0.9") -> None:
        self.cluster, self.host = cluster, host
        self.session, self.password, self.timeout_ms = 0, bytes(16), 10_000
        self.seen = 0
        self.xid = 0
        self.over = False
        self.back = False  # on a new connection, and has not named its watches yet
        self.conversations: list[Conversation] = []
        self.talk: Conversation | None = None  # the one that goes on
        self.wire: Wire | None = None
        self.unanswered: list[Operation] = []
        self.watching: dict[tuple[str, bytes], None] = {}  # (kind, path), for setWatches
        self.member = 0

    @property
    def now(self) -> float:
        """Moments that differ, so that what follows is known to follow."""
        self.cluster.moment += 1
        return 1.0 + self.cluster.clock.seconds() + self.cluster.moment * 1e-7

    def connect(self, member: Member) -> None:
        assert self.wire is None
        self.wire = Wire(self.cluster.clock, self.host)
        self.frames = Frames(1 << 30)
        self.member = member.number
        self.unanswered = []
        self.wire.carry(ClientPort(member.door).buildProtocol(None))
        hello = ConnectRequest(0, self.seen, self.timeout_ms, self.session, self.password, False)
        self.wire.say(requests.encode_connect(hello))

    def hang_up(self) -> None:
        if self.wire is not None:
            self.listen()
        if self.wire is not None:
            wire = self.wire
            self._ended()
            wire.die()

    def _ended(self) -> None:
        if self.talk is not None:
            self.talk.ended = self.now
        self.talk = self.wire = None

    def ask(self, *asked: tuple[Any, ...]) -> list[Operation]:
        """Sends them in one piece."""
        self.listen()
        if self.talk is None or self.wire is None:
            return []
        sent, data = [], b""
        for request in asked:
            self.xid += 1
            one = Operation(self.session, request, self.now, self.xid)
            sent.append(one)
            data += requests.encode(request, self.xid)
        self.talk.asked += sent
        self.unanswered += sent
        self.wire.say(data)
        return sent

    def rearm(self) -> None:
        """What a client does first when it is back."""
        kinds: dict[str, list[bytes]] = {kind: [] for kind in KINDS}
        for kind, path in self.watching:
            kinds[kind].append(path)
        paths = [tuple(some) for some in kinds.values()]
        if any(paths[3:]):
            self.ask((codes.SET_WATCHES2, self.seen, *paths))
        elif self.watching:
            self.ask((codes.SET_WATCHES, self.seen, *paths[:3]))

    def listen(self) -> None:
        """Takes in what was said, up to the end of the connection."""
        wire = self.wire
        if wire is None:
            return
        said, wire.told = wire.told, b""
        buf, spans = self.frames.feed(said)
        for at, end in spans:
            if self.talk is None:
                self._greeted(replies.decode_connect(buf, at, end))
                if self.over:
                    break
                continue
            header = replies.decode_header(buf, at, end)
            at += replies.HEADER_BYTES
            if header.xid == codes.XID_NOTIFICATION:
                self._event(replies.decode_notification(buf, at, end))
            else:
                self._reply(header, buf, at, end)
        if wire.lost and self.wire is not None:
            self._ended()

    def _greeted(self, response: Any) -> None:
        if not response.session:
            if self.conversations:
                self.conversations[-1].expired = True
            self.over = True
            self._ended()
            return
        first = not self.session
        self.session, self.password = response.session, response.password
        self.talk = Conversation(
            self.session,
            self.member,
            began=self.now,
            seen=self.seen,
            timeout_ms=response.timeout_ms,
            identities=((b"ip", self.host.encode()),),
        )
        self.conversations.append(self.talk)
        if not first:
            self.back = True

    def _event(self, event: Any) -> None:
        assert self.talk is not None
        self.talk.arrived.append(Event(self.session, event.type, event.path, self.now))
        for kind in ("data", "exist", "child"):
            if event.type == codes.EVENT_DELETED or (
                (event.type == codes.EVENT_CHILDREN_CHANGED) == (kind == "child")
            ):
                self.watching.pop((kind, event.path), None)

    def _reply(self, header: Any, buf: bytes, at: int, end: int) -> None:
        assert self.talk is not None
        one = self.unanswered.pop(0)
        assert one.xid == header.xid
        one.ended, one.zxid, one.error = self.now, header.zxid, header.error
        one.outcome = FAIL if header.error else OK
        op = one.request[0]
        if not header.error:
            one.value = replies.decode_body(op, buf, at, end)
        self.seen = max(self.seen, header.zxid)
        self.talk.arrived.append(one)
        if op == codes.CLOSE_SESSION:
            self.over = True
        if op == codes.EXISTS and one.request[2] and header.error in (0, codes.NO_NODE):
            self.watching["exist" if header.error else "data", one.request[1]] = None
        elif op == codes.GET_DATA and one.request[2] and not header.error:
            self.watching["data", one.request[1]] = None
        elif op in (codes.GET_CHILDREN, codes.GET_CHILDREN2) and one.request[2]:
            self.watching.update({} if header.error else {("child", one.request[1]): None})
        elif op == codes.ADD_WATCH and not header.error:
            self.watching[KINDS[3 + one.request[2]], one.request[1]] = None
        elif op == codes.REMOVE_WATCHES and not header.error:
            for kind in OF_TYPE[one.request[2]]:
                self.watching.pop((kind, one.request[1]), None)


class Play(Weather):
    """What one seed does: clients that do everything, on members that come, go and hang."""

    def __init__(self, seed: int, clients: int = 6, faults: bool = True) -> None:
        self.chance = random.Random(seed)
        self.faults = faults
        short = faults and self.chance.random() < 0.3
        self.cluster = RecordedCluster(3, seed, entries=30 if short else 1_000)
        self.slots = clients
        self.clients: list[RecordingClient] = []
        self.count = 0

    def run(self, steps: int) -> "Play":
        for _ in range(steps):
            self.step()
        self.settle_down()
        return self

    @property
    def history(self) -> tuple[list[Applied], list[Conversation]]:
        talks = [talk for client in self.clients for talk in client.conversations]
        return self.cluster.logbook.log(), talks

    def step(self) -> None:
        chance, cluster = self.chance, self.cluster
        acts = [self.talk] * 60 + [self.come] * 8 + [self.leave] * 3 + [self.sleep]
        acts += [cluster.poll] * 20 + [cluster.run] * 8 + [self.tick] * 2
        if self.faults:
            acts += [self.hold] * 3 + [self.cut, self.break_link, self.stop, self.slow]
            acts += [self.dodge, self.lag] * 2
            acts += [self.heal] * 3 + [self.start] * 2 + [self.quick] * 2
        chance.choice(acts)()
        for client in self.clients:
            client.listen()

    # ---- clients

    def alive(self) -> list[RecordingClient]:
        return [client for client in self.clients if not client.over]

    def come(self) -> None:
        """A client that has no connection makes one; or a new one comes."""
        chance = self.chance
        members = [m for m in self.cluster.members.values() if m.running]
        away = [client for client in self.alive() if client.wire is None]
        if len(self.alive()) < self.slots:
            client = RecordingClient(self.cluster, chance.choice(["10.0.0.9", "10.0.1.7"]))
            client.timeout_ms = chance.choice([4_000, 10_000, 40_000])
            self.clients.append(client)
            away = [client]
        if away:
            chance.choice(away).connect(chance.choice(members))

    def leave(self) -> None:
        client = self.anybody()
        if client is not None:
            client.hang_up()

    def anybody(self) -> RecordingClient | None:
        there = [client for client in self.alive() if client.talk is not None]
        return self.chance.choice(there) if there else None

    def talk(self) -> None:
        client = self.anybody()
        if client is None:
            return
        if client.back:
            client.back = False
            if self.chance.random() < 0.9:
                client.rearm()
            else:
                client.watching.clear()
        client.ask(*[self.request() for _ in range(self.chance.choice([1, 1, 2, 4, 8]))])

    def path(self) -> bytes:
        first = self.chance.choice([b"/a", b"/b", b"/c", b"/d"])
        return first + self.chance.choice([b"", b"", b"/x", b"/y", b"/x/z"])

    def part(self) -> tuple[Any, ...]:
        chance, path = self.chance, self.path()
        self.count += 1
        data = b"%d" % self.count if chance.random() < 0.9 else None
        version = chance.choice([-1, -1, -1, 0, 1, 2])
        kind = chance.choice(["create", "create", "create2", "delete", "set", "set", "check"])
        if kind in ("create", "create2"):
            op = codes.CREATE if kind == "create" else codes.CREATE2
            return op, path, data, b"", chance.choice([0, 0, 0, 1, 1, 2, 3])
        if kind == "set":
            return codes.SET_DATA, path, data, version
        return codes.DELETE if kind == "delete" else codes.CHECK, path, version

    def register(self) -> tuple[Any, ...]:
        """Of a znode that nothing but plain requests changes."""
        chance, path = self.chance, b"/r%d" % self.chance.randrange(6)
        self.count += 1
        version = chance.choice([-1, -1, 0, 1, 2])
        kind = chance.choice(["create", "delete", "set", "set", "set", "get", "get", "get", "stat"])
        if kind == "create":
            return codes.CREATE, path, b"%d" % self.count, b"", 0
        if kind == "delete":
            return codes.DELETE, path, version
        if kind == "set":
            return codes.SET_DATA, path, b"%d" % self.count, version
        return codes.GET_DATA if kind == "get" else codes.EXISTS, path, chance.random() < 0.3

    def request(self) -> tuple[Any, ...]:
        chance, path = self.chance, self.path()
        if chance.random() < 0.3:
            return self.register()
        kind = chance.random()
        if kind < 0.42:
            return self.part()
        if kind < 0.50:
            return codes.MULTI, tuple(self.part() for _ in range(chance.randrange(1, 4)))
        if kind < 0.52:
            return codes.SET_ACL, path, chance.choice(ACLS), -1
        if kind < 0.60:
            return codes.SYNC, path
        if kind < 0.61:
            return codes.AUTH, 0, b"digest", b"me:secret"
        if kind < 0.613:
            return (codes.CLOSE_SESSION,)
        if kind < 0.63:
            return codes.MULTI_READ, ((codes.GET_DATA, path, False),) * 2
        if kind < 0.65:
            return codes.GET_ACL, path
        if kind < 0.70:
            return self.lasting(path)
        if kind < 0.72:
            return codes.GET_ALL_CHILDREN_NUMBER, chance.choice([path, b"/"])
        if kind < 0.74:
            return codes.GET_EPHEMERALS, chance.choice([path, b"/", b""])
        if kind < 0.745:
            return (codes.WHO_AM_I,)
        ops = [codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2]
        where = chance.choice([path, path, path, b"/"])
        return chance.choice(ops), where, chance.random() < 0.6

    def lasting(self, path: bytes) -> tuple[Any, ...]:
        """About watches that stay; now and then what nobody has set, or what there is not."""
        chance = self.chance
        where = chance.choice([path, path, b"/"])
        if chance.random() < 0.5:
            return codes.ADD_WATCH, where, chance.choice([0, 0, 0, 1, 1, 1, 2])
        op = chance.choice([codes.REMOVE_WATCHES, codes.CHECK_WATCHES])
        return op, where, chance.choice([1, 2, 3, 4, 5, 6])

    # ---- faults

    def tick(self) -> None:
        self.cluster.tick(self.chance.choice([1, 1, 2, 5]))

    def sleep(self) -> None:
        """Some seconds in which only one client speaks, if any."""
        speaker = self.anybody()
        for _ in range(int(6_000 / TICK_MS / 8) if self.chance.random() < 0.5 else 0):
            self.cluster.tick(8)
            if speaker is not None:
                speaker.ask(self.request())
                self.cluster.run()
                speaker.listen()

    def dodge(self) -> None:
        """A client asks, what it asked is held up on the way, and it goes on elsewhere."""
        client = self.anybody()
        others = [m for m in self.cluster.members.values() if m.running]
        if client is None or len(others) < 2:
            return
        held = [(client.member, other) for other in self.cluster.voters if other != client.member]
        self.cluster.network.held.update(held)
        client.ask(*[self.request() for _ in range(4)])
        self.cluster.poll()
        client.hang_up()
        client.connect(self.chance.choice([m for m in others if m.number != client.member]))
        self.cluster.run()
        self.cluster.network.held.difference_update(held)

    def lag(self) -> None:
        """A member hears of nothing for a moment; its client asks for what is so by now."""
        leaders = [m.number for m in self.cluster.members.values() if m.leads]
        there = [client for client in self.alive() if client.talk is not None]
        writers = [client for client in there if client.member in leaders]
        readers = [client for client in there if client.member not in leaders]
        if not writers or not readers:
            return
        writer, reader = self.chance.choice(writers), self.chance.choice(readers)
        held = (writer.member, reader.member)
        self.cluster.network.held.add(held)
        writer.ask(self.register(), self.register())
        self.cluster.run()
        writer.listen()
        path = b"/r%d" % self.chance.randrange(6)
        reader.ask((codes.SYNC, path), (codes.GET_DATA, path, False))
        self.cluster.run()
        self.cluster.network.held.discard(held)

    def stop(self) -> None:
        running = [m for m in self.cluster.members.values() if m.running]
        if len(running) > 1:
            self.cluster.stop(self.chance.choice(running))

    def start(self) -> None:
        for member in list(self.cluster.members.values()):
            if not member.running:
                self.cluster.start(member.number)
                return

    def slow(self) -> None:
        self.chance.choice(list(self.cluster.members.values())).disk.slow = True

    def quick(self) -> None:
        for member in self.cluster.members.values():
            member.disk.slow = False
            if member.running:
                member.disk.land()

    def settle_down(self) -> None:
        """At rest: whoever is still connected has heard everything."""
        cluster = self.cluster
        for _ in range(3):
            self.start()
        self.quick()
        self.heal()
        cluster.run()
        cluster.elect()
        cluster.until(lambda: len({m.tree.index for m in cluster.members.values()}) == 1)
        cluster.agree()
        for client in self.clients:
            client.listen()


def _acls() -> list[bytes]:
    from replica.wire import acl_of

    from hikari.testing.permissions import digest

    me = digest(b"me:secret")
    return [
        b"",
        acl_of((31, b"digest", me), (1, b"world", b"anyone")),
        acl_of((31, b"world", b"anyone"), (1, b"digest", me)),
        acl_of((31, b"auth", b"")),
        acl_of((31, b"ip", b"10.0.0.0/24"), (16, b"digest", me)),
    ]


ACLS = _acls()
