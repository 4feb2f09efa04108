"""What keeps a member from starting is told in a line, not in a stack trace; status 3 says that
another start would say the same."""

import socket
import subprocess
import sys

import pytest

from hikari_tools.bench.ports import free_ports

pytestmark = pytest.mark.ensemble

REFUSED = 3
SECONDS_MAX = 60
CONFIG = """
[member]
id = 1
data = "data"
admin = "127.0.0.1:{admin}"
[[ensemble.members]]
id = 1
client = "127.0.0.1:{client}"
peer = "127.0.0.1:{peer}"
"""


@pytest.fixture
def started(tmp_path):
    """Give a function that starts a member with a configuration; it is ended."""
    running = []

    def start(text):
        path = tmp_path / "hikari.toml"
        path.write_text(text)
        words = [sys.executable, "-m", "hikari", "serve", "--config", str(path)]
        process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def refusal(process):
    said = process.communicate(timeout=SECONDS_MAX)[1]
    assert process.returncode == REFUSED, said
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("which", ["client", "peer"])
def test_a_port_in_use_is_named(started, taken, which):
    port = free_ports(2)
    ports = {"client": port, "peer": port + 1, "admin": 0, which: taken}
    text = CONFIG.format(**ports).replace('admin = "127.0.0.1:0"\n', "")
    if which == "peer":  # a member that is alone has nobody to listen to
        text += '[[ensemble.members]]\nid = 2\nclient = "127.0.0.1:1"\npeer = "127.0.0.1:2"\n'
    said = refusal(started(text))
    assert f"cannot listen on 127.0.0.1:{taken}: " in said


def test_a_setting_that_nobody_knows_is_refused(started):
    said = refusal(started(CONFIG.format(client=1, peer=2, admin=3) + "foo = 1\n"))
    assert "foo" in said


def test_a_member_serves_without_http_if_that_port_is_in_use(started, taken):
    port = free_ports(2)
    process = started(CONFIG.format(client=port, peer=port + 1, admin=taken))
    warned = False
    for line in process.stderr:
        warned = warned or f"nothing is served at http://127.0.0.1:{taken}: " in line
        if "serves clients on" in line:
            break
    assert warned
    assert process.poll() is None
