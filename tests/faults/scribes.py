"""Load whose every acknowledged write can be looked for afterwards, cheaply: one list of names."""

import time
from typing import Any

from ensemble.load import Worker
from ensemble.recorder import OK, Client, Expired, Lost, Operation, children, create, get

from hikari_wire import codes

IN_A_PACKET = 3


class Scribe(Worker):
    """Creates znodes with names of its own below `parent`, which may be changed at any time."""

    def __init__(self, ports: list[int], first: int, name: str, pause_s: float = 0.002) -> None:
        super().__init__(ports, first)
        self.prefix = name.encode()
        self.parent = b""
        self.pause_s = pause_s
        self.count = 0
        self.expired = 0

    def step(self) -> None:
        asked = []
        for _ in range(IN_A_PACKET):
            self.count += 1
            name = b"%s-%d" % (self.prefix, self.count)
            asked.append(create(self.parent + b"/" + name, name * (1 + self.count % 64)))
        sent = self.client.send(*asked)
        self.client.finish()
        assert all(op.outcome == OK for op in sent), sent
        time.sleep(self.pause_s)

    def again(self) -> None:
        """A session that the ensemble has forgotten is replaced."""
        try:
            super().again()
        except Expired:
            self.expired += 1
            self.client = Client(self.client.ports, self.history)


def acknowledged(scribes: list[Scribe], before: float) -> dict[bytes, list[Operation]]:
    """What was answered before a moment, by its parent."""
    found: dict[bytes, list[Operation]] = {}
    for scribe in scribes:
        for op in list(scribe.history):
            if op.outcome == OK and op.request[0] == codes.CREATE and op.ended < before:
                found.setdefault(op.request[1].rpartition(b"/")[0], []).append(op)
    return found


def missing(client: Client, parent: bytes, wanted: list[Operation]) -> list[Operation]:
    """Those that are not there. Raises Lost."""
    there = client.ask(children(parent))
    names = set(there.value) if there.outcome == OK else set()
    return [op for op in wanted if op.request[1].rpartition(b"/")[2] not in names]


def spoiled(client: Client, wanted: list[Operation]) -> list[Operation]:
    """Those that are there with other data. Raises Lost."""
    answers = client.ask_all([get(op.request[1]) for op in wanted])
    pairs = zip(wanted, answers, strict=True)
    return [op for op, seen in pairs if seen.outcome != OK or seen.value[0] != op.request[2]]


def one_client(ports: list[int], member: int) -> Client:
    """A client of this member, which has all that was committed before. Raises Lost."""
    client = Client(ports)
    deadline = time.monotonic() + 10.0
    while True:
        try:
            client.open(member)
            synced = client.ask((codes.SYNC, b"/"))
            assert synced.outcome == OK, synced
            return client
        except Lost:
            assert time.monotonic() < deadline, f"member {member} takes no client"
            time.sleep(0.02)


def settle(ports: list[int], member: int, request: tuple[Any, ...]) -> Operation:
    """Ask one thing until it is answered."""
    client = one_client(ports, member)
    try:
        answer = client.ask(request)
    finally:
        client.drop()
    return answer
