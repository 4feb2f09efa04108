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
from ensemble.load import Worker
from ensemble.recorder import OK, SYNC, get
from faults import figures, judges, points
from faults.kills import PAUSE_S, Siege
from faults.members import OFTEN, SMALL, lane
from faults.truth import Truth
from faults.ways import CASES, TRIES, Case, Guide, control_all, named

BATCH = 40
"""Points that an ensemble lives through before it is judged, and the next begins."""
CALM_S = 0.5
ALL_SHARE = 0.25
"""So often all die, not the one alone: then what it had at the point may be needed."""


def cases(seed: int, only: str | None = None) -> Iterator[Case]:
    """Without end: all in an order of chance, then all in another one. `only`: one point's."""
    chance = random.Random(seed)
    some = named(only) if only else CASES
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

    guide: Guide = field(init=False)
    reached: Counter[str] = field(factory=Counter)
    tries: int = 0
    readers: list[Reader] = field(factory=list)

    def _begin(self) -> None:
        ensemble = self.ensemble
        for number in ensemble.numbers:
            ensemble.configure(number)
        controls = control_all(ensemble)
        self.guide = Guide(ensemble, controls, self.chance, self._demand_load, self._calm)
        super()._begin()
        self.readers = [Reader(ensemble.ports, n, self, 0.02) for n in ensemble.numbers]
        for reader in self.readers:
            reader.begin()

    @property
    def workers(self) -> list[Worker]:
        return [*self.writers, *self.scribes, *self.readers]

    def _demand_load(self) -> None:
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
            if self.guide.lead(case):
                break
            self.guide.back()
        else:
            seen = self.guide.seen
            raise AssertionError(f"{case} was never reached; of {case.point.way} {seen} were")
        self.reached[str(case)] += 1
        if self.chance.random() < ALL_SHARE:
            self.ensemble.kill(*self.ensemble.running)
            self.how["all"] += 1
        else:
            self.how["one"] += 1
        time.sleep(self.chance.choice((0.0, self.chance.uniform(0.0, 0.2))))
        began = time.monotonic()
        self.guide.back()
        self.wait_progress()
        self.back_s.append(time.monotonic() - began)

    def _spread(self) -> None:
        """Everybody goes back to the member it began with: each has clients of every kind."""
        for worker in self.workers:
            if worker.client.member != worker.first:
                worker.client.cut()

    def _calm(self, little: bool) -> None:
        for worker in (*self.writers, *self.scribes):
            worker.pause_s = CALM_S if little else PAUSE_S


def campaign(
    *,
    seed: int,
    count: int,
    only: str | None = None,
    seconds: float | None = None,
    least: int = 0,
    keep: Path | None = None,
) -> dict[str, Any]:
    """`count` kills, at each point about as often; `only`: at one. The figures. After `seconds` no
    more are begun, unless there were fewer than `least` so far, and nothing wrong."""
    began = time.monotonic()
    done: list[Pointed] = []
    wrong: list[str] = []
    drawn = cases(seed, only)
    left = count
    progress = figures.Progress("points", count)

    def more() -> bool:
        reached = sum(one.reached.total() for one in done)
        in_time = seconds is None or time.monotonic() - began < seconds
        return left > 0 and (in_time or (reached < least and not wrong))

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
            except Exception as error:  # also a session that expired: it was wrongly
                again = f"python -m faults at-points --seed {seed} --count {count}"
                again += f" (or --point {at})" if ":" in at else ""
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
