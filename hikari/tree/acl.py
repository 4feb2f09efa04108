"""Who may do what with a znode. ACLs are raw vectors, b"" being the open one; they do not inherit.

Identities are (scheme, id) pairs, as the door established them: an `ip` for every connection,
and a `digest` for every password it was told.
"""

import hashlib
import ipaddress
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from hikari_wire import acl as raw_acl
from hikari_wire.acl import Entry

Identity = tuple[bytes, bytes]

_ANYONE: Final = (b"world", b"anyone")
# Only these prove who somebody is: an address does not, so `auth` does not mean it.
_AUTHENTICATING: Final = frozenset((b"digest",))


def digest(user_password: bytes) -> bytes:
    """`user:password` as ACLs name it: the user, and a hash of the whole."""
    user = user_password.split(b":", 1)[0]
    return user + b":" + b64encode(hashlib.sha1(user_password).digest())


ACL_BYTES_MAX: Final = 16 << 10
"""A longer ACL is not valid: each request on its znode would have to go through it."""
REMEMBERED_BYTES_MAX: Final = 512
"""A longer ACL is parsed anew each time: what is remembered must not be made large by clients."""


def entries(raw: bytes) -> tuple[Entry, ...]:
    """What a raw ACL says."""
    return _remembered(raw) if len(raw) <= REMEMBERED_BYTES_MAX else raw_acl.parse(raw)


@lru_cache(maxsize=4096)
def _remembered(raw: bytes) -> tuple[Entry, ...]:
    """Real trees hold few different ACLs."""
    return raw_acl.parse(raw)


def may(raw: bytes, permission: int, identities: Sequence[Identity]) -> bool:
    """Does this ACL let one of the identities do that? Of several permissions one is enough."""
    if not raw:
        return True
    for permissions, scheme, id in entries(raw):
        if permissions & permission:
            if (scheme, id) == _ANYONE:
                return True
            for identity in identities:
                if identity[0] == scheme and _matches(scheme, identity[1], id):
                    return True
    return False


def _matches(scheme: bytes, identity: bytes, id: bytes) -> bool:
    if scheme != b"ip":
        return identity == id
    network = _network(id)
    address = _network(identity)
    if network is None or address is None or network.version != address.version:
        return False
    return int(address.network_address) & int(network.netmask) == int(network.network_address)


def granted(raw: bytes, identities: Sequence[Identity]) -> bytes | None:
    """The ACL to store when a client gives this one; None: it is not valid."""
    if not raw:
        return raw
    if len(raw) > ACL_BYTES_MAX:
        return None
    asked = dict.fromkeys(entries(raw))  # each once, in order
    stored: list[Entry] = []
    for permissions, scheme, id in asked:
        if scheme == b"auth":
            mine = [(permissions, *who) for who in identities if who[0] in _AUTHENTICATING]
            if not mine:
                return None
            stored += mine
        elif _is_valid(scheme, id):
            stored.append((permissions, scheme, id))
        else:
            return None
    return raw_acl.pack(stored) if stored else None


def _is_valid(scheme: bytes, id: bytes) -> bool:
    if scheme == b"digest":
        # Two parts, the second not empty: "user:" + hash. Empty parts at the end do not count.
        parts = id.rstrip(b":").split(b":")
        return len(parts) == 2
    if scheme == b"ip":
        return _network(id) is not None
    return (scheme, id) == _ANYONE


def _network(text: bytes) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """An address, or an address and how many of its bits count; None: neither."""
    return _parsed_network(text) if len(text) <= 64 else None


@lru_cache(maxsize=4096)
def _parsed_network(text: bytes) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    address, slash, bits = text.partition(b"/")
    if b"%" in address or (slash and not (bits.isdigit() and len(bits) <= 3)):
        return None
    try:
        return ipaddress.ip_network(text.decode("ascii"), strict=False)
    except ValueError:
        return None


def without_hashes(raw: bytes) -> bytes:
    """As shown to those who may read the ACL but not change it: who, without what to guess from."""
    if not raw:
        return raw
    return raw_acl.pack(
        [
            (permissions, scheme, id.split(b":", 1)[0] + b":x" if scheme == b"digest" else id)
            for permissions, scheme, id in entries(raw)
        ]
    )
