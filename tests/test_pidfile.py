"""hikari.pidfile: a file that says which process a member is, and when not to believe it."""

import os
import subprocess
import sys

import pytest

from hikari.pidfile import member_running, read_pid, remove_pid, write_pid

# Something that can be found by its command line as a member is, and that ends with its input. It
# says when it runs: right after its start the system has no command line of it yet.
SLEEPER = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]


@pytest.fixture
def config(tmp_path):
    """Give a member's configuration file."""
    path = tmp_path / "hikari.toml"
    path.touch()
    return path


@pytest.fixture
def start(tmp_path):
    """Start a process with these words on its command line and write its id."""
    started = []

    def start(*words, cwd=None):
        process = subprocess.Popen(
            [*SLEEPER, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd
        )
        started.append(process)
        process.stdout.readline()
        (tmp_path / "pid").write_text(f"{process.pid}\n")
        return process

    yield start
    for process in started:
        process.communicate()


def test_a_member_writes_and_removes_its_own(tmp_path):
    """The file is there while the member runs."""
    path = tmp_path / "pid"
    write_pid(path)
    assert read_pid(path) == os.getpid()
    assert list(tmp_path.iterdir()) == [path]
    remove_pid(path)
    assert not path.exists()
    remove_pid(path)


def test_anothers_file_is_left(tmp_path):
    """A member that ends late does not remove the file of the one started after it."""
    path = tmp_path / "pid"
    path.write_text("1\n")
    remove_pid(path)
    assert path.exists()


def test_nothing_runs_without_a_file(tmp_path, config):
    """No file, an empty one or one with other words: no member."""
    path = tmp_path / "pid"
    assert member_running(path, config) is None
    for text in ("", "x", "-1", "0"):
        path.write_text(text)
        assert member_running(path, config) is None


def test_a_running_member_is_found(tmp_path, config, start):
    """A member is known by its command line, with the file named in any way."""
    for words, cwd in [
        (["serve", "--config", str(config)], None),
        (["serve", f"--config={config}"], None),
        (["serve", "--config", "hikari.toml"], tmp_path),
    ]:
        process = start(*words, cwd=cwd)
        assert member_running(tmp_path / "pid", config) == process.pid


def test_another_process_with_that_id_is_no_member(tmp_path, config, start):
    """After a crash the id may belong to anything, even to a member of another folder."""
    start()
    assert member_running(tmp_path / "pid", config) is None
    start("serve", "--config", str(tmp_path / "other.toml"))
    assert member_running(tmp_path / "pid", config) is None


def test_a_dead_member_is_not_running(tmp_path, config, start):
    """A file that outlived its process counts for nothing."""
    process = start("serve", "--config", str(config))
    process.communicate()
    assert member_running(tmp_path / "pid", config) is None
