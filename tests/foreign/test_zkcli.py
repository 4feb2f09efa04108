"""zkCli.sh, the shell that everybody's fingers know, says here what it says of ZooKeeper."""

import re
import subprocess
from pathlib import Path

import pytest
from foreign.conftest import BENCH, SIZE, need

from hikari_tools.bench.peers import hosts, wait_for_roles
from hikari_tools.bench.ports import free_ports
from hikari_tools.bench.scripted import ZooKeeper

ZKCLI = "/usr/share/zookeeper/bin/zkCli.sh"
SCRIPT = Path(__file__).with_name("zkcli.txt")
SECONDS_MAX = 60
EVENT = "WatchedEvent "
TIME = re.compile(r"^([cm]time) = .*$", re.MULTILINE)
IDENTITIES = re.compile(r"(?<=^Auth scheme: User\n)((?:\w+: .*\n)+)", re.MULTILINE)
"""`whoami`: ZooKeeper keeps them in a hash set."""
ZXID = re.compile(r"^([cmp]Zxid|ephemeralOwner) = 0x([0-9a-f]+)$", re.MULTILINE)

VERSION = re.compile(r"^version=[0-9a-f]+$", re.MULTILINE)
PORTS = re.compile(r"(?<=^server\.\d=127\.0\.0\.1):\d+:\d+:participant(;.*)?$", re.MULTILINE)
"""`config`: the ports of two ensembles differ, and ZooKeeper was told of no client's."""

if not Path(ZKCLI).exists():
    pytest.skip("not installed: zookeeper", allow_module_level=True)
need("java")


def run(where: str, script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", ZKCLI, "-server", where],
        input=script,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def told(where: str) -> tuple[str, list[str], str]:
    """What it prints, without what two servers cannot have in common: (answers, watch events in
    order, errors)."""
    done = run(where, SCRIPT.read_text())
    said = TIME.sub(r"\1", done.stdout).replace(where, "HOSTS")
    # One of its threads prints events while another prints answers: lines stay whole, no more.
    lines = [line for line in said.splitlines() if line and line != "WATCHER::"]
    events = [line for line in lines if line.startswith(EVENT)]
    said = "".join(line + "\n" for line in lines if not line.startswith(EVENT))
    said = IDENTITIES.sub(lambda found: "".join(sorted(found[0].splitlines(True))), said)
    order = {zxid: n for n, zxid in enumerate(sorted({int(z, 16) for _, z in ZXID.findall(said)}))}
    said = PORTS.sub("", VERSION.sub("version=", said))
    said = ZXID.sub(lambda found: f"{found[1]} no {order[int(found[2], 16)]}", said)
    return said, events, done.stderr


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Three of ZooKeeper's own (one alone lists no members), with all that 3.9 has switched on."""
    if missing := ZooKeeper.missing(BENCH):
        pytest.skip(missing)
    flags = pytest.MonkeyPatch()
    flags.setenv("ZK_JVMFLAGS", "-Dzookeeper.extendedTypesEnabled=true")
    folder = tmp_path_factory.mktemp("real") / "data"
    server = ZooKeeper(folder, free_ports(SIZE), SIZE, BENCH)
    try:
        server.start()
        wait_for_roles(server)
        yield hosts(server)
    finally:
        server.stop()
        flags.undo()


def test_it_says_the_same_as_of_zookeeper(real, hosts):
    answers, events, errors = told(hosts)
    assert "Node already exists: /cli-a" in errors  # it ran to the end
    assert (answers, events, errors) == told(real)


def test_the_list_of_members_is_read_as_what_a_client_connects_to(hosts):
    """By the same code by which Java clients and Curator read it."""
    done = run(hosts, "config -c\nquit\n")
    assert "Exception" not in done.stderr
    (listed,) = re.findall(r"^\d+ (\S+)$", done.stdout, re.MULTILINE)
    assert sorted(listed.split(",")) == sorted(hosts.split(","))
