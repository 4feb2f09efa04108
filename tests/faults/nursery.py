"""Starts members by forking a process that has imported everything already.

A member's start is one import of 0.4 s and one opening of its folder of 0.05 s; a harness that
starts thousands pays only the second. What runs is `hikari serve`, in a process of its own.
`python nursery.py` is the process that forks; `Nursery` is its other end.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_C = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
BORN_WITH = ("hikari.service", "hikari.store.journal", "hikari.store.rows", "hikari.config")


class Nursery:
    """One process that forks members, with the shim loaded if there is one."""

    def __init__(self, shim: Path | None = None) -> None:
        path = os.pathsep.join(str(ROOT / folder) for folder in ("", "client", "tools", "tests"))
        loaded = {"LD_PRELOAD": str(shim)} if shim else {}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **loaded, "PYTHONPATH": path},
            start_new_session=True,
        )
        self._lock = threading.Lock()

    def fork(
        self,
        config: Path,
        log: Path,
        environment: dict[str, str] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> int:
        """A member's process id. `settings` are constants of the store that no operator sets:
        `module:NAME`, or `module:Class.argument` for the default of an argument."""
        order = {"config": str(config), "log": str(log)}
        return self._ask({**order, "environment": environment or {}, "settings": settings or {}})

    def status(self, pid: int) -> int | None:
        """As `Popen.poll` says it."""
        return self._ask({"pid": pid})

    def close(self) -> None:
        """End it; its members are left to those who started them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


class Born:
    """A forked member: `hikari.ensemble.Member` for what was started by a nursery."""

    def __init__(self, nursery: Nursery, number: int, pid: int, log: Path, log_begin: int) -> None:
        self._nursery = nursery
        self.number, self.pid = number, pid
        self._log, self._log_begin = log, log_begin
        self.returncode: int | None = None

    @property
    def ended(self) -> bool:
        if self.returncode is None:
            self.returncode = self._nursery.status(self.pid)
        return self.returncode is not None

    @property
    def ended_well(self) -> bool:
        return self.ended and self.returncode == 0

    def end(self, number: signal.Signals) -> None:
        if not self.ended:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.end(signal.SIGKILL)
        while not self.ended:
            pass

    def said(self) -> str:
        """All that this life of the member has written."""
        with self._log.open("rb") as log:
            log.seek(self._log_begin)
            return log.read().decode("utf-8", "replace")

    def obituary(self) -> str:
        return f"member {self.number} (process {self.pid}) ended with {self.returncode}"

    def last_words(self) -> str:
        return self.said()[-3000:]


# ---- the process that forks


def _set(where: str, value: Any) -> None:
    module, _, name = where.partition(":")
    owner: Any = sys.modules[module]
    kind, dot, argument = name.partition(".")
    if dot:
        getattr(owner, kind).__init__.__kwdefaults__[argument] = value
    else:
        setattr(owner, name, value)


def _live(order: dict[str, Any]) -> None:
    """Be a member, to the end; that of the nursery is one too."""
    _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    os.closerange(3, 64)
    os.environ.update(order["environment"])
    sys.argv = ["hikari", "serve", "--config", order["config"]]
    sys.orig_argv = [sys.executable, "-m", *sys.argv]  # if it starts itself anew
    for where, value in order["settings"].items():
        _set(where, value)
    if hasattr(_C, "shim_begin"):
        _C.shim_begin()
    from hikari.__main__ import main

    main(prog_name="hikari")


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _live(order)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _status(pid: int, ended: dict[int, int]) -> int | None:
    if pid not in ended:
        found, how = os.waitpid(pid, os.WNOHANG)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(how)
    return ended.get(pid)


def main() -> None:
    for module in BORN_WITH:
        __import__(module)
    ended: dict[int, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        answer: int | None
        if "pid" in order:
            answer = _status(order["pid"], ended)
        else:
            answer = _fork(order)
            ended.pop(answer, None)  # process ids come again
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
