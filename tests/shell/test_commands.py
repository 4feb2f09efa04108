"""The shell's commands on a real ensemble."""

import json
from pathlib import Path

import pytest
from shell.sitting import Sitting

from hikari_client import NodeData
from hikari_tools.shell.complaints import (
    FORBIDDEN,
    LOCAL,
    NO_CONNECTION,
    OK,
    REFUSED,
    USAGE,
)

pytestmark = pytest.mark.ensemble


def play(shell: Sitting, *lines: str) -> None:
    """Lines that must succeed."""
    for line in lines:
        assert shell.line(line) == OK, f"{line}: {shell.noted}"


def test_a_znode_lives_and_dies_as_in_zkcli(shell: Sitting) -> None:
    assert shell.told("create", "a", "one") == [f"Created {shell.home}/a"]
    assert shell.told("create", "-s", "a/s-") == [f"Created {shell.home}/a/s-0000000000"]
    assert shell.told("create", "-s", "a/") == [f"Created {shell.home}/a/0000000001"]
    assert shell.told("get", "a") == ["one"]
    assert "dataVersion = 1" in shell.told("set", "-s", "a", "two")
    assert shell.told("ls", "a") == ["[0000000001, s-0000000000]"]
    assert "numChildren = 2" in shell.told("ls", "-s", "a")
    assert shell.told("ls", "-R", ".") == [
        shell.home,
        f"{shell.home}/a",
        f"{shell.home}/a/0000000001",
        f"{shell.home}/a/s-0000000000",
    ]
    assert shell.told("getAllChildrenNumber", "a") == ["2"]
    assert shell.run("delete", "a") == REFUSED
    assert shell.noted.startswith(f"NotEmpty: {shell.home}/a: ")
    assert shell.run("delete", "-v", "7", "a/s-0000000000") == REFUSED
    assert "BadVersion" in shell.noted
    play(shell, "delete -v 0 a/s-0000000000", "set a three 1", "delete a/0000000001 0")
    assert shell.run("exists", "a/s-0000000000") == REFUSED
    assert shell.run("exists", "a") == OK


def test_kinds_of_znodes(shell: Sitting) -> None:
    play(shell, "create -e mine", "create -c box", "create -t 60000 short x")
    assert shell.told("getEphemerals", ".") == [f"[{shell.home}/mine]"]
    assert shell.run("create", "-c", "-e", "x") == USAGE
    assert shell.run("create", "-t", "5", "-e", "x") == USAGE
    assert shell.run("create", "mine/below") == REFUSED
    assert "an ephemeral znode has no children" in shell.noted


def test_paths_begin_at_the_current_one(shell: Sitting) -> None:
    play(shell, "create -p a/b/c", "cd a/b")
    assert shell.told("pwd") == [f"{shell.home}/a/b"]
    assert shell.told("ls", "..") == ["[b]"]
    play(shell, "cd -", "cd ../..")
    assert shell.told("pwd") == ["/"]
    assert shell.run("cd", "/nowhere") == REFUSED
    assert shell.told("pwd") == ["/"]


def test_data_of_any_bytes_is_shown_safely(shell: Sitting) -> None:
    play(shell, r'create a "\x00\x1b[2J\xff"')
    assert shell.told("get", "a") == ["00000000  00 1b 5b 32 4a ff" + 32 * " " + "..[2J."]
    assert shell.told("get", "-b", "a") == ["ABtbMkr/"]
    assert shell.json("get", "a")[0]["base64"] == "ABtbMkr/"
    assert shell.run("get", "-r", "a") == OK
    assert shell.raw == b"\x00\x1b[2J\xff"
    play(shell, "set -b a aGVsbG8=")
    assert shell.told("get", "a") == ["hello"]
    assert shell.told("get", "-x", "a")[0].startswith("00000000  68 65 6c 6c 6f ")
    play(shell, """set a '{"x": {"y": [1, 2]}}'""")
    assert shell.told("json", "a", "x", "y", "1") == ["2"]
    assert shell.told("get", "-j", "a")[0] == "{"
    assert shell.run("json", "a", "z") == REFUSED


def test_json_is_one_value_a_line(shell: Sitting) -> None:
    play(shell, "create a 1", "create b 2")
    assert shell.json("ls", ".") == [{"path": shell.home, "children": ["a", "b"]}]
    [value] = shell.json("get", "-s", "a")
    assert (value["text"], value["stat"]["version"]) == ("1", 0)
    assert [one["path"] for one in shell.json("find", ".")] == [
        shell.home,
        f"{shell.home}/a",
        f"{shell.home}/b",
    ]
    shell.shell.options = type(shell.shell.options)(json=True)
    assert shell.run("get", "nix") == REFUSED
    assert json.loads(shell.noted)["error"] == "NoNode"


