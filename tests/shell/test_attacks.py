"""Whatever is done to the shell, an error is one clear line with a status, and no defect."""

import itertools
import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ensemble.ensemble import wait_until
from shell.running import PROGRAM, WAIT_S, ran
from shell.sitting import Sitting

from hikari_tools.shell.complaints import LOCAL, OK, REFUSED, USAGE
from hikari_tools.shell.registry import COMMANDS

pytestmark = pytest.mark.ensemble

JUNK = (
    *("", "/", "-", "--", "-1", "-x", "nan", "inf", "1e999", "9" * 40, "nowhere/at/all"),
    *("\udcff\udcfe", "\x00", "two words", '"', "'", "ä" * 300, "[[bold]]", "zk://", "file:"),
    *("zk://127.0.0.1:zero/", "file:/", "::::", "world:anyone:q", "a=b,c", "#", "\u2028", "a//b"),
)
UNTOUCHED = {"quit", "edit", "watch", "sleep", "load", "close", "connect"}
"""What leaves, what waits for somebody, and what has a test of its own."""


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - UNTOUCHED))
def test_nonsense_is_one_line_and_no_defect(
    shell: Sitting, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where `export x` makes a file
    usage = COMMANDS[name].usage
    flags = [*usage.switches, *usage.valued]
    tries = [(), *((word,) for word in JUNK), *itertools.product(JUNK[::6], JUNK[::2])]
    tries += [(flag, word) for flag in flags for word in JUNK[::3]]
    for words in tries:
        if name in ("deleteall", "delete", "mv", "top") and _far_reaching(name, words):
            continue
        shell.said.clear()
        shell.run(name, *words)
        assert "a defect" not in shell.noted, (name, words, shell.noted)
        assert "Traceback" not in shell.noted
        shell.shell.pending = None
        shell.shell.here = shell.home


def _far_reaching(name: str, words: tuple[str, ...]) -> bool:
    """It takes its time, or what others need away."""
    return words[:1] == ("/",) or (name == "top" and "-t" in words)


@pytest.mark.parametrize("seconds", ["nan", "-1", "x", "9" * 400])
def test_nobody_sleeps_for_nonsense(shell: Sitting, seconds: str) -> None:
    assert shell.run("sleep", "--", seconds) == USAGE
    assert shell.run("sleep", "0") == OK


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_closed_is_as_if_it_were_empty(servers: str, closed: str) -> None:
    """Each said as a line from a pipe, or a command where the pipe is what is closed."""
    words, lines = (["ls", "/nowhere"], None) if "<" in closed else ([], b"ls /\nls /nowhere\n")
    said = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *PROGRAM, "--server", servers, *words],
        input=lines,
        capture_output=True,
        timeout=WAIT_S,
    )
    assert said.returncode == REFUSED, said.stderr
    shown = b"" if "2>" in closed else b"NoNode: /nowhere: there is no such znode\n"
    assert said.stderr == shown


def test_no_lines_at_all_are_no_error(servers: str) -> None:
    command = f"exec {' '.join(PROGRAM)} --server {servers} <&-"
    assert subprocess.run(["sh", "-c", command], timeout=WAIT_S).returncode == OK


