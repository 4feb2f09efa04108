"""Lines of a file or a pipe, as they come."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from typing import Final

from attrs import define, field

READ_BYTES: Final = 1 << 16
PARTS_AHEAD: Final = 16
Part = bytes | OSError


async def lines_of(file: int) -> AsyncIterator[str]:
    """By its descriptor; bytes that are no UTF-8 as surrogates. Raises OSError. The thread that
    waits for them keeps nobody from leaving, and reads only so far ahead."""
    reading = _Reading(os.dup(file), asyncio.get_running_loop())
    threading.Thread(target=reading.run, daemon=True).start()
    rest = b""
    try:
        while part := await reading.parts.get():
            if isinstance(part, OSError):
                raise part
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "surrogateescape")
        if rest:
            yield rest.decode("utf-8", "surrogateescape")
    finally:
        reading.stop()


@define(eq=False)
class _Reading:
    """The thread's work. It closes its own descriptor: another's number may be given anew while it
    still waits."""

    file: int
    loop: asyncio.AbstractEventLoop
    parts: "asyncio.Queue[Part]" = field(factory=lambda: asyncio.Queue(PARTS_AHEAD))
    stopped: bool = False

    def run(self) -> None:
        part: Part = b"begin"
        while part and not isinstance(part, OSError) and not self.stopped:
            try:
                part = os.read(self.file, READ_BYTES)
            except OSError as error:
                part = error
            self._hand_over(part)
        os.close(self.file)

    def _hand_over(self, part: Part) -> None:
        putting = self.parts.put(part)
        try:
            asyncio.run_coroutine_threadsafe(putting, self.loop).result()
        except (RuntimeError, CancelledError):  # the loop has ended
            putting.close()
            self.stopped = True

    def stop(self) -> None:
        """Nobody reads any more: let it go who waits for room."""
        self.stopped = True
        with contextlib.suppress(asyncio.QueueEmpty):
            while True:
                self.parts.get_nowait()
