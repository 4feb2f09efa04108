"""Holds Hikari against ZooKeeper in what no client should send: `python -m differential.hostile`.

Needs the repository, client, tools and tests on PYTHONPATH. Ends with a line of figures, and with
status 1 if anything is unexplained.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
from differential import servers
from differential.hostile.played import played
from differential.hostile.rows import FAMILIES, rows
from differential.hostile.table import compare, keep, kept
from faults.figures import append


@click.command()
@click.option("--record", is_flag=True, help="keep ZooKeeper's answers")
@click.option("--against-kept", is_flag=True, help="without ZooKeeper: against those that are kept")
@click.option("--figures", "path", type=click.Path(path_type=Path), help="JSON to append to")
def main(record: bool, against_kept: bool, path: Path | None) -> None:
    """Send the table to both, and say how often they agree."""
    why = servers.missing()
    if why and not against_kept:
        raise click.ClickException(f"{why}, or try --against-kept")
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="hikari-hostile-") as folder,
        ThreadPoolExecutor(2) as pool,
    ):
        here = pool.submit(played, servers.Hikari(Path(folder, "hikari")))
        theirs = kept() if against_kept else played(servers.ZooKeeper(Path(folder, "zookeeper")))
        ours = here.result()
    if record:
        keep(theirs)
    found = compare(theirs, ours)
    print(*found["unexplained"], sep="\n", end="\n" if found["unexplained"] else "")
    figures: dict[str, Any] = {kind: len(names) for kind, names in found.items()}
    figures |= {"families": len(FAMILIES), "seconds": round(time.monotonic() - begun, 1)}
    told = {"against": "zookeeper-3.8", "rows": len(rows()), **figures}
    append(path, "differential hostile", told)
    if found["unexplained"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
