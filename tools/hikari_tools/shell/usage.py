"""How a command is called, said once: `[-s] [-v version] path [data]` is its help, its parser and
its completion.

In brackets: may be left out. `-x` alone is a switch, `-x name` takes a value, a word is an
argument, `word...` takes all that are left. Flags may stand anywhere, and switches together
(`-sw`), as in zkCli. Behind `--` there are no flags.
"""

import re
from typing import Final, NamedTuple

from attrs import field, frozen

from hikari_tools.shell.complaints import Complaint, usage

_PART: Final = re.compile(r"\[[^\]]*\]|\S+")


class Argument(NamedTuple):
    """A place in the usage. Its `name` tells what it is: `path` is completed from the tree."""

    name: str
    needed: bool
    many: bool


@frozen
class Given:
    """What was written behind a command."""

    flags: frozenset[str]
    values: dict[str, str]
    words: list[str] = field(factory=list)

    def on(self, flag: str) -> bool:
        return flag in self.flags

    def word(self, at: int, default: str = "") -> str:
        return self.words[at] if at < len(self.words) else default

    def number(self, flag: str, default: int, least: int | None = None) -> int:
        """The value of a flag. Raises a Complaint if it is no whole number, or too small."""
        text = self.values.get(flag)
        return default if text is None else whole(text, flag, least)


def whole(text: str, what: str, least: int | None = None) -> int:
    """A whole number. Raises a Complaint."""
    try:
        number = int(text)
    except ValueError:
        raise usage(f"{what} is a whole number, not {text!r}") from None
    if least is not None and number < least:
        raise usage(f"{what} is {least} or more")
    return number


@frozen
class Usage:
    """See the module. `name` is the command's."""

    name: str
    text: str
    switches: frozenset[str]
    valued: dict[str, str]
    arguments: tuple[Argument, ...]

    @staticmethod
    def of(name: str, text: str) -> "Usage":
        switches: set[str] = set()
        valued: dict[str, str] = {}
        arguments: list[Argument] = []
        for part in _PART.findall(text):
            inner = part.strip("[]")
            if inner.startswith("-"):
                for one in inner.split("|"):
                    flag, _, value = one.strip().partition(" ")
                    if value:
                        valued[flag] = value
                    else:
                        switches.add(flag)
            else:
                arguments.append(
                    Argument(inner.rstrip("."), not part.startswith("["), inner.endswith("..."))
                )
        return Usage(name, text, frozenset(switches), valued, tuple(arguments))

    @property
    def flags(self) -> list[str]:
        return sorted({*self.switches, *self.valued})

    def parse(self, words: list[str]) -> Given:
        """Raises a Complaint that shows the usage."""
        flags: set[str] = set()
        values: dict[str, str] = {}
        plain: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == "--":
                plain += rest
            elif word in self.valued:
                value = next(rest, None)
                if value is None:
                    raise self._wrong(f"{word} needs a {self.valued[word]}")
                values[word] = value
            elif not self._is_flag(word):
                plain.append(word)
            else:
                flags |= self._switches(word)
        self._check(plain)
        return Given(frozenset(flags), values, plain)

    def _is_flag(self, word: str) -> bool:
        return len(word) > 1 and word[0] == "-" and not _is_number(word)

    def _switches(self, word: str) -> set[str]:
        if word in self.switches:
            return {word}
        together = {f"-{letter}" for letter in word[1:]}
        if together <= self.switches:
            return together
        raise self._wrong(f"there is no flag {word} (what is not meant as one goes behind --)")

    def _check(self, plain: list[str]) -> None:
        needed = [one.name for one in self.arguments if one.needed]
        if len(plain) < len(needed):
            raise self._wrong(f"{needed[len(plain)]} is missing")
        many = any(one.many for one in self.arguments)
        if not many and len(plain) > len(self.arguments):
            raise self._wrong(f"too much: {plain[len(self.arguments)]!r}")

    def argument(self, at: int) -> str:
        """The name of the argument at a place; "" if there is none."""
        if at < len(self.arguments):
            return self.arguments[at].name
        last = self.arguments[-1] if self.arguments else None
        return last.name if last is not None and last.many else ""

    def _wrong(self, why: str) -> Complaint:
        return usage(f"{self.name}: {why}. Usage: {self}")

    def __str__(self) -> str:
        return f"{self.name} {self.text}".strip()


def _is_number(word: str) -> bool:
    return re.fullmatch(r"-\d+(\.\d+)?", word) is not None
