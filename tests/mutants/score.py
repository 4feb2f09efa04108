"""One mutant at a time, in a process of its own, against seed after seed until something breaks."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import define
from mutants.patching import Mutant, set

from hikari.testing import command
from hikari.testing.plan import Plan, draw

TURNS: Final = 1_000
PLANS: Final = Path(__file__).parent / "plans"
ONE_SECONDS_MAX: Final = 20
"""Of processor time: a plan that takes more never ends."""


@define
class Outcome:
    """What came of one mutant. All seconds are of processor time."""

    name: str
    source: str
    broken: str  # what was said; "": nothing was seen
    by: str  # "seed 17" or the name of a plan
    tried: int  # plans
    seconds: float

    @property
    def caught(self) -> bool:
        return bool(self.broken)

    @property
    def promise(self) -> str:
        return self.broken.split(":")[0]


def attack(name: str, mutant: Mutant, source: str, seconds: float, turns: int) -> Outcome:
    """Plans that are kept for this mutant, then seeds from 1 on, until its time is spent. What
    breaks without the mutant too does not count."""
    found = _in_child(lambda tell: _live(mutant, _plans(name, turns), seconds, tell))
    broken, by = found.get("broken", ""), found.get("by", "?")
    if broken and "by" in found:
        plan = next(plan for at, plan in _plans(name, turns) if at == by)
        without = _in_child(lambda tell: _live(_nothing, iter([(by, plan)]), 0.001, tell))
        if without.get("broken", ""):
            by, broken = f"{by}, which breaks without it too", ""
    spent = round(found.get("seconds", 0.0), 2)
    return Outcome(name, source, broken, by, found.get("tried", 0), spent)


def _nothing(set: Any) -> None:
    """No mutant."""


def _in_child(work: Any) -> dict[str, Any]:
    """What `work(tell)` told last, in a process that ends with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _die_with(writing, work)
    os.close(writing)
    os.waitpid(child, 0)  # not for the end of the pipe: a sibling may hold it open
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb", 0) as told:
        lines = (told.read(1 << 16) or b"").splitlines()
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found


def _plans(name: str, turns: int) -> Iterator[tuple[str, Plan]]:
    kept = PLANS / f"{name}.json"
    if kept.exists():
        yield "its plan", Plan.from_json(kept.read_text())
    seed = 0
    while True:
        seed += 1
        yield f"seed {seed}", draw(seed, turns)


def _die_with(writing: int, work: Any) -> None:
    """Do `work` in this child, which then is no more, whatever happens."""

    def tell(**found: Any) -> None:
        os.write(writing, json.dumps(found).encode() + b"\n")

    try:
        work(tell)
    except BaseException as error:
        tell(broken=f"the simulator fails: {error!r}"[:400])
    finally:
        os._exit(0)


def _live(mutant: Mutant, plans: Iterator[tuple[str, Plan]], seconds: float, tell: Any) -> None:
    command.begin()
    began = time.process_time()
    mutant(set)
    tried = 0
    by = ""

    def never_ends(signum: int, frame: Any) -> None:
        spent = time.process_time() - began
        tell(broken="it never ends: one plan", by=by, tried=tried, seconds=spent)
        os._exit(0)

    signal.signal(signal.SIGPROF, never_ends)
    while (spent := time.process_time() - began) < seconds:
        by, plan = next(plans)
        tried += 1
        signal.setitimer(signal.ITIMER_PROF, min(ONE_SECONDS_MAX, seconds - spent + 5))
        broken = _broken_by(plan)
        if broken:
            spent = time.process_time() - began
            tell(broken=broken[:400], by=by, tried=tried, seconds=spent)
            return
    tell(tried=tried, seconds=spent)


def _broken_by(plan: Plan) -> str:
    try:
        return command.live(plan).broken
    except Exception as error:  # what a judge cannot read is no history of a sound server
        return f"the judge cannot read it: {error!r}"
