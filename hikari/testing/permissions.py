"""Who may do what, for the model: written anew from the rules, not taken from `hikari.tree`."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from hikari_wire import acl

Identity = tuple[bytes, bytes]

ACL_BYTES_MAX: Final = 16 << 10


def digest(user_password: bytes) -> bytes:
    """`user:password` as an ACL names it."""
    user_password = user_password.decode("utf-8", "replace").encode()
    user, _, _ = user_password.partition(b":")
    return user + b":" + b64encode(hashlib.sha1(user_password).digest())


def may(raw: bytes, permission: int, identities: Sequence[Identity]) -> bool:
    """Whether this ACL gives one of the identities one of these permissions."""
    return (
        not raw
        or (b"super", b"") in identities
        or any(
            permissions & permission and _is_one_of(scheme, id, identities)
            for permissions, scheme, id in acl.parse(raw)
        )
    )


def _is_one_of(scheme: bytes, id: bytes, identities: Sequence[Identity]) -> bool:
    if (scheme, id) == (b"world", b"anyone"):
        return True
    if scheme != b"ip":
        return (scheme, id) in identities
    within = _network(id)
    return within is not None and any(
        known == b"ip" and (one := _network(address)) is not None and _inside(one[0], *within)
        for known, address in identities
    )


def _inside(address: list[int], network: list[int], counting: int) -> bool:
    """Bit by bit; both are lists of bits."""
    return len(address) == len(network) and address[:counting] == network[:counting]


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
def _network(text: bytes) -> tuple[list[int], int] | None:
    """The bits of an address, and how many of them count."""
    if len(text) > 64:
        return None
    address, slash, mask = text.partition(b"/")
    bits = _bits(address, b":", 16) if b":" in address else _bits(address, b".", 10)
    if bits is None:
        return None
    counting = _number(mask, 10) if slash else len(bits)
    return None if counting is None or not 0 <= counting <= len(bits) else (bits, counting)


def _bits(address: bytes, mark: bytes, base: int) -> list[int] | None:
    parts = address.split(mark)
    width, count = (16, 8) if mark == b":" else (8, 4)
    if mark == b":" and b"::" in address:
        first, _, last = address.partition(b"::")
        before = first.split(mark) if first else []
        behind = last.split(mark) if last else []
        if len(before) + len(behind) > 7:
            return None
        parts = [*before, *[b"0"] * (8 - len(before) - len(behind)), *behind]
    bits: list[int] = []
    for part in parts:
        number = None if mark == b":" and len(part) > 4 else _number(part, base)
        if number is None or (mark == b"." and not 0 <= number <= 255):
            return None
        bits += [number >> place & 1 for place in reversed(range(width))]
    return bits if len(parts) == count else None


def _number(text: bytes, base: int) -> int | None:
    """As Java reads one."""
    digits = text[1:] if text[:1] in (b"+", b"-") else text
    known = b"0123456789abcdefABCDEF" if base == 16 else b"0123456789"
    return int(text, base) if digits and all(digit in known for digit in digits) else None