def test_a_full_disk_below_the_answer_is_one_line(servers: str) -> None:
    with open("/dev/full", "w") as full:
        said = subprocess.run(
            [*PROGRAM, "--server", servers, "help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=WAIT_S,
        )
    assert (said.returncode, said.stderr) == (LOCAL, "No space left on device\n")


def test_a_wrong_option_is_one_line() -> None:
    for words in (["--nonsense"], ["--auth", "bob"]):
        said = subprocess.run([*PROGRAM, *words, "ls"], capture_output=True, text=True)
        assert said.returncode == USAGE
        assert len(said.stderr.splitlines()) == 1, said.stderr
        assert said.stdout == ""


def test_data_that_is_too_much_is_told_so(shell: Sitting) -> None:
    assert shell.run("create", "huge", "x" * 2_000_000) == REFUSED
    assert "is too long" in shell.noted
    assert shell.run("create", "almost", "x" * 1_000_000) == OK
    assert shell.told("get", "almost") == ["x" * 1_000_000]


def test_data_of_any_kind_comes_back_as_it_was(shell: Sitting, tmp_path: Path) -> None:
    for number, words in enumerate((r"\xff\xfe", r"\x00", r"a\r\nb", "'", r"\"", "ä\u2028")):
        assert shell.line(f'create "odd name {number} \'" "{words}"') == OK, shell.noted
    file = str(tmp_path / "odd file's name")
    assert shell.run("export", ".", file) == OK
    assert shell.run("import", file, "again") == OK
    assert shell.run("diff", "again", f"file:{file}") == OK
    assert shell.told("ls", "again")[0].count("odd name") == 6


def test_json_that_is_too_deep_is_no_defect(shell: Sitting) -> None:
    shell.run("create", "deep", "[" * 100_000)
    assert shell.run("json", "deep") == USAGE
    assert len(shell.noted.splitlines()) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b"[]", b"{}", b"[" * 100_000, b'{"path":1}'])
