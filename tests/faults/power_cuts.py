"""The power of one member, of two, or of all at the same instant is cut, under load.

Counted as acknowledged is what a client had read before the first disk was cut: an answer of the
same instant is concurrent with the cut.
"""

import random
import shutil
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from attrs import define, field
from ensemble.recorder import OK, Lost, create
from faults import figures, shim
from faults.disks import Disk, why_not
from faults.members import OFTEN, SMALL, Forked, lane
from faults.scribes import Scribe, acknowledged, missing, one_client, settle, spoiled

BATCH = 25
"""Cuts that an ensemble lives through before the next begins on new disks."""
SCRIBES = 3
UP_S_MAX = 20.0
AGAIN = 0.2
"""How often the same disks are cut a second time while their members come up."""


@define
class Cuts:
    """One ensemble on disks of its own; `kind` is the file system."""

    folder: Path
    nursery: Any
    seed: int
    kind: str = "ext4"
    constants: dict[str, Any] = field(factory=dict)
    synced: bool = True  # False: the canary, whose fsyncs do nothing
    keep: Path | None = None
    """Where the members' folders go if anything is wrong."""
    ended_well: bool = False
    acknowledged: int = 0
    lost: list[str] = field(factory=list)
    up_s: list[float] = field(factory=list)
    how: Counter[str] = field(factory=Counter)
    ensemble: Forked = field(init=False)
    disks: dict[int, Disk] = field(factory=dict)
    scribes: list[Scribe] = field(factory=list)
    _chance: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.ensemble = Forked(self.folder / "ensemble", self.nursery, 3, OFTEN, self.constants)

    def run(self, cycles: int) -> None:
        """So many cuts; raises AssertionError if the ensemble does not come back by itself."""
        with ExitStack() as stack:
            for number in self.ensemble.numbers:
                disk = Disk(self.ensemble.layout.home(number), self.kind)
                self.disks[number] = stack.enter_context(disk)
            stack.callback(self._keep)  # with the disks still mounted
            stack.callback(self.ensemble.close)
            self._first_life()
            for cycle in range(cycles):
                self._cycle(cycle)
            self._stop()
            self.ended_well = True

    def _keep(self) -> None:
        if self.keep is not None and (self.lost or not self.ended_well):
            place = self.keep / self.folder.name
            with suppress(OSError):  # a disk that is cut cannot be read
                no_images = shutil.ignore_patterns("*.image")
                shutil.copytree(self.ensemble.layout.data, place, ignore=no_images)

    def _first_life(self) -> None:
        """Configurations are durable, as an operator's would be; the members' own files are what
        they make of them. For the canary all of a first life is durable."""
        for number, disk in self.disks.items():
            self.ensemble.configure(number)
            disk.sync()
        self.ensemble.start()
        settle(self.ensemble.ports, self.ensemble.leader(), create(b"/first"))
        if not self.synced:
            self.ensemble.kill(*self.ensemble.numbers)
            for number, disk in self.disks.items():
                disk.sync()
                home = self.ensemble.layout.home(number)
                self.ensemble.environments[number] = shim.environment(home, "nosync", 1)
            self.ensemble.start()

    def _cycle(self, cycle: int) -> None:
        parent = b"/cut-%d" % cycle
        leader = self.ensemble.leader()
        made = settle(self.ensemble.ports, leader, create(parent))
        assert made.outcome == OK, made
        self._load(parent)
        time.sleep(self._chance.uniform(0.05, 0.4))
        victims = self._chance.sample(list(self.ensemble.numbers), self._how_many(cycle))
        if not self.synced:
            self._stop()  # these clients would see time go back
        began = time.monotonic()
        self._cut(victims)
        self.how[f"{len(victims)} of 3"] += 1
        self._restart(victims)
        if self._chance.random() < AGAIN and self.synced:
            time.sleep(self._chance.uniform(0.0, 0.15))
            self._cut(victims)
            self.how["again while coming up"] += 1
            self._restart(victims)
        came = time.monotonic()
        self.ensemble.wait_serving()
        for number in victims:
            self.ensemble.wait_caught_up(number)
        self.up_s.append(time.monotonic() - came)
        self._judge(parent, began, victims)

    def _how_many(self, cycle: int) -> int:
        return 3 if not self.synced else (3, 1, 3, 2)[cycle % 4]

    def _load(self, parent: bytes) -> None:
        if not self.scribes:
            self.scribes = [Scribe(self.ensemble.ports, 1 + n, f"s{n}") for n in range(SCRIBES)]
            for scribe in self.scribes:
                scribe.parent = parent
                scribe.begin()
        for scribe in self.scribes:
            scribe.parent = parent

    def _stop(self) -> None:
        for scribe in self.scribes:
            scribe.end()

    def _cut(self, victims: list[int]) -> None:
        for number in victims:
            self.disks[number].cut()
        self.ensemble.kill(*victims)

    def _restart(self, victims: list[int]) -> None:
        for number in victims:
            self.disks[number].unmount()
            self.disks[number].mount()
        for number in victims:
            self.ensemble.launch(number)

    def _judge(self, parent: bytes, began: float, victims: list[int]) -> None:
        """Every member has what was acknowledged; each victim is asked, and one other."""
        wanted = acknowledged(self.scribes, began).get(parent, [])
        for number in victims:
            self.ensemble.wait_caught_up(number)  # who takes a snapshot closes its clients
            client = one_client(self.ensemble.ports, number)
            gone = missing(client, parent, wanted)
            kept = [op for op in wanted if op not in gone]
            bad = spoiled(client, self._chance.sample(kept, min(20, len(kept))))
            self.lost += [f"{op.request[1].decode()} on member {number}" for op in gone + bad]
            client.drop()
        self.acknowledged += len(wanted)