def test_acls(shell: Sitting) -> None:
    play(shell, "create -p a/b/c")
    assert shell.told("getAcl", "a") == ["world:anyone:cdrwa"]
    play(shell, "setAcl -R a world:anyone:cdra")
    assert shell.told("getAcl", "a/b/c") == ["world:anyone:cdra"]
    assert shell.run("set", "a/b", "x") == REFUSED
    assert "addauth" in shell.noted
    play(shell, "addauth digest bob:secret", "setAcl a/b auth::cdrwa", "set a/b x")
    assert "digest: bob" in shell.told("whoami")
    assert shell.run("setAcl", "a", "world:anyone:rx") == USAGE


def test_many_are_not_deleted_unasked(shell: Sitting) -> None:
    play(shell, "create -p a/b/c")
    assert shell.run("deleteall", "a") == FORBIDDEN
    assert "Delete 3 znodes" in shell.noted
    assert shell.run("exists", "a/b/c") == OK
    asked: list[str] = []

    async def no(question: str) -> bool:
        asked.append(question)
        return False

    shell.shell.ask = no
    assert shell.run("deleteall", "a") == FORBIDDEN
    assert asked == [f"Delete 3 znodes, {shell.home}/a and all below it?"]
    play(shell, "deleteall a/b/c")  # one alone needs no question
    shell.shell.options = type(shell.shell.options)(yes=True)
    assert shell.told("deleteall", "-b", "1", "a") == ["Deleted 2 znodes"]


def test_a_read_only_shell_writes_nothing(shell: Sitting, servers: str) -> None:
    play(shell, "create a 1")
    with Sitting(servers, read_only=True, yes=True) as other:
        for line in (
            *("set a 2", "create b", "delete a", "deleteall a", "edit a", "cp a b", "mv a b"),
            *("mirror a b", "import f", "txn 'create b'", "setAcl a world:anyone:r", "load"),
            *("setquota -n 1 a", "delquota a", "reconfig -add x"),
        ):
            other.line(f"cd {shell.home}")
            assert other.line(line) == FORBIDDEN, line
        assert other.told("get", f"{shell.home}/a") == ["1"]
        assert other.told("ls", shell.home) == ["[a]"]


def test_a_watch_tells(shell: Sitting) -> None:
    play(shell, "create a", "get -w a", "ls -w .", "set a 1", "create b", "set a 2", "sync")
    told = [line.rpartition(" at ")[0] for line in shell.said if line.startswith("WATCHER")]
    assert told == [f"WATCHER:: changed: {shell.home}/a", f"WATCHER:: children: {shell.home}"]


def test_a_whole_subtree_is_listed_and_watched(shell: Sitting) -> None:
    play(shell, "create -p a/b", "ls -R -w a", "create a/b/c", "sync")
    assert shell.said[-3].startswith(f"WATCHER:: children: {shell.home}/a/b at ")


def test_a_watch_that_stays_can_be_removed(shell: Sitting) -> None:
    play(shell, "addWatch .", "create a", "create a/b", "sleep 0", "sync")
    assert [line.split()[1:3] for line in shell.said if "WATCHER" in line] == [
        ["created:", f"{shell.home}/a"],
        ["created:", f"{shell.home}/a/b"],
    ]
    assert shell.told("removewatches", ".") == [f"removed 1 watches of {shell.home}"]
    play(shell, "get -w a", "removewatches -d a")
    assert not [line for line in shell.told("word", "wchp") if shell.home in line]
    shell.said.clear()
    play(shell, "set a 1", "sync", "watches")
    assert not [line for line in shell.said if "WATCHER" in line]
    assert shell.run("removewatches", "a") == REFUSED


def test_watches_are_not_printed_when_nobody_wants_them(shell: Sitting) -> None:
    play(shell, "printwatches off", "addWatch .", "create a", "sleep 0", "sync")
    assert not [line for line in shell.said if "WATCHER" in line]


