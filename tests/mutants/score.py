"""One mutant at a time, in a process of its own, against seed after seed until something breaks."""

import builtins
import json
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from attrs import define
from mutants.patching import Mutant, set
from raft.chaos import live as live_raft
from raft.test_mutants import MIXED, THREE_DYING, THREE_STRAGGLING, Weather
from raft.witness import Violation

from hikari.testing import command
from hikari.testing.plan import Plan, draw

TURNS: Final = 1_000
PLANS: Final = Path(__file__).parent / "plans"
ONE_SECONDS_MAX: Final = 20
"""Of processor time: a plan that takes more never ends."""


RAFT_ALONE: Final[dict[str, Weather]] = {
    "the_longer_log_wins": THREE_STRAGGLING,
    "entries_of_older_terms_are_committed_by_counting": THREE_DYING,
    "a_cut_write_still_counts_as_durable": MIXED,
    "an_older_round_confirms_a_read": THREE_STRAGGLING,
    "a_new_leader_reads_before_it_has_committed": MIXED,
}
"""What whole members meet too rarely: with half of the time gone, Raft alone is tried in the chaos
of tests/raft, from its seed 0 on."""


PROMISE: Final = "a promise"
ASSERTION: Final = "an assertion"
CRASH: Final = "a crash"
NEVER_ENDS: Final = "it never ends"
"""How a mutant shows itself. By the last three also one may that is no longer what it was: an
assertion of the code itself is a word about what is wrong, the others tell nothing."""
TELLING: Final = (PROMISE, ASSERTION)
DOUBTFUL: Final = (ASSERTION, CRASH, NEVER_ENDS)


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

    @property
    def seen(self) -> str:
        return seen(self.broken) if self.broken else ""


def seen(broken: str) -> str:
    """By what: of a plan that went on for too long, and of an exception that is none of ours, on
    its way out of a member or in a judge, nobody can tell what was wrong."""
    promise = broken.split(":")[0]
    if promise in ("it never ends", "it comes to an end"):
        return NEVER_ENDS
    if promise == "the judge cannot read it":
        return CRASH
    if promise not in ("a member ends itself", "an error that nobody handles"):
        return PROMISE
    raised = re.search(r"(\w+)\(", broken)
    if raised and raised[1] == "AssertionError":
        return ASSERTION
    return CRASH if raised and hasattr(builtins, raised[1]) else PROMISE


