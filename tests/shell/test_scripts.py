"""hikari-shell as scripts use it: one command and its status, lines from a pipe."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from shell.running import PROGRAM, WAIT_S, ran

pytestmark = pytest.mark.ensemble


def test_a_command_ends_with_a_status_that_says_how_it_went(servers: str) -> None:
    made = ran(servers, "create", "/script", "two words")
    assert (made.returncode, made.stdout, made.stderr) == (0, "Created /script\n", "")
    assert ran(servers, "get", "/script").stdout == "two words\n"
    again = ran(servers, "create", "/script")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "NodeExists: /script: it exists already\n"
    assert ran(servers, "create", "/script", "--nonsense").returncode == 2
    assert ran(servers, "nonsense").returncode == 2
    assert ran(servers, "--read-only", "set", "/script", "x").returncode == 4
    assert ran(servers, "import", "/no/such/file").returncode == 5
    assert ran(servers, "--help").returncode == 0
    assert ran(servers, "help").returncode == 0


def test_no_server_is_a_line_and_a_status() -> None:
    said = ran("127.0.0.1:1", "--connect-timeout", "0.3", "ls", "/")
    assert (said.returncode, said.stdout) == (3, "")
    assert said.stderr.startswith("no server of 127.0.0.1:1 answered within 0.3 s")
    assert ran("127.0.0.1:zero", "ls", "/").returncode == 2


def test_lines_of_a_pipe_are_run_one_after_the_other(servers: str) -> None:
    lines = "create /piped 1\n# a comment\n\ncd /piped\ncreate a 'b c'\nget nix\nget a\nls"
    said = ran(servers, lines=lines)
    assert said.stdout.splitlines() == ["Created /piped", "Created /piped/a", "b c", "[a]"]
    assert said.stderr == "NoNode: /piped/nix: there is no such znode\n"
    assert said.returncode == 1
    assert ran(servers, lines="quit\nget /nix\n").returncode == 0


def test_who_one_is_can_be_said_before_the_command(servers: str) -> None:
    me = ("--auth", "digest:bob:secret")
    assert ran(servers, *me, "create", "/private", "mine", "auth::cdrwa").returncode == 0
    assert ran(servers, *me, "get", "/private").stdout == "mine\n"
    assert ran(servers, "get", "/private").stderr.startswith("NoAuth: /private: ")
    assert ran(servers, "--auth", "bob", "ls", "/").returncode == 2


def test_a_pipe_deletes_many_only_with_yes(servers: str) -> None:
    lines = "create -p /gone/a/b\ndeleteall /gone\n"
    said = ran(servers, lines=lines)
    assert said.returncode == 4
    assert "--yes" in said.stderr
    assert ran(servers, "--yes", "deleteall", "/gone").returncode == 0


def test_json_is_for_programs(servers: str) -> None:
    assert json.loads(ran(servers, "-o", "json", "ls", "/zookeeper").stdout) == {
        "path": "/zookeeper",
        "children": ["config", "quota"],
    }
    error = json.loads(ran(servers, "-o", "json", "get", "/nix").stderr)
    assert (error["error"], error["status"]) == ("NoNode", 1)


def test_an_export_goes_through_a_pipe(servers: str) -> None:
    ran(servers, lines="create /from 1\ncreate /from/a 2\n")
    exported = ran(servers, "export", "/from").stdout
    assert len(exported.splitlines()) == 2
    assert ran(servers, "import", "-", "/to", lines=exported).returncode == 0
    assert ran(servers, "diff", "/from", "/to").returncode == 0


def test_nobody_sees_bars_where_there_is_no_terminal(servers: str, tmp_path: Path) -> None:
    file = tmp_path / "export"
    lines = (
        *("create -p /bare/a", f"export /bare {file}", f"import {file} /bare2", "du /bare"),
        *("cp -r /bare /bare3", "mirror /bare /bare3", "diff /bare /bare2", "deleteall /bare3"),
    )
    said = ran(servers, "--yes", lines="\n".join(lines))
    assert (said.returncode, said.stderr) == (0, "")
    assert "━" not in said.stdout


def test_whoever_interrupts_a_command_ends_it(servers: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "--server", servers, "watch", "/"],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as watching:
        assert watching.stderr is not None
        assert watching.stderr.readline() == "watching /; Ctrl-C ends it\n"
        watching.send_signal(signal.SIGINT)
        assert watching.wait(WAIT_S) == 130
        assert watching.stderr.read() == "interrupted\n"


def test_whoever_has_seen_enough_of_a_pipe_is_no_error(servers: str) -> None:
    ran(servers, lines="\n".join(f"create -p /many/z{n}" for n in range(300)))
    shell = " ".join(PROGRAM)
    said = subprocess.run(
        [
            "sh",
            "-c",
            f"for n in 1 2 3 4; do {shell} --server {servers} ls -R /many; done | head -1",
        ],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )
    assert (said.stdout, said.stderr) == ("/many\n", "")
