"""Data-driven tests: a file of commands and the output each must print.

    command arg key=(1,2)        <- one line; '#' lines before it are comments
    more input                   <- optional, until the dashes
    ----
    expected output              <- until a blank line

`REWRITE=1 pytest` writes what was printed; the review is of the diff.
"""

import os
from collections.abc import Callable
from pathlib import Path


def check(path: Path, run: Callable[[str, str], str]) -> None:
    """Feed every command in `path` to `run(line, body) -> str` and compare what it prints."""
    printed = []
    for stanza in path.read_text().strip("\n").split("\n\n"):
        written, _, _ = stanza.partition("\n----")
        lines = written.split("\n")
        comments = [line for line in lines if line.startswith("#")]
        command, *body = [line for line in lines if not line.startswith("#")]
        output = run(command, "\n".join(body)).rstrip("\n") or "ok"
        printed.append("\n".join([*comments, command, *body, "----", output]))
    text = "\n\n".join(printed) + "\n"
    if os.environ.get("REWRITE"):
        path.write_text(text)
    assert text == path.read_text()
