"""The fuzzers at full length: `python -m fuzz decoder`, `... socket`, `... crowd`, `... guided`.

Needs the repository, client, tools and tests on PYTHONPATH. Ends with a line of figures, and
with status 1 at the first frame that does harm.
"""

import concurrent.futures
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import click
from faults.figures import append
from fuzz import decoder, guided, siege
from fuzz.crowd import Crowd
from fuzz.surfaces import Crash

from hikari_wire import codes

FIGURES = click.option(
    "--figures", "path", type=click.Path(path_type=Path), help="a JSON file to append to"
)


@click.group()
def main() -> None:
    """Bytes that nobody should send, at whatever must survive them."""


@main.command("decoder")
@click.option("--frames", type=int, default=1_000_000, show_default=True)
@click.option("--processes", type=int, default=1, show_default=True)
@click.option("--seed", type=int, default=None, help="of the first process")
@FIGURES
def decoder_(frames: int, processes: int, seed: int | None, path: Path | None) -> None:
    """Mutated frames at every decoder, in this process and no other."""
    first = random.SystemRandom().getrandbits(32) if seed is None else seed
    share = -(-frames // processes)
    with concurrent.futures.ProcessPoolExecutor(processes) as pool:
        runs = [pool.submit(_run, share, first + number) for number in range(processes)]
        done = [run.result() for run in runs]
    crashes = [why for why in done if isinstance(why, str)]
    for why in crashes:
        print(why, file=sys.stderr)
    if crashes:
        raise SystemExit(1)
    figures = {"seed": first, "frames": sum(one["frames"] for one in done), "runs": done}
    append(path, "fuzz decoder", figures)


@main.command("socket")
@click.option("--frames", type=int, default=100_000, show_default=True)
@click.option("--attackers", type=int, default=2, show_default=True, help="processes")
@click.option("--seed", type=int, default=None)
@FIGURES
def socket_(frames: int, attackers: int, seed: int | None, path: Path | None) -> None:
    """Hostile clients and peers of a member process; its folder stays when that fails."""
    seed = random.SystemRandom().getrandbits(32) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="hikari-fuzz-"))
    try:
        figures = siege.lay(folder / "ensemble", frames, attackers, seed)
    except AssertionError as wrong:
        print(f"seed {seed}, see {folder}: {wrong}", file=sys.stderr)
        raise SystemExit(1) from None
    shutil.rmtree(folder)
    append(path, "fuzz socket", {"seed": seed, **figures})


@main.command("crowd")
@click.option("--seeds", default="0..99", show_default=True, help="A..B, both included")
@click.option("--steps", type=int, default=1_500, show_default=True)
@FIGURES
def crowd_(seeds: str, steps: int, path: Path | None) -> None:
    """Anything, in any state of a session, at three members in memory."""
    first, _, last = seeds.partition("..")
    answers: Counter[int] = Counter()
    frames = 0
    for seed in range(int(first), int(last) + 1):
        crowd = Crowd(seed)
        try:
            crowd.run(steps)
        except BaseException:
            print(f"seed {seed}, {steps} steps", file=sys.stderr)
            raise
        answers += crowd.answers
        frames += crowd.frames
    told = {codes.ERROR_NAMES.get(error, str(error)): count for error, count in answers.items()}
    append(path, "fuzz crowd", {"seeds": seeds, "frames": frames, "answers": told})


@main.command("guided")
@click.option("--seconds", type=int, default=60, show_default=True)
@click.option("--corpus", type=click.Path(path_type=Path), help="a folder that grows")
@FIGURES
def guided_(seconds: int, corpus: Path | None, path: Path | None) -> None:
    """Frames at the decoders of the client port, guided by what code they reach."""
    why = guided.missing()
    if why:
        raise click.ClickException(why)
    try:
        figures = guided.run(seconds, corpus)
    except AssertionError as wrong:
        print(wrong, file=sys.stderr)
        raise SystemExit(1) from None
    append(path, "fuzz guided", figures)


def _run(frames: int, seed: int) -> dict[str, Any] | str:
    try:
        return decoder.run(frames, seed)
    except Crash as crash:
        return f"seed {seed}: {crash}"


if __name__ == "__main__":
    main()
