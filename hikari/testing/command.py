"""`hikari simulate`: run seeds, and tell the story of one that breaks a promise."""

import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import define
from twisted.logger import ILogObserver, formatEvent, globalLogBeginner
from zope.interface import implementer

from hikari.testing.figures import append, entry
from hikari.testing.plan import KINDS, Plan, draw
from hikari.testing.promises import Violation
from hikari.testing.shrink import shrink
from hikari.testing.simulation import Simulation

STORY_LINES = 60
SUMMED = (
    *("turns", "events", "virtual_s", "deaths", "leaders", "requests", "operations"),
    *("digests", "states", "unjudged"),
)
SECONDS_MAX = 60
"""No plan takes so long; one that does never ends."""

_telling: list[Simulation] = []


@define
class Verdict:
    """What came of one plan."""

    seed: int
    broken: str  # "": nothing
    story: list[str]
    turns: int = 0
    events: int = 0
    virtual_s: float = 0.0
    deaths: int = 0
    leaders: int = 0
    requests: int = 0
    operations: int = 0
    digests: int = 0  # that members held against each other's
    states: int = 0  # of trees, that the witness held against each other
    unjudged: int = 0  # znodes for which the search for an order gave up
    trace: int = 0

    @property
    def promise(self) -> str:
        return self.broken.split(":")[0]


@implementer(ILogObserver)
class _Listener:
    """Hears what members log."""

    def __call__(self, event: Any) -> None:
        if _telling:
            _telling[-1].hear(formatEvent(event) or "")


_listening: list[Any] = []


def begin() -> None:
    """What the members log becomes part of the story: once, however often it is asked for."""
    if not _listening:
        _listening.append(_Listener())
        globalLogBeginner.beginLoggingTo(_listening, redirectStandardIO=False, discardBuffer=True)
    signal.signal(signal.SIGPROF, _give_up)


def _give_up(number: int, frame: Any) -> None:
    raise Violation(f"it comes to an end: not after {SECONDS_MAX} s of processor time")


def live(plan: Plan) -> Verdict:
    """Run a plan."""
    simulation = Simulation(plan)
    _telling.append(simulation)
    signal.setitimer(signal.ITIMER_PROF, SECONDS_MAX)
    broken = ""
    try:
        simulation.run()
    except Violation as violation:
        broken = str(violation)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _telling.pop()
    story = [f"{at:10.4f}  {line}" for at, line in simulation.story]
    return Verdict(
        plan.seed,
        broken,
        story if broken else [],
        simulation.turns,
        simulation.timeline.events,
        simulation.timeline.now,
        simulation.deaths,
        simulation.witness.changes,
        len(simulation.applied),
        sum(len(one.arrived) for one in simulation.conversations),
        sum(member.compared for member in simulation.members),
        simulation.witness.compared,
        len(simulation.unjudged),
        simulation.trace,
    )


def _live_seed(asked: tuple[int, int, int, Sequence[str]]) -> Verdict:
    return live(draw(*asked))


def live_seeds(
    seeds: range, turns: int, members: int, kinds: Sequence[str], processes: int
) -> Iterator[Verdict]:
    """Run many seeds, some at a time; their verdicts as they come."""
    asked = [(seed, turns, members, kinds) for seed in seeds]
    if processes == 1:
        begin()
        yield from map(_live_seed, asked)
        return
    with multiprocessing.get_context("fork").Pool(processes, begin) as pool:
        yield from pool.imap_unordered(_live_seed, asked, chunksize=4)


class SeedRange(click.ParamType[range]):
    """`A..B`, both included."""

    name = "A..B"

    def convert(self, value: Any, param: Any, ctx: Any) -> range:
        first, dots, last = str(value).partition("..")
        if not (dots and first.isdigit() and last.isdigit() and int(first) <= int(last)):
            self.fail(f"{value!r} is not a range like 1..1000", param, ctx)
        return range(int(first), int(last) + 1)


class Kinds(click.ParamType[tuple[str, ...]]):
    """Names of faults, with commas between them."""

    name = "KIND,…"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        kinds = tuple(kind for kind in str(value).split(",") if kind)
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            self.fail(f"there is no fault {unknown[0]!r}", param, ctx)
        return kinds


@click.command()
@click.option("--seed", type=int, help="Run this seed and say what happened.")
@click.option("--seeds", type=SeedRange(), help="Run all of these, with a progress bar.")
@click.option("--turns", type=click.IntRange(1), default=2_000, show_default=True,
              help="How many turns of all members together the chaos lasts.")  # fmt: skip
@click.option("--members", type=click.IntRange(0, 7), default=0,
              help="How many members; without it the seed draws 3 or 5.")  # fmt: skip
@click.option("--faults", type=Kinds(), default="", metavar="KIND,…",
              help=f"Only these kinds of faults: {', '.join(KINDS)}.")  # fmt: skip
