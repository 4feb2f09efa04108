"""Clients under load, each on a thread of its own: they reconnect, go on, note every outcome."""

import itertools
import threading
import time

from ensemble.recorder import FAIL, OK, UNKNOWN, Client, Lost, Operation, create, get, set_data

from hikari_wire import codes

PING_S = 0.5
CREATES = 3
"""In one packet of a writer."""


class Worker(threading.Thread):
    """Runs `step` again and again until it is stopped; what it raises, `end` raises again."""

    def __init__(self, ports: list[int], first: int) -> None:
        super().__init__(daemon=True)
        self.history: list[Operation] = []
        self.client = Client(ports, self.history, pings=True)
        self.first = first
        self.reconnections = 0
        self._stop_asked = threading.Event()
        self._failure: BaseException | None = None

    def begin(self) -> None:
        """Do what the load needs, with the ensemble in good health; then go."""
        self.client.attach(self.first)
        self.prepare()
        self.start()

    def run(self) -> None:
        """Take steps; a lost connection is made anew, on the next member that takes us."""
        try:
            while not self._stop_asked.is_set():
                try:
                    self.step()
                except Lost:
                    self.again()
        except BaseException as failure:
            self._failure = failure

    def again(self) -> None:
        """Reconnect with the same session until that holds long enough to look around."""
        while True:
            self.reconnections += 1
            try:
                self.client.attach(self.first)
                self.reconnected()
                return
            except Lost:
                continue

    def end(self) -> None:
        """Stop, and raise what went wrong."""
        self._stop_asked.set()
        self.join(60)
        assert not self.is_alive(), "a client hangs"
        if self._failure is not None:
            raise self._failure

    def failed(self) -> bool:
        """Whether it has found something wrong, which `end` will raise."""
        return self._failure is not None

    def prepare(self) -> None: ...

    def step(self) -> None: ...

    def reconnected(self) -> None: ...


class Writer(Worker):
    """Creates sequential znodes, and counts its own register up by version."""

    def __init__(self, ports: list[int], first: int, name: str, pause_s: float) -> None:
        super().__init__(ports, first)
        self.name = name
        self.register = b"/registers/" + name.encode()
        self.pause_s = pause_s
        self.count = 0
        self.version = 0  # of the register, as far as it is known
        self.unknown: Operation | None = None  # a set that may have happened

    def prepare(self) -> None:
        assert self.client.ask(create(self.register, b"0")).outcome == OK

    def step(self) -> None:
        """Creates before and behind a set, all in one packet."""
        asked = []
        for _ in range(CREATES):
            self.count += 1
            data = f"{self.name}-{self.count}".encode()
            asked.append(create(b"/log/n-", data, codes.PERSISTENT_SEQUENTIAL))
        asked.insert(1, set_data(self.register, str(self.version + 1).encode(), self.version))
        sent = self.client.send(*asked)
        self.unknown = sent[1]
        self.client.finish()
        assert all(op.outcome == OK for op in sent), sent
        assert self.unknown.value.version == self.version + 1
        self.unknown = None
        self.version += 1
        time.sleep(self.pause_s)

    def reconnected(self) -> None:
        """Now the fate of everything older is decided: a single read, without a sync, tells it."""
        seen = self.client.ask(get(self.register))
        assert seen.outcome == OK, seen
        data, stat = seen.value
        assert int(data) == stat.version
        possible = {self.version}
        if self.unknown is not None and self.unknown.outcome == UNKNOWN:
            possible = {self.version, self.version + 1}
        elif self.unknown is not None:
            possible = {self.version + 1}
        assert stat.version in possible, (seen, self.unknown, possible)
        self.unknown, self.version = None, stat.version


class Holder(Worker):
    """A session that lives through everything, with ephemerals; it does nothing but ping."""

    def __init__(self, ports: list[int], first: int, paths: list[bytes]) -> None:
        super().__init__(ports, first)
        self.paths = paths

    def prepare(self) -> None:
        for path in self.paths:
            assert self.client.ask(create(path, path, codes.EPHEMERAL)).outcome == OK

    def step(self) -> None:
        self.client.ping()
        time.sleep(PING_S)


class Visitor(Worker):
    """Short sessions, one after another, each with an ephemeral; every third is just dropped."""

    def __init__(self, ports: list[int], first: int, name: str) -> None:
        super().__init__(ports, first)
        self.name = name
        self.sessions: list[int] = []
        self.left = 0

    def step(self) -> None:
        visitor = Client(self.client.ports, self.history, timeout_ms=4_000)
        visitor.attach(self.first)
        self.sessions.append(visitor.session)
        path = f"/present/{self.name}-{len(self.sessions)}".encode()
        made = visitor.ask(create(path, path, codes.EPHEMERAL))
        assert made.outcome != FAIL, made
        if len(self.sessions) % 3:
            assert visitor.close().outcome == OK
        else:
            self.left += 1
            visitor.drop()
        time.sleep(0.1)

    def again(self) -> None:
        """The next visitor is another one; the session of this one is left to expire."""
        self.left += 1


def outages(workers: list[Writer], moments: list[float]) -> list[float]:
    """For each moment, up to the next one: the longest time without a successful write."""
    done = sorted(op.ended for one in workers for op in one.history if op.outcome == OK)
    longest = []
    for begin, end in zip(moments, [*moments[1:], done[-1]], strict=True):
        inside = [at for at in done if begin < at <= end]
        before = max((at for at in done if at <= begin), default=begin)
        points = [before, *inside]
        gaps = [after - at for at, after in itertools.pairwise(points)]
        assert gaps, "no write succeeded at all"
        longest.append(max(gaps))
    return longest


def summary(values: list[float]) -> str:
    """Least, middle and most, in seconds."""
    ordered = sorted(values)
    return f"min {ordered[0]:.3f}  median {ordered[len(ordered) // 2]:.3f}  max {ordered[-1]:.3f} s"
