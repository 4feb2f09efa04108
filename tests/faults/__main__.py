"""python -m faults: scenarios and figures by hand; tests/ must be on PYTHONPATH."""

import json
from pathlib import Path

import click
from faults.folders import kept_folder
from faults.scenarios import SECONDS, Scenario


@click.group()
def main() -> None:
    """Faults on real processes."""


@main.command()
@click.argument("workload")
@click.argument("fault")
@click.argument("seed")
@click.option("--members", default=3, show_default=True)
@click.option("--seconds", default=SECONDS, show_default=True)
@click.option("--script", type=click.Path(path_type=Path), help="Acts, as kept in a folder.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--net", type=click.Choice(["best", "loopback"]), default="best")
def run(workload, fault, seed, members, seconds, script, folder, net):
    """Play one scenario and say what came of it."""
    folder = folder or kept_folder()
    acts = json.loads(script.read_text()) if script else None
    verdict = Scenario(workload, fault, seed, folder, members, seconds, script=acts, net=net).run()
    click.echo(verdict.told())
    if verdict.failures:
        click.echo(f"    kept in {folder}")
        raise SystemExit(1)


if __name__ == "__main__":
    main(prog_name="faults")
