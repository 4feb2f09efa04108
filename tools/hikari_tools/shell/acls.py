"""ACLs as people write them: scheme:id:permissions, with commas between."""

from typing import Final

from hikari_client import ACL, Permission
from hikari_tools.shell.complaints import usage

_LETTERS: Final = {
    "c": Permission.CREATE,
    "d": Permission.DELETE,
    "r": Permission.READ,
    "w": Permission.WRITE,
    "a": Permission.ADMIN,
}


def parse(text: str, hint: str = "") -> list[ACL]:
    """Raises a Complaint, with the hint behind it."""
    return [_one(part, hint) for part in text.split(",")]


def _one(text: str, hint: str) -> ACL:
    scheme, _, rest = text.partition(":")
    name, _, letters = rest.rpartition(":")
    if not scheme or not letters or ":" not in rest or set(letters) - set(_LETTERS):
        expected = "scheme:id:permissions is expected, as in world:anyone:cdrwa"
        raise usage(f"{text!r} is no ACL: {expected}{hint}")
    permissions = 0
    for letter in letters:
        permissions |= _LETTERS[letter]
    return ACL(int(permissions), scheme, name)


def written(entry: ACL) -> str:
    """As `parse` reads it."""
    letters = "".join(letter for letter, bit in _LETTERS.items() if entry.permissions & bit)
    return f"{entry.scheme}:{entry.id}:{letters}"