def test_what_is_no_export_is_told_with_its_line(
    shell: Sitting, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "none.jsonl"
    file.write_bytes(b'{"path": "/", "text": ""}\n' + content + b"\n")
    assert shell.run("import", "--skip", str(file), ".") == LOCAL
    assert "defect" not in shell.noted
    assert str(file) in shell.noted.splitlines()[-1]
    assert shell.run("diff", f"file:{file}", ".") == LOCAL
    assert str(file) in shell.noted


ANSWERED = (
    *("pwd", "ls .", "ls -s -R .", "tree .", "find .", "grep x .", "du .", "top .", "top -t 1 ."),
    *("get a", "get -s -b a", "get -x a", "get -r raw", "json j", "json j k", "stat", "stat a"),
    *("exists a", "sync", "getEphemerals", "getAllChildrenNumber .", "create new x", "set new y"),
    *("set -s new z", "delete new", "create -p n/e/w", "deleteall n", "txn 'create t' 'delete t'"),
    *("cp a b", "mv b c", "mirror -n a m", "mirror a m", "export .", "export . out", "diff . ."),
    *("import --skip out .", "addWatch a", "watches", "removewatches a", "printwatches off"),
    *("getAcl -s a", "setAcl a world:anyone:cdrwa", "setAcl -R . world:anyone:cdrwa", "whoami"),
    *(
        "addauth digest a:b",
        "setquota -n 100 a",
        "listquota a",
        "delquota a",
        "config",
        "config -s",
    ),
    *("sessions", "owner mine", "word srvr", "load -n 10 .", "locks .", "history", "version"),
    *("help", "help ls", "cd .", "sleep 0", "close", "connect"),
)


def test_with_json_every_line_is_json(
    shell: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in ("create a x", 'create raw "\\xff\\n"', "create j '{\"k\":1}'", "create -e mine x"):
        assert shell.line(line) == OK
    shell.shell.options = type(shell.shell.options)(hosts=shell.shell.hosts, json=True, yes=True)
    shell.shell.out.json = True
    for line in ANSWERED:
        shell.said.clear()
        assert shell.line(line) == OK, (line, shell.noted)
        for said in (*shell.said, *shell.noted.splitlines()):
            assert json.loads(said) is not None, (line, said)
    for line in ("get nowhere", "nonsense", "get", 'get "', "watch nowhere -n x", "import none"):
        assert shell.line(line) not in (OK,)
        assert json.loads(shell.noted)["status"] > 0


def test_every_command_is_asked_for_json() -> None:
    asked = {line.split()[0] for line in ANSWERED}
    others = {"quit", "edit", "reconfig", "redo", "check", "commit", "abort", "watch"}
    assert {*COMMANDS} == asked | others


def test_whoever_interrupts_a_copy_hears_how_far_it_came(servers: str, tmp_path: Path) -> None:
    """The export is a pipe that never ends, so that it is in the middle for certain."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(
            [*PROGRAM, "--server", servers, "import", str(pipe), "/interrupted"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as importing,
        pipe.open("w") as feeding,
    ):
        for n in range(-1, 5_000):
            record = {"path": "/" if n < 0 else f"/z{n:05}", "text": ""}
            feeding.write(json.dumps(record) + "\n")
        feeding.flush()
        there = ["exists", "/interrupted/z00010"]
        wait_until("some of it is there", lambda: ran(servers, *there).returncode == OK)
        importing.send_signal(signal.SIGINT)
        _, said = importing.communicate(timeout=WAIT_S)
    assert importing.returncode == 130
    assert "not all of it: " in said
    assert said.splitlines()[-1] == "interrupted"


def test_an_export_to_what_is_no_plain_file_is_written_to_it(
    shell: Sitting, tmp_path: Path
) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reading:
        assert shell.run("export", ".", str(pipe)) == OK
        said, _ = reading.communicate(timeout=WAIT_S)
    assert json.loads(said)["path"] == "/"
    assert pipe.is_fifo()
    link.symlink_to(tmp_path / "real")
    assert shell.run("export", ".", str(link)) == OK
    assert link.is_symlink()
    assert (tmp_path / "real").is_file()


def test_lines_from_what_cannot_be_read_are_one_line(servers: str, tmp_path: Path) -> None:
    with (tmp_path / "written").open("w") as only_written:
        said = subprocess.run(
            [*PROGRAM, "--server", servers],
            stdin=only_written,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
    assert (said.returncode, said.stderr) == (LOCAL, "Bad file descriptor\n")


def test_who_watches_hears_that_the_connection_is_gone(ensemble: Any, servers: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "--server", servers, "--session-timeout", "10", "watch", "/"],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stderr is not None
        assert watching.stderr.readline() == "watching /; Ctrl-C ends it\n"
        try:
            for number in ensemble.numbers:
                ensemble.pause(number)
            # A third of the time-out before the session is over: time enough on a busy machine.
            assert watching.stderr.readline().startswith("suspended: ")
        finally:
            for number in ensemble.numbers:
                ensemble.go_on(number)
            ensemble.leader()
        said = []
        while not said or not said[-1].startswith("connected to 127.0.0.1:"):
            said.append(watching.stderr.readline())
            assert said[-1], said
        watching.send_signal(signal.SIGINT)
        assert watching.wait(WAIT_S) == 130


def test_half_an_export_is_not_left_behind(shell: Sitting, tmp_path: Path) -> None:
    assert shell.run("export", "nowhere", str(tmp_path / "out")) == REFUSED
    assert list(tmp_path.iterdir()) == []


def test_lines_and_an_import_do_not_share_standard_input(servers: str) -> None:
    said = ran(servers, lines="import - /mixed\npwd\n")
    assert said.stdout == "/\n"
    assert said.returncode == USAGE
    assert said.stderr.startswith("this shell reads its lines from standard input")


def test_whoever_does_not_want_to_wait_for_a_server_ends_it() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        subprocess.Popen(
            [*PROGRAM, "--server", f"127.0.0.1:{silent.getsockname()[1]}", "ls", "/"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as waiting,
    ):
        silent.settimeout(WAIT_S)
        with silent.accept()[0]:
            waiting.send_signal(signal.SIGINT)
            _, said = waiting.communicate(timeout=WAIT_S)
    assert (waiting.returncode, said) == (130, "interrupted\n")


def test_options_of_zkcli_are_known(servers: str) -> None:
    words = ("-timeout", "6000", "-waitforconnection", "-r", "exists", "/")
    assert ran(servers, *words).returncode == OK
    assert ran(servers, "-timeout", "x", "exists", "/").returncode == USAGE
