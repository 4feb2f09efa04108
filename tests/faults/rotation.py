"""Which scenarios are played: every pair of a workload and a fault, in an order of chance."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import define, field
from faults import figures, shim
from faults.evidence import place
from faults.faulted import clock_library
from faults.folders import new_folder
from faults.nemesis import DISKS, FAULTS, NEED_CLOCKS, NEED_CUTS
from faults.nets import best_net
from faults.scenarios import Scenario, Verdict
from faults.workloads import WORKLOADS

FIVE = {"ring", "bridge"}
FIVE_SHARE = 0.15
"""So many of the others have five members too."""
TOLD_CHARACTERS = 300
"""Of each thing that is wrong; the folder has all of it."""
SUMMED = (
    "operations",
    "synced_reads",
    "events",
    "unknown",
    "sessions",
    "expired",
    "moves",
    "grants",
    "digests_compared",
    "full",
    "ended",
)


def seed_of_today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def possible(say: Callable[[str], None] = print) -> list[str]:
    """The faults that can be made on this machine; what cannot is said."""
    net = best_net(1, "probe", say)
    net.close()
    faults = list(FAULTS)
    if not net.can_cut:
        faults = [one for one in faults if one not in NEED_CUTS and one != "storm"]
    if clock_library() is None:
        say("no C compiler here: clocks stay true")
        faults = [one for one in faults if one not in NEED_CLOCKS]
    if not shim.can_build():
        say("no gcc here: disks do not fill up or fail")
        faults = [one for one in faults if one not in DISKS]
    return faults


def rotation(
    seed: str, faults: list[str], only: str | None = None
) -> Iterator[tuple[str, str, str, int]]:
    """(workload, fault, seed, members) without end. Each round has every fault once, and each
    workload about as often; after so many rounds as there are workloads, every pair."""
    chance = random.Random(seed)
    workloads = [only] if only else sorted(WORKLOADS)
    number = 0
    while True:
        chance.shuffle(workloads)
        for turn in range(len(workloads)):
            order = chance.sample(faults, len(faults))
            for fault in order:
                number += 1
                place = (FAULTS.index(fault) + turn) % len(workloads)
                five = fault in FIVE or chance.random() < FIVE_SHARE
                yield workloads[place], fault, f"{seed}.{number}", 5 if five else 3


@define
class Sum:
    """What many scenarios came to."""

    scenarios: int = 0
    failed: list[str] = field(factory=list)
    figures: dict[str, int] = field(factory=dict)
    acts: dict[str, int] = field(factory=dict)
    worst: dict[str, float] = field(factory=dict)
    seconds: float = 0.0

    def add(self, verdict: Verdict, seconds: float) -> None:
        self.scenarios += 1
        self.seconds += seconds
        for name in SUMMED:
            self.figures[name] = self.figures.get(name, 0) + verdict.figures.get(name, 0)
        changes = verdict.figures.get("terms", 1) - 1
        self.figures["leader_changes"] = self.figures.get("leader_changes", 0) + changes
        for act in verdict.acts:
            self.acts[act["do"]] = self.acts.get(act["do"], 0) + 1
        for name in ("outage_s", "healed_s"):
            worst = max(self.worst.get(name, 0.0), verdict.figures.get(name, 0.0))
            self.worst[name] = worst
        if verdict.failures:
            said = " | ".join(" ".join(one.split())[:TOLD_CHARACTERS] for one in verdict.failures)
            self.failed.append(f"{verdict.command}: {said}")

    def told(self) -> dict[str, Any]:
        return {
            "at": now(),
            "scenarios": self.scenarios,
            "failed": self.failed,
            "seconds": round(self.seconds),
            **self.figures,
            "acts": self.acts,
            "worst": self.worst,
        }


def play(
    seed: str,
    seconds: float,
    until: float,
    say: Callable[[str], None],
    keep: Path | None,
    only: str | None = None,
) -> Sum:
    """One scenario after another until that monotonic moment, or Ctrl-C; of one workload, if it
    is named. Folders of failed ones go to `keep`. One that the harness itself could not bring to
    an end has failed too: nothing is lost of what was found before it."""
    total = Sum()
    for workload, fault, each, members in rotation(seed, possible(say), only):
        began = time.monotonic()
        if began > until:
            break
        with new_folder() as folder:
            scenario = Scenario(workload, fault, each, folder, members, seconds)
            try:
                verdict = scenario.run()
            except KeyboardInterrupt:
                say("interrupted")
                break
            except Exception as error:
                said = f"the harness: {type(error).__name__}: {figures.told(error)}"
                verdict = Verdict(scenario.command(), [said])
            if keep is not None and verdict.failures:
                kept = place(keep, f"{workload}-{fault}-{each}")
                shutil.copytree(folder, kept)
                say(f"    kept in {kept}")
            total.add(verdict, time.monotonic() - began)
            say(verdict.told())
    return total
