"""What a member stands on: reactor, disk, clocks, chance, threads, and its own end.

`hikari.service` builds a member on any Machine; a simulated one is in `hikari.testing`.
"""

import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NoReturn, Protocol

from twisted.internet.error import CannotListenError
from twisted.logger import Logger
from twisted.python.failure import Failure

from hikari.lines import LinePort
from hikari.store.files import OS_FILES, Files

log = Logger()

EXIT_REFUSED: Final = 3
"""Somebody has to do something first: to start again changes nothing."""
EXIT_BROKEN: Final = 70
"""The disk failed or an invariant does not hold: to go on could cost somebody's data."""


class StartAnew(Exception):
    """This process can go on no more, but a new one can: what is damaged was noted, so that it is
    set aside and healed; or there was no room on the disk, and it waits until there is."""


class Worker(Protocol):
    """Does one piece of work after another, beside the reactor."""

    def do(self, piece: Callable[[], None]) -> None: ...

    def stop(self) -> None:
        """Return when all work is done."""


class Machine(Protocol):
    """Everything outside of the process that a member uses."""

    reactor: Any
    """IReactorTime, IReactorTCP, callFromThread, and `after_poll` of `hikari.reactor`."""
    files: Files
    chance: random.Random

    def seconds(self) -> float:
        """A monotonic clock, for durations; any thread."""

    def wall_ms(self) -> int:
        """The wall clock. It may jump: nothing is decided by it."""

    def worker(self, name: str) -> Worker: ...

    def listen(self, port: int, factory: Any, backlog: int, host: str) -> Any:
        """Serve clients there. Raises CannotListenError; gives an IListeningPort."""

    def end(self, error: BaseException) -> NoReturn:
        """End the process at once. The others go on without it. After StartAnew another process
        of the same command takes its place."""


class RealMachine:
    """Machine: this one."""

    files: Files = OS_FILES
    chance: random.Random = random.SystemRandom()
    seconds = staticmethod(time.perf_counter)

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor

    def wall_ms(self) -> int:
        return int(time.time() * 1000)

    def worker(self, name: str) -> "OwnThread":
        return OwnThread(name)

    def listen(self, port: int, factory: Any, backlog: int, host: str) -> LinePort:
        listening = LinePort(port, factory, backlog, host, self.reactor)
        listening.startListening()
        return listening

    def end(self, error: BaseException) -> NoReturn:
        if isinstance(error, StartAnew):
            log.warn("{error}: beginning anew", error=error)
        elif isinstance(error, CannotListenError):
            host, port, why = error.interface, error.port, error.socketError
            log.critical("cannot listen on {host}:{port}: {why}", host=host, port=port, why=why)
            sys.stderr.flush()
            os._exit(EXIT_REFUSED)
        else:
            failure = Failure(error, type(error), error.__traceback__)  # type: ignore[no-untyped-call]
            log.failure("this member cannot go on", failure=failure)
        sys.stderr.flush()
        if isinstance(error, StartAnew):
            with suppress(OSError):
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        os._exit(EXIT_BROKEN)


class OwnThread:
    """Worker: a thread that is started with the first piece."""

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        while (piece := self._work.get()) is not None:
            piece()

    def do(self, piece: Callable[[], None]) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self._work.put(piece)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._work.put(None)
            self._thread.join()
