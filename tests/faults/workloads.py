"""What clients do while things go wrong: each workload is some clients and what must be at the end.

What the log and the replies tell is judged for all of them (`faults.judges`); here is what only
the workload can know.
"""

import random
from collections.abc import Callable, Iterable
from typing import Any

from attrs import define, field
from ensemble.recorder import children, create, delete, exists, get, set_data
from faults.clients import EVENT, Actor, Client

from hikari.testing.history import OK, UNKNOWN
from hikari.testing.tallies import Grant
from hikari_wire import codes

Request = tuple[Any, ...]
Tree = dict[bytes, tuple[bytes | None, Any]]

KEYS = 6
ACCOUNTS = 8
MONEY = 100
NAMES = 12  # of a mirrored subtree, on each of two levels
RETURN_AFTER = 200  # requests of one visitor


def sync(path: bytes = b"/") -> Request:
    return (codes.SYNC, path)


@define
class Scene:
    """What the clients of one run share. `over`: come to an end."""

    chance: random.Random
    pause_s: float
    over: bool = False
    gardeners: int = 0  # who may still change what is mirrored
    mirrors: dict[str, dict[bytes, Any]] = field(factory=dict)
    grants: list[Grant] = field(factory=list)
    used: list[tuple[float, int]] = field(factory=list)  # (zxid, token) of work under the lock
    strangers: int = 0  # sessions that were left behind on purpose
    complaints: list[str] = field(factory=list)

    def pause(self) -> float:
        """Between two steps of a client."""
        return self.pause_s * (0.5 + self.chance.random())


def fresh(client: Client) -> Iterable[bytes]:
    """Data that nobody else ever writes."""
    number = 0
    while True:
        number += 1
        yield b"%s-%d" % (client.name.encode(), number)


# ---- registers


def register_writer(scene: Scene) -> Callable[[Client], Actor]:
    def act(client: Client) -> Actor:
        for value in fresh(client):
            if scene.over:
                return
            yield set_data(b"/registers/%d" % scene.chance.randrange(KEYS), value)
            yield scene.pause()

    return act


def register_reader(scene: Scene) -> Callable[[Client], Actor]:
    """Half of the reads are asked in one packet with their sync, half after its answer."""

    def act(client: Client) -> Actor:
        while not scene.over:
            path = b"/registers/%d" % scene.chance.randrange(KEYS)
            if scene.chance.random() < 0.5:
                yield [sync(path), get(path)]
            else:
                done = yield sync(path)
                if done.outcome == OK:
                    yield get(path)
            yield scene.pause()

    return act


def cas(scene: Scene) -> Callable[[Client], Actor]:
    """Change a register only if nobody else has."""

    def act(client: Client) -> Actor:
        for value in fresh(client):
            if scene.over:
                return
            path = b"/registers/%d" % scene.chance.randrange(KEYS)
            seen = yield get(path)
            if seen.outcome == OK:
                yield set_data(path, value, seen.value[1].version)
            yield scene.pause()

    return act


# ---- creates


def sequence(scene: Scene) -> Callable[[Client], Actor]:
    def act(client: Client) -> Actor:
        values = iter(fresh(client))
        while not scene.over:
            flags = codes.PERSISTENT_SEQUENTIAL
            yield [create(b"/sequence/n-", next(values), flags) for _ in range(3)]
            yield scene.pause()

    return act


def unique(scene: Scene) -> Callable[[Client], Actor]:
    """A set: each element is created once, by one."""

    def act(client: Client) -> Actor:
        for value in fresh(client):
            if scene.over:
                return
            yield create(b"/set/" + value, value)
            yield scene.pause()

    return act


# ---- locks


def _queue(names: Iterable[bytes]) -> list[bytes]:
    return sorted(names, key=lambda name: name[-10:])


