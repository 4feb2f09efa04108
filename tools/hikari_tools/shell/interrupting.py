"""Ctrl-C ends a command, and not the shell."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

from hikari_tools.shell import complaints
from hikari_tools.shell.session import Shell


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
