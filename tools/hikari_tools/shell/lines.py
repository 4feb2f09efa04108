"""A line of a person into words.

Quotes count only where a word begins, so that `set /a {"b":1}` needs none, as in zkCli. Inside of
double quotes a backslash before n, t, r, a quote or itself means what it does in Python, and
`\\xHH` is a byte; inside of single ones nothing is special. A line that begins with # is a comment.
"""

import re
from typing import Final, NamedTuple

from hikari_tools.shell.complaints import usage

_ESCAPE: Final = re.compile(rb"\\(x[0-9a-fA-F]{2}|[ntr\"\\])")
_MEANT: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b'"': b'"', b"\\": b"\\"}


class Word(NamedTuple):
    """A word and where it stands in its line; `open`: its quote is not closed yet."""

    text: str
    start: int
    end: int
    open: bool = False


def words(line: str) -> list[str]:
    """The words of a line. Raises a Complaint if a quote is not closed."""
    found = scan(line)
    if found and found[-1].open:
        raise usage(f"the quote at {found[-1].start + 1} is not closed")
    return [word.text for word in found]


def scan(line: str) -> list[Word]:
    """The words with their places. Whatever is unfinished is a word too."""
    found: list[Word] = []
    at, end = 0, len(line)
    if line.lstrip().startswith("#"):
        return found
    while at < end:
        if line[at].isspace():
            at += 1
            continue
        word = _quoted(line, at) if line[at] in "\"'" else _bare(line, at)
        found.append(word)
        at = word.end
    return found


def _bare(line: str, start: int) -> Word:
    end = start
    while end < len(line) and not line[end].isspace():
        end += 1
    return Word(line[start:end], start, end)


def _quoted(line: str, start: int) -> Word:
    quote, at = line[start], start + 1
    while at < len(line) and line[at] != quote:
        at += 2 if line[at] == "\\" and quote == '"' else 1
    text = line[start + 1 : at]
    if quote == '"':
        text = _unescaped(text)
    return Word(text, start, min(at + 1, len(line)), at >= len(line))


def _unescaped(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    said = _ESCAPE.sub(lambda m: _MEANT.get(m[1]) or bytes.fromhex(m[1][1:].decode()), raw)
    return said.decode("utf-8", "surrogateescape")


def quoted(word: str) -> str:
    """A word as it must be written to be one."""
    if word and word[0] not in "\"'#" and not any(letter.isspace() for letter in word):
        return word
    inner = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{inner}"'
