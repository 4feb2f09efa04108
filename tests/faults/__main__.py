"""Campaigns against real members: `python -m faults --help`, with the tests' folder on the path.

Each prints its seed and its figures, and how to run one failing case again.
"""

import random
from pathlib import Path

import click
from faults import crash_points, figures

FIGURES = click.option(
    "--figures", "path", type=click.Path(path_type=Path), help="JSON file to append the figures to."
)
SEED = click.option("--seed", type=int, default=lambda: random.randrange(1 << 31))
LANES = click.option("--lanes", type=click.IntRange(1, 4), default=2, show_default=True)
KEEP = click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default=Path("failed"),
    show_default=True,
    help="Where the folders of failing cases go.",
)


@click.group()
def main() -> None:
    """Faults on real member processes and real disks."""


@main.command("crash-points")
@click.option("--all", "everything", is_flag=True, help="Every mode at every point.")
@click.option("--count", type=int, default=1000, show_default=True)
@click.option("--case", type=str, help="life:mode:point; only this one.")
@SEED
@LANES
@KEEP
@FIGURES
def crash_points_(
    everything: bool,
    count: int,
    case: str | None,
    seed: int,
    lanes: int,
    keep: Path,
    path: Path | None,
) -> None:
    """Death or a failing disk at every write to the disk (scoreboard row 4)."""
    found = crash_points.campaign(
        seed=seed,
        count=None if everything else count,
        lanes=1 if case else lanes,
        only=crash_points.Case.parse(case) if case else None,
        keep=keep,
    )
    figures.append(path, "crash points", found)
    raise SystemExit(bool(found["wrong"]))


if __name__ == "__main__":
    main(prog_name="python -m faults")
