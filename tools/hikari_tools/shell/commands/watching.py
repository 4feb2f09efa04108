"""Watches: what they tell is printed above the prompt."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hikari_client import Event, State
from hikari_client.stream import Stream
from hikari_tools.shell.complaints import Complaint, usage
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given

FAMILY = "Watch"
MODES = {"PERSISTENT": False, "PERSISTENT_RECURSIVE": True}


@command(
    "addWatch [-m mode] path",
    family=FAMILY,
    about="a watch that stays; PERSISTENT_RECURSIVE (if no -m says PERSISTENT) is of all below too",
)
async def add_watch(shell: Shell, given: Given) -> None:
    mode = given.values.get("-m", "PERSISTENT_RECURSIVE").upper()
    if mode not in MODES:
        raise usage(f"-m is {' or '.join(MODES)}, not {mode}")
    path = shell.path(given.word(0))
    stream = await _armed(shell, path, MODES[mode])
    shell.listen(path, mode.lower(), stream)
    if shell.out.json:
        shell.out.tell({"watching": path, "mode": mode}, "")


async def _armed(shell: Shell, path: str, recursive: bool) -> Stream[Event]:
    stream = shell.zk.watch(path, recursive=recursive)
    await stream.__aenter__()
    return stream


@command(
    "watch [-R] [-n count] path",
    family=FAMILY,
    about="show what happens there until Ctrl-C; -R: and below, -n: until so many events",
)
async def watch(shell: Shell, given: Given) -> None:
    path, left = shell.path(given.word(0)), given.number("-n", 0, 1)
    async with shell.zk.watch(path, recursive=given.on("-R")) as events, _connection_told(shell):
        shell.out.note(f"watching {path}; Ctrl-C ends it")  # now: from here on nothing is missed
        async for event in events:
            shell.tell_event(event)
            left -= 1
            if left == 0:
                return


@asynccontextmanager
async def _connection_told(shell: Shell) -> AsyncIterator[None]:
    """Who only waits should know that nothing can come."""

    async def telling() -> None:
        async for status in states:
            if status.state in (State.SUSPENDED, State.LOST):
                shell.out.note(f"{status.state.value}: {status.why or 'the connection is gone'}")
            elif status.state is State.CONNECTED:
                shell.out.note(f"connected to {status.server}")

    states = shell.zk.states()
    shell.zk.spawn(telling())
    try:
        yield
    finally:
        states.close()


@command(
    "removewatches [-c|-d|-p|-r|-a] [-l] path",
    family=FAMILY,
    about="no more of what was asked for with -w and addWatch; -c: only of children, -d: of data,"
    " -p: persistent, -r: recursive ones",
)
async def remove_watches(shell: Shell, given: Given) -> None:
    kinds = {"-c": "children", "-d": "data", "-p": "persistent", "-r": "persistent_recursive"}
    wanted = [kind for flag, kind in kinds.items() if given.on(flag)] or list(kinds.values())
    path = shell.path(given.word(0))
    gone = [one for one in shell.watching if one.path == path and one.kind in wanted]
    if not gone:
        raise Complaint(f"NoWatcher: {path}: nothing of this kind is watched there")
    for one in gone:
        one.stop()
        shell.watching.remove(one)
    shell.out.tell({"removed": len(gone)}, f"removed {len(gone)} watches of {path}")


@command("watches", family=FAMILY, about="what this shell watches")
async def watches(shell: Shell, given: Given) -> None:
    rows = [[one.kind, one.path] for one in shell.watching]
    values = [{"kind": one.kind, "path": one.path} for one in shell.watching]
    shell.out.table(["kind", "path"], rows, values)


@command("printwatches [on|off]", family=FAMILY, about="whether what watches tell is printed")
async def print_watches(shell: Shell, given: Given) -> None:
    word = given.word(0).lower()
    if word not in ("", "on", "off"):
        raise usage("printwatches is on or off")
    if word:
        shell.tells_events = word == "on"
    state = "on" if shell.tells_events else "off"
    shell.out.tell({"printwatches": state}, f"printwatches is {state}")


@command("sleep seconds", family=FAMILY, about="wait, as a script does for events")
async def sleep(shell: Shell, given: Given) -> None:
    try:
        seconds = float(given.word(0))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < math.inf:
        raise usage(f"{given.word(0)!r} is no number of seconds")
    await asyncio.sleep(seconds)
