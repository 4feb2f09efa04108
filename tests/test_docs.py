"""Every command in README.md and docs is run: what a page shows is what a reader sees.

A block's language says what happens to it:

    console        `$ ` lines are typed into one sh of the page, the others must be their output
    hikari-shell   lines behind a prompt are typed into one shell of the page, likewise
    sh             is run, and must succeed
    python         is run; an `output` block behind it is what it must print
    toml           is a member's configuration, or a part of one
    sh long        takes minutes: its files must be there, and its options known
    text ini json  is not run

`...` in an output stands for anything. The ensemble is that of `./run`, on other ports. (The pages
about the client have tests of their own.)
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from ensemble.ensemble import wait_until
from shell.sitting import Sitting

import hikari_tools.shell.commands  # noqa: F401  fills the registry
from hikari.config import Config
from hikari_tools.bench.ports import free_ports
from hikari_tools.shell.registry import in_order

pytestmark = pytest.mark.ensemble

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "client.md"),
]
RUN, TEST = "./run", "./test"
"""What starts the ensemble of these tests, and what runs them."""
KNOWN = {
    *("console", "hikari-shell", "sh", "python", "output", "toml"),
    *("sh long", "text", "ini", "json"),
}
PROGRAMS = {
    ".venv/bin/hikari-shell": f"{sys.executable} -m hikari_tools.shell",
    ".venv/bin/hikari-bench": f"{sys.executable} -m hikari_tools.bench",
    ".venv/bin/hikari": f"{sys.executable} -m hikari",
    ".venv/bin/python": sys.executable,
    "python": sys.executable,
}
WAIT_S = 60
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"\n\n {4}\S")
_PROMPT = re.compile(r"^\([a-z ]+\)[^>\n]*> ?")


class Block(NamedTuple):
    """A block of a page, and the line at which it begins."""

    line: int
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
        for found in _FENCE.finditer(text)
    ]


class Place:
    """A folder with `data` in it, as the checkout has it after `./run`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(3)
        words = ["ensemble", "--members", "3", "--port", str(self.port), "--data", "data"]
        self._log = (folder / "ensemble").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hikari", *words],
            cwd=folder,
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            start_new_session=True,
        )
        wait_until("ready", lambda: "\n" in self.printed(), WAIT_S)

    def printed(self) -> str:
        return (self.folder / "ensemble").read_text()

    def surroundings(self) -> dict[str, str]:
        """The environment of what is run: the checkout's packages, and no terminal."""
        return os.environ | {
            "PYTHONPATH": self.packages(),
            "NO_COLOR": "1",
            "XDG_STATE_HOME": "state",
        }

    def packages(self) -> str:
        return os.pathsep.join(str(ROOT / name) for name in (".", "client", "tools"))

    def here(self, text: str) -> str:
        """A text of a page with the programs and the ports of this place."""
        names = "|".join(re.escape(name) for name in PROGRAMS)
        text = re.sub(rf"(?<![\w/-])({names})(?![\w-])", lambda found: PROGRAMS[found[1]], text)
        for number in (1, 2, 3):
            text = text.replace(f"127.0.0.1:{2180 + number}", f"127.0.0.1:{self.port + number - 1}")
        return text

    def servers(self) -> str:
        return ",".join(f"127.0.0.1:{self.port + number}" for number in range(3))

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WAIT_S)
        for pid in self.folder.glob("data/member-*/pid"):  # what a page started by hand
            os.kill(int(pid.read_text()), signal.SIGKILL)
        self._log.close()


class Typist:
    """One sh, into which the `console` blocks of a page are typed."""

    MARK = "--- and its status is"

    def __init__(self, place: Place) -> None:
        surroundings = place.surroundings() | {"HIKARI_SERVER": place.servers()}
        self._sh = subprocess.Popen(
            ["sh"],
            cwd=place.folder,
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def type(self, line: str) -> str:
        """Give what it says. It must succeed."""
        assert self._sh.stdin is not None
        assert self._sh.stdout is not None
        # A program of the page must not read the lines behind it.
        self._sh.stdin.write(f"{{ {line.removesuffix('&')}\n}} </dev/null")
        self._sh.stdin.write(" &\n" if line.endswith("&") else "\n")
        self._sh.stdin.write(f"echo {self.MARK} $?\n")
        self._sh.stdin.flush()
        said = ""
        for part in self._sh.stdout:
            if self.MARK in part:
                assert part.split()[-1] == "0", f"{line}\n{said}"
                return said + part.partition(self.MARK)[0]
            said += part
        raise AssertionError(f"{line} ended the shell: {said}")

    def close(self) -> None:
        assert self._sh.stdin is not None
        self._sh.stdin.close()
        self._sh.wait(WAIT_S)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("page"))
    yield made
    made.close()


def demand_same(where: str, said: str, expected: str) -> None:
    """Equal but for `...`, and for spaces within a line."""
    lines = [" ".join(line.split()) for line in expected.strip().splitlines()]
    pattern = re.escape("\n".join(lines)).replace(r"\.\.\.", ".*")
    found = "\n".join(" ".join(line.split()) for line in said.strip().splitlines())
    assert re.fullmatch(pattern, found, re.DOTALL), f"{where} says\n{said}\nand not\n{expected}"


