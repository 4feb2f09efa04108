"""python -m faults sessions: how many sessions one server holds, and what each of them costs.

Resident memory before and behind, of the whole process: connections, sessions, their rows, and
what the databases make of their entries. Then clients that ask for much and read nothing.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from ensemble.ensemble import Ensemble
from faults import figures
from faults.crowds import Crowd
from fuzz.share import Machine
from fuzz.siege import Judge, resident_bytes

from hikari.ensemble import config_text
from hikari_wire import codes, requests

SESSION_BYTES_MAX = 8 << 10
DEAF_BYTES_MAX = 64 << 20
TIMEOUT_MS = 40_000
WARM_UP = 100
SETTLED_BYTES = 256 << 10
SETTLE_S_MAX = 10.0
HELD = "\nconnections_max = 1_000_000\n"
VALUES = {b"/1000000": 1_000_000, b"/64000": 64_000, b"/1000": 1_000}
"""What the deaf ask for, again and again."""
ASKED = 2_000


def member(folder: Path) -> Ensemble:
    """One that lets everybody in for whom there are descriptors."""
    ensemble = Ensemble(folder, 1)
    config = ensemble.layout.config(1)
    config.parent.mkdir(parents=True)
    text = config_text(ensemble.layout, 1)
    config.write_text(text.replace("[limits]\n", f"[limits]{HELD}"))
    return ensemble


def settled_bytes(pid: int) -> int:
    """Resident memory once it does not grow any more."""
    deadline = time.monotonic() + SETTLE_S_MAX
    before = resident_bytes(pid)
    while time.monotonic() < deadline:
        time.sleep(0.5)
        now = resident_bytes(pid)
        if now <= before + SETTLED_BYTES:
            return now
        before = now
    return before


def campaign(sessions: int, deaf: int, folder: Path) -> dict[str, Any]:
    """The figures. Raises AssertionError if a session is lost, or anybody else is not served."""
    ensemble = member(folder)
    try:
        ensemble.start()
        pid = ensemble.running[1].pid
        address = ("127.0.0.1", ensemble.ports[0])
        with Crowd(address, TIMEOUT_MS) as crowd:
            found = _held(crowd, pid, sessions)
            judge = Judge(address, Machine(pid))
            for path, size in VALUES.items():
                judge.make(path, bytes(size))
            judge.start()
            found |= {"deaf": deaf, "deaf_mb": _deaf(crowd, pid, deaf)}
            found["answered"] = crowd.answered()
            found["lost"] = crowd.lost()
            judge.end()
        found["judge"] = figures.quantiles(judge.latencies_s)
        found["judge_unhindered"] = figures.quantiles(judge.unhindered_s)
    finally:
        ensemble.close()
    ensemble.demand_clean_logs()
    return found


def _held(crowd: Crowd, pid: int, sessions: int) -> dict[str, Any]:
    crowd.connect(WARM_UP)
    before = settled_bytes(pid)
    took_s = crowd.connect(sessions)
    behind = settled_bytes(pid)
    return {
        "sessions": sessions + WARM_UP,
        "connected_s": round(took_s, 1),
        "resident_mb": [round(size / 1e6, 1) for size in (before, behind)],
        "bytes_a_session": (behind - before) // sessions,
    }


def _deaf(crowd: Crowd, pid: int, count: int) -> dict[str, float]:
    """By the size of what is asked for. Each kind asks besides those before it."""
    found = {}
    for path, size in VALUES.items():
        before = settled_bytes(pid)
        crowd.ask_deaf(count, requests.encode((codes.GET_DATA, path, False), 1) * ASKED)
        found[str(size)] = round((settled_bytes(pid) - before) / (1 << 20), 1)
    return found


@click.command("sessions")
@click.option("--count", type=int, default=15_000, show_default=True)
@click.option("--deaf", type=int, default=200, show_default=True)
@click.option("--figures", "path", type=click.Path(path_type=Path))
def sessions_(count: int, deaf: int, path: Path | None) -> None:
    """Sessions held by one server, and clients that never read (row 24)."""
    with TemporaryDirectory(prefix="hikari-sessions-") as folder:
        found = campaign(count, deaf, Path(folder, "ensemble"))
    figures.append(path, "sessions", found)
    raise SystemExit(
        found["bytes_a_session"] > SESSION_BYTES_MAX
        or max(found["deaf_mb"].values()) * (1 << 20) > DEAF_BYTES_MAX
        or bool(found["lost"])
    )
