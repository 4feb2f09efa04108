"""Who may do what, for the model: written anew from the rules, not taken from `hikari.tree`."""

import hashlib
import ipaddress
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from hikari_wire import acl

Identity = tuple[bytes, bytes]

ACL_BYTES_MAX: Final = 16 << 10


def digest(user_password: bytes) -> bytes:
    """`user:password` as an ACL names it."""
    user, _, _ = user_password.partition(b":")
    return user + b":" + b64encode(hashlib.sha1(user_password).digest())


def may(raw: bytes, permission: int, identities: Sequence[Identity]) -> bool:
    """Whether this ACL gives one of the identities one of these permissions."""
    return not raw or any(
        permissions & permission and _is_one_of(scheme, id, identities)
        for permissions, scheme, id in acl.parse(raw)
    )


def _is_one_of(scheme: bytes, id: bytes, identities: Sequence[Identity]) -> bool:
    if (scheme, id) == (b"world", b"anyone"):
        return True
    if scheme != b"ip":
        return (scheme, id) in identities
    within = _network(id)
    for known, address in identities:
        one = _network(address) if known == b"ip" else None
        if within is not None and one is not None and within.version == one.version:
            network, mask = int(within.network_address), int(within.netmask)
            if int(one.network_address) & mask == network:
                return True
    return False


def stored(raw: bytes, identities: Sequence[Identity]) -> bytes | None:
    """The ACL that a znode gets when this one is asked for; None: it is not valid."""
    if not raw:
        return raw
    if len(raw) > ACL_BYTES_MAX:
        return None
    kept: list[acl.Entry] = []
    for permissions, scheme, id in dict.fromkeys(acl.parse(raw)):
        if scheme == b"auth":
            mine = [(permissions, *who) for who in identities if who[0] == b"digest"]
            if not mine:
                return None
            kept += mine
        elif _is_valid(scheme, id):
            kept.append((permissions, scheme, id))
        else:
            return None
    return acl.pack(kept) if kept else None


def _is_valid(scheme: bytes, id: bytes) -> bool:
    if scheme == b"digest":
        return len(id.rstrip(b":").split(b":")) == 2
    if scheme == b"ip":
        return _network(id) is not None
    return (scheme, id) == (b"world", b"anyone")


def masked(raw: bytes) -> bytes:
    """As shown to those who may not change it."""
    if not raw:
        return raw
    return acl.pack(
        [
            (permissions, scheme, id.split(b":", 1)[0] + b":x" if scheme == b"digest" else id)
            for permissions, scheme, id in acl.parse(raw)
        ]
    )


@lru_cache(maxsize=1024)
def _network(text: bytes) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    address, slash, bits = text.partition(b"/")
    if len(text) > 64 or b"%" in address or (slash and not (bits.isdigit() and len(bits) <= 3)):
        return None
    try:
        return ipaddress.ip_network(text.decode("ascii"), strict=False)
    except ValueError:
        return None
