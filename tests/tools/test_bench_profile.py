"""hikari-bench profile: what py-spy and callgrind wrote is read; what the floors stand on works."""

import pytest
from click.testing import CliRunner
from tools.canned import cells
from tools.test_bench_compare import BENCH, needs_zkload

from hikari.config import Config
from hikari_client import blocking
from hikari_tools.bench import callgrind, floors, load, spying
from hikari_tools.bench.__main__ import main
from hikari_tools.bench.echo import Caller
from hikari_tools.bench.handmade import Handmade
from hikari_tools.bench.load import Level, Run
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.profile import floors_table, instructions_table, times_table
from hikari_tools.bench.profiling import ASKED, CASES, LEADER, THIRD, Roles
from hikari_tools.bench.usage import used_during

COUNTED = """\
version: 1
events: Ir
ob=(1) /usr/bin/python3.11
fl=(1) ceval.c
fn=(1) eval
10 500
+2 40
cob=(2) /site-packages/rocksdict/rocksdict.abi3.so
cfn=(2) get
calls=3 20
* 9000
-1 7
ob=(2)
fn=(2)
20 600
cob=(3) /usr/lib/x86_64-linux-gnu/libc.so.6
calls=1 30
21 8000
ob=(3)
fn=(3) memcpy
30 90
ob=(4) /site-packages/msgpack/_cmsgpack.cpython-311-x86_64-linux-gnu.so
31 5
ob=(5) /usr/lib/x86_64-linux-gnu/libz.so.1
32 3
"""


def test_instructions_are_counted_where_they_are_executed():
    """What a called function cost stands with that function, and is not counted twice."""
    counts = callgrind.by_object(COUNTED.splitlines())
    assert counts == {
        "interpreter": 547,
        "RocksDB": 600,
        "libc": 90,
        "msgpack": 5,
        "other libraries": 3,
    }


def test_what_comes_before_and_after_and_what_a_member_does_at_rest_is_not_counted(monkeypatch):
    """Connecting costs 1000, a second at rest 50, an operation 7."""
    counted = callgrind.Counted(1, None)

    def during(work):
        took_s, operations = work()
        return callgrind.Counts(interpreter=1000 + 50 * took_s + 7 * operations), took_s

    monkeypatch.setattr(counted, "_during", during)
    counted._idle, counted._idle_s = callgrind.Counts(interpreter=100), 2
    each = counted.each(lambda count: (count / 10, count), 100, 400)
    assert each["interpreter"] == pytest.approx(7)
    assert each["RocksDB"] == 0


def test_time_is_that_of_the_innermost_function():
    """By room; what is nobody's is told as other."""
    raw = """\
main (hikari/service.py:5);turn (hikari/replica/replica.py:262);get (hikari/store/rows.py:177) 30
main (hikari/service.py:5);turn (hikari/replica/replica.py:262) 10
main (hikari/service.py:5);_sync (hikari/store/journal.py:9) 20
doRead (twisted/internet/tcp.py:269);unpack (hikari/replica/proposals.py:206) 20
doRead (twisted/internet/tcp.py:269) 10
loads (json/decoder.py:3) 10
"""
    shares = spying.shares(raw)
    assert shares == {
        "rows": 0.3,
        "replica": 0.1,
        "journal": 0.2,
        "msgpack": 0.2,
        "reactor": 0.1,
        "other": 0.1,
    }
    assert spying.shares("") == {}


def test_the_echo_answers_whole_frames_only():
    """However they are cut."""
    caller = Caller(None)
    hello = (44).to_bytes(4, "big") + bytes(12) + (9_000).to_bytes(4, "big") + bytes(28)
    get = (16).to_bytes(4, "big") + (7).to_bytes(4, "big") + (4).to_bytes(4, "big") + bytes(8)
    told = b"".join(caller.answers(bytes([byte])) for byte in hello + get)
    assert told[4:12] == bytes(4) + (9_000).to_bytes(4, "big")
    assert told[40:].startswith((216).to_bytes(4, "big") + (7).to_bytes(4, "big"))
    assert len(told) == 40 + 4 + 216


