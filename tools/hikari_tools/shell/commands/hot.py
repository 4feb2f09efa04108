"""The hot half of `top`: what changes while one looks, by a recursive watch."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final

from rich.console import Console
from rich.live import Live

from hikari_client import State
from hikari_tools.shell.complaints import NO_CONNECTION, Complaint
from hikari_tools.shell.heat import Changes, Heat
from hikari_tools.shell.session import Shell

TICK_S: Final = 0.25
HEADS: Final = ["changes", "a second", "created", "changed", "deleted", "path"]


async def tell_hot(shell: Shell, path: str, seconds: float, count: int) -> None:
    """A table of the subtrees with most changes in so many seconds from now; on a terminal it is
    shown all the while. Whoever interrupts it gets what was seen so far."""
    heat = Heat(path)
    await shell.zk.get(path)  # a watch may be of what is not there; this is said now
    async with shell.zk.watch(path, recursive=True) as events:
        began = monotonic()
        try:
            with _live(shell, heat, count, lambda: monotonic() - began) as refresh:
                while (left := seconds - (monotonic() - began)) > 0:
                    await asyncio.sleep(min(TICK_S, left))
                    for event in events.take():
                        heat.add(event)
                    refresh()
        finally:
            values, rows = _told(heat, count, monotonic() - began)
            if rows or shell.out.json:
                shell.out.table(HEADS, rows, values)
    if not rows and not shell.out.json:
        shell.out.line(f"nothing changed at or below {path}")
    if heat.gaps or shell.zk.status.state not in (State.CONNECTED, State.READ_ONLY):
        raise Complaint("not all was seen: the connection broke, or too much came", NO_CONNECTION)


def _told(heat: Heat, count: int, seconds: float) -> tuple[list[Any], list[list[str]]]:
    """For programs, and for people."""
    found = heat.hottest(count)
    values = [_plain(path, one, seconds) for path, one in found]
    return values, [[str(value[head]) for head in _KEYS] for value in values]


_KEYS: Final = ("changes", "per_second", "created", "changed", "deleted", "path")


def _plain(path: str, one: Changes, seconds: float) -> dict[str, Any]:
    return {
        "path": path,
        "changes": one.all,
        "per_second": round(one.all / max(seconds, TICK_S), 1),
        "created": one.created,
        "changed": one.changed,
        "deleted": one.deleted,
    }


@contextmanager
def _live(
    shell: Shell, heat: Heat, count: int, passed: Callable[[], float]
) -> Iterator[Callable[[], None]]:
    """Give what draws the table anew; it is gone at the end. Nothing without a terminal."""
    if shell.out.json or not sys.stdout.isatty():
        yield lambda: None
        return
    console = Console(file=sys.stdout, highlight=False, markup=False)

    def table() -> Any:
        made = shell.out.drawn(HEADS, _told(heat, count, passed())[1])
        made.caption = f"{heat.total} changes in {passed():.0f} s; Ctrl-C ends it"
        made.caption_justify = "left"
        return made

    with Live(table(), console=console, auto_refresh=False, transient=True) as screen:
        yield lambda: screen.update(table(), refresh=True)
