"""Ctrl-C ends a command, and not the shell."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

from hikari_tools.shell import complaints
from hikari_tools.shell.session import Shell

READ_BYTES: Final = 1 << 16


async def interruptible(shell: Shell, work: Coroutine[Any, Any, int]) -> int:
    """Its status, or INTERRUPTED. Raises what it raises."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)

    def interrupt() -> None:
        if not shell.deaf:
            task.cancel()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        return await task
    except asyncio.CancelledError:
        shell.out.note("interrupted")
        return complaints.INTERRUPTED
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def lines_of(file: int) -> AsyncIterator[str]:
    """The lines of a pipe or a file, by its descriptor. The thread that waits for them keeps
    nobody from leaving."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def feed() -> None:
        while part := os.read(file, READ_BYTES):
            loop.call_soon_threadsafe(queue.put_nowait, part)
        loop.call_soon_threadsafe(queue.put_nowait, b"")

    threading.Thread(target=feed, daemon=True).start()
    rest = b""
    while part := await queue.get():
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "surrogateescape")
    if rest:
        yield rest.decode("utf-8", "surrogateescape")
