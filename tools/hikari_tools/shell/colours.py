"""The line in colours while it is typed: red for what is no command or no flag of it."""

from collections.abc import Callable
from typing import Final

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

from hikari_tools.shell.lines import Word, scan
from hikari_tools.shell.registry import Command, find

STYLE: Final = Style.from_dict(
    {
        "command": "bold ansigreen",
        "wrong": "ansired",
        "flag": "ansicyan",
        "path": "ansiblue",
        "quoted": "ansiyellow",
        "comment": "ansibrightblack",
        "good": "ansigreen",
        "bad": "bold ansired",
        "bottom-toolbar": "noreverse ansibrightblack",
    }
)


class ShellLexer(Lexer):
    """Of what `lines` makes of a line."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = document.lines

        def coloured(number: int) -> StyleAndTextTuples:
            return list(_coloured(lines[number])) if number < len(lines) else []

        return coloured


def _coloured(line: str) -> StyleAndTextTuples:
    if line.lstrip().startswith("#"):
        return [("class:comment", line)]
    parts: StyleAndTextTuples = []
    said = scan(line)
    command = find(said[0].text) if said else None
    at = 0
    for number, word in enumerate(said):
        parts.append(("", line[at : word.start]))
        parts.append((_class(line, word, number, command), line[word.start : word.end]))
        at = word.end
    parts.append(("", line[at:]))
    return parts


def _class(line: str, word: Word, number: int, command: Command | None) -> str:
    if number == 0:
        return "class:command" if command else "class:wrong"
    if line[word.start] in "\"'":
        return "class:quoted"
    if word.text.startswith("-") and len(word.text) > 1 and command is not None:
        flags = command.usage.flags
        together = {f"-{letter}" for letter in word.text[1:]} <= set(flags)
        return "class:flag" if word.text in flags or together else "class:wrong"
    return "class:path" if word.text.startswith("/") else ""
