"""hikari-bench compare: what is asked for, what is run on whom, and that nothing is left behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from ensemble.ensemble import wait_until
from tools.canned import report

from hikari_tools.bench import cases, etcd_load, load, machine
from hikari_tools.bench.__main__ import main
from hikari_tools.bench.compare import fail_on_errors
from hikari_tools.bench.comparison import chosen
from hikari_tools.bench.figures import disturbance, figures
from hikari_tools.bench.peers import BenchError, Hikari
from hikari_tools.bench.rounds import Plan, attempt, of_case, order, shown
from hikari_tools.bench.scripted import Etcd, ZooKeeper

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "../shared/bench"
SHORT = ("--members", "1", "--seconds", "0.2", "--runs", "1", "--levels", "4x4")


def compare(*words):
    return CliRunner().invoke(main, ["compare", "--bench-folder", str(BENCH), *words])


def test_all_groups_are_measured_if_none_is_named():
    """Every row of the goals."""
    standing, others = chosen([])
    assert {case.name for group in cases.STANDING.values() for case in group} == {
        case.name for case in standing
    }
    assert others == ["open", "idle", "directory", "scale"]


def test_some_groups_are_measured_alone():
    """In the order in which all of them are."""
    standing, others = chosen(["idle", "sessions"])
    assert [case.name for case in standing] == [
        "churn 16x1",
        "churn 64x1",
        "10,000 idle sessions after work",
    ]
    assert others == ["idle"]


def test_an_unknown_group_is_named():
    """Before a server is started."""
    with pytest.raises(BenchError, match=r"no group is called speed; there are reads, sync"):
        chosen(["speed"])


def test_no_figure_has_the_name_of_another():
    """Runs of one name are runs of one figure."""
    for groups in (cases.STANDING, cases.SHORT):
        names = [case.name for group in groups.values() for case in group]
        assert len(set(names)) == len(names)


def test_a_case_becomes_a_run_with_its_size_and_its_seed():
    """Each round draws other znodes, the same ones for every server."""
    (case,) = cases.of("set", "16x4", 1024)
    words = of_case(case, Plan(2.5, 3), 2).words(Path("zkload"), "H", "hikari", [1])
    assert case.name == "set 16x4 1024 B"
    assert " ".join(words) == (
        "zkload --hosts H --workload set --label hikari --connections 16 --depth 4 --duration 2.5"
        " --warmup 1 --seed 3 --pids 1 --value-size 1024"
    )


def test_who_goes_first_alternates():
    """So that a load that comes and goes does not always fall on the same one."""
    assert [order("ab", number) for number in range(3)] == [["a", "b"], ["b", "a"], ["a", "b"]]


def test_what_etcd_did_is_told_as_zkload_tells_it():
    """Failures are errors, and what the machine did is that of the whole run."""
    told = {"workload": "etcd-put", "failed": 2, "ops_per_s": 5.0}
    assert etcd_load.as_zkload(told, [4.0, 6.0, 3.0, 1.0]) == {
        "workload": "etcd-put",
        "ops_per_s": 5.0,
        "errors": {"FAILED": 2},
        "observed_s": 4.0,
        "machine_cpu_s": 6.0,
        "server_cpu_s": 3.0,
        "client_cpu_s": 1.0,
    }


def test_a_run_that_does_not_end_well_is_an_error_of_its_figure():
    """And the rest of an hour's comparison is measured all the same."""

    def measure():
        raise BenchError("zkload failed: no connection")

    (case,) = cases.of("set", "1x1")
    lost = attempt(case.name, "hikari", measure)
    done = attempt(case.name, "hikari", lambda: report("set 1x1", "hikari", 700))
    figure = figures([lost, done])["set 1x1"]["hikari"]
    assert figure.errors == "did not finish 1"
    assert figure.median("ops_per_s") == 700
    assert disturbance([lost, done]) == disturbance([done])
    told = []
    assert shown(iter([lost]), told.append) == [lost]
    assert "no connection" in told[0]


def test_another_version_uses_nothing_that_was_compiled_of_this_one(tmp_path, monkeypatch):
    """So compiled rooms can be measured beside their own sources."""
    monkeypatch.setenv("HIKARI_COMPILED", "build/compiled")
    assert "its rooms compiled" in machine.conditions([], 3)
    assert "HIKARI_COMPILED" in Hikari(tmp_path, 1, 3)._environment
    assert "HIKARI_COMPILED" not in Hikari(tmp_path, 1, 3, ROOT)._environment
    monkeypatch.delenv("HIKARI_COMPILED")
    assert "compiled" not in machine.conditions([], 3)


def test_an_unknown_peer_is_named(monkeypatch):
    """A peer that cannot be started is refused before anything is."""
    monkeypatch.setattr(load, "build", lambda folder: folder / "zkload")
    done = compare("--peers", "consul")
    assert done.exit_code == 1
    assert "no peer is called consul; there are zookeeper, etcd" in done.output


