"""kill -9, again and again, of one member or of all at once; and whole disks that are lost."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field
from ensemble.checks import created_once, linear_writes, same_tree
from ensemble.ensemble import wait_until
from ensemble.load import Worker, Writer
from ensemble.recorder import OK, Client, Lost, create
from faults import figures
from faults.members import OFTEN, SMALL, Forked, lane
from faults.scribes import Scribe

BATCH = 50
"""Kills that an ensemble lives through; then its histories are judged, and the next one begins."""
PAUSE_S = 0.01
DISKS_LOST = 20


@define
class Siege:
    """One ensemble under load: registers that are counted up by version, sequential names, unique
    names."""

    folder: Path
    nursery: Any
    seed: int
    settings: str
    constants: dict[str, Any]
    how: Counter[str] = field(factory=Counter)
    back_s: list[float] = field(factory=list)
    acknowledged: int = 0
    ensemble: Forked = field(init=False)
    writers: list[Writer] = field(factory=list)
    scribes: list[Scribe] = field(factory=list)
    chance: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.ensemble = Forked(
            self.folder / "ensemble", self.nursery, 3, self.settings, self.constants
        )

    def run(self, attack: Callable[["Siege"], None], times: int) -> None:
        """Attack so many times, then judge. Raises AssertionError."""

        def attacks() -> None:
            for _ in range(times):
                attack(self)

        self.live(attacks)

    def live(self, attacks: Callable[[], None]) -> None:
        """Begin, be attacked, and be judged. Raises AssertionError."""
        try:
            self._begin()
            attacks()
            self._judge()
        finally:
            self.ensemble.close()

    def _begin(self) -> None:
        self.ensemble.start()
        client = Client(self.ensemble.ports)
        client.attach(1)
        for path in (b"/log", b"/registers", b"/unique"):
            assert client.ask(create(path)).outcome == OK
        client.close()
        ports = self.ensemble.ports
        self.writers = [Writer(ports, n, f"w{n}", PAUSE_S) for n in (1, 2, 3)]
        self.scribes = [Scribe(ports, n, f"s{n}", PAUSE_S) for n in (1, 2)]
        for scribe in self.scribes:
            scribe.parent = b"/unique"
        for worker in self.workers:
            worker.begin()

    @property
    def workers(self) -> list[Worker]:
        return [*self.writers, *self.scribes]

    def wait_progress(self) -> None:
        """Every worker has a write acknowledged that it asked for after this."""
        began = time.monotonic()

        def all_write() -> bool:
            self.ensemble.demand_alive()
            return all(
                one.failed()
                or any(op.outcome == OK and op.invoked > began for op in one.history[-4:])
                for one in self.workers
            )

        wait_until("everybody writes again", all_write)

    def _judge(self) -> None:
        self.ensemble.start()
        for worker in self.workers:
            worker.end()
        history = [op for worker in self.workers for op in worker.history]
        linear_writes(history)
        for number in self.ensemble.numbers:  # who takes a snapshot now would close its clients
            self.ensemble.wait_caught_up(number)
        tree = same_tree(self.ensemble)
        created_once(history, tree, b"/log/")
        created_once(history, tree, b"/unique/")
        for writer in self.writers:
            data, stat = tree[writer.register]
            assert (int(data or b""), stat.version) == (writer.version, writer.version)
        self.acknowledged = sum(op.outcome == OK for op in history)


def kill(siege: Siege) -> None:
    """One member, two, or all at the same time; it may be hit again while it comes up."""
    ensemble, chance = siege.ensemble, siege.chance
    time.sleep(chance.uniform(0.02, 0.3))
    count = chance.choice((1, 1, 1, 2, 3, 3))
    victims = chance.sample(list(ensemble.numbers), count)
    ensemble.kill(*(number for number in victims if number in ensemble.running))
    siege.how[f"{count} of 3"] += 1
    time.sleep(chance.choice((0.0, chance.uniform(0.0, 0.3))))
    began = time.monotonic()
    for number in ensemble.numbers:
        if number not in ensemble.running:
            ensemble.launch(number)
    if chance.random() < 0.7:  # else the next kill comes while this one is being mended
        siege.wait_progress()
        siege.back_s.append(time.monotonic() - began)


def lose_disk(siege: Siege) -> None:
    """A member's folder is gone while it is down. It comes back by itself, and then counts: with
    another member dead, it and the third go on."""
    ensemble, chance = siege.ensemble, siege.chance
    siege.wait_progress()
    victim = chance.choice(list(ensemble.numbers))
    siege.how["leader" if victim == ensemble.leader() else "follower"] += 1
    ensemble.kill(victim)
    ensemble.empty(victim)
    began = time.monotonic()
    ensemble.launch(victim)
    ensemble.wait_serving()
    ensemble.wait_caught_up(victim)
    siege.back_s.append(time.monotonic() - began)
    siege.wait_progress()
    other = chance.choice([number for number in ensemble.numbers if number != victim])
    ensemble.kill(other)
    siege.wait_progress()
    ensemble.launch(other)
    ensemble.wait_serving()
    ensemble.wait_caught_up(other)


def campaign(
    name: str,
    attack: Callable[[Siege], None],
    *,
    seed: int,
    times: int,
    batch: int = BATCH,
    settings: str = OFTEN,
    keep: Path | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Attack at least `times` times; the figures."""
    began = time.monotonic()
    done: list[Siege] = []
    wrong: list[str] = []
    progress = figures.Progress(f"batches of {name}", -(-times // batch))
    with lane(name) as (folder, nursery):
        for number in range(-(-times // batch)):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            constants = SMALL if (seed + number) % 2 == 0 else {}
            place = folder / f"{name}-{number}"
            siege = Siege(place, nursery, seed + number, settings, constants)
            done.append(siege)
            try:
                siege.run(attack, min(batch, times - number * batch))
            except (AssertionError, Lost) as error:
                again = f"python -m faults {name} --seed {seed + number} --count {batch}"
                wrong.append(f"{figures.told(error)}\nagain: {again}")
                print(wrong[-1], flush=True)
                if keep is not None:
                    shutil.copytree(siege.folder, keep / siege.folder.name, dirs_exist_ok=True)
            shutil.rmtree(siege.folder)
            progress.step()
    how: Counter[str] = sum((one.how for one in done), Counter())
    return {
        "seed": seed,
        "attacks": how.total(),
        "how": dict(how),
        "acknowledged": sum(one.acknowledged for one in done),
        "back_s": figures.quantiles([value for one in done for value in one.back_s]),
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }
