"""Holds a member against the model of ClickHouse Keeper: `python -m keeper --seeds 1..50`.

Needs the repository, client, tools and tests on PYTHONPATH. Ends with a line of figures; the first
answer that Keeper would not have given ends it with what was asked.
"""

import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
from differential import servers
from ensemble.ensemble import Ensemble
from keeper.table import Table


@click.command()
@click.option("--seeds", default="1..20", show_default=True, help="A..B, both included")
@click.option("--steps", type=int, default=400, show_default=True, help="of each seed")
def main(seeds: str, steps: int) -> None:
    """Ask a member and the model the same."""
    first, _, last = seeds.partition("..")
    totals: Counter[str] = Counter()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hikari-keeper-") as folder:
        one = Ensemble(Path(folder), 1, servers.settings())
        try:
            one.start()
            for seed in range(int(first), int(last or first) + 1):
                table = Table(("127.0.0.1", one.ports[0]), seed)
                for step in range(steps):
                    table.play(step % 3 % 2)
                table.demand_same_tree()
                table.close()
                for (name, done), count in table.figures.items():
                    totals += Counter(
                        {"requests": count, f"{name} {'' if done else 'not '}done": count}
                    )
        finally:
            one.close()
        one.demand_clean_logs()
    print(
        json.dumps({"seconds": round(time.monotonic() - begun, 1), **dict(sorted(totals.items()))})
    )


if __name__ == "__main__":
    main()
