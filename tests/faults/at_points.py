"""Members are killed at named points (see `faults.points`) while recorded histories are written.

One ensemble lives through many of them. Each must really be reached; then what the clients saw is
judged, what the members show, and what is on their disks.
"""

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import define, field
from ensemble.ensemble import wait_until
from ensemble.load import Worker
from ensemble.recorder import OK, SYNC, Lost, get
from faults import figures, judges, points
from faults.kills import PAUSE_S, Siege
from faults.members import OFTEN, SMALL, lane
from faults.points import AWAY, BY_NAME, CONFLICT, ELECTION, EMPTY, LEADER, Point
from faults.truth import Truth

BATCH = 40
"""Points that an ensemble lives through before it is judged, and the next begins."""
REACH_S_MAX = 10.0
TRIES = 4
"""Some ways hang on chance: who of two is elected, or whether the log still has what is missed."""
AWAY_ZXIDS = 600
"""Requests that are missed by who is away: more entries than the others keep."""
CALM_S = 0.5
ALL_SHARE = 0.25
"""So often all die, not the one alone: then what it had at the point may be needed."""


@define(frozen=True)
class Case:
    """A point, and who is killed at it."""

    point: Point
    who: str

    def __str__(self) -> str:
        return f"{self.point.name}:{self.who}"


CASES = [Case(point, who) for point in points.ALL for who in point.who]


def cases(seed: int, only: str | None = None) -> Iterator[Case]:
    """Without end: all in an order of chance, then all in another one. `only`: one point's."""
    chance = random.Random(seed)
    some = [case for case in CASES if only in (None, case.point.name, str(case))]
    assert some, f"no point is called {only}: {sorted(BY_NAME)}"
    while True:
        yield from chance.sample(some, len(some))


class Reader(Worker):
    """Reads registers behind a sync, and sees no less than their writers had heard of before."""

    def __init__(self, ports: list[int], first: int, siege: "Pointed", pause_s: float) -> None:
        super().__init__(ports, first)
        self.siege, self.pause_s = siege, pause_s
        self.reads = 0

    def step(self) -> None:
        for writer in self.siege.writers:
            known = writer.version
            _, seen = self.client.send(SYNC, get(writer.register))
            self.client.finish()
            assert seen.outcome == OK, seen
            assert seen.value[1].version >= known, f"stale: {seen}, and {known} was known"
            self.reads += 1
        time.sleep(self.pause_s)


