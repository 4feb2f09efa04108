"""Tries to get in: `python -m breakins` prints, by family, how many tries there were and how many
got in, and names these. Ends with 1 if any did.

Needs the repository, client, tools and tests on PYTHONPATH. `--holes` leaves out one check at a
time and says whether the tries notice; `--canaries` looks for secrets in all that comes out.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from breakins import canaries, listening, monitors, peers, permissions, sessions, sockets
from breakins.case import Case, Verdict, judge
from breakins.holes import HOLES

IN_MEMORY = (permissions, listening, sessions, peers, monitors)


def in_memory() -> Iterator[Case]:
    """All that need no process."""
    for family in IN_MEMORY:
        yield from family.cases()


def _told(verdict: Verdict) -> int:
    for line in (*verdict.told, *(f"shut out: {name}" for name in verdict.shut_out)):
        print(line)
    for family, tried in verdict.tried.items():
        controls = verdict.controls[family]
        got_in = verdict.got_in[family]
        print(f"{family:20} {tried:5} tried, {got_in} in; {controls} let in as they may")
    all_in = sum(verdict.got_in.values())
    if len(verdict.tried) > 1:
        print(f"{'together':20} {sum(verdict.tried.values()):5} tried, {all_in} in")
    return int(bool(verdict.told or verdict.shut_out))


def _holes() -> int:
    unseen = 0
    for hole in HOLES:
        with hole.planted():
            verdict = judge(hole.cases(), stop_at_first=True)
        unseen += not verdict.told
        print(f"{hole.name}: {verdict.told[0] if verdict.told else 'not noticed'}")
    print(f"{len(HOLES) - unseen} of {len(HOLES)} checks that were left out are noticed")
    return int(unseen > 0)


def _canaries(folder: Path) -> int:
    found = canaries.search(folder)
    for line in found.told:
        print(line)
    places = Counter(place.partition(":")[0] for place in found.places)
    print(", ".join(f"{count} {kind}" for kind, count in places.items()))
    print(
        f"{found.canaries} secrets looked for in {len(found.places)} outputs,"
        f" {found.bytes} bytes: {len(found.told)} found"
    )
    return int(bool(found.told))


@click.command()
@click.option("--holes", is_flag=True, help="Leave out one check at a time.")
@click.option("--canaries", "secrets", is_flag=True, help="Look for secrets in all that comes out.")
@click.option("--sockets/--no-sockets", "real", default=True, help="On real processes too.")
def main(holes: bool, secrets: bool, real: bool) -> None:
    """Break in, or not."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hikari-breakins-") as folder:
        if holes:
            status = _holes()
        elif secrets:
            status = _canaries(Path(folder))
        else:
            status = _told(judge(in_memory()))
            if real:  # a session of its own waits there: nothing else meanwhile
                with sockets.staged(Path(folder)) as stage:
                    status |= _told(judge(sockets.cases(stage)))
    print(f"{time.monotonic() - begun:.0f} s")
    sys.exit(status)


if __name__ == "__main__":
    main()
