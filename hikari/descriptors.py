"""How many files and sockets this process may have open, and how many of them clients may take.

A database that cannot open its next file ends the member: callers must never bring it to that.
"""

import resource
from typing import Final

RESERVED: Final = 4096
"""For the databases (a file for about every 64 MiB of the tree), the other members and strangers;
half of all where fewer than twice as many are allowed."""


def for_clients(wanted: int) -> int:
    """How many connections clients may have, at most `wanted`. Raises the limit of the process,
    as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, soft - min(RESERVED, soft // 2))