def locker(scene: Scene) -> Callable[[Client], Actor]:
    """ZooKeeper's recipe: a place in a queue, known again by a name of its own."""

    def act(client: Client) -> Actor:
        for mark in fresh(client):
            if scene.over:
                return
            generation = client.generation
            made = yield create(b"/lock/" + mark + b"-", mark, codes.EPHEMERAL_SEQUENTIAL)
            path = made.value if made.outcome == OK else None
            while not scene.over and (not path or client.generation == generation):
                told = (yield [sync(), children(b"/lock")])[1]
                if told.outcome != OK:
                    continue
                queue = _queue(told.value)
                mine = [name for name in queue if name.startswith(mark + b"-")]
                if not mine:
                    break  # it never came to be, or its session is over
                path = b"/lock/" + mine[0]
                place = queue.index(mine[0])
                if not place:
                    yield from _hold(scene, client, path, generation)
                    break
                before = yield exists(b"/lock/" + queue[place - 1], watch=True)
                if before.outcome == OK:
                    yield EVENT
                    client.events.clear()
            yield from _give_back(client, path)
            yield scene.pause()

    return act


def _hold(scene: Scene, client: Client, path: bytes, generation: int) -> Actor:
    """Work under the lock, which says whether it is still ours: it was held for certain from the
    look at our place in the queue until that was asked."""
    seen = yield exists(path)
    if seen.outcome != OK or client.generation != generation:
        return
    token = seen.value.czxid
    yield 0.01
    guarded = ((codes.CHECK, path, -1), set_data(b"/guarded", b"%d" % token))
    done = yield (codes.MULTI, guarded)
    if done.outcome == OK and not any(error for _, error, _ in done.value):
        scene.grants.append(Grant(client.name, token, seen.ended, done.invoked))
        scene.used.append((done.zxid, token))


def _give_back(client: Client, path: bytes | None) -> Actor:
    while path:
        gone = yield delete(path)
        if gone.outcome != UNKNOWN:
            return


# ---- the bank


def teller(scene: Scene) -> Callable[[Client], Actor]:
    """Move money between two accounts, if neither has changed since it was looked at."""

    def act(client: Client) -> Actor:
        while not scene.over:
            one, other = scene.chance.sample(range(ACCOUNTS), 2)
            paths = [b"/bank/%d" % one, b"/bank/%d" % other]
            seen = yield [get(path) for path in paths]
            if all(each.outcome == OK for each in seen):
                amount = scene.chance.randint(1, 5)
                moved = [int(seen[0].value[0]) - amount, int(seen[1].value[0]) + amount]
                parts = [
                    set_data(path, b"%d" % money, each.value[1].version)
                    for path, money, each in zip(paths, moved, seen, strict=True)
                ]
                yield (codes.MULTI, tuple(parts))
            yield scene.pause()

    return act


def auditor(scene: Scene) -> Callable[[Client], Actor]:
    """At any moment, all the money is there."""

    def act(client: Client) -> Actor:
        parts = tuple(get(b"/bank/%d" % n) for n in range(ACCOUNTS))
        while not scene.over:
            _, seen = yield [sync(b"/bank"), (codes.MULTI_READ, parts)]
            if seen.outcome == OK:
                total = sum(int(value[0]) for _, _, value in seen.value)
                if total != ACCOUNTS * MONEY:
                    scene.complaints.append(f"{client.name} counted {total} at zxid {seen.zxid}")
            yield scene.pause()

    return act


# ---- membership


def present(scene: Scene) -> Callable[[Client], Actor]:
    """Be there, as an ephemeral; look who else is; sometimes leave, properly or not."""

    def act(client: Client) -> Actor:
        generation = 0
        for value in fresh(client):
            if scene.over:
                return
            if client.generation != generation:
                generation = client.generation
                yield create(b"/present/%s-%d" % (value, generation), value, codes.EPHEMERAL)
            elif scene.chance.random() < 0.2:
                made = yield create(b"/present/" + value, value, codes.EPHEMERAL)
                if made.outcome == OK:
                    yield delete(made.value)
            else:
                yield children(b"/present", watch=scene.chance.random() < 0.3)
            client.events.clear()
            yield scene.pause()

    return act


def visitor(scene: Scene) -> Callable[[Client], Actor]:
    """A session with an ephemeral, for a while; then closed, or just left to expire."""

    def act(client: Client) -> Actor:
        for value in fresh(client):
            yield create(b"/present/" + value, value, codes.EPHEMERAL)
            for _ in range(scene.chance.randint(3, 15)):
                if not scene.over:
                    yield children(b"/present")
                    yield scene.pause()
            if scene.chance.random() < 0.5:
                yield (codes.CLOSE_SESSION,)
            scene.strangers += 1
            client.leave()
            if not scene.over:
                client.loop.client(f"{client.name}+", act)
            return

    return act


