"""A shell that a test sits at: it runs lines in a loop of its own, and keeps what they said."""

import asyncio
import contextlib
import io
import json
from collections.abc import Awaitable
from typing import Any, Self, TypeVar

import hikari_tools.shell.commands  # noqa: F401  fills the registry
from hikari_tools.shell.session import Options, Shell

T = TypeVar("T")
WAIT_S = 30.0


class _Out(io.TextIOWrapper):
    """Text with bytes below, as standard output has them."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode("utf-8", "replace")


class Sitting:
    """`said`: every line of standard output since the last `clear`."""

    def __init__(self, servers: str, **options: Any) -> None:
        self.shell = Shell(Options(hosts=servers, **options))
        self.said: list[str] = []
        self.raw = b""
        self.noted = ""
        self.home = "/"
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        self.wait(self.shell.connect(self.shell.options.hosts))
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(self.shell.close())
        self._loop.close()

    def wait(self, work: Awaitable[T]) -> T:
        """Run something of the shell's own loop."""

        async def bounded() -> T:
            return await asyncio.wait_for(work, WAIT_S)

        return self._loop.run(bounded())

    def line(self, line: str) -> int:
        """A line as somebody types it. Gives the status."""
        return self.play(self.shell.run_line(line))

    def run(self, *words: str) -> int:
        """A command in words."""
        return self.play(self.shell.run_words(list(words)))

    def told(self, *words: str) -> list[str]:
        """The lines of a command that must succeed."""
        self.said.clear()
        assert self.run(*words) == 0, self.noted
        return list(self.said)

    def json(self, *words: str) -> list[Any]:
        """The same with -o json: the value of each line."""
        self.shell.out.json = True
        try:
            return [json.loads(line) for line in self.told(*words)]
        finally:
            self.shell.out.json = False

    def play(self, work: Awaitable[int]) -> int:
        """Keep what is said while this goes on."""
        out, err = _Out(), _Out()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = self.wait(work)
        self.raw = out.buffer.getvalue()  # type: ignore[attr-defined]
        self.said += out.text().splitlines()
        self.noted = err.text()
        return status