@define
class Pointed(Siege):
    """One ensemble that is killed at points."""

    controls: dict[int, points.Control] = field(factory=dict)
    reached: Counter[str] = field(factory=Counter)
    tries: int = 0
    seen: int = 0
    """How many moments of the way were seen at the last try."""
    readers: list[Reader] = field(factory=list)

    def _begin(self) -> None:
        ensemble = self.ensemble
        for number in ensemble.numbers:
            ensemble.configure(number)
            control = points.Control(ensemble.layout.data / f"control-{number}")
            home, port = ensemble.layout.home(number), ensemble.ports[number - 1]
            ensemble.environments[number] = control.environment(home, number, port)
            self.controls[number] = control
        super()._begin()
        self.readers = [Reader(ensemble.ports, n, self, 0.02) for n in ensemble.numbers]
        for reader in self.readers:
            reader.begin()

    @property
    def workers(self) -> list[Worker]:
        return [*self.writers, *self.scribes, *self.readers]

    def demand_load(self) -> None:
        """What a client has found wrong is wrong now, not when the point is not reached."""
        for worker in self.workers:
            if worker.failed():
                worker.end()

    def _judge(self) -> None:
        super()._judge()
        self.ensemble.terminate(*self.ensemble.numbers)
        self.ensemble.demand_clean_logs()
        truths = [Truth(self.ensemble.layout.home(number)) for number in self.ensemble.numbers]
        wrong = judges.of_rows(truths) + judges.of_ghost_rows(truths)
        assert not wrong, wrong

    # ---- one point

    def at(self, case: Case) -> None:
        """Kill whoever it is at that point, and have it back. Raises AssertionError."""
        for _ in range(TRIES):
            self.tries += 1
            self.ensemble.wait_serving()
            self._spread()
            self.wait_progress()
            if died := self._led_to(case):
                break
            self._back()
        else:
            raise AssertionError(f"{case} was never reached; of {case.point.way} {self.seen} were")
        assert len(died) == 1, f"members {died} died at one point"
        self.reached[str(case)] += 1
        if self.chance.random() < ALL_SHARE:
            self.ensemble.kill(*self.ensemble.running)
            self.how["all"] += 1
        else:
            self.how["one"] += 1
        time.sleep(self.chance.choice((0.0, self.chance.uniform(0.0, 0.2))))
        began = time.monotonic()
        self._back()
        self.wait_progress()
        self.back_s.append(time.monotonic() - began)

    def _led_to(self, case: Case) -> list[int]:
        """Who has died there."""
        ways = {AWAY: self._away, ELECTION: self._election, EMPTY: self._empty}
        ways |= {CONFLICT: self._conflict}
        try:
            return self._wait_hit(ways.get(case.point.by, self._load)(case))
        finally:
            self._pause_between(PAUSE_S)

    def _spread(self) -> None:
        """Everybody goes back to the member it began with: each has clients of every kind."""
        for worker in self.workers:
            if worker.client.member != worker.first:
                worker.client.cut()

    def _pause_between(self, seconds: float) -> None:
        for worker in (*self.writers, *self.scribes):
            worker.pause_s = seconds

    def _wait_hit(self, armed: list[int]) -> list[int]:
        ensemble, found = self.ensemble, list[int]()
        deadline = time.monotonic() + REACH_S_MAX
        while not any(ensemble.running[n].ended for n in armed) and time.monotonic() < deadline:
            self.demand_load()
            time.sleep(0.003)
        self.seen = max(self.controls[number].seen for number in armed)
        for number in armed:
            if not self.controls[number].hit:
                self.controls[number].disarm()
        for number in armed:
            if self.controls[number].hit:
                status = ensemble.wait_end(number, 1.0)
                assert status == -9, f"member {number} ended with {status}"
                found.append(number)
        ensemble.demand_alive()
        return found

    def _back(self) -> None:
        for number, control in self.controls.items():
            control.disarm()
            if number not in self.ensemble.running:
                self.ensemble.launch(number)
        self.ensemble.wait_serving()

    # ---- what leads to it; each gives those who are armed

    def _roles(self) -> tuple[int, list[int]]:
        leader = self.ensemble.leader()
        others = [number for number in self.ensemble.numbers if number != leader]
        self.chance.shuffle(others)
        return leader, others

    def _load(self, case: Case) -> list[int]:
        leader, followers = self._roles()
        victim = leader if case.who == LEADER else followers[0]
        time.sleep(self.chance.uniform(0.0, 0.05))
        self.controls[victim].arm(case.point)
        return [victim]

    def _election(self, case: Case) -> list[int]:
        """Who stands is not ours to say: the first of the two that comes there."""
        leader, followers = self._roles()
        for number in followers:
            self.controls[number].arm(case.point)
        self.ensemble.kill(leader)
        return followers

    def _away(self, case: Case) -> list[int]:
        leader, (away, _) = self._roles()
        self.ensemble.kill(away)
        goal = self.ensemble.zxid(leader) + AWAY_ZXIDS
        wait_until("the others go on", lambda: self.ensemble.zxid(leader) > goal)
        victim = leader if case.who == LEADER else away
        self.controls[victim].arm(case.point)
        self.ensemble.launch(away)
        return [victim]

    def _empty(self, case: Case) -> list[int]:
        _, (victim, _) = self._roles()
        self.ensemble.kill(victim)
        self.ensemble.empty(victim)
        self.controls[victim].arm(case.point)
        self.ensemble.launch(victim)
        return [victim]

    def _conflict(self, case: Case) -> list[int]:
        """A leader that is left alone takes what nobody else gets, dies, and finds another. The
        other writes little meanwhile, or its log would not reach back so far any more."""
        old, others = self._roles()
        self.ensemble.kill(*others)
        time.sleep(0.1)
        self._pause_between(CALM_S)
        self.ensemble.kill(old)
        for number in others:
            self.ensemble.launch(number)
        self.ensemble.leader()
        self.controls[old].arm(case.point)
        self.ensemble.launch(old)
        return [old]


def campaign(
    *,
    seed: int,
    count: int,
    only: str | None = None,
    seconds: float | None = None,
    keep: Path | None = None,
) -> dict[str, Any]:
    """`count` kills, at each point about as often; `only`: at one. The figures."""
    began = time.monotonic()
    done: list[Pointed] = []
    wrong: list[str] = []
    drawn = cases(seed, only)
    left = count
    progress = figures.Progress("points", count)

    def more() -> bool:
        return left > 0 and not (seconds is not None and time.monotonic() - began > seconds)

    with lane("at", library=points.build) as (folder, nursery):
        while more():
            name = f"batch-{len(done)}"
            constants = SMALL  # with a log of the usual size nothing is reused in so short a time
            siege = Pointed(folder / name, nursery, seed + len(done), OFTEN, constants)
            done.append(siege)
            at = "the beginning"

            def batch(siege: Pointed = siege) -> None:
                nonlocal left, at
                for _ in range(BATCH):
                    if more():
                        case = next(drawn)
                        at = str(case)
                        siege.at(case)
                        left -= 1
                        progress.step(at)
                at = "the end"

            try:
                siege.live(batch)
            except (AssertionError, Lost) as error:
                again = f"python -m faults at-points --seed {seed} --count {count}"
                wrong.append(f"at {at}: {figures.told(error)}\nagain: {again}")
                print(wrong[-1], flush=True)
                if keep is not None:
                    shutil.copytree(siege.folder, keep / name, dirs_exist_ok=True)
                left -= 1
            shutil.rmtree(siege.folder)
    return _figures(seed, done, wrong) | {"seconds": round(time.monotonic() - began, 1)}


def _figures(seed: int, done: list[Pointed], wrong: list[str]) -> dict[str, Any]:
    reached: Counter[str] = sum((one.reached for one in done), Counter())
    how: Counter[str] = sum((one.how for one in done), Counter())
    return {
        "seed": seed,
        "kills": reached.total(),
        "points": len({name.partition(":")[0] for name in reached}),
        "reached": dict(sorted(reached.items())),
        "tries": sum(one.tries for one in done),
        "died": dict(how),
        "acknowledged": sum(one.acknowledged for one in done),
        "reads_behind_sync": sum(reader.reads for one in done for reader in one.readers),
        "back_s": figures.quantiles([value for one in done for value in one.back_s]),
        "wrong": wrong,
    }
