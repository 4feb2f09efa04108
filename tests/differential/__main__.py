"""Holds Hikari against ZooKeeper: `python -m differential --seeds 1..20`.

Needs the repository, client, tools and tests on PYTHONPATH. The first difference of a seed is
shrunk and kept as a case; ends with a line of figures, and with status 1 if there was any.
"""

import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import click
from differential import scripts, servers
from differential.bench import Bench, shown
from differential.judge import Difference
from differential.shrinking import case, shrunk
from differential.stage import Step
from faults.figures import append

CASES = Path(__file__).parent / "cases"


@click.command()
@click.option("--seeds", default="1..10", show_default=True, help="A..B, both included")
@click.option("--operations", type=int, default=2_000, show_default=True, help="of each seed")
@click.option("--sessions", type=int, default=4, show_default=True, help="seats: clients at a time")
@click.option("--members", type=int, default=1, show_default=True, help="of Hikari")
@click.option("--only", multiple=True, help="draw only these operations of the table")
@click.option("--case", "kept", type=click.Path(path_type=Path), help="replay one kept script")
@click.option("--against", default="zookeeper-3.8", show_default=True, help="or a path of jars")
@click.option(
    *("--keep", "keep"),
    type=click.Path(path_type=Path),
    default=CASES,
    help="a folder for what was shrunk, else that of the kept cases",
)
@click.option("--tally", is_flag=True, help="say which answers ZooKeeper gave, and how often")
@click.option("--shrink-runs", type=int, default=150, show_default=True, help="0: do not shrink")
@click.option("--figures", "path", type=click.Path(path_type=Path), help="JSON to append to")
def main(
    seeds: str,
    operations: int,
    sessions: int,
    members: int,
    only: tuple[str, ...],
    kept: Path | None,
    against: str,
    keep: Path,
    tally: bool,
    shrink_runs: int,
    path: Path | None,
) -> None:
    """Play scripts to both and compare all that the clients hear."""
    why = servers.missing()
    if why:
        raise click.ClickException(why)
    jar = None if against == "zookeeper-3.8" else against
    totals: Counter[str] = Counter()
    spared: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and leave no server behind
    with Bench(sessions, members, jar) as bench:
        if kept is not None:
            named = [(kept.name, json.loads(kept.read_text())["steps"])]
        else:
            served = bench.served()
            print("served:", *sorted(served))
            first, _, last = seeds.partition("..")
            named = [
                (str(seed), scripts.draw(seed, operations, sessions, served, set(only)))
                for seed in range(int(first), int(last or first) + 1)
            ]
        for name, script in named:
            difference, judge, _ = bench.play(script)
            totals += Counter(
                scripts=1, steps=len(script), operations=judge.operations, events=judge.events
            )
            spared += Counter(judge.spared)
            answers += judge.answers
            if difference is None:
                print(
                    f"{name}: {judge.operations} operations, {judge.events} events, no difference"
                )
                continue
            totals["differences"] += 1
            print(f"{name}: {shown(difference, script)}")
            if shrink_runs and kept is None and difference.step >= 0:
                _shrink(bench, name, script, difference, shrink_runs, keep)
            sys.stdout.flush()
    if tally:
        print(*(f"{answer}: {count}" for answer, count in sorted(answers.items())), sep="\n")
    seconds = round(time.monotonic() - begun, 1)
    figures = {"against": against, "seeds": seeds, **totals, "allowed": spared}
    append(path, "differential scripts", {**figures, "seconds": seconds})
    if totals["differences"]:
        raise SystemExit(1)


def _shrink(
    bench: Bench, name: str, script: list[Step], difference: Difference, runs: int, keep: Path
) -> None:
    small, heard = shrunk(bench, script, difference, runs)
    if not small:
        print(f"  ({heard})")
        return
    print(f"  shrunk to {len(small)} steps:\n{case(small)}  {heard}")
    keep.mkdir(parents=True, exist_ok=True)
    (keep / f"seed-{name}.json").write_text(case(small))


if __name__ == "__main__":
    main()
