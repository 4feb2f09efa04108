"""What a command says: text for people, or with `-o json` one JSON value a line.

Answers go to standard output; what is said about the work (questions, progress, warnings) to
standard error. Both are looked up when something is said: the prompt puts others in their place.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Final, TextIO

from attrs import define
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from hikari_tools.shell.data import as_json

PLAIN_COLUMNS: Final = 10_000
"""Wide enough that nothing is cut where nobody looks."""


QUIET_S: Final = 1.0
"""So long after the last answer the bar comes back."""


class Counter:
    """How far a long piece of work is. Shown only where somebody sits and looks, and nothing else
    is said there."""

    def __init__(self, bar: Progress | None, what: str, total: int | None) -> None:
        self._bar = bar
        self.done = 0
        self._hidden_at = 0.0
        self._task = bar.add_task(what, total=total) if bar else None

    def add(self, count: int = 1) -> None:
        self.done += count
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self.done)
            if self._hidden_at and monotonic() - self._hidden_at > QUIET_S:
                self._hidden_at = 0.0
                self._bar.start()

    def hide(self) -> None:
        """Something is said where the bar stands."""
        if self._bar is not None:
            if not self._hidden_at:
                self._bar.stop()
            self._hidden_at = monotonic()


@define
class Output:
    """Where a shell speaks. `json`: for programs."""

    json: bool = False
    _counter: Counter | None = None

    def tell(self, value: Any, text: str | Callable[[], str]) -> None:
        """One answer: `value` for programs, `text` for people."""
        if self.json:
            self.line(as_json(value))
        else:
            self.line(text if isinstance(text, str) else text())

    def line(self, text: str) -> None:
        """A line of an answer; letters that cannot be printed are shown as what they are."""
        self._make_room(sys.stdout)
        sys.stdout.write(_printable(text) + "\n")
        sys.stdout.flush()

    def raw(self, data: bytes) -> None:
        """Bytes as they are, for files and pipes."""
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def note(self, text: str) -> None:
        """About the work, not of it."""
        self.aside(as_json({"note": text}) if self.json else text)

    def aside(self, text: str) -> None:
        """A line of standard error."""
        self._make_room(sys.stderr)
        sys.stderr.write(_printable(text) + "\n")
        sys.stderr.flush()

    def rich(self, what: RenderableType) -> None:
        """A table or a tree of rich, for people; in a pipe without padding."""
        tty = sys.stdout.isatty()
        console = Console(
            file=sys.stdout, width=None if tty else PLAIN_COLUMNS, highlight=False, markup=False
        )
        if tty:
            console.print(what)
        else:
            with console.capture() as captured:
                console.print(what)
            lines = captured.get().splitlines()
            sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))
        sys.stdout.flush()

    def table(self, heads: list[str], rows: list[list[str]], values: list[Any]) -> None:
        """Rows for people, one value a line for programs."""
        if self.json:
            for value in values:
                self.tell(value, "")
            return
        self.rich(self.drawn(heads, rows))

    def drawn(self, heads: list[str], rows: list[list[str]]) -> Table:
        """A table for people."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads:
            table.add_column(Text(head), no_wrap=not sys.stdout.isatty(), overflow="fold")
        for row in rows:
            table.add_row(*[Text(_printable(cell)) for cell in row])
        return table

    @contextlib.contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Counter]:
        """A bar on standard error while this goes on, if that is a terminal."""
        if not sys.stderr.isatty():
            yield Counter(None, what, total)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(file=sys.stderr)
        with Progress(
            *columns, TimeElapsedColumn(), console=console, transient=True, redirect_stdout=False,
            redirect_stderr=False,
        ) as bar:  # fmt: skip
            self._counter = Counter(bar, what, total)
            try:
                yield self._counter
            finally:
                self._counter = None

    def _make_room(self, where: TextIO) -> None:
        if self._counter is not None and where.isatty():
            self._counter.hide()


def _printable(text: str) -> str:
    """Nothing that could steer a terminal. What is no letter at all becomes `\\xHH`."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else _named(letter)
        for letter in text.replace("\r\n", "\n")
    )


def _named(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
