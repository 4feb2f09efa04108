"""Who a client is, for the ACLs: by its address, and by what it proves."""

from functools import lru_cache
from hmac import compare_digest
from typing import Any, Final

from hikari.tree.acl import SUPERUSER, Identity, digest

IDENTITIES_BYTES_MAX: Final = 16 << 10
"""All identities of a connection together: each of its writes carries them into the log."""
ADDRESSES_KNOWN: Final = 1 << 10
"""Most clients come from few."""


@lru_cache(ADDRESSES_KNOWN)
def by_address(host: str, skip_acl: bool) -> tuple[Identity, ...]:
    """Of whoever calls from there."""
    alone = ((b"ip", address(host)),)
    return (*alone, SUPERUSER) if skip_acl else alone


def proved(
    identities: tuple[Identity, ...], request: tuple[Any, ...], super_digest: bytes
) -> tuple[Identity, ...] | None:
    """With what is proved by an `auth` request; None if that is nothing, or too much."""
    _, _, scheme, auth = request
    if scheme == b"digest":
        user = digest(auth)
        powers = (SUPERUSER,) if compare_digest(user, super_digest) else ()
        identities = tuple(dict.fromkeys((*identities, *powers, (b"digest", user))))
    elif scheme != b"ip":
        return None
    size = sum(len(known) for known, _ in identities) + sum(len(id) for _, id in identities)
    return identities if size <= IDENTITIES_BYTES_MAX else None


def address(host: str) -> bytes:
    """As ACLs have it: who came over IPv4 to a socket of IPv6 came over IPv4."""
    return host.lower().removeprefix("::ffff:").encode() if "." in host else host.encode()
