"""What is kept of a failed scenario, so that whoever looks into it need not make it come again.

Beside the members' folders (journal, tree, configuration, what each has said):

verdict.json    the command, what was wrong, figures, what was done to whom and when, on what code
script.json     what was to be done, for `run --script`
history.txt     all that clients asked and heard, and who held the lock, in the order of time
history.pickle  the same for the judges, with the log as one member has it and every member's tree
traceback       if it ended by an exception
look            what each process was doing then
"""

import json
import os
import pickle
import subprocess
import time
from operator import itemgetter
from pathlib import Path
from typing import Any

from attrs import define, field

from hikari.testing.history import Applied, Conversation, Event
from hikari.testing.violation import told


@define
class Evidence:
    """All moments are monotonic seconds; those in the members' logs are `wall_minus_monotonic`
    later."""

    conversations: list[Conversation]
    applied: list[Applied] = field(factory=list)
    trees: dict[int, Any] = field(factory=dict)
    grants: list[Any] = field(factory=list)
    used: list[tuple[float, int]] = field(factory=list)
    mirrors: dict[str, Any] = field(factory=dict)

    def write(self, folder: Path) -> None:
        """The text first: what cannot be pickled must not cost it."""
        (folder / "history.txt").write_text("\n".join(self.lines()) + "\n")
        (folder / "history.pickle").write_bytes(pickle.dumps(self))

    def lines(self) -> list[str]:
        """One for each thing that a client did or heard."""
        made: list[tuple[float, str]] = []
        for one in self.conversations:
            who = f"session {one.session:#x} at member {one.member}"
            made.append((one.began, f"{who} connects, has seen {one.seen}, expired {one.expired}"))
            made += [(op.invoked, f"{who} {op.outcome} {told(op)}") for op in one.asked]
            events = [seen for seen in one.arrived if isinstance(seen, Event)]
            made += [(event.at, f"{who} {told(event)}") for event in events]
            if one.ended:
                made.append((one.ended, f"{who} is disconnected"))
        made += [(grant.since, f"{grant}") for grant in self.grants]
        return [f"{at:.6f} {text}" for at, text in sorted(made, key=itemgetter(0))]


def read(folder: Path) -> Evidence:
    """What was kept there, by code that is still alike."""
    found = pickle.loads((folder / "history.pickle").read_bytes())
    assert isinstance(found, Evidence)
    return found


def circumstances() -> dict[str, Any]:
    """On what code and machine, and how its clocks stand to one another."""
    here = Path(__file__).parent
    words = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        code = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        code = ""
    return {
        "code": code or "unknown",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "wall_minus_monotonic": time.time() - time.monotonic(),
        "load": os.getloadavg(),
        "processors": os.cpu_count(),
    }


def write_json(path: Path, what: Any) -> None:
    path.write_text(json.dumps(what, indent=1) + "\n")


def place(keep: Path, name: str) -> Path:
    """A folder that is not there yet: two runs are never laid over one another."""
    keep.mkdir(parents=True, exist_ok=True)
    made, number = keep / name, 1
    while made.exists():
        number += 1
        made = keep / f"{name}-{number}"
    return made
