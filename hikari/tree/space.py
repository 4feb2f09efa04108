"""Read-only: while too few disks have room, what would grow the tree is refused, everywhere alike.

Deletes, closes and expiries go on: they are how room comes back.
"""

from typing import Any, Final

from hikari_wire import codes

# A request of our own, see hikari.tree.sessions.
READ_ONLY: Final = -20  # (READ_ONLY, 1): refuse what grows from here on; (READ_ONLY, 0): no more

REFUSAL: Final = codes.QUOTA_EXCEEDED
"""What clients are told: "no space for that", not to be tried again at once."""

_GROWING: Final = frozenset(
    (
        codes.CREATE,
        codes.CREATE2,
        codes.CREATE_CONTAINER,
        codes.CREATE_TTL,
        codes.CREATE_IF_NOT_EXISTS,
        codes.SET_DATA,
        codes.SET_ACL,
    )
)


def grows(request: tuple[Any, ...]) -> bool:
    """Whether the request may need room. A multi does if one of its parts does."""
    op = request[0]
    return op in _GROWING or (op == codes.MULTI and any(part[0] in _GROWING for part in request[1]))
