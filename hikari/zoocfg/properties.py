"""The syntax of java.util.Properties, in which a `zoo.cfg` is written."""

from collections.abc import Iterator

_WHITE = " \t\f"
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


class NotProperties(ValueError):
    """The text says what is wrong, and on which line."""


def parse(text: str) -> list[tuple[str, str, int]]:
    """(key, value, line) of each entry, in order; white space around a value is left out, as
    ZooKeeper does. Lines are counted from 1. Raises NotProperties."""
    return [_entry(line, number) for line, number in _logical(text)]


def _logical(text: str) -> Iterator[tuple[str, int]]:
    """Lines that hold entries, with the number of their first: a line that ends in a backslash
    that is not itself escaped goes on in the next, whose white space at the beginning is none."""
    whole, first = "", 0
    for number, natural in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        line = natural.lstrip(_WHITE)
        if not first and (not line or line[0] in "#!"):
            continue
        first = first or number
        whole += line
        if (len(whole) - len(whole.rstrip("\\"))) % 2:
            whole = whole[:-1]
        else:
            if whole:
                yield whole, first
            whole, first = "", 0
    if whole:
        yield whole, first


def _entry(line: str, number: int) -> tuple[str, str, int]:
    at = 0
    while at < len(line) and line[at] not in "=:" + _WHITE:
        at += 2 if line[at] == "\\" else 1
    key, rest = line[:at], line[at:].lstrip(_WHITE)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_WHITE)
    return _plain(key, number), _plain(rest, number).strip(), number


def _plain(text: str, number: int) -> str:
    """Without its escapes."""
    pieces = text.split("\\")
    made = [pieces.pop(0)]
    while pieces:
        piece = pieces.pop(0)
        if not piece:  # an escaped backslash, and what follows it up to the next
            made += ["\\", pieces.pop(0)] if pieces else [""]
        elif piece[0] == "u":
            digits = piece[1:5]
            if len(digits) < 4 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise NotProperties(f"line {number}: \\u must be followed by four hex digits")
            made += [chr(int(digits, 16)), piece[5:]]
        else:
            made += [_ESCAPES.get(piece[0], piece[0]), piece[1:]]
    return "".join(made)
