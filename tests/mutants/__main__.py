"""`python -m mutants`: how many of the field's bugs does the simulator see?"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import click
from mutants.register import MUTANTS, source_of
from mutants.score import DOUBTFUL, TURNS, Outcome, attack, summed

from hikari.testing.figures import append, entry


@click.command()
@click.option("--only", multiple=True, help="Only this one; may be given more than once.")
@click.option("--seconds", type=float, default=60, show_default=True,
              help="Of processor time, for each.")  # fmt: skip
@click.option("--turns", type=int, default=TURNS, show_default=True,
              help="How long the chaos of a seed lasts, in turns of all members.")  # fmt: skip
@click.option("--figures", type=click.Path(dir_okay=False, path_type=Path),
              help="JSON file to which what was found is added.")  # fmt: skip
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
def score(
    only: tuple[str, ...], seconds: float, turns: int, figures: Path | None, processes: int
) -> None:
    """Put each historical bug into the code, and run seeds until something is broken."""
    names = only or tuple(MUTANTS)
    outcomes = []

    def one(name: str) -> Outcome:
        mutant = MUTANTS[name]
        return attack(name, mutant, source_of(mutant), seconds, turns)

    with ThreadPoolExecutor(processes) as pool:
        for done in as_completed([pool.submit(one, name) for name in names]):
            outcomes.append(done.result())
            _tell(outcomes[-1])
    outcomes.sort(key=lambda outcome: names.index(outcome.name))
    caught = sum(outcome.caught for outcome in outcomes)
    told = entry("mutants", {"seconds_each": seconds, "turns_a_seed": turns, **summed(outcomes)})
    if figures is not None:
        append(figures, told)
    click.echo(f"{caught} of {len(outcomes)}")
    for how in DOUBTFUL:
        if told[how]:
            click.echo(f"seen by no more than {how}: {', '.join(told[how])}")
    raise SystemExit(0 if caught == len(outcomes) else 1)


def _tell(outcome: Outcome) -> None:
    if outcome.caught:
        shown = f"{outcome.seen}: {outcome.promise[:60]}"
        how = f"{shown}, by {outcome.by}, after {outcome.seconds:.1f} s"
    else:
        how = f"NOT SEEN in {outcome.tried} plans, {outcome.seconds:.0f} s; at {outcome.by}"
    print(f"{outcome.name}\n    {outcome.source}\n    {how}", flush=True)


score()
