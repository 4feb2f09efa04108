"""Histories of an ensemble that does everything right, made quickly: for speed and for tallies."""

import random
from typing import Any

from hikari.testing.history import FAIL, OK, Applied, Conversation, Event, Operation
from hikari.testing.model import Model
from hikari_wire import codes

READS = (codes.GET_DATA, codes.EXISTS, codes.GET_CHILDREN, codes.GET_CHILDREN2)


class Ideal:
    """`clients` sessions take turns; whoever asks is answered before the next one asks."""

    def __init__(self, seed: int, clients: int = 8) -> None:
        self.chance = random.Random(seed)
        self.model = Model()
        self.applied: list[Applied] = []
        self.now = 1.0
        self.talks: list[Conversation] = []
        self.watches: dict[tuple[bool, bytes], list[Conversation]] = {}
        for _ in range(clients):
            zxid = self.log(0, (codes.CREATE_SESSION, 10_000, b"p" * 16)).zxid
            self.talks.append(Conversation(zxid, 1, self.moment(), 0, 10_000))

    def moment(self) -> float:
        self.now += 1e-5
        return self.now

    def log(self, session: int, request: tuple[Any, ...]) -> Applied:
        zxid = len(self.applied) + 1
        one = Applied(zxid, session, request, 1_000 + zxid // 10)
        self.applied.append(one)
        self.answer = self.model.apply(one)
        return one

    def ask(self, talk: Conversation, request: tuple[Any, ...]) -> Operation:
        one = Operation(talk.session, request, self.moment(), len(talk.asked) + 1)
        talk.asked.append(one)
        op = request[0]
        if op == codes.SYNC:
            one.error, one.value = 0, request[1]
        elif op in (*READS, codes.GET_ACL, codes.MULTI_READ):
            one.error, one.value = self.model.read(request, ())
            if len(request) > 2 and request[2] and (not one.error or op == codes.EXISTS):
                key = op in (codes.GET_CHILDREN, codes.GET_CHILDREN2), request[1]
                watchers = self.watches.setdefault(key, [])
                if talk not in watchers:
                    watchers.append(talk)
        else:
            self.log(talk.session, request)
            one.error, one.value = self.answer
            self.tell()
        one.zxid, one.ended = self.model.zxid, self.moment()
        one.outcome = FAIL if one.error else OK
        talk.arrived.append(one)
        return one

    def tell(self) -> None:
        for type, path, _ in self.model.events:
            told: list[Conversation] = []
            if type != codes.EVENT_CHILDREN_CHANGED:
                told += self.watches.pop((False, path), [])
            if type in (codes.EVENT_CHILDREN_CHANGED, codes.EVENT_DELETED):
                told += [t for t in self.watches.pop((True, path), []) if t not in told]
            for talk in told:
                talk.arrived.append(Event(talk.session, type, path, self.moment()))

    def run(self, operations: int, znodes: int = 200, watch: float = 0.1) -> "Ideal":
        chance = self.chance
        for number in range(operations):
            talk = chance.choice(self.talks)
            path = b"/n%d" % chance.randrange(znodes)
            kind = chance.random()
            if kind < 0.5:
                self.ask(talk, (chance.choice(READS), path, chance.random() < watch))
            elif kind < 0.8:
                self.ask(talk, (codes.SET_DATA, path, b"%d" % number, -1))
            elif kind < 0.9:
                self.ask(talk, (codes.CREATE, path, b"%d" % number, b"", 0))
            elif kind < 0.95:
                self.ask(talk, (codes.DELETE, path, -1))
            else:
                self.ask(talk, (codes.SYNC, path))
        return self