def test_a_transaction_is_all_or_nothing(shell: Sitting) -> None:
    assert shell.told("txn", "create a 1", "set a 2", "create -s a/s- x", "check a 1") == [
        f"Created {shell.home}/a",
        "set a: done",
        f"Created {shell.home}/a/s-0000000000",
        "check a: done",
    ]
    assert shell.run("txn", "create b", "check a 9") == REFUSED
    assert f"nothing of the transaction was done: BadVersion: {shell.home}/a" in shell.noted
    assert shell.run("exists", "b") == REFUSED
    play(shell, "txn", "create b", 'set b "two words"')
    assert shell.line("ls") == USAGE
    assert shell.run("exists", "b") == USAGE
    play(shell, "commit")
    assert shell.told("get", "b") == ["two words"]
    play(shell, "txn", "create c", "abort")
    assert shell.run("exists", "c") == REFUSED
    assert shell.run("commit") == USAGE


def test_quotas(shell: Sitting) -> None:
    play(shell, "create a", "setquota -n 5 -B 100 a")
    assert shell.told("listquota", "a") == [
        f"quota of {shell.home}/a: count=5,bytes=-1=;byteHardLimit=100",
        "there is: count=1,bytes=0",
    ]
    assert shell.run("setquota", "-n", "5", "/") == USAGE
    play(shell, "delquota -B a")
    assert "byteHardLimit=-1" in shell.told("listquota", "a")[0]
    play(shell, "create a/b")
    assert shell.run("setquota", "-n", "5", "a/b") == REFUSED
    assert "has a quota already" in shell.noted
    play(shell, "delquota a")
    assert shell.run("listquota", "a") == REFUSED
    assert shell.run("exists", f"/zookeeper/quota{shell.home}") == REFUSED


def test_what_is_where(shell: Sitting) -> None:
    play(shell, "create -p big/a 12345", "create big/b x", "create Small", "create -e mine")
    assert shell.told("find", ".", "big/") == [f"{shell.home}/big/a", f"{shell.home}/big/b"]
    assert shell.told("find", "-name", "small", ".") == []
    assert shell.told("find", "-i", "-name", "sm*", ".") == [f"{shell.home}/Small"]
    assert shell.told("find", "-e", ".") == [f"{shell.home}/mine"]
    assert shell.told("find", "-size", "2", ".") == [f"{shell.home}/big/a"]
    assert shell.told("find", "-older", "1000", ".") == []
    assert shell.told("grep", "234", ".") == [f"{shell.home}/big/a: 12345"]
    assert shell.told("grep", "-il", "X", ".") == [f"{shell.home}/big/b"]
    assert shell.json("du", ".")[:2] == [
        {"path": shell.home, "bytes": 6, "znodes": 6},
        {"path": f"{shell.home}/big", "bytes": 6, "znodes": 3},
    ]
    top = shell.json("top", "-n", "1", ".")
    assert [(one["path"], one["children"], one["znodes_below"]) for one in top] == [
        (shell.home, 3, 5)
    ]
    assert [one["path"] for one in shell.json("top", "-b", ".")] == [
        f"{shell.home}/big",
        shell.home,
    ]
    tree = shell.told("tree", "-L", "1", ".")
    assert [line.split()[-1] for line in tree] == [shell.home, "Small", "big", "(ephemeral)"]


def test_a_big_subtree_is_walked_copied_and_deleted_in_batches(shell: Sitting) -> None:
    async def plant() -> None:
        zk = shell.shell.zk
        await zk.create(f"{shell.home}/a")
        for n in range(30):
            made = [zk.create(f"{shell.home}/a/{n:03}")]
            made += [zk.create(f"{shell.home}/a/{n:03}/{m:03}", b"x") for m in range(50)]
            for one in made:
                await one

    shell.wait(plant())
    listed = shell.told("ls", "-R", "a")
    assert listed == sorted(listed)
    assert len(listed) == 1 + 30 * 51
    assert shell.json("cp", "-r", "a", "b")[0]["created"] == 1531
    assert shell.run("diff", "a", "b") == OK
    shell.shell.options = type(shell.shell.options)(yes=True)
    assert shell.told("mv", "b", "c") == [
        f"Moved 1531 znodes from {shell.home}/b to {shell.home}/c"
    ]
    assert shell.told("deleteall", "c") == ["Deleted 1531 znodes"]
    assert shell.told("ls") == ["[a]"]