@click.option("--plan", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Run a plan that was kept, instead of a seed's.")  # fmt: skip
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write the plan, cut down to what breaks a promise.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=multiprocessing.cpu_count)
@click.option("--traces", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write each seed's trace: equal runs have equal traces.")  # fmt: skip
@click.option("--figures", type=click.Path(dir_okay=False, path_type=Path),
              help="JSON file to which the figures of --seeds are added.")  # fmt: skip
@click.option("--story", is_flag=True, help="Tell the story also if no promise was broken.")
def simulate(
    seed: int | None,
    seeds: range | None,
    turns: int,
    members: int,
    faults: tuple[str, ...],
    path: Path | None,
    keep: Path | None,
    processes: int,
    traces: Path | None,
    figures: Path | None,
    story: bool,
) -> None:
    """Run whole ensembles on a simulated network, disk and clock, and judge what they did."""
    if seeds is not None:
        tally = Tally(seeds, turns, members, faults)
        verdicts = live_seeds(seeds, turns, members, faults, processes)
        with click.progressbar(verdicts, length=len(seeds), label="seeds", file=sys.stderr) as bar:
            for verdict in bar:
                tally.add(verdict)
        raise SystemExit(tally.close(traces, figures))
    if path is None and seed is None:
        raise click.UsageError("say --seed N, --seeds A..B or --plan FILE")
    begin()
    plan = Plan.from_json(path.read_text()) if path else draw(seed or 0, turns, members, faults)
    raise SystemExit(_one(plan, keep, story, str(path) if path else ""))


def _one(plan: Plan, keep: Path | None, story: bool, path: str) -> int:
    verdict = live(plan)
    if verdict.broken and keep is not None:
        click.echo("cutting the plan down …", err=True)
        plan = shrink(plan, verdict.promise, lambda smaller: live(smaller).promise)
        keep.write_text(plan.to_json() + "\n")
        verdict = live(plan)
    if verdict.broken or story:
        _tell(verdict)
    what = path or f"seed {plan.seed}"
    click.echo(
        f"{what}: {'BROKEN' if verdict.broken else 'fine'}; {plan.members} members,"
        f" {verdict.turns} turns in {verdict.virtual_s:.1f} s of theirs, {verdict.requests}"
        f" requests, {verdict.leaders} leaders, {verdict.deaths} deaths, trace {verdict.trace:08x}"
    )
    return 1 if verdict.broken else 0


def _tell(verdict: Verdict) -> None:
    for line in verdict.story[-STORY_LINES:]:
        click.echo(line)
    if verdict.broken:
        click.secho(verdict.broken, fg="red")


class Tally:
    """What came of many seeds."""

    def __init__(self, seeds: range, turns: int, members: int, faults: Sequence[str]) -> None:
        self.seeds, self.turns, self.members, self.faults = seeds, turns, members, faults
        self.began = time.monotonic()
        self.sums = dict.fromkeys(SUMMED, 0.0)
        self.broken: list[Verdict] = []
        self.traces: list[str] = []

    def add(self, verdict: Verdict) -> None:
        for name in SUMMED:
            self.sums[name] += getattr(verdict, name)
        self.traces.append(f"{verdict.seed} {verdict.trace:08x}\n")
        if verdict.broken:
            self.broken.append(verdict)

    def close(self, traces: Path | None, figures: Path | None) -> int:
        """Say it all; the status to exit with."""
        self._tell_broken()
        if traces is not None:
            traces.write_text("".join(sorted(self.traces)))
        told = {name: round(value) for name, value in self.sums.items()}
        told |= {"seeds": len(self.seeds), "broken": len(self.broken)}
        told |= {"seconds": round(time.monotonic() - self.began)}
        if figures is not None:
            append(figures, entry("simulated seeds", {"turns_a_seed": self.turns, **told}))
        click.echo(
            "{seeds} seeds, {turns} turns: {broken} broke a promise; {virtual_s} simulated seconds,"
            " {requests} requests agreed on, {operations} replies and events judged, {leaders}"
            " leaders, {deaths} deaths; {digests} digests compared by members, {states} states"
            " by the witness; {seconds} s".format(**told)
        )
        if told["unjudged"]:
            click.echo(f"{told['unjudged']} znodes for which the search gave up: not judged by it")
        return 1 if self.broken else 0

    def _tell_broken(self) -> None:
        of = f" --members {self.members}" if self.members else ""
        of += f" --faults '{','.join(self.faults)}'" if self.faults else ""
        for verdict in self.broken[:3]:
            _tell(verdict)
            again = f"hikari simulate --seed {verdict.seed} --turns {self.turns}{of}"
            click.echo(f"again: {again}")
        for verdict in self.broken[3:]:
            click.echo(f"seed {verdict.seed}: {verdict.broken[:200]}")