# ---- mirrors


def gardener(scene: Scene) -> Callable[[Client], Actor]:
    """Let a small subtree change all the time."""

    def act(client: Client) -> Actor:
        scene.gardeners += 1
        for value in fresh(client):
            if scene.over:
                scene.gardeners -= 1
                return
            above = b"/garden/%d" % scene.chance.randrange(NAMES)
            path = scene.chance.choice([above, above + b"/%d" % scene.chance.randrange(NAMES)])
            chosen = scene.chance.random()
            if chosen < 0.4:
                yield create(path, value)
            elif chosen < 0.6:
                yield delete(path)
            else:
                yield set_data(path, value)
            yield scene.pause()

    return act


def mirror(scene: Scene) -> Callable[[Client], Actor]:
    """Follow /garden by its watches alone. At the end it must be the truth."""

    def act(client: Client) -> Actor:
        known = scene.mirrors[client.name] = {}
        stale = {b"/garden"}
        generation = client.generation
        settled = False
        while not settled:
            over = scene.over and not scene.gardeners
            if over:  # events of all that was written before come before the answer
                over = (yield sync()).outcome == OK
            if client.generation != generation:
                generation, stale = client.generation, {b"/garden", *known}
            stale |= {event.path for event in client.events}
            client.events.clear()
            settled = over and not stale
            for path in sorted(stale):
                stale.discard(path)
                yield from _look(known, stale, path)
            if not over:
                yield EVENT

    return act


def _look(known: dict[bytes, Any], stale: set[bytes], path: bytes) -> Actor:
    listed, data = yield [children(path, watch=True), get(path, watch=True)]
    if UNKNOWN in (listed.outcome, data.outcome):
        stale.add(path)
        return
    if listed.outcome != OK or data.outcome != OK:
        for gone in [one for one in known if one == path or one.startswith(path + b"/")]:
            del known[gone]
        if OK in (listed.outcome, data.outcome):
            stale.add(path)  # it came or went between the two
        return
    below = {path + b"/" + name for name in listed.value}
    for one in [one for one in known if one.startswith(path + b"/")]:
        if not any(one == child or one.startswith(child + b"/") for child in below):
            del known[one]
    known[path] = data.value[0]
    stale |= below - set(known)


# ---- the workloads


@define
class Workload:
    """`roots`: what is there at the beginning. `cast`: (how many, who)."""

    roots: list[Request]
    cast: list[tuple[int, Callable[[Scene], Callable[[Client], Actor]]]]


REGISTERS = [create(b"/registers"), *(create(b"/registers/%d" % n, b"0") for n in range(KEYS))]
BANK = [create(b"/bank"), *(create(b"/bank/%d" % n, b"%d" % MONEY) for n in range(ACCOUNTS))]
LOCK = [create(b"/lock"), create(b"/guarded", b"0")]

WORKLOADS = {
    "registers": Workload(REGISTERS, [(12, register_writer), (14, register_reader)]),
    "cas": Workload(REGISTERS, [(20, cas), (6, register_reader)]),
    "sequence": Workload([create(b"/sequence")], [(16, sequence)]),
    "set": Workload([create(b"/set")], [(26, unique)]),
    "locks": Workload(LOCK, [(8, locker), (8, locker)]),
    "bank": Workload(BANK, [(16, teller), (6, auditor)]),
    "membership": Workload([create(b"/present")], [(18, present), (6, visitor)]),
    "mirrors": Workload([create(b"/garden")], [(12, gardener), (8, mirror)]),
    "audience": Workload([create(b"/garden")], [(3, gardener), (60, mirror)]),
    "mixed": Workload(
        [*REGISTERS, *BANK, *LOCK, create(b"/present"), create(b"/garden"), create(b"/sequence")],
        [
            *((4, register_writer), (4, register_reader), (3, cas), (2, sequence), (3, locker)),
            *((3, teller), (1, auditor), (3, present), (1, visitor), (3, gardener), (3, mirror)),
        ],
    ),
}
