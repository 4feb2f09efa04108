"""Scenarios by hand: one, or one after another for as long as you like."""

import json
import time
from pathlib import Path

import click
from faults import rotation
from faults.figures import append
from faults.folders import kept_folder
from faults.nemesis import FAULTS, POINT, cases_of
from faults.scenarios import SECONDS, Scenario
from faults.workloads import WORKLOADS

FIGURES = click.option(
    "--figures", type=click.Path(path_type=Path), help="JSON file to append the figures to."
)
KEEP = click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default=Path("failed"),
    show_default=True,
    help="Where the folders of failed scenarios go.",
)


def a_fault(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """One of the list, or `point:` and a name."""
    try:
        known = value in FAULTS or cases_of(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if not known:
        raise click.BadParameter(f"one of {', '.join(FAULTS)}, or {POINT}NAME")
    return value


@click.command()
@click.argument("workload", type=click.Choice(sorted(WORKLOADS)))
@click.argument("fault", callback=a_fault)
@click.argument("seed")
@click.option("--members", type=click.IntRange(1, 7), default=3, show_default=True)
@click.option("--seconds", default=SECONDS, show_default=True)
@click.option("--script", type=click.Path(path_type=Path), help="Acts, as kept in a folder.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--net", type=click.Choice(["best", "loopback"]), default="best")
def run(workload, fault, seed, members, seconds, script, folder, net):
    """Play one scenario and say what came of it."""
    folder = folder or kept_folder()
    acts = json.loads(script.read_text()) if script else None
    scenario = Scenario(workload, fault, seed, folder, members, seconds, script=acts, net=net)
    verdict = scenario.run()
    click.echo(verdict.told())
    click.echo(f"    kept in {folder}")
    raise SystemExit(bool(verdict.failures))


@click.command()
@click.option("--minutes", type=float, default=10.0, show_default=True)
@click.option("--seed", default=rotation.seed_of_today, show_default="the date")
@click.option("--seconds", default=SECONDS, show_default=True, help="Of each scenario.")
@click.option("--workload", type=click.Choice(sorted(WORKLOADS)), help="Only this one.")
@KEEP
@FIGURES
def soak(minutes, seed, seconds, workload, keep, figures):
    """Play scenario after scenario; failed ones are kept."""
    until = time.monotonic() + 60 * minutes
    total = rotation.play(seed, seconds, until, click.echo, keep, workload)
    append(figures, "fault scenarios", {"seed": seed, "workload": workload, **total.told()})
    raise SystemExit(bool(total.failed))