@pytest.mark.parametrize("forced", [False, True])
def test_a_client_can_speak_to_the_echo(tmp_path, forced):
    """It has a session, creates, reads and writes."""
    log, port = tmp_path / "log", free_ports(1)
    echo = floors.serving(floors.echo_command(port, log if forced else None))
    with echo, blocking.connect(f"127.0.0.1:{port}") as zk:
        assert zk.create("/a", b"1").path == "/a"
        assert zk.get("/a")[0] == bytes(128)
        zk.set("/a", b"2")
    assert log.exists() == forced
    assert not forced or b"/a" in log.read_bytes()


@pytest.mark.ensemble
@needs_zkload
def test_what_a_process_uses_during_a_run_is_told_for_each_operation():
    """A loop without threads uses no others' time, and less than there is."""
    zkload, port = load.build(BENCH), free_ports(1)
    run = Run("get", Level(4, 4), 4.0, 0.2, options=("--keys", "1", "--keep"))
    with floors.serving(floors.echo_command(port)) as process:
        words = run.words(zkload, f"127.0.0.1:{port}", "echo", [])
        report, (used,) = used_during(run, words, [process.pid])
    assert report["errors"] == {}
    assert 0 < used.cpu_us < 1.3e6 / report["ops_per_s"]
    assert used.others_us < 0.05 * used.cpu_us  # what the kernel's rounding may make of nothing


def test_each_role_is_another_member(monkeypatch):
    """The first of the followers is asked."""
    peer = Handmade(None, 100, 3, [])
    monkeypatch.setattr("hikari_tools.bench.profiling.leader", lambda peer: 2)
    roles = Roles.now(peer)
    assert roles.of == {LEADER: 2, ASKED: 1, THIRD: 3}
    assert roles.host(THIRD) == "127.0.0.1:102"


def test_tables_have_what_was_measured_and_dashes_for_the_rest():
    """Without py-spy there are no areas, without rocksdict no floors of RocksDB."""
    case = CASES[-1]
    row = {"figure": case.name, "label": LEADER, "ops_per_s": 1_000.0}
    times = {"user_us": 3.0, "kernel_us": 2.0, "others_us": 1.0}
    bare = times_table([row | times | {"areas_us": {}}])
    figures = ["1,000", "6.00", "2.00", "1.00", "3.00"]
    assert cells(bare.splitlines()[2]) == ["set 1x1", "leader", *figures]
    told = times_table([row | times | {"areas_us": {"tree": 1.25}}]).splitlines()
    assert (cells(told[0])[-1], cells(told[2])[-1]) == ("of that tree", "1.25")
    each = dict.fromkeys([*callgrind.OBJECTS, callgrind.OTHER], 0.0) | {"msgpack": 12_500.0}
    counted = instructions_table([row | {"instructions": each}]).splitlines()
    assert cells(counted[2]) == ["set 1x1", "leader", "12.5", "-", "-", "12.5", "-", "-"]
    floor = {"name": "nothing", "cpu_us": 1.0, "kernel_us": 0.5, "took_us": None}
    assert cells(floors_table([floor]).splitlines()[2]) == ["nothing", "1.00", "0.50", "-"]


def test_a_part_that_is_none_is_named():
    """Before anything is started."""
    done = CliRunner().invoke(main, ["profile", "--bench-folder", str(BENCH), "--only", "speed"])
    assert done.exit_code == 1
    assert "no part is called speed" in done.output


def test_the_configuration_of_slow_members_is_one(tmp_path):
    """Which the server takes."""
    peer = Handmade(tmp_path, 20_000, 3, [])
    file = tmp_path / "hikari.toml"
    file.write_text(peer.config(2))
    config = Config.load(file)
    assert config.member.id == 2
    assert [str(one.client) for one in config.ensemble.members] == [
        "127.0.0.1:20000",
        "127.0.0.1:20001",
        "127.0.0.1:20002",
    ]