def exchanges(text: str, prompt: re.Pattern[str]) -> list[tuple[str, str]]:
    """What is typed, and what is said then."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        match = prompt.match(line)
        if match:
            found.append((line[match.end() :], ""))
        else:
            typed, said = found.pop()
            found.append((typed, f"{said}{line}\n"))
    return found


class Reader:
    """Does what a page says, from its first block to its last."""

    def __init__(self, page: Path, place: Place) -> None:
        self._page, self._place = page, place
        self._typist = Typist(place)
        self._sitting: Sitting | None = None
        self._printed: str | None = None
        """What the block before this one has printed, if it was run."""

    def read(self, block: Block) -> None:
        where = f"{self._page.name}, line {block.line},"
        text = self._place.here(block.text)
        printed, self._printed = self._printed, None
        if block.language == "console":
            for typed, said in exchanges(text, re.compile(r"^\$ ")):
                demand_same(where, self._typist.type(typed), said)
        elif block.language == "hikari-shell":
            for typed, said in exchanges(text, _PROMPT):
                demand_same(where, self._sat(typed, said), said)
        elif block.language == "output":
            assert printed is not None, f"{where} is the output of nothing"
            demand_same(where, printed, text)
        elif block.language == "toml":
            self._configuration(text)
        elif block.language in ("sh", "python"):
            self._printed = self._run(where, block, text)

    def _sat(self, typed: str, said: str) -> str:
        if self._sitting is None:
            self._sitting = Sitting(self._place.servers()).__enter__()
        sitting = self._sitting
        sitting.said.clear()
        sitting.line(typed)
        told = sitting.noted.splitlines()
        while len(sitting.said) + len(told) < len(said.splitlines()):  # events come by themselves
            sitting.line("sleep 0.01")
        return "\n".join([*sitting.said, *told])

    def _run(self, where: str, block: Block, text: str) -> str:
        if block.text.strip() in (RUN, TEST):
            return self._place.printed().splitlines()[0]
        if "FILE" in text:  # a stopped member's
            text = _stopped(self._place, text)
        words = [sys.executable, "-c", text] if block.language == "python" else ["sh", "-ec", text]
        done = self._place.run(words)
        assert done.returncode == 0, f"{where} fails\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _configuration(self, text: str) -> None:
        tomllib.loads(text)
        file = self._place.folder / "page.toml"
        file.write_text(text)
        if "[ensemble]" in text:
            Config.load(file)

    def close(self) -> None:
        self._typist.close()
        if self._sitting is not None:
            self._sitting.__exit__()


def _stopped(place: Place, text: str) -> str:
    """A command about a member that does not run: one of one, of its own."""
    folder = place.folder / "alone"
    if not folder.exists():
        port = str(free_ports(1))
        words = ["ensemble", "--members", "1", "--port", port, "--data", str(folder)]
        with subprocess.Popen(
            [sys.executable, "-m", "hikari", *words],
            env=place.surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ) as running:
            assert running.stdout is not None
            running.stdout.readline()
            running.send_signal(signal.SIGTERM)
    text = re.sub(r"^hikari ", f"{sys.executable} -m hikari ", text, flags=re.MULTILINE)
    return text.replace("FILE", str(folder / "member-1" / "hikari.toml"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_what_its_reader_sees(page: Path, place: Place) -> None:
    reader = Reader(page, place)
    try:
        for block in blocks(page):
            reader.read(block)
    finally:
        reader.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page: Path) -> None:
    unknown = [(one.line, one.language) for one in blocks(page) if one.language not in KNOWN]
    assert unknown == []
    prose = _FENCE.sub("", page.read_text())
    found = _INDENTED.search(prose)
    lines = prose[found.start() :].strip().splitlines() if found else []
    assert lines[:1] == [], "an indented block does not say what it is: fence it"


LONG = sorted(
    {
        line
        for page in PAGES
        for block in blocks(page)
        if block.language == "sh long"
        for line in block.text.splitlines()
    }
)


COMMANDS = ("hikari", "hikari_tools.bench")
"""Whose first word says which options there are."""


@pytest.mark.parametrize("line", LONG)
def test_what_takes_long_knows_its_options(line: str, place: Place) -> None:
    words = shlex.split(place.here(line), comments=True)
    while "=" in words[0]:
        del words[0]
    options = {word for word in words if word.startswith("--")}
    paths = [word for word in words if word.startswith(("tests/", "docs/"))]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    if words[0] == ".venv/bin/pytest":
        assert paths
        return
    module, *rest = words[words.index("-m") + 1 :]
    command = [] if rest[0].startswith("-") else rest[:1]
    said = subprocess.run(
        [sys.executable, "-m", module, *command[: module in COMMANDS], "--help"],
        cwd=ROOT,
        env=place.surroundings() | {"PYTHONPATH": f"{ROOT / 'tests'}:{place.packages()}"},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert said.returncode == 0, said.stderr
    assert {option for option in options if option not in said.stdout} == set()


def test_the_page_about_the_shell_has_every_command() -> None:
    page = (ROOT / "docs" / "shell.md").read_text().replace("\\|", "|")
    for one in in_order():
        also = f" (also `{'`, `'.join(one.aliases)}`)" if one.aliases else ""
        assert f"| `{one.usage}`{also} | {one.about} |" in page


def test_examples_of_json_are_json() -> None:
    for page in PAGES:
        for block in blocks(page):
            if block.language == "json":
                json.loads(block.text)
