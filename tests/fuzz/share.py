"""What of a wait is a server's doing, on a machine that it shares with others.

The kernel counts, for each thread, how long it was running, and how long it could have run and was
not let (/proc/PID/schedstat). The second is the machine's, never the server's. All in seconds.
"""

import contextlib
import threading
from pathlib import Path
from typing import NamedTuple


class Share(NamedTuple):
    """Of one thread or several."""

    ran_s: float
    kept_waiting_s: float

    def __sub__(self, before: "Share") -> "Share":
        return Share(self.ran_s - before.ran_s, self.kept_waiting_s - before.kept_waiting_s)


def of(schedstat: Path) -> Share:
    """Nothing, if the thread has ended or the kernel does not count."""
    with contextlib.suppress(OSError, ValueError):
        ran_ns, waited_ns, _ = schedstat.read_text().split()
        return Share(int(ran_ns) / 1e9, int(waited_ns) / 1e9)
    return Share(0.0, 0.0)


class Machine:
    """How the threads fare on which an answer of a server depends: that of the reactor of the
    member that is asked, and all others of the members, and that of whoever asks."""

    def __init__(self, server: int, *others: int) -> None:
        """Processes; the first is asked."""
        self._server = Path(f"/proc/{server}/schedstat")
        self._others = [
            thread / "schedstat"
            for pid in (server, *others)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            if thread.name != str(server)
        ]

    def look(self) -> tuple[Share, float]:
        """The reactor's share so far; how long all others, with this thread, were kept waiting."""
        mine = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        waited_s = sum(of(one).kept_waiting_s for one in (*self._others, mine))
        return of(self._server), waited_s


def unhindered_s(took_s: float, reactor: Share, others_waited_s: float) -> float:
    """How long it would have taken at most with processors for all: the time in which the reactor
    ran, and that in which it slept, but for what others were kept waiting meanwhile, since it may
    have slept to wait for them. Never less than the reactor's own work."""
    ran_s = max(0.0, min(reactor.ran_s, took_s))
    slept_s = max(0.0, took_s - ran_s - max(0.0, reactor.kept_waiting_s))
    return ran_s + max(0.0, slept_s - max(0.0, others_waited_s))
