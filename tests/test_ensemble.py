"""hikari.ensemble: folders that are refused, and a supervisor over stand-ins for members."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hikari.config import Config
from hikari.ensemble import (
    LOG_BYTES_KEPT,
    LOG_BYTES_MAX,
    EnsembleError,
    Layout,
    bound_log,
    check_free,
    config_text,
    mode_of,
    write_configs,
)
from hikari_tools.bench.ports import free_ports

# The tests run in a bare checkout too: what they start must find the same rooms.
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
STUB = Path(__file__).with_name("stub_member.py")
SUPERVISE = """
import sys
from pathlib import Path
from hikari.ensemble import EnsembleError, Layout, Supervisor
data, members, port, ready, program = sys.argv[1:]
try:
    supervisor = Supervisor(Layout(Path(data), int(members), int(port)), [sys.executable, program])
    sys.exit(supervisor.run(float(ready)))
except EnsembleError as error:
    sys.exit(str(error))
"""


def test_configuration_of_each_member(tmp_path):
    """Members differ in their id alone, and each file is accepted as it is written."""
    layout = Layout(tmp_path, 3, 2181)
    write_configs(layout)
    configs = [Config.load(layout.config(member)) for member in layout.numbers]
    assert [config.member.id for config in configs] == [1, 2, 3]
    assert [str(config.me.client) for config in configs] == layout.servers().split(",")
    assert [config.me.peer.port for config in configs] == [2281, 2282, 2283]
    assert len({config.ensemble for config in configs}) == 1
    assert configs[1].member.data == tmp_path / "member-2"


def test_edited_limits_stay(tmp_path):
    """What an operator changed by hand is not overwritten by the next start."""
    layout = Layout(tmp_path, 1, 2181)
    write_configs(layout)
    edited = config_text(layout, 1) + "[raft]\ntick_ms = 20\n"
    layout.config(1).write_text(edited)
    write_configs(layout)
    assert layout.config(1).read_text() == edited


@pytest.mark.parametrize(("members", "port"), [(3, 2191), (1, 2181), (5, 2181)])
def test_another_list_of_members_is_refused(tmp_path, members, port):
    """Old data under a new list of members can lose writes: nothing is started or written."""
    write_configs(Layout(tmp_path, 3, 2181))
    with pytest.raises(EnsembleError, match=r"--members 3 --port 2181"):
        write_configs(Layout(tmp_path, members, port))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["member-1", "member-2", "member-3"]


def test_a_folder_that_was_swapped_is_refused(tmp_path):
    """A member's folder copied over another's would be two members with one id."""
    layout = Layout(tmp_path, 2, 2181)
    write_configs(layout)
    layout.config(2).write_text(layout.config(1).read_text())
    with pytest.raises(EnsembleError, match=r"member.id is 1, but the folder is member-2"):
        write_configs(layout)


def test_a_configuration_that_cannot_be_read_is_refused(tmp_path):
    """The complaint is that of the configuration."""
    layout = Layout(tmp_path, 1, 2181)
    write_configs(layout)
    layout.config(1).write_text("[member\n")
    with pytest.raises(EnsembleError, match=r"hikari.toml: is not TOML"):
        write_configs(layout)


def test_a_long_log_keeps_its_end(tmp_path):
    """What is written meanwhile goes behind it."""
    path = tmp_path / "log"
    with path.open("ab") as writer:
        line = b"x" * 99 + b"\n"
        writer.write(line * (LOG_BYTES_MAX // 100))
        writer.flush()
        bound_log(path)
        assert path.stat().st_size > LOG_BYTES_MAX - 100, "not yet"
        writer.write(line + b"the last\n")
        writer.flush()
        bound_log(path)
        writer.write(b"after it\n")
    lines = path.read_bytes().splitlines()
    assert path.stat().st_size < LOG_BYTES_KEPT + 1000
    assert lines[0] == b"(older lines were dropped)"
    assert lines[1] == line[:-1]
    assert lines[-2:] == [b"the last", b"after it"]
    bound_log(tmp_path / "none")


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, data: Path, members: int, port: int, ready: float) -> None:
        self.layout = Layout(data, members, port)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, data, str(members), str(port), str(ready), STUB],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )

    def until(self, stream, text):
        """Read lines up to the one with this text."""
        lines = []
        for line in stream:
            lines.append(line)
            if text in line:
                return lines
        raise AssertionError(f"{text!r} did not come, but: {lines} {self.process.stderr.read()}")

    def ready(self):
        """Wait for the line that says so."""
        (line,) = self.until(self.process.stdout, "ready")
        return line

    def end(self, number=signal.SIGTERM):
        """Send a signal and give the status, and what was said on standard error."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        """Wait for its end."""
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


@pytest.fixture
def run(tmp_path):
    """Start supervisors of one folder."""
    port = free_ports(3)
    started = []

    def run(members=3, ready=60.0, port=port):
        started.append(Run(tmp_path / "data", members, port, ready))
        return started[-1]

    yield run
    for one in started:
        one.process.kill()
        one.process.communicate()


def behave(tmp_path, member, how):
    """Tell the stand-in what to do."""
    home = tmp_path / "data" / f"member-{member}"
    home.mkdir(parents=True, exist_ok=True)
    (home / "behaviour").write_text(how)


def pid_of(one, member):
    return int(one.layout.pid(member).read_text())


@pytest.mark.ensemble
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_starts_says_ready_and_stops(run, number):
    """The first line says where all serve; a signal stops everything with status 0."""
    one = run()
    assert one.ready() == f"ready {one.layout.servers()}\n"
    assert [mode_of(one.layout.client(n)) for n in (1, 2, 3)] == ["leader", "follower", "follower"]
    assert one.end(number) == (0, "")
    assert not list(one.layout.data.glob("member-*/pid"))
    assert one.layout.log(2).read_text() == "stub 2 begins\n"


@pytest.mark.ensemble
def test_a_dead_member_is_reported_and_not_started_again(run):
    """Who kills a member is told how to start it again; the others are left in peace."""
    one = run()
    one.ready()
    pid = pid_of(one, 2)
    os.kill(pid, signal.SIGKILL)
    said = one.until(one.process.stderr, "start it again")
    assert said[0].startswith(f"member 2 (process {pid}) was ended by SIGKILL; its log is ")
    assert f"serve --config {one.layout.config(2)}" in said[1]
    assert mode_of(one.layout.client(2)) is None
    assert mode_of(one.layout.client(3)) == "follower"
    assert one.end() == (0, "")


@pytest.mark.ensemble
def test_a_member_that_ends_itself_is_started_again(run, tmp_path):
    """Before all serve, and afterwards; the pause grows."""
    behave(tmp_path, 2, "breaks")
    one = run()
    one.ready()
    behave(tmp_path, 3, "breaks")
    pid = pid_of(one, 3)
    os.kill(pid, signal.SIGABRT)
    said = one.until(one.process.stderr, "member 3 is started again")
    assert f"member 3 (process {pid}) was ended by SIGABRT" in "".join(said)
    assert "  it is started again in 1 s\n" in said
    said = one.until(one.process.stderr, "member 3 is started again")
    assert "ended with status 70" in said[0]
    assert said[1:] == ["  it is started again in 2 s\n", "member 3 is started again\n"]
    while mode_of(one.layout.client(3)) is None:
        assert one.process.poll() is None
    assert one.layout.log(2).read_text() == "stub 2 begins\n" * 2
    assert one.end() == (0, "")


@pytest.mark.ensemble
def test_a_member_started_by_hand_is_not_ours_to_stop(run):
    """The supervisor ends what it started, and says what still runs."""
    one = run(members=1)
    one.ready()
    os.kill(pid_of(one, 1), signal.SIGKILL)
    one.until(one.process.stderr, "start it again")
    by_hand = subprocess.Popen(
        [sys.executable, STUB, "serve", "--config", one.layout.config(1)], env=ENVIRONMENT
    )
    try:
        while mode_of(one.layout.client(1)) is None:
            assert by_hand.poll() is None
        status, said = one.end()
        assert status == 0
        assert said == f"member 1 was started by hand, as process {by_hand.pid}: it runs on\n"
        status, said = run(members=1).ended()
        assert status == 1
        assert f"runs already, as process {by_hand.pid}. Stop it first: kill " in said
    finally:
        by_hand.terminate()
        assert by_hand.wait() == 0


@pytest.mark.ensemble
def test_a_member_that_cannot_start(run, tmp_path):
    """Its last words are shown at once; when nobody is left there is nothing to wait for."""
    behave(tmp_path, 1, "dies")
    one = run(members=1)
    status, said = one.ended()
    assert status == 1
    assert "member 1 (process " in said
    assert "ended with status 1" in said
    assert "  | stub 1 begins\n  | stub: cannot live\n" in said
    assert "not ready: no answer from member 1" in said


@pytest.mark.ensemble
def test_an_ensemble_that_does_not_become_ready(run, tmp_path):
    """Without an answer from every member in time all are stopped again, with status 1."""
    behave(tmp_path, 2, "mute")
    one = run(ready=6.0)
    status, said = one.ended()
    assert status == 1
    assert said.startswith("not ready: no answer from member 2; see ")
    assert mode_of(one.layout.client(1)) is None


@pytest.mark.ensemble
def test_impatience_kills(run, tmp_path):
    """A member that ignores SIGTERM is killed at the second Ctrl-C, and that is no clean stop."""
    behave(tmp_path, 1, "deaf")
    one = run(members=1)
    one.ready()
    status, said = one.end(signal.SIGINT)
    assert status == 1
    assert "member 1 does not stop: killing it" in said
    assert "was ended by SIGKILL" in said


@pytest.mark.ensemble
def test_a_taken_port_is_named(run, tmp_path):
    """Nothing is started when a port is in use, and the port and the way out are named."""
    one = run(members=1)
    one.ready()
    other = Layout(tmp_path / "other", 1, one.layout.port)
    with pytest.raises(
        EnsembleError, match=rf"port {other.port} \(for member 1's clients\): is in"
    ):
        check_free(other)
    assert one.end() == (0, "")
    check_free(other)
