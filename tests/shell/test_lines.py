"""Lines and usages, without a server."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hikari_tools.shell.commands  # noqa: F401  fills the registry
from hikari_client import ACL, BadVersion, ConnectionLoss, NoNode, Permission
from hikari_tools.shell import acls, data
from hikari_tools.shell.complaints import LOCAL, NO_CONNECTION, REFUSED, USAGE, Complaint, told
from hikari_tools.shell.lines import quoted, words
from hikari_tools.shell.registry import COMMANDS, find
from hikari_tools.shell.session import is_public
from hikari_tools.shell.usage import Usage

ZKCLI = [
    *("addauth", "addWatch", "close", "config", "connect", "create", "delete", "deleteall"),
    *("delquota", "exit", "get", "getAcl", "getAllChildrenNumber", "getEphemerals", "history"),
    *("listquota", "ls", "printwatches", "quit", "reconfig", "redo", "removewatches", "set"),
    *("setAcl", "setquota", "stat", "sync", "version", "whoami"),
]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ls -s /a", ["ls", "-s", "/a"]),
        ('set /a {"b": 1}', ["set", "/a", '{"b":', "1}"]),
        ('set /a {"b":1}', ["set", "/a", '{"b":1}']),
        ("set /a '{\"b\": 1}'", ["set", "/a", '{"b": 1}']),
        ('set /a "two words"', ["set", "/a", "two words"]),
        (r'set /a "a\nb\t\"\\"', ["set", "/a", 'a\nb\t"\\']),
        (r"set /a 'a\nb'", ["set", "/a", r"a\nb"]),
        ('set /a ""', ["set", "/a", ""]),
        ("  # a comment", []),
        ("set /a #no-comment", ["set", "/a", "#no-comment"]),
        ("", []),
    ],
)
def test_a_line_is_words(line: str, said: list[str]) -> None:
    assert words(line) == said


def test_bytes_are_written_in_double_quotes() -> None:
    assert data.given(words(r'set /a "\x00\xff"')[2]) == b"\x00\xff"


def test_a_quote_that_is_not_closed_is_a_complaint() -> None:
    with pytest.raises(Complaint, match="not closed"):
        words('set /a "b')


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_what_is_quoted_is_one_word_again(word: str) -> None:
    assert words(f"x {quoted(word)}") == (["x", word] if word or quoted(word) == '""' else ["x"])


@pytest.mark.parametrize(
    "name",
    ["ls2", "ifind", "igrep", "mntr", "cons", "dump", "reconnect", "ephemeral_endpoint", "rmr"],
)
def test_fingers_that_know_zk_shell_or_an_older_zkcli_find_these(name: str) -> None:
    assert find(name) is not None


def test_every_command_of_zkcli_is_there() -> None:
    assert [name for name in ZKCLI if find(name) is None] == []


@pytest.mark.parametrize(
    "line",
    [
        *("ls -s -w -R /a", "ls -swR /a", "ls /a -R", "get -s -w -b -x /a", "get /a watch"),
        *("create -s -e /a data world:anyone:r", "create -c /a", "create -t 100 /a b"),
        *(
            "set -s -v 3 /a b",
            "set /a b -v 3",
            "delete -v 3 /a",
            "delete /a 3",
            "deleteall /a -b 10",
        ),
        *("stat -w /a", "getAcl -s /a", "setAcl -s -v 1 -R /a world:anyone:r", "config -c -w -s"),
        *("addWatch -m PERSISTENT /a", "removewatches /a -c -l", "printwatches off", "sync /a"),
        *("setquota -n 3 /a", "setquota -N 3 -B 9 /a", "delquota -n /a", "redo 3", "version"),
        "reconfig -s -v 1f -add server.5=a:1:2;3 -remove 3,4",
        *("reconfig -file f", "reconfig -members server.1=a:1:2;3", "getEphemerals"),
    ],
)
def test_fingers_that_know_zkcli_are_understood(line: str) -> None:
    name, *rest = words(line)
    command = find(name)
    assert command is not None
    command.usage.parse(rest)


def test_a_usage_parses_what_it_shows() -> None:
    usage = Usage.of("set", "[-s] [-v version] path data [acl]")
    given = usage.parse(["-v", "3", "/a", "-s", "x"])
    assert (given.on("-s"), given.number("-v", -1), given.words) == (True, 3, ["/a", "x"])
    assert usage.parse(["/a", "--", "-s"]).words == ["/a", "-s"]
    assert usage.parse(["/a", "-5"]).words == ["/a", "-5"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["/a"], "data is missing"),
        (["/a", "b", "c", "d"], "too much: 'd'"),
        (["-q", "/a", "b"], "no flag -q"),
        (["/a", "b", "-v"], "-v needs a version"),
    ],
)
def test_what_does_not_fit_a_usage_is_one_line_with_the_usage(said: list[str], why: str) -> None:
    with pytest.raises(Complaint) as complaint:
        Usage.of("set", "[-s] [-v version] path data [acl]").parse(said)
    assert why in str(complaint.value)
    assert str(complaint.value).endswith("Usage: set [-s] [-v version] path data [acl]")
    assert complaint.value.status == USAGE


def test_every_command_says_what_it_does() -> None:
    assert [name for name, one in COMMANDS.items() if len(one.about) < 4] == []


def test_acls_are_read_as_they_are_written() -> None:
    text = "world:anyone:r,digest:bob:x=:cdrwa,ip:2001:db8::1:rw"
    entries = acls.parse(text)
    assert entries[2] == ACL(int(Permission.READ | Permission.WRITE), "ip", "2001:db8::1")
    assert ",".join(acls.written(one) for one in entries) == text
    for wrong in ("world", "world:anyone", "world:anyone:q", "", ":x:r"):
        with pytest.raises(Complaint, match="no ACL"):
            acls.parse(wrong)


def test_data_cannot_steer_a_terminal() -> None:
    assert data.shown(b"caf\xc3\xa9\nline") == "caf\xe9\nline"
    for evil in (b"\x1b[2J", b"a\x07", b"\xff", "\u202e".encode(), "\x9b2J".encode()):
        assert data.shown(evil).startswith("00000000  ")
        assert data.brief(evil).startswith("0x")


@given(st.binary() | st.text(st.characters(codec="utf-8")).map(str.encode))
def test_data_survives_json_which_cannot_steer_a_terminal_either(raw: bytes) -> None:
    line = data.as_json(data.plain(raw))
    assert line.isprintable()
    assert data.from_plain(json.loads(line)) == raw


def test_errors_are_one_line_with_what_to_do_and_a_status() -> None:
    cases: list[tuple[Exception, int, str]] = [
        (NoNode("/a"), REFUSED, "NoNode: /a: there is no such znode"),
        (BadVersion("/a"), REFUSED, "BadVersion: /a: "),
        (ConnectionLoss("/a", maybe_applied=True), NO_CONNECTION, "look before you do it again"),
        (FileNotFoundError(2, "No such file", "x"), LOCAL, "x: No such file"),
        (ZeroDivisionError("oh"), LOCAL, "a defect of the shell: ZeroDivisionError: oh"),
    ]
    for error, status, text in cases:
        complaint = told(error)
        assert (complaint.status, text in str(complaint)) == (status, True), str(complaint)
        assert "\n" not in str(complaint)


@pytest.mark.parametrize(
    "line",
    [
        *("addauth digest bob:secret", "  ADDAUTH digest bob:secret", "add_auth digest bob:secret"),
        *('"addauth" digest bob:secret', "'addauth' digest bob:secret"),
        *('"add\\x61uth" digest bob:secret', "addauht digest bob:secret", "bob:secret"),
        *("# bob:secret", ""),
    ],
)
def test_a_line_with_a_password_is_not_kept(line: str) -> None:
    assert not is_public(line)


def test_a_line_without_is_kept() -> None:
    assert is_public("ls /a")