@pytest.mark.parametrize("more", [["--only", "reads"], ["--short"]])
def test_two_ways_to_say_what_is_measured_are_refused(monkeypatch, more):
    """Nobody is surprised by which of them won."""
    monkeypatch.setattr(load, "build", lambda folder: folder / "zkload")
    done = compare("--workloads", "get", *more)
    assert done.exit_code == 1
    assert "one of them" in done.output


def test_where_to_write_is_known_before_an_hour_has_passed(tmp_path):
    """A folder that is missing is told at once."""
    done = compare("--report", str(tmp_path / "nowhere" / "performance.md"))
    assert done.exit_code == 1
    assert f"there is no folder {tmp_path / 'nowhere'}" in done.output


def test_errors_of_ours_end_it_with_a_status():
    """A peer's are told, and its own."""
    lost = {"errors": {"CONNECTIONLOSS": 2}}
    fail_on_errors([report("set 1x1", "zookeeper", **lost), report("set 1x1", "hikari")])
    with pytest.raises(click.ClickException, match="set 1x1: CONNECTIONLOSS 2"):
        fail_on_errors([report("set 1x1", "hikari", **lost)])


@pytest.mark.parametrize("peer", [ZooKeeper, Etcd])
def test_who_has_no_scripts_is_told_so(tmp_path, peer):
    """And not that something must be installed."""
    assert peer.missing(tmp_path) == f"there is no peers/{peer.name}.sh in {tmp_path}"


SCRIPT = """
sleep 300 &
echo $! > "$2/started"
kill -INT $PPID
wait
"""


def test_a_server_that_a_script_was_just_starting_is_ended_too(tmp_path):
    """Interrupted before the script has written down which process it is."""

    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "etcd.sh").write_text(SCRIPT)
    peer = Etcd(tmp_path / "data", 1, 1, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        peer.start()
    started = int((tmp_path / "data" / "started").read_text())
    wait_until("it has gone", lambda: not alive(started), 10)


def alive(pid: int) -> bool:
    """Whether it runs; one that ended and that nobody has asked about does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


needs_zkload = pytest.mark.skipif(
    not (BENCH / "zkload.c").is_file() or not shutil.which("gcc"), reason="no zkload, or no gcc"
)


@pytest.mark.ensemble
@needs_zkload
def test_a_short_run_measures_and_keeps(tmp_path):
    """Real members, real load: a table, and a file that gives the same table again."""
    lines, data = tmp_path / "lines", tmp_path / "data"
    data.mkdir()
    words = ("--peers", "", "--workloads", "get,lock", "--data", str(data), "--out", str(lines))
    done = compare(*SHORT, *words)
    assert done.exit_code == 0, done.output
    rows = re.findall(r"^\| (\S+) 4x4 \| Hikari \| ([\d,]+)", done.stdout, re.MULTILINE)
    assert [name for name, _ in rows] == ["get", "lock"]
    assert all(int(rate.replace(",", "")) > 0 for _, rate in rows)
    again = CliRunner().invoke(main, ["plot", str(lines)])
    assert again.stdout == done.stdout
    assert list(data.iterdir()) == []


@pytest.mark.ensemble
@needs_zkload
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_interrupted_leaves_no_server_behind(tmp_path, number):
    """Nor their folders; what was measured until then is kept."""
    lines, data = tmp_path / "lines", tmp_path / "data"
    data.mkdir()
    words = ("--peers", "", "--workloads", "get", "--data", str(data), "--out", str(lines))
    packages = os.pathsep.join(str(ROOT / name) for name in (".", "client", "tools"))
    asked = ["compare", "--bench-folder", str(BENCH), *SHORT, *words, "--runs", "1000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hikari_tools.bench", *asked],
        env=os.environ | {"PYTHONPATH": packages},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if "op/s" in line:
                break
        assert len(running_in(data)) >= 2  # the supervisor and its member
        process.send_signal(number)
        process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode
    assert running_in(data) == []
    assert list(data.iterdir()) == []
    assert json.loads(lines.read_text().splitlines()[0])["figure"] == "get 4x4"


@pytest.mark.ensemble
@needs_zkload
def test_nor_does_one_that_is_interrupted_between_two_runs(tmp_path, monkeypatch):
    """While the last one is told, say. Its servers are stopped while their folder is there: by what
    is in it the scripts know whom to stop."""
    there, stop = [], Hikari.stop

    def interrupted(reports, say):
        next(reports)
        raise KeyboardInterrupt

    def noted(peer):
        there.append(list(tmp_path.iterdir()) != [])
        stop(peer)

    monkeypatch.setattr(Hikari, "stop", noted)
    monkeypatch.setattr("hikari_tools.bench.compare.shown", interrupted)
    done = compare(*SHORT, "--peers", "", "--workloads", "get", "--data", str(tmp_path))
    assert done.exit_code == 1
    assert there == [True]
    assert running_in(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def running_in(folder: Path) -> list[str]:
    """The command lines that name this folder, but the benchmark's own."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"{folder}/" in words and "hikari_tools.bench" not in words:
            found.append(words)
    return found
