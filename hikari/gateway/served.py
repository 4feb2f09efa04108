"""Which requests are served, and how: from this member's tree, or through the log."""

from typing import Final

from hikari.gateway.keeper import KEEPER_READS
from hikari.gateway.reads import READS
from hikari_wire import codes

READS.update(KEEPER_READS)
WRITES: Final = frozenset(
    (
        codes.CREATE,
        codes.CREATE2,
        codes.CREATE_CONTAINER,
        codes.CREATE_TTL,
        codes.CREATE_IF_NOT_EXISTS,
        codes.CHECK_NOT_EXISTS,
        codes.CHECK_STAT,
        codes.TRY_REMOVE,
        codes.REMOVE_RECURSIVE,
        codes.DELETE,
        codes.SET_DATA,
        codes.SET_ACL,
        codes.CHECK,
        codes.MULTI,
        codes.CLOSE_SESSION,
    )
)

__all__ = ["READS", "WRITES"]
