"""What a simulated member stands on: `hikari.machine.Machine` for one life of its process."""

import random
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

from hikari.store.files import Files
from hikari.testing.disk import Disk
from hikari.testing.network import Network, Port
from hikari.testing.timeline import Killed, Process, Timer

WALL_MS = 1_700_000_000_000


class SimulatedReactor:
    """What a member uses of the reactor."""

    def __init__(self, process: Process, network: Network, chance: random.Random) -> None:
        self._process, self._network, self._chance = process, network, chance
        self.turn_s_max = 0.0  # see `hikari.reactor`
        self.polls = 0  # that had something to do at their end
        self.seconds = process.seconds
        self.callLater = process.call_later

    def after_poll(self, work: Callable[[], None]) -> None:
        """Some time later, so that what arrives meanwhile belongs to this poll."""
        self.polls += 1
        timeline = self._process.timeline
        wait_s = 0.0001 * self._chance.random()
        timeline.at(timeline.now + wait_s, work, process=self._process)

    def callFromThread(self, work: Callable[[], None]) -> Timer:
        timeline = self._process.timeline
        return timeline.at(timeline.now, work, process=self._process)

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Port:
        return self._network.listen(self._process, port, factory)

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float = 30) -> None:
        self._network.connect(self._process, host, port, factory, timeout)


class SimulatedWorker:
    """A thread: each piece of work takes as long as the disk takes when its turn comes, and its
    process goes on."""

    def __init__(self, machine: "SimulatedMachine") -> None:
        self._machine = machine
        self._free_at = 0.0
        self._took_s = 0.0  # by the piece that is under way
        self._pieces: deque[tuple[Callable[[], None], float]] = deque()  # and when it was given

    def do(self, piece: Callable[[], None]) -> None:
        self._pieces.append((piece, self._machine.process.timeline.now))
        if len(self._pieces) == 1:
            self._begin()

    def _begin(self) -> None:
        """The first that waits. It may have begun while the process stood still."""
        process = self._machine.process
        _, given_at = self._pieces[0]
        self._took_s = self._machine.disk.next_sync_s()
        self._free_at = max(self._free_at, given_at) + self._took_s
        process.timeline.at(max(self._free_at, process.timeline.now), self._next, process=process)

    def _next(self) -> None:
        piece, _ = self._pieces[0]
        self._machine.begin_aside(self._took_s)
        try:
            piece()
        finally:
            self._machine.end_aside()
        self._pieces.popleft()
        if self._pieces:
            self._begin()

    def stop(self) -> None:
        pass


class SimulatedMachine:
    """`hikari.machine.Machine`."""

    def __init__(
        self, process: Process, network: Network, disk: Disk, chance: random.Random, skew_ms: int
    ) -> None:
        self.process = process
        self.disk = disk
        self.chance = chance
        self.skew_ms = skew_ms  # of the wall clock
        self.files: Files = disk.files
        self.reactor = SimulatedReactor(process, network, chance)
        self.ended: BaseException | None = None
        """Why the member ended itself, if it did."""
        self._aside = False
        self._behind_s = 0.0  # a thread's piece runs at its end, but began so much earlier
        disk.spend = self._spend
        disk.seconds = lambda: process.timeline.now

    def seconds(self) -> float:
        timeline = self.process.timeline
        if self._aside:
            return timeline.now - self._behind_s
        return max(timeline.now, self.process.busy_until)

    def wall_ms(self) -> int:
        return WALL_MS + self.skew_ms + int(self.process.timeline.now * 1000)

    def worker(self, name: str) -> SimulatedWorker:
        return SimulatedWorker(self)

    def listen(self, port: int, factory: Any, backlog: int, host: str) -> Port:
        return self.reactor.listenTCP(port, factory, backlog, host)

    def end(self, error: BaseException) -> NoReturn:
        if not isinstance(error, Killed):
            self.ended = self.ended or error
            self.process.alive = False
        raise Killed

    # ---- the time that the disk takes

    def begin_aside(self, took_s: float) -> None:
        self._aside, self._behind_s = True, took_s

    def end_aside(self) -> None:
        self._aside = False

    def _spend(self, seconds: float) -> None:
        if self._aside:
            self._behind_s = 0.0  # it has taken all the time of the piece
        else:
            self.process.sleep(seconds)