def campaign(
    *, seed: int, cycles: int, keep: Path | None = None, seconds: float | None = None
) -> dict[str, Any]:
    """At least `cycles` cuts on ext4 and xfs, with the store's sizes as in production and small,
    and one canary; the figures."""
    began = time.monotonic()
    kinds = [kind for kind in ("ext4", "xfs") if not why_not(kind)]
    done: list[Cuts] = []
    wrong: list[str] = []
    progress = figures.Progress("batches of power cuts", -(-cycles // BATCH))
    with lane("power") as (folder, nursery):
        for batch in range(-(-cycles // BATCH)):
            if seconds is not None and time.monotonic() - began > seconds:
                break
            kind = kinds[(seed + batch) % len(kinds)]
            constants = SMALL if (seed + batch) // len(kinds) % 2 == 0 else {}
            cuts = Cuts(
                folder / f"batch-{batch}", nursery, seed + batch, kind, constants, keep=keep
            )
            done.append(cuts)
            try:
                cuts.run(min(BATCH, cycles - batch * BATCH))
            except (AssertionError, Lost) as error:
                again = f"python -m faults power-cuts --seed {seed + batch} --count {BATCH}"
                wrong.append(f"{kind}: {figures.told(error)}\nagain: {again}")
                print(wrong[-1], flush=True)
            progress.step(f"lost {sum(len(one.lost) for one in done)}")
        canary = Cuts(folder / "canary", nursery, seed, kinds[0], SMALL, synced=False)
        seen = run_canary(canary)
    how: Counter[str] = sum((one.how for one in done), Counter())
    return {
        "seed": seed,
        "cuts": sum(one.how[f"{n} of 3"] for one in done for n in (1, 2, 3)),
        "disks_cut": how["1 of 3"] + 2 * how["2 of 3"] + 3 * how["3 of 3"],
        "how": dict(how),
        "file_systems": kinds,
        "acknowledged": sum(one.acknowledged for one in done),
        "lost": [name for one in done for name in one.lost],
        "up_s": figures.quantiles([value for one in done for value in one.up_s]),
        "canary": seen,
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }


def run_canary(canary: Cuts) -> dict[str, Any]:
    """The same without fsync must lose, or this test is blind."""
    came_back = True
    try:
        canary.run(1)
    except (AssertionError, Lost):
        came_back = False
    lost = {name.partition(" ")[0] for name in canary.lost}
    return {"acknowledged": canary.acknowledged, "lost": len(lost), "came_back": came_back}
