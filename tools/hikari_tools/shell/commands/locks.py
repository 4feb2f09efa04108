"""locks: who holds, and who waits, below a path: of every recipe that queues by numbers.

Locks, semaphores and elections of Curator, kazoo and Hikari are znodes with a number at the end
below one parent. The lowest holds; readers hold together up to the first writer.
"""

import re
from typing import Any, Final, NamedTuple

from hikari_tools.shell import data, stats
from hikari_tools.shell.commands.moving import warn_of_denied
from hikari_tools.shell.members import Known, sessions_known
from hikari_tools.shell.registry import command
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Given
from hikari_tools.shell.walking import Found, Walk, name_of, parent_of

FAMILY = "Ensemble"
_NUMBERED: Final = re.compile(r"^(.*)(\d{10})$")
_READS: Final = re.compile(r"__READ__|__rlock__|(^|[-_])read[-_]|shared", re.IGNORECASE)
_LEASES: Final = "leases"


class Contender(NamedTuple):
    """One who holds or waits."""

    number: int
    found: Found
    reads: bool


@command(
    "locks [path]",
    family=FAMILY,
    about="who holds and who waits: of locks, semaphores and elections below",
)
async def locks(shell: Shell, given: Given) -> None:
    path = shell.path(given.word(0))
    walk = Walk(shell.zk, path, data=True)
    queues: dict[str, list[Contender]] = {}
    async for found in walk:
        match = _NUMBERED.match(name_of(found.path))
        if match and found.stat.ephemeral_owner:
            contender = Contender(int(match[2]), found, bool(_READS.search(match[1])))
            queues.setdefault(parent_of(found.path), []).append(contender)
    known = await sessions_known(shell) if queues else Known()
    rows: list[list[str]] = []
    values: list[dict[str, Any]] = []
    for parent, queue in sorted(queues.items()):
        queue.sort(key=lambda one: one.number)
        held = holders(parent, queue)
        for place, one in enumerate(queue):
            row, value = _line(parent, one, place < held, known)
            rows.append(row)
            values.append(value)
    if rows or shell.out.json:
        heads = ["lock", "", "znode", "session", "client", "since", "data"]
        shell.out.table(heads, rows, values)
    else:
        shell.out.line(f"nobody holds or waits below {path}")
    warn_of_denied(shell, walk)


def holders(parent: str, queue: list[Contender]) -> int:
    """How many of a queue hold: one, or all readers in front; of a semaphore all, since only who
    uses it knows its size."""
    if name_of(parent) == _LEASES:
        return len(queue)
    readers = 0
    while readers < len(queue) and queue[readers].reads:
        readers += 1
    return readers or 1


def _line(
    parent: str, one: Contender, holds: bool, known: Known
) -> tuple[list[str], dict[str, Any]]:
    session = one.found.stat.ephemeral_owner
    client = known.client(session)
    since = stats.date(one.found.stat.ctime)
    role = "holds" if holds else "waits"
    name = name_of(one.found.path)
    row = [parent, role, name, f"0x{session:x}", client, since, data.brief(one.found.data)]
    value = {
        "lock": parent,
        "holds": holds,
        "path": one.found.path,
        "session": session,
        "client": None if client == "?" else client,
        "since_ms": one.found.stat.ctime,
        "czxid": one.found.stat.czxid,
        **data.plain(one.found.data),
    }
    return row, value
