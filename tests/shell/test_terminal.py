"""The shell on a real terminal."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from shell.running import PROGRAM

pytestmark = pytest.mark.ensemble

WAIT_S = 30.0
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])")


class Terminal:
    """What somebody sees who sits at one, without its colours and movements."""

    def __init__(self, home: Path, servers: str, *options: str, **surroundings: str) -> None:
        env = dict(os.environ, TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1", XDG_STATE_HOME=str(home))
        words = [*PROGRAM[1:], "--server", servers, *options]
        self._child = pexpect.spawn(
            PROGRAM[0], words, env=env | surroundings, encoding="utf-8", dimensions=(30, 120)
        )
        self._seen = ""
        self.see("(connected) />")

    def see(self, text: str, wait_s: float = WAIT_S) -> None:
        """Wait until it is there, behind what was seen before."""
        deadline = time.monotonic() + wait_s
        while text not in _ESCAPES.sub("", self._seen):
            assert time.monotonic() < deadline, f"no {text!r} in {self._plain()[-2000:]!r}"
            try:
                self._seen += self._child.read_nonblocking(65536, 1)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                raise AssertionError(f"it ended without {text!r}: {self._plain()}") from None
        self._seen = self._plain().partition(text)[2]

    def _plain(self) -> str:
        return _ESCAPES.sub("", self._seen)

    def type(self, keys: str) -> None:
        self._child.send(keys)

    def complete(self, text: str) -> None:
        """Press Tab until this is there: names that come late are not offered."""
        deadline = time.monotonic() + WAIT_S
        while True:
            self.type("\t")
            try:
                self.see(text, 2)
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def enter(self, line: str) -> None:
        self.type(line + "\r")

    def ended(self) -> int:
        """Wait for its end. Gives the status."""
        self._child.expect(pexpect.EOF, timeout=WAIT_S)
        self._child.close()
        assert isinstance(self._child.exitstatus, int)
        return self._child.exitstatus

    def close(self) -> None:
        self._child.close(force=True)


@pytest.fixture
def terminal(tmp_path: Path, servers: str) -> Iterator[Terminal]:
    made = Terminal(tmp_path, servers)
    yield made
    made.close()


def elsewhere(servers: str, *words: str) -> None:
    """Another shell does something."""
    subprocess.run([*PROGRAM, "--server", servers, *words], check=True, capture_output=True)


def test_a_live_path_a_flag_and_a_command_are_completed(terminal: Terminal) -> None:
    terminal.enter("create -p /completed/wonderland here")
    terminal.see("Created /completed/wonderland")
    terminal.type("get /compl")
    terminal.complete("eted")
    terminal.type("/wonder")
    terminal.complete("land")
    terminal.enter("")
    terminal.see("here")
    terminal.type("getAllCh")
    terminal.complete("ildrenNumber")
    terminal.enter(" /completed")
    terminal.see("\n1")
    terminal.enter("cd /completed")
    terminal.see("/completed>")
    terminal.type("stat wond")
    terminal.complete("erland")
    terminal.enter("")
    terminal.see("dataLength = 4")


def test_a_path_with_a_space_is_completed_in_quotes(terminal: Terminal) -> None:
    terminal.enter('create -p "/spaced/two words" here')
    terminal.see("Created /spaced/two words")
    terminal.type("get /spaced/t")
    terminal.complete("two words")
    terminal.enter("")
    terminal.see("\nhere")


def test_an_event_is_printed_above_the_prompt(terminal: Terminal, servers: str) -> None:
    terminal.enter("addWatch /")
    terminal.see("(connected) />")
    terminal.type("half a li")
    terminal.see("half a li")
    elsewhere(servers, "create", "/above", "x")
    terminal.see("WATCHER:: created: /above")
    terminal.see("half a li")


def test_ctrl_c_clears_a_line_and_ends_a_command_but_not_the_shell(terminal: Terminal) -> None:
    terminal.type("create /never")
    terminal.see("create /never")
    terminal.type("\x03")
    terminal.see("(connected) />")
    terminal.enter("watch /")
    terminal.see("Ctrl-C ends it")
    terminal.type("\x03")
    terminal.see("interrupted")
    terminal.enter("exists /never")
    terminal.see("NoNode: /never")
    terminal.enter("quit")
    assert terminal.ended() == 0


def test_the_history_is_there_again_without_passwords(
    terminal: Terminal, tmp_path: Path, servers: str
) -> None:
    terminal.enter("ls /zookeeper")
    terminal.see("[config, quota]")
    terminal.enter("addauth digest bob:secret")
    terminal.see("(connected) />")
    terminal.enter("pwd")
    terminal.see("\n/")
    terminal.type("\x04")
    assert terminal.ended() == 0
    kept = (tmp_path / "hikari" / "history").read_text()
    assert "ls /zookeeper" in kept
    assert "secret" not in kept
    again = Terminal(tmp_path, servers)
    try:
        again.type("\x1b[A\x1b[A")
        again.see("ls /zookeeper")
        again.enter("")
        again.see("[config, quota]")
    finally:
        again.close()


def test_many_are_deleted_only_if_somebody_says_yes(terminal: Terminal) -> None:
    terminal.enter("create -p /doomed/a/b")
    terminal.see("Created /doomed/a/b")
    terminal.enter("deleteall /doomed")
    terminal.see("Delete 3 znodes, /doomed and all below it? [y/N]")
    terminal.enter("")
    terminal.see("not done")
    terminal.enter("deleteall /doomed")
    terminal.see("[y/N]")
    terminal.enter("y")
    terminal.see("Deleted 3 znodes")


def test_long_work_shows_how_far_it_is_and_ends_with_ctrl_c(terminal: Terminal) -> None:
    terminal.enter("create /busy")
    terminal.see("Created /busy")
    terminal.enter("load -n 1000000000 /busy")
    terminal.see("/1000000000")
    terminal.type("\x03")
    terminal.see("interrupted")
    terminal.enter("ls /busy")
    terminal.see("\n[]")  # what it made is gone


def test_long_work_shows_how_far_it_is(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "export"
    terminal.enter("create -p /long/work")
    terminal.see("Created /long/work")
    for line, bar, end in (
        (f"export /long {file}", "exporting /long", "Exported 2 znodes"),
        (f"import {file} /imported", f"importing {file}", "2 created"),
        ("cp -r /long /copied", "copying /long", "2 created"),
        ("mirror /long /mirrored", "mirroring /long", "2 created"),
        ("du /long", "measuring /long", "/long/work"),
        ("diff /long /copied", "comparing /long", "(connected) />"),
    ):
        terminal.enter(line)
        terminal.see(bar)
        terminal.see(end)
    terminal.enter("deleteall /copied")
    terminal.see("[y/N]")
    terminal.enter("y")
    terminal.see("deleting /copied")
    terminal.see("2/2")
    terminal.see("Deleted 2 znodes")


def test_the_editor_has_the_terminal(tmp_path: Path, servers: str) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho editing\nread answer\necho "$answer" >"$1"\n')
    editor.chmod(0o755)
    terminal = Terminal(tmp_path, servers, VISUAL=str(editor))
    try:
        terminal.enter("create /edited old")
        terminal.see("Created /edited")
        terminal.enter("edit /edited")
        terminal.see("editing")
        terminal.enter("brand new")
        terminal.see("version 1 of /edited")
        terminal.enter("get /edited")
        terminal.see("\nbrand new")
    finally:
        terminal.close()


def test_the_prompt_says_when_the_connection_is_gone(
    tmp_path: Path, ensemble, servers: str
) -> None:
    terminal = Terminal(tmp_path, servers)
    try:
        for number in ensemble.numbers:
            ensemble.pause(number)
        terminal.type("ls /zookeeper/qu\t")  # nobody answers
        terminal.type("XYZ")
        terminal.see("XYZ")
        terminal.see("(suspended)")
        terminal.type("\x03")
    finally:
        for number in ensemble.numbers:
            ensemble.go_on(number)
        ensemble.leader()
    terminal.see("(connected)")  # of the prompt only that is written anew
    terminal.enter("sync")
    terminal.see("Sync is OK")
    terminal.see("(connected) />")
    terminal.close()


def test_what_is_hot_is_shown_while_one_looks(terminal: Terminal, servers: str) -> None:
    terminal.enter("create -p /stove/plate")
    terminal.see("Created /stove/plate")
    terminal.enter("top -t 600 /stove")
    terminal.see("0 changes in 0 s; Ctrl-C ends it")
    elsewhere(servers, "set", "/stove/plate", "hot")
    terminal.see("/stove/plate")
    terminal.see("1 changes in")
    terminal.type("\x03")
    terminal.see("/stove/plate")  # what was seen stays
    terminal.see("interrupted")
    terminal.see("(connected) />")
