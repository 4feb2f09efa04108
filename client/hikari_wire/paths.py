"""Paths: which are legal, and their parts. Bytes in UTF-8, as they came from the wire.

The rules are ZooKeeper's, which looks at UTF-16 units: a character beyond the first 65,536 is two
surrogates there and therefore illegal, and what is not UTF-8 becomes U+FFFD, illegal too.
"""

import re
from typing import Final

# Elements of printable ASCII, none of them "." or "..".
_plain = re.compile(rb"/|(?:/(?!\.\.?(?:/|\Z))[\x20-.0-\x7e]++)++").fullmatch

_plain_name = re.compile(rb"/(?!\.\.?\Z)[\x20-.0-\x7e]++").fullmatch

_ILLEGAL: Final = r"\x00-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\U0010ffff"
_legal = re.compile(rf"(?:/(?!\.\.?(?:/|\Z))[^/{_ILLEGAL}]++)++").fullmatch


def check(path: bytes) -> bool:
    """Whether this names a znode.

    Absolute, no empty element and none that is "." or "..", no slash at the end but the root's,
    no control, private-use, surrogate or special character.
    """
    if _plain(path) is not None:
        return True
    if path.isascii():
        return False
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return False
    return _legal(text) is not None


def check_below(path: bytes, slash: int) -> bool:
    """The same, where what stands before the last slash is known to be right. (Before the one of
    `//a` stands the root, and that path is wrong all the same.)"""
    return (slash != 1 and _plain_name(path, slash) is not None) or check(path)


def check_sequential(path: bytes) -> bool:
    """Whether a sequential create may ask for this: its number follows, so "/a/" is legal."""
    return check(path + b"1")


def parent(path: bytes) -> bytes:
    """The path of the parent of a legal path; b"" for the root, which has none."""
    last = path.rfind(b"/")
    if last > 0:
        return path[:last]
    return b"/" if len(path) > 1 else b""


def name(path: bytes) -> bytes:
    """The last element of a legal path; b"" for the root."""
    return path[path.rfind(b"/") + 1 :]


def depth(path: bytes) -> int:
    """How many elements a legal path has; 0 for the root."""
    return path.count(b"/") if len(path) > 1 else 0