def summed(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of a campaign: sums, the names of those that only a crash or the clock shows,
    and every single one."""
    bys = [one.by.split()[0] for one in outcomes if one.caught]
    return {
        "mutants": len(outcomes),
        "caught": len(bys),
        "by_seeds": bys.count("seed"),
        "by_raft_alone": bys.count("Raft"),
        "by_its_plan": bys.count("its"),
        "seconds_max": max((one.seconds for one in outcomes), default=0.0),
        **{how: [one.name for one in outcomes if one.seen == how] for how in DOUBTFUL},
        "not_seen": [one.name for one in outcomes if not one.caught],
        "each": [
            {
                "name": one.name,
                "seen": one.seen,
                "by": one.by,
                "promise": one.promise,
                "tried": one.tried,
                "seconds": one.seconds,
            }
            for one in outcomes
        ],
    }


def attack(name: str, mutant: Mutant, source: str, seconds: float, turns: int) -> Outcome:
    """Plans that are kept for this mutant, then seeds from 1 on, until its time is spent. What
    breaks without the mutant too does not count; and a crash, only if no promise is broken."""
    alone = RAFT_ALONE.get(name)
    share = seconds if alone is None else seconds / 2
    found = _search(name, mutant, 0, share, turns)
    worse: dict[str, Any] = {}  # what was seen first, if no promise is broken by anything
    while found.get("broken") and "number" in found:
        if not _breaks_anyway(name, found["number"], turns):
            if seen(found["broken"]) in TELLING:
                break
            worse = worse or found
        found = _go_on(name, mutant, found, share, turns)
    if alone is not None and not found.get("broken"):
        spent, tried = found["spent"], found["tried"]
        found = _in_child(lambda tell: _live_alone(mutant, alone, share, tell))
        found["seconds"] += spent
        found["tried"] += tried
        found["by"] = f"Raft alone, {found.get('by')}"
    if not found.get("broken"):
        found = worse or found
    broken, by = found.get("broken", ""), found.get("by", "?")
    spent = round(found.get("seconds", 0.0), 2)
    return Outcome(name, source, broken, by, found.get("tried", 0), spent)


def _go_on(
    name: str, mutant: Mutant, before: dict[str, Any], share: float, turns: int
) -> dict[str, Any]:
    """Behind a plan that shows nothing, with what is left of the time."""
    if before["spent"] >= share:
        return {**before, "broken": ""}
    found = _search(name, mutant, before["number"] + 1, share - before["spent"], turns)
    for sum in ("seconds", "spent"):
        found[sum] = found.get(sum, 0.0) + before["spent"]
    found["tried"] = found.get("tried", 0) + before["tried"]
    return found


def _search(name: str, mutant: Mutant, first: int, seconds: float, turns: int) -> dict[str, Any]:
    plans = _plans(name, turns, first)
    return _in_child(lambda tell: _live(mutant, plans, seconds, tell))


def _breaks_anyway(name: str, number: int, turns: int) -> bool:
    """Whether this plan breaks something without any mutant."""
    plans = iter([next(_plans(name, turns, number))])
    return bool(_in_child(lambda tell: _live(_nothing, plans, 0.001, tell)).get("broken"))


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


def _plans(name: str, turns: int, first: int) -> Iterator[tuple[int, Plan]]:
    """Its own plan, if there is one, is number 0; the seeds go from 1 on."""
    kept = PLANS / f"{name}.json"
    if kept.exists() and not first:
        yield 0, Plan.from_json(kept.read_text())
    for seed in count(max(first, 1)):  # every third one long enough for sessions to grow old
        yield seed, draw(seed, turns if seed % 3 else 3 * turns)


def _die_with(writing: int, work: Any) -> None:
    """Do `work` in this child, which then is no more, whatever happens."""

    def tell(**found: Any) -> None:
        os.write(writing, json.dumps(found).encode() + b"\n")

    try:
        work(tell)
    except BaseException as error:  # of the mutant or of the machine: nothing was seen
        tell(broken="", by=f"no plan, for it fails itself: {error!r}"[:400])
    finally:
        os._exit(0)


def _live(mutant: Mutant, plans: Iterator[tuple[int, Plan]], seconds: float, tell: Any) -> None:
    command.begin()
    command.SECONDS_MAX = ONE_SECONDS_MAX  # of this process, which ends with it
    began = time.process_time()
    mutant(set)
    tried = number = 0
    worse: dict[str, Any] = {}  # the first crash: it may break a promise elsewhere

    def spent() -> float:
        return time.process_time() - began

    def say(broken: str) -> dict[str, Any]:
        by = f"seed {number}" if number else "its plan"
        told = {"broken": broken[:400], "by": by, "number": number, "seconds": spent()}
        tell(**{**told, **worse}, tried=tried, spent=spent())
        return told

    def never_ends(signum: int, frame: Any) -> None:
        say("it never ends: one plan")
        os._exit(0)

    signal.signal(signal.SIGPROF, never_ends)
    while not tried or spent() < seconds:
        number, plan = next(plans)
        tried += 1
        broken = _broken_by(plan)
        if broken and seen(broken) in TELLING:
            worse = {}
            say(broken)
            return
        if broken and not worse:
            worse = say(broken)
    say("")


def _live_alone(mutant: Mutant, weather: Weather, seconds: float, tell: Any) -> None:
    began = time.process_time()
    mutant(set)
    tried, broken = 0, ""
    while not broken and time.process_time() - began < seconds:
        try:
            live_raft(tried, *weather)
        except Violation as violation:
            broken = str(violation)[:400]
        tried += 1
    spent = time.process_time() - began
    tell(broken=broken, by=f"seed {tried - 1}", tried=tried, seconds=spent)


def _broken_by(plan: Plan) -> str:
    try:
        return command.live(plan).broken
    except Exception as error:  # what a judge cannot read is no history of a sound server
        return f"the judge cannot read it: {error!r}"
