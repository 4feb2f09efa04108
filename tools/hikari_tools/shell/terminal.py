"""A terminal to live in: the prompt with the state and the path, completion, history, and what
watches tell printed above it."""

import os
from pathlib import Path
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from hikari_client import State, ZKError
from hikari_tools.shell import complaints
from hikari_tools.shell.colours import STYLE, ShellLexer
from hikari_tools.shell.complaints import Complaint
from hikari_tools.shell.completion import ShellCompleter
from hikari_tools.shell.interrupting import interruptible
from hikari_tools.shell.lines import scan
from hikari_tools.shell.registry import find
from hikari_tools.shell.session import Quit, Shell, is_public

_GOOD: Final = (State.CONNECTED, State.READ_ONLY)


def history_file() -> Path:
    """Where the lines are kept from one time to the next."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "hikari" / "history"


class _Public(FileHistory):
    """A history that keeps no passwords."""

    def store_string(self, string: str) -> None:
        if is_public(string):
            super().store_string(string)


def _history(shell: Shell) -> History:
    file = history_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        shell.out.note(f"the history is not kept: {error}")
        return InMemoryHistory()
    return _Public(str(file))


def _prompt(shell: Shell) -> StyleAndTextTuples:
    state = shell.client.status.state if shell.client else State.CLOSED
    role = "good" if state in _GOOD else "bad"
    parts: StyleAndTextTuples = [(f"class:{role}", f"({state.value})")]
    if shell.options.read_only:
        parts.append(("class:flag", " read-only"))
    if shell.pending is not None:
        parts.append(("class:flag", f" txn[{len(shell.pending)}]"))
    return [*parts, ("", f" {shell.here}> ")]


def _toolbar(shell: Shell, line: str) -> str:
    said = scan(line)
    command = find(said[0].text) if said else None
    if command is not None:
        return str(command.usage)
    client = shell.client
    if client is None:
        return "not connected; `connect host:port` connects"
    status = client.status
    server = status.server or f"looking for {shell.hosts} ({status.why or status.state.value})"
    return f"{server}  session 0x{client.session_id:x}"


async def _connecting(shell: Shell) -> int:
    """Whoever does not want to wait for it begins without."""
    try:
        await shell.connect(shell.options.hosts)
    except (Complaint, ZKError) as error:
        return shell.say(error)
    return complaints.OK


async def live(shell: Shell) -> int:
    """Until `quit` or Ctrl-D."""
    prompt: PromptSession[str] = PromptSession(
        message=lambda: _prompt(shell),
        completer=ShellCompleter(shell),
        lexer=ShellLexer(),
        style=STYLE,
        history=_history(shell),
        auto_suggest=AutoSuggestFromHistory(),
        bottom_toolbar=lambda: _toolbar(shell, prompt.default_buffer.text),
        complete_while_typing=False,
    )
    question: PromptSession[str] = PromptSession(style=STYLE)

    async def ask(said: str) -> bool:
        try:
            answer = await question.prompt_async(f"{said} [y/N] ", handle_sigint=False)
        except (KeyboardInterrupt, EOFError):
            return False
        return answer.strip().lower() in ("y", "yes")

    shell.ask, shell.reads_lines = ask, True
    shell.refresh = prompt.app.invalidate
    await interruptible(shell, _connecting(shell))
    while True:
        try:
            with patch_stdout(raw=True):
                line = await prompt.prompt_async()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return complaints.OK
        shell.remember(line.strip())
        try:
            await interruptible(shell, shell.run_line(line))
        except Quit:
            return complaints.OK