def test_cp_and_mv(shell: Sitting) -> None:
    play(shell, "create a 1", "create a/b 2 world:anyone:r", "create a/box", "cp -r a x/y")
    assert shell.told("ls", "-R", "x") == [
        *(f"{shell.home}/x", f"{shell.home}/x/y", f"{shell.home}/x/y/b", f"{shell.home}/x/y/box")
    ]
    assert shell.told("getAcl", "x/y/b") == ["world:anyone:r"]
    assert shell.run("cp", "a", "x/y") == REFUSED
    assert "NodeExists" in shell.noted
    play(shell, "set a 9", "cp -f a x/y")
    assert shell.told("get", "x/y") == ["9"]
    assert shell.run("cp", "-r", "a", "a/b/c") == USAGE
    play(shell, "mv a moved")
    assert shell.run("exists", "a") == REFUSED
    assert shell.told("get", "moved/b") == ["2"]
    play(shell, "create -e moved/mine")
    assert shell.run("mv", "moved", "again") == REFUSED
    assert "stays with its session" in shell.noted
    assert shell.run("exists", "again") == REFUSED


def test_an_export_is_imported_again(shell: Sitting, tmp_path: Path) -> None:
    file = str(tmp_path / "export.jsonl")
    play(shell, "create a top", r'create a/b "\xff"', "create a/c text world:anyone:crdwa")
    play(shell, "create a/t", "create -e a/mine", "setAcl a/c world:anyone:cdra")
    assert shell.told("export", "a", file) == [
        f"Exported 4 znodes to {file}, 1 ephemerals left out"
    ]
    lines = [json.loads(line) for line in Path(file).read_text().splitlines()]
    assert [line["path"] for line in lines] == ["/", "/b", "/c", "/t"]
    assert lines[1]["base64"] == "/w=="
    assert lines[2] == {"path": "/c", "text": "text", "acl": ["world:anyone:cdra"]}
    assert shell.json("import", file, "x/y")[0]["created"] == 4
    play(shell, "delete a/mine")
    assert shell.run("diff", "-a", "a", "x/y") == OK
    assert shell.run("diff", "-a", f"file:{file}", "x/y") == OK
    assert shell.run("import", file, "x/y") == REFUSED
    play(shell, "delete x/y/t", "set x/y/b other")
    assert shell.json("import", "--skip", file, "x/y")[0] == {
        "created": 1,
        "overwritten": 0,
        "skipped": 3,
        "ephemerals": 0,
    }
    assert shell.told("get", "x/y/b") == ["other"]
    play(shell, "setAcl x/y/c world:anyone:cdrwa", f"import --overwrite {file} x/y")
    assert shell.run("diff", "-a", "a", "x/y") == OK


