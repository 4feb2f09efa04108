"""Members that come, go, hang and are cut off while clients write: nothing acknowledged is lost,
all agree in the end, and no member ends by its own assertion.
"""

import random

import pytest
from replica.cluster import Cluster
from replica.weather import Weather
from replica.wire import Client

from hikari_wire import codes


@pytest.fixture(autouse=True)
def digests_are_compared_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hikari.replica.digests.DIGEST_ENTRIES", 8)


class Chaos(Weather):
    """What one seed does to a cluster."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        small = self.chance.random() < 0.5  # journals so short that snapshots are needed
        self.cluster = Cluster(
            3, seed, entries_kept=5 if small else 1_000, flush_entries=5 if small else 1_000
        )
        self.clients: list[Client] = []
        self.asked: dict[tuple[Client, int], bytes] = {}
        self.count = 0
        self.synced: list[tuple[Client, int, set[bytes]]] = []  # a listing, and what it must show

    def step(self) -> None:
        chance, cluster = self.chance, self.cluster
        acts = [self.write] * 12 + [self.connect] * 2 + [self.sync] * 2 + [self.leave, self.move]
        acts += [cluster.poll] * 6 + [cluster.run] * 2 + [self.tick] * 4
        acts += [self.cut, self.hold, self.break_link, self.heal, self.heal, self.stop]
        acts += [self.start, self.start, self.slow, self.quick, self.quick]
        chance.choice(acts)()
        self.clients = [client for client in self.clients if not client.closed]

    # ---- clients

    def connect(self) -> None:
        member = self.chance.choice(list(self.cluster.members.values()))
        if member.running and len(self.clients) < 12:
            client = self.cluster.dial(member)
            client.hello(self.chance.choice([4_000, 10_000, 40_000]))
            self.clients.append(client)

    def write(self) -> None:
        if self.clients:
            client = self.chance.choice(self.clients)
            for _ in range(self.chance.randrange(1, 5)):
                self.count += 1
                path = b"/%d" % self.count
                self.asked[client, client.create(path, b"x" * self.chance.randrange(200))] = path
            if self.chance.random() < 0.3:
                client.ask((codes.EXISTS, path, True))
                client.create(b"/e%d" % self.count, flags=codes.EPHEMERAL)

    def sync(self) -> None:
        if self.clients:
            client = self.chance.choice(self.clients)
            expected = set(self.acknowledged())
            xid = client.ask((codes.SYNC, b"/"), (codes.GET_CHILDREN, b"/", True))
            self.synced.append((client, xid, expected))

    def leave(self) -> None:
        if self.clients:
            client = self.chance.choice(self.clients)
            if self.chance.random() < 0.5:
                client.ask((codes.CLOSE_SESSION,))
            else:
                client.wire.die()

    def move(self) -> None:
        member = self.chance.choice(list(self.cluster.members.values()))
        ready = [client for client in self.clients if client.session]
        if ready and member.running:
            self.clients.append(self.cluster.move(self.chance.choice(ready), member))

    # ---- faults

    def tick(self) -> None:
        self.cluster.tick(self.chance.choice([1, 1, 2, 5, 20]))

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

    # ---- the end

    def settle_down(self) -> None:
        for _ in range(3):
            self.start()
        self.quick()
        self.heal()
        self.cluster.run()
        self.cluster.elect()
        self.cluster.until(lambda: len({m.tree.index for m in self.cluster.members.values()}) == 1)
        self.cluster.agree()

    def acknowledged(self) -> list[bytes]:
        """What was created for certain."""
        told: dict[Client, dict[int, int]] = {}
        for client, _ in self.asked:
            if client not in told:
                told[client] = {xid: error for xid, _, error, _ in client.listen().heard}
        return [
            path for (client, xid), path in self.asked.items() if told[client].get(xid) == codes.OK
        ]

    def unseen(self) -> list[bytes]:
        """What a listing behind a sync did not show although it was acknowledged before."""
        found: list[bytes] = []
        for client, xid, expected in self.synced:
            if client.error(xid) == codes.OK:
                found += expected - {b"/" + name for name in client.value(xid)}
        return found


@pytest.mark.parametrize("seed", range(40))
def test_nothing_acknowledged_is_lost(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(600):
        chaos.step()
    chaos.settle_down()
    tree = chaos.cluster.leader.tree
    assert [path for path in chaos.acknowledged() if tree.look(path) is None] == []
    assert chaos.unseen() == [], "sync, then read, is linearizable"
    client = chaos.cluster.client(chaos.cluster.followers[0])
    chaos.cluster.write(client, b"/at-last")
    for member in chaos.cluster.members.values():
        assert not member.diverged_at
        assert not member.replica.digests.mismatches
        assert len(member.door.by_session) <= len(member.door.connections)
        assert not member.replica.proposals._outstanding
