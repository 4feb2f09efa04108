"""Who may do what with a znode. ACLs are raw vectors, b"" being the open one; they do not inherit.

Identities are (scheme, id) pairs, as the door established them: an `ip` for every connection,
a `digest` for every password it was told, and `super` if one of those was that of the superuser.
They come with the request, so that all members judge by the same.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from hikari_wire import acl as raw_acl
from hikari_wire.acl import Entry

Identity = tuple[bytes, bytes]

_ANYONE: Final = (b"world", b"anyone")
SUPERUSER: Final = (b"super", b"")
"""Who has this identity may do everything."""
# Only these prove who somebody is: an address does not, so `auth` does not mean it.
_AUTHENTICATING: Final = frozenset((b"digest", b"x509"))


def digest(user_password: bytes) -> bytes:
    """`user:password` as ACLs name it: the user, and a hash of the whole, as text."""
    user_password = user_password.decode(errors="replace").encode()
    user = user_password.split(b":", 1)[0]
    return user + b":" + b64encode(hashlib.sha1(user_password).digest())


ACL_BYTES_MAX: Final = 16 << 10
"""A longer ACL is not valid: each request on its znode would have to go through it."""
REMEMBERED_BYTES_MAX: Final = 512
"""A longer ACL is parsed anew each time: what is remembered must not be made large by clients."""
REMEMBERED_COUNT: Final = 4096


def entries(raw: bytes) -> tuple[Entry, ...]:
    """What a raw ACL says."""
    return _remembered(raw) if len(raw) <= REMEMBERED_BYTES_MAX else raw_acl.parse(raw)


@lru_cache(maxsize=REMEMBERED_COUNT)
def _remembered(raw: bytes) -> tuple[Entry, ...]:
    """Real trees hold few different ACLs."""
    return raw_acl.parse(raw)


def may(raw: bytes, permission: int, identities: Sequence[Identity]) -> bool:
    """Does this ACL let one of the identities do that? Of several permissions one is enough."""
    if not raw or SUPERUSER in identities:
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
    network, address = _network(id), _network(identity)
    if network is None or address is None:
        return False
    bits, first, unset = network
    # A shift forgets what the mask leaves out, of both.
    return address[0] == bits and address[1] >> unset == first >> unset


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


_Network = tuple[int, int, int]  # bits of the address, the address, how many of them do not count

# What Java takes for a number, and so ZooKeeper.
_DECIMAL: Final = re.compile(rb"[+-]?[0-9]+")
_HEX: Final = re.compile(rb"(?=.{1,4}\Z)[+-]?[0-9a-fA-F]+")


def _network(text: bytes) -> _Network | None:
    """An address, or an address and how many of its bits count; None: neither."""
    return _parsed_network(text) if len(text) <= 64 else None


@lru_cache(maxsize=REMEMBERED_COUNT)
def _parsed_network(text: bytes) -> _Network | None:
    address, slash, count = text.partition(b"/")
    octets = _octets_v6(address) if b":" in address else _octets_v4(address)
    if octets is None:
        return None
    bits = 8 * len(octets)
    if slash and _DECIMAL.fullmatch(count) is None:
        return None
    counting = int(count) if slash else bits
    if not 0 <= counting <= bits:
        return None
    return bits, int.from_bytes(octets, "big"), bits - counting


def _octets_v4(text: bytes) -> bytes | None:
    parts = text.split(b".")
    if len(parts) != 4 or not all(map(_DECIMAL.fullmatch, parts)):
        return None
    octets = list(map(int, parts))
    return bytes(octets) if all(0 <= octet <= 255 for octet in octets) else None


def _octets_v6(text: bytes) -> bytes | None:
    """Eight segments, or fewer around one `::`."""
    halves = [half.split(b":") if half else [] for half in text.split(b"::")]
    count = sum(map(len, halves))
    if len(halves) > 2 or (count != 8 if len(halves) == 1 else count >= 8):
        return None
    packed = []
    for half in halves:
        if not all(map(_HEX.fullmatch, half)):
            return None
        packed.append(b"".join([(int(part, 16) & 0xFFFF).to_bytes(2, "big") for part in half]))
    first, last = packed if len(packed) == 2 else (packed[0], b"")
    return first.ljust(16 - len(last), b"\0") + last


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