def test_a_file_that_is_no_export_is_named_with_its_line(shell: Sitting, tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    file.write_text('{"path": "/", "text": ""}\n{"path": "b"}\n')
    assert shell.run("import", str(file), "x") == LOCAL
    assert f"{file}, line 2: this is no line of an export" in shell.noted
    assert shell.run("import", str(tmp_path / "nothing"), "x") == LOCAL


def test_diff_says_what_differs(shell: Sitting) -> None:
    play(shell, "create -p a/one 1", "create a/two 2", "create -p b/one x", "create b/three")
    shell.said.clear()
    assert shell.run("diff", "a", "b") == REFUSED
    assert shell.said == ["~ /one: data", "+ /three", "- /two"]
    assert shell.noted == "3 differences\n"


def test_a_mirror_is_what_its_source_is(shell: Sitting, servers: str) -> None:
    play(shell, "create -p a/one 1", "create -p a/two/deep 2", "create -p b/one x")
    play(shell, "create -p b/three/deep", "setAcl a/two/deep world:anyone:r")
    elsewhere = f"zk://{servers}{shell.home}/b"
    shell.said.clear()
    play(shell, f"mirror -n a {elsewhere}")
    assert shell.said == ["~ /one: data", "+ /three", "+ /three/deep", "- /two", "- /two/deep"]
    assert shell.run("exists", "b/two") == REFUSED
    assert shell.run("mirror", "a", elsewhere) == FORBIDDEN  # created, but nothing deleted
    assert shell.run("exists", "b/three/deep") == OK
    shell.shell.options = type(shell.shell.options)(yes=True)
    assert shell.json("mirror", "a", elsewhere)[0]["deleted"] == 2
    assert shell.run("diff", "-a", "a", elsewhere) == OK
    assert shell.json("mirror", "a", "new")[0]["created"] == 4


def test_who_owns_and_who_waits(shell: Sitting, servers: str) -> None:
    play(shell, "create lock", "create -e -s lock/_c_1-lock- first", "create plain")
    with Sitting(servers) as other:
        play(other, f"create -e -s {shell.home}/lock/_c_0-lock- second")
        mine, theirs = shell.shell.zk.session_id, other.shell.zk.session_id
        play(shell, "sync")
        found = shell.json("locks", ".")
        assert [(one["holds"], one["session"], one["text"]) for one in found] == [
            (True, mine, "first"),
            (False, theirs, "second"),
        ]
        assert found[1]["client"].startswith("127.0.0.1:")
        [owner] = shell.json("owner", "lock/_c_0-lock-0000000001")
        assert owner["session"] == theirs
        assert (owner["client"], owner["member"]) == (
            found[1]["client"],
            other.shell.zk.status.server,
        )
        sessions = {one["session"]: one["ephemerals"] for one in shell.json("sessions")}
        assert (sessions[mine], sessions[theirs]) == (1, 1)
    assert shell.run("owner", "plain") == REFUSED
    assert "is not ephemeral" in shell.noted


def test_readers_hold_together_up_to_the_first_writer(shell: Sitting) -> None:
    play(shell, "create rw")
    for name in ("__READ__", "__READ__", "__WRIT__", "__READ__"):
        play(shell, f"create -e -s rw/x-{name}")
    assert [one["holds"] for one in shell.json("locks", "rw")] == [True, True, False, False]


def test_the_ensemble_says_who_leads(shell: Sitting) -> None:
    members = shell.json("stat")
    assert sorted(one["mode"] for one in members) == ["follower", "follower", "leader"]
    assert {one["id"] for one in members} == {"1", "2", "3"}
    assert min(one["behind"] for one in members) == 0
    assert all(one["hikari_commit_index"] > 0 for one in members)
    assert shell.told("config")[0].startswith("server.1=")
    assert len(shell.told("config", "-c")[0].split(",")) == 3
    assert shell.run("reconfig", "-add", "server.9=localhost:1:2;3") == REFUSED
    assert shell.run("reconfig", "-add", "x", "-members", "y") == USAGE
    assert "hikari" in shell.told("version")[1]


def test_a_member_that_is_away_is_said_to_be(shell: Sitting, ensemble) -> None:
    serving = shell.shell.zk.status.server
    number = next(n for n in ensemble.numbers if not serving.endswith(str(ensemble.ports[n - 1])))
    ensemble.kill(number)
    try:
        modes = {one["id"]: one["mode"] for one in shell.json("stat")}
        assert modes[str(number)] == "unreached"
    finally:
        ensemble.launch(number)
        ensemble.wait_serving()


def test_a_small_load_leaves_nothing_behind(shell: Sitting) -> None:
    [figures] = shell.json("load", "-c", "2", "-n", "200", "-q", "4", ".")
    assert figures["operations"] == 200
    assert figures["per_second"] > 0
    assert shell.told("ls") == ["[]"]


def test_history_and_redo(shell: Sitting) -> None:
    for line in ("create a 1", "addauth digest bob:secret", "history"):
        shell.shell.remember(line)
    assert shell.told("history") == ["0 - create a 1", "1 - history"]
    assert shell.run("redo", "0") == OK
    assert shell.told("get", "a") == ["1"]
    assert shell.run("redo", "99") == USAGE


def test_close_and_connect(shell: Sitting, servers: str) -> None:
    play(shell, "create -e mine", "close")
    assert shell.run("ls", "/") == NO_CONNECTION
    play(shell, f"connect {servers}")
    assert shell.run("exists", "mine") == REFUSED
    assert shell.run("connect", "nowhere:zero") == USAGE


def test_edit_writes_only_what_nobody_changed(
    shell: Sitting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"

    def edits(script: str) -> None:
        editor.write_text(f"#!/bin/sh\n{script}\n")
        editor.chmod(0o755)

    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    play(shell, "create a old")
    edits('echo new >"$1"')
    assert shell.told("edit", "a") == [f"version 1 of {shell.home}/a"]
    assert shell.told("get", "a") == ["new"]
    edits("true")
    assert shell.told("edit", "a") == ["not changed"]
    edits("exit 3")
    assert shell.run("edit", "a") == LOCAL
    meanwhile, go = tmp_path / "meanwhile", tmp_path / "go"
    edits(f'echo mine >"$1"; touch {meanwhile}; while [ ! -e {go} ]; do sleep 0.01; done')

    async def both() -> int:
        editing = shell.shell.zk.spawn(shell.shell.run_words(["edit", "a"]))
        while not meanwhile.exists():
            await shell.shell.zk.sync()
        await shell.shell.zk.set(f"{shell.home}/a", b"theirs")
        go.touch()
        return await editing  # type: ignore[no-any-return]

    assert shell.play(both()) == REFUSED
    assert "+theirs" in shell.noted
    kept = Path(shell.noted.split("yours is in ")[1].strip())
    assert kept.read_text() == "mine\n"
    assert shell.told("get", "a") == ["theirs"]


def test_help_lists_every_command(shell: Sitting) -> None:
    text = "\n".join(shell.told("help"))
    assert "deleteall [-b batch] path" in text
    assert shell.told("help", "rmr")[0] == "deleteall [-b batch] path"
    assert shell.run("help", "nonsense") == USAGE
    assert shell.run("creat") == USAGE
    assert "did you mean create" in shell.noted


def test_the_hot_are_those_with_most_changes(shell: Sitting) -> None:
    async def busy() -> int:
        zk, home = shell.shell.zk, shell.home
        looking = zk.spawn(shell.shell.run_words(["top", "-t", "1", "."]))
        while not looking.done():
            of_a_round = [zk.set(f"{home}/hot/x", b"%d" % n) for n in range(6)]
            for name in "ab":
                of_a_round.append(zk.create(f"{home}/warm/{name}"))
                of_a_round.append(zk.delete(f"{home}/warm/{name}"))
            for one in of_a_round:  # all are under way by now: a watch is set between two rounds
                await one
        return await looking  # type: ignore[no-any-return]

    play(shell, "create -p hot/x", "create -p warm", "create cold")
    shell.said.clear()
    shell.shell.out.json = True
    assert shell.play(busy()) == OK, shell.noted
    found = {one["path"]: one for one in map(json.loads, shell.said)}
    assert list(found)[:3] == [shell.home, f"{shell.home}/hot/x", f"{shell.home}/warm"]
    hot, warm = found[f"{shell.home}/hot/x"], found[f"{shell.home}/warm"]
    assert (hot["created"], hot["deleted"]) == (0, 0)
    assert hot["changed"] == hot["changes"] > warm["changes"] > 0
    assert f"{shell.home}/cold" not in found


def test_where_nothing_happens_nothing_is_hot(shell: Sitting) -> None:
    assert shell.told("top", "-t", "1", ".") == [f"nothing changed at or below {shell.home}"]
    assert shell.json("top", "-t", "1", ".") == []
    assert shell.run("top", "-t", "1", "nowhere") == REFUSED
    assert shell.run("top", "-t", "1", "-b", ".") == USAGE
    assert shell.run("top", "-t", "0", ".") == USAGE


def test_what_zk_shell_and_an_older_zkcli_called_so_does_the_same(shell: Sitting) -> None:
    play(shell, "create a Text", "create -e mine")
    assert shell.told("ls2", ".") == shell.told("ls", "-s", ".")
    assert shell.told("igrep", "tEXT", ".") == [f"{shell.home}/a: Text"]
    assert shell.told("ifind", ".", "/A") == [f"{shell.home}/a"]
    assert shell.told("ephemeral_endpoint", "mine")[0].startswith("session 0x")
    for word, sign in (("mntr", "zk_znode_count"), ("cons", "127.0.0.1"), ("dump", "SessionTr")):
        assert sign in "\n".join(shell.told(word))
    assert shell.told("reconnect")[0].startswith("connected to 127.0.0.1:")


def test_what_is_missing_is_named(shell: Sitting) -> None:
    assert shell.run("create", "no/parent", "x") == REFUSED
    assert shell.noted == f"NoNode: {shell.home}/no/parent: its parent is missing; -p makes it\n"
    assert shell.run("load", "nowhere") == REFUSED
    assert shell.noted.startswith(f"NoNode: {shell.home}/nowhere: there is no such znode to load")
    assert shell.line("create a hello world") == USAGE
    assert shell.noted.endswith("(data with spaces needs quotes)\n")
    assert shell.line("setAcl . nobody") == USAGE
    assert "quotes" not in shell.noted
    assert shell.line("addauth digest") == USAGE
    assert "user:password" in shell.noted


def test_a_server_that_stands_alone_says_that_it_keeps_no_members(
    shell: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing() -> NodeData:
        return (await shell.shell.zk.get(shell.home))._replace(data=b"")

    monkeypatch.setattr(shell.shell.zk, "config", nothing)
    assert shell.told("config") == []
    assert "no members are written down" in shell.noted
    assert "numChildren = 0" in shell.told("config", "-s")
