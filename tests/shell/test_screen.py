"""What stands where on the screen of a real terminal (tmux): the shell draws with movements that
only a terminal puts together."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ensemble.ensemble import wait_until
from shell.running import PROGRAM, ran

pytestmark = [
    pytest.mark.ensemble,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
]

HEIGHT = 24
COLOUR = re.compile(r"\x1b\[[39][0-7]m")
PROMPT = r"\(connected\) />"
SESSION = r"127\.0\.0\.1:\d+  session 0x[0-9a-f]+"


class Screen:
    """A terminal so wide, at which the shell runs."""

    def __init__(self, home: Path, servers: str, width: int, **surroundings: str) -> None:
        self._socket = str(home / "tmux")
        env = {"XDG_STATE_HOME": str(home), **surroundings}
        settings = [f"{name}={value}" for name, value in env.items()]
        program = shlex.join(["env", *settings, *PROGRAM, "--server", servers])
        keep = ("set-option", "-g", "remain-on-exit", "on", ";")
        size = ("-d", f"-x{width}", f"-y{HEIGHT}")
        self._tell("-f", "/dev/null", "start-server", ";", *keep, "new-session", *size, program)

    def _tell(self, *words: str) -> str:
        command = ["tmux", "-S", self._socket, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def type(self, text: str) -> None:
        self._tell("send-keys", "-l", "--", text)

    def press(self, key: str) -> None:
        self._tell("send-keys", key)

    def enter(self, line: str) -> None:
        self.type(line)
        self.press("Enter")

    def rows(self, *options: str) -> list[str]:
        """All that is to be seen, but for empty rows; -e: with its colours."""
        rows = self._tell("capture-pane", "-p", *options).split("\n")
        return [row.rstrip() for row in rows if row.strip()]

    def ends_with(self, *patterns: str) -> None:
        """Wait until each of the last rows is as told."""

        def there() -> bool:
            last = self.rows()[-len(patterns) :]
            return len(last) == len(patterns) and all(map(re.fullmatch, patterns, last))

        self.wait(f"the screen ends with {patterns}", there)

    def wait(self, what: str, there: Callable[[], object]) -> None:
        try:
            wait_until(what, there)
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.rows()])) from None

    def end(self) -> None:
        self._tell("kill-server")


@pytest.fixture
def screen(tmp_path: Path, servers: str) -> Iterator[Any]:
    """Give a function that starts one."""
    started: list[Screen] = []

    def start(width: int = 100, **surroundings: str) -> Screen:
        started.append(Screen(tmp_path, servers, width, **surroundings))
        started[-1].ends_with(PROMPT, SESSION)
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_below_the_prompt_stands_the_session_or_the_usage_of_what_is_typed(screen: Any) -> None:
    one = screen()
    one.type("getEph")
    one.press("Tab")
    one.ends_with(rf"{PROMPT} getEphemerals", r"getEphemerals \[path\]")
    one.press("C-c")
    one.ends_with(PROMPT, SESSION)
    one.enter("close")
    one.ends_with(r"\(closed\) />", "not connected; `connect host:port` connects")
    one.enter("connect")
    one.ends_with(r"connected to 127.*", PROMPT, SESSION)


def test_an_event_stands_above_the_line_that_is_typed(screen: Any, servers: str) -> None:
    one = screen()
    one.enter("addWatch /")
    one.ends_with(rf"{PROMPT} addWatch /", PROMPT, SESSION)
    one.type("create /half")
    one.ends_with(rf"{PROMPT} create /half", r"create \[-s\].*")
    ran(servers, "create", "/outside")
    one.ends_with(
        r"WATCHER:: created: /outside at zxid 0x[0-9a-f]+",
        rf"{PROMPT} create /half",
        r"create \[-s\].*",
    )


def test_a_connection_that_is_gone_is_told_below_the_prompt(screen: Any, ensemble: Any) -> None:
    one = screen()
    try:
        for number in ensemble.numbers:
            ensemble.pause(number)
        one.ends_with(r"\((suspended|lost)\) />", r"looking for 127.*")
    finally:
        for number in ensemble.numbers:
            ensemble.go_on(number)
        ensemble.leader()
    one.ends_with(PROMPT, SESSION)


def test_colours_are_for_those_who_want_them(screen: Any) -> None:
    one = screen()
    one.type("nonsense")
    one.ends_with(rf"{PROMPT} nonsense", SESSION)
    assert COLOUR.search("".join(one.rows("-e")))


def test_without_colours_nothing_is_coloured(screen: Any) -> None:
    one = screen(width=160, NO_COLOR="1")
    one.enter("stat")
    one.ends_with(r"id  address .*", r"1 .*", r"2 .*", r"3 .*", PROMPT, SESSION)
    one.type("nonsense")
    one.ends_with(rf"{PROMPT} nonsense", SESSION)
    assert COLOUR.search("".join(one.rows("-e"))) is None


def test_a_narrow_terminal_folds_what_does_not_fit(screen: Any, servers: str) -> None:
    name = "/narrow/a-name-that-is-far-longer-than-a-narrow-terminal"
    ran(servers, "create", "-p", name, "x")
    one = screen(width=36)
    one.enter("du /narrow")
    one.wait("all of it", lambda: name in "".join(row.strip() for row in one.rows()))
    one.ends_with(PROMPT, SESSION)
    assert not [row for row in one.rows() if "…" in row]


@pytest.mark.parametrize("line", ["find /lines z", "grep here /lines", "export /lines"])
def test_answers_and_a_bar_do_not_mix(screen: Any, servers: str, line: str) -> None:
    """The bar is gone in the end, and nothing is left of it between the lines."""
    lines = ["create /lines here", *(f"create /lines/z{n} here" for n in range(300))]
    ran(servers, lines="\n".join(lines))
    one = screen()
    one.enter(line)
    one.ends_with(r".*/z99.*", PROMPT, SESSION)
    said = one.rows("-S", "-")
    begin = max(n for n, row in enumerate(said) if row.endswith(line))
    assert len([row for row in said[begin + 1 :] if "z" in row]) == 300
    assert not [row for row in said[begin + 1 :] if "━" in row]
