"""The commands of the campaigns on disks: each prints its seed and its figures, and how to run a
failing case again."""

import random
from pathlib import Path

import click
from faults import at_points, corruptions, crash_points, crash_three, figures, kills, power_cuts
from faults.points import ALL

FIGURES = click.option(
    "--figures", "path", type=click.Path(path_type=Path), help="JSON file to append the figures to."
)
SEED = click.option("--seed", type=int, default=lambda: random.randrange(1 << 31))
SECONDS = click.option("--seconds", type=float, help="Stop after so long, with fewer cases.")
LANES = click.option("--lanes", type=click.IntRange(1, 4), default=2, show_default=True)
KEEP = click.option(
    "--keep",
    type=click.Path(path_type=Path),
    default=Path("failed"),
    show_default=True,
    help="Where the folders of failing cases go.",
)


@click.command("crash-points")
@click.option("--all", "everything", is_flag=True, help="Every mode at every point.")
@click.option("--count", type=int, default=1000, show_default=True)
@click.option("--case", type=str, help="life:mode:point; only this one.")
@SECONDS
@SEED
@LANES
@KEEP
@FIGURES
def crash_points_(
    everything: bool,
    count: int,
    case: str | None,
    seed: int,
    seconds: float | None,
    lanes: int,
    keep: Path,
    path: Path | None,
) -> None:
    """Death or a failing disk at every write to the disk (scoreboard row 4)."""
    found = crash_points.campaign(
        seed=seed,
        seconds=seconds,
        count=None if everything else count,
        lanes=1 if case else lanes,
        only=crash_points.Case.parse(case) if case else None,
        keep=keep,
    )
    figures.append(path, "crash points", found)
    raise SystemExit(bool(found["wrong"]))


@click.command("crash-three")
@click.option("--count", type=int, default=200, show_default=True)
@SECONDS
@SEED
@KEEP
@FIGURES
def crash_three_(
    count: int, seed: int, seconds: float | None, keep: Path, path: Path | None
) -> None:
    """Write points of one of three, while its word is needed (row 4)."""
    found = crash_three.campaign(seed=seed, seconds=seconds, cases=count, keep=keep)
    figures.append(path, "crash points of one of three", found)
    raise SystemExit(bool(found["wrong"]))


@click.command("power-cuts")
@click.option("--count", type=int, default=300, show_default=True)
@SECONDS
@SEED
@KEEP
@FIGURES
def power_cuts_(
    count: int, seed: int, seconds: float | None, keep: Path, path: Path | None
) -> None:
    """The power of one, two or all members is cut, and a canary without fsync (row 5)."""
    found = power_cuts.campaign(seed=seed, seconds=seconds, cycles=count, keep=keep)
    figures.append(path, "power cuts", found)
    raise SystemExit(bool(found["wrong"] or found["lost"] or not found["canary"]["lost"]))


@click.command("kills")
@click.option("--count", type=int, default=300, show_default=True)
@SECONDS
@SEED
@KEEP
@FIGURES
def kills_(count: int, seed: int, seconds: float | None, keep: Path, path: Path | None) -> None:
    """kill -9 of one, two or all members under load (row 6)."""
    found = kills.campaign("kills", kills.kill, seed=seed, seconds=seconds, times=count, keep=keep)
    figures.append(path, "kill -9 cycles", found)
    raise SystemExit(bool(found["wrong"]))


@click.command("points")
def points_() -> None:
    """The named moments at which a member can be killed."""
    for point in ALL:
        how = ("before", "after", "in the midst of")[point.how]
        way = " → ".join([*point.way[:-1], f"{how} {point.way[-1]}"])
        click.echo(f"{point.name:26} {'/'.join(point.who):16} {point.by:9} {way}")


@click.command("at-points")
@click.option("--count", type=int, default=len(at_points.CASES), show_default=True)
@click.option("--point", "only", help="Only this one: a name, or name:leader.")
@SECONDS
@SEED
@KEEP
@FIGURES
def at_points_(
    count: int,
    only: str | None,
    seed: int,
    seconds: float | None,
    keep: Path,
    path: Path | None,
) -> None:
    """kill -9 at named points under load (row 6); `points` lists them."""
    found = at_points.campaign(seed=seed, seconds=seconds, count=count, only=only, keep=keep)
    figures.append(path, "kill -9 at points", found)
    raise SystemExit(bool(found["wrong"]))


@click.command("disks-lost")
@click.option("--count", type=int, default=kills.DISKS_LOST, show_default=True)
@click.option(
    "--entries-kept",
    type=int,
    default=300,
    show_default=True,
    help="Few: snapshots are sent, again and again under load; many: entries.",
)
@SEED
@KEEP
@FIGURES
def disks_lost(count: int, entries_kept: int, seed: int, keep: Path, path: Path | None) -> None:
    """A member's whole disk is lost; it rejoins by itself (row 8)."""
    settings = f"[journal]\nentries_kept = {entries_kept}\nflush_entries = {entries_kept}\n"
    found = kills.campaign(
        "disks-lost",
        kills.lose_disk,
        seed=seed,
        times=count,
        batch=5,
        settings=settings,
        keep=keep,
    )
    figures.append(path, "disks lost", found)
    raise SystemExit(bool(found["wrong"]))


@click.command("corruptions")
@click.option("--count", type=int, default=2000, show_default=True)
@click.option("--case", type=int, help="Only this one, of this seed.")
@click.option("--strict", is_flag=True, help="An operator may not be needed either.")
@SECONDS
@SEED
@LANES
@KEEP
@FIGURES
def corruptions_(
    count: int,
    case: int | None,
    strict: bool,
    seed: int,
    seconds: float | None,
    lanes: int,
    keep: Path,
    path: Path | None,
) -> None:
    """Files of one of three members are damaged (row 7)."""
    lanes = 1 if case is not None else lanes
    found = corruptions.campaign(
        seed=seed, seconds=seconds, cases=count, lanes=lanes, only=case, strict=strict, keep=keep
    )
    figures.append(path, "corruptions", found)
    bad = (
        found["SILENT"] + found["hung"] + len(found["errors"]) + (found["refused"] if strict else 0)
    )
    raise SystemExit(bool(bad))
