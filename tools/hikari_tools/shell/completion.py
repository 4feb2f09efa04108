"""What may be typed next: commands, their flags, and paths as they are on the server now.

Nobody waits for it: names that do not come in time are not offered. A directory is asked for once
in a while, however fast somebody types.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from hikari_client import State, ZKError
from hikari_tools.shell.lines import Word, quoted, scan
from hikari_tools.shell.registry import find, names
from hikari_tools.shell.session import Shell
from hikari_tools.shell.usage import Usage

WAIT_S: Final = 0.5
FRESH_S: Final = 2.0
NAMES_MAX: Final = 200
DIRECTORIES_MAX: Final = 100
PATHS: Final = ("path", "source", "target")
_CHOICES: Final = {
    "mode": ("PERSISTENT", "PERSISTENT_RECURSIVE"),
    "scheme": ("digest", "ip", "world", "auth"),
    "on|off": ("on", "off"),
}


class ShellCompleter(Completer):
    """Completes for one shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._known: dict[str, tuple[float, list[str]]] = {}

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        line = document.text_before_cursor
        said = scan(line)
        typed = said.pop() if said and (said[-1].open or said[-1].end == len(line)) else None
        word = typed.text if typed else ""
        for one in await self._offered(said, word):
            start = typed.start - len(line) if typed else 0
            yield Completion(quoted(one), start_position=start, display=one)

    async def _offered(self, said: list[Word], word: str) -> list[str]:
        if not said:
            return _beginning(names(), word)
        command = find(said[0].text)
        if command is None:
            return []
        if word.startswith("-"):
            return _beginning(command.usage.flags, word)
        what = _place(command.usage, [one.text for one in said[1:]])
        if what == "command":
            return _beginning(names(), word)
        if what in _CHOICES:
            return _beginning(_CHOICES[what], word)
        return await self._paths(word) if what in PATHS else []

    async def _paths(self, word: str) -> list[str]:
        """All children of what was typed up to the last slash that go on as it does."""
        stem, slash, begun = word.rpartition("/")
        directory = self._shell.path(stem + slash if stem or slash else "")
        children = await self._children(directory)
        found = [name for name in children if name.startswith(begun)]
        return [f"{stem}{slash}{name}" for name in found[:NAMES_MAX]]

    async def _children(self, directory: str) -> list[str]:
        now = time.monotonic()
        known = self._known.get(directory)
        if known and now - known[0] < FRESH_S:
            return known[1]
        client = self._shell.client
        if client is None or client.status.state not in (State.CONNECTED, State.READ_ONLY):
            return []
        try:
            async with asyncio.timeout(WAIT_S):
                found = sorted(await client.children(directory))
        except (ZKError, TimeoutError):
            return []
        if len(self._known) >= DIRECTORIES_MAX:
            self._known.clear()
        self._known[directory] = (now, found)
        return found


def _beginning(words: Iterable[str], begun: str) -> list[str]:
    return [word for word in words if word.lower().startswith(begun.lower())]


def _place(usage: Usage, said: list[str]) -> str:
    """What the next word is, behind those."""
    at = 0
    rest: Iterator[str] = iter(said)
    for word in rest:
        if word in usage.valued:
            if next(rest, None) is None:
                return usage.valued[word]
        elif not word.startswith("-"):
            at += 1
    return usage.argument(at)
