"""One `zoo.cfg`, given to the real ZooKeeper and to Hikari: both serve, and their four-letter words
have the same shape, line for line. Without Java, what Hikari makes of it is tried all the same."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from compat.words import asked, shape
from kazoo.client import KazooClient

from hikari.gateway import never
from hikari_tools.bench.peers import role
from hikari_tools.bench.ports import free_ports

SIZE = 3
SECONDS_MAX = 60
JAR = Path("/usr/share/java/zookeeper.jar")
HIKARI = [sys.executable, "-m", "hikari", "serve", "--config"]
JAVA = [
    *("java", "-Xmx128m", "-Dzookeeper.admin.enableServer=false", "-cp", str(JAR)),
    "org.apache.zookeeper.server.quorum.QuorumPeerMain",
]
CONFIG = """\
# Of both.
tickTime=2000
initLimit=10
syncLimit=5
dataDir={data}
clientPort={port}
clientPortAddress=127.0.0.1
4lw.commands.whitelist=*
admin.enableServer=false
"""


class Servers:
    """Three members of one kind, and a client of one of them with an ephemeral and a watch."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        first = free_ports(3 * SIZE)
        self.ports = range(first, first + SIZE)
        servers = "".join(
            f"server.{n}=127.0.0.1:{first + SIZE + 2 * n - 2}:{first + SIZE + 2 * n - 1}\n"
            for n in range(1, SIZE + 1)
        )
        self.processes = [
            start(folder / str(n), command, n, CONFIG + servers, self.ports[n - 1])
            for n in range(1, SIZE + 1)
        ]

    def wait(self) -> None:
        deadline = time.monotonic() + SECONDS_MAX
        while not all(map(role, self.ports)):
            assert time.monotonic() < deadline, "they do not serve"
            assert all(process.poll() is None for process in self.processes), "one has ended"
            time.sleep(0.1)
        self.leader = next(port for port in self.ports if role(port) == "leader")
        self.follower = next(port for port in self.ports if role(port) == "follower")

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


def start(
    folder: Path, command: list[str], n: int, text: str, port: int
) -> "subprocess.Popen[bytes]":
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "myid").write_text(f"{n}\n")
    config = folder / "zoo.cfg"
    config.write_text(text.format(data=data, port=port))
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="hikari-zoo-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def ours(folder: Path) -> Iterator[Servers]:
    servers = Servers(folder / "hikari", HIKARI)
    try:
        servers.wait()
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Iterator[Servers]:
    if not (JAR.is_file() and shutil.which("java")):
        pytest.skip("ZooKeeper is not installed")
    servers = Servers(folder / "zookeeper", JAVA)
    try:
        servers.wait()
        yield servers
    finally:
        servers.stop()


def told(port: int) -> dict[str, str]:
    """What a member with a busy client says to each word; the words that reset come last."""
    client = KazooClient(f"127.0.0.1:{port}", timeout=10)
    client.start(SECONDS_MAX)
    try:
        client.create("/e", b"x", ephemeral=True)
        client.exists("/e", watch=lambda event: None)
        words = "ruok srvr stat cons conf envi mntr isro dirs dump wchs wchc wchp hash gtmk"
        answers = {word: asked(port, word.encode()) for word in [*words.split(), "srst", "crst"]}
        answers["stmk"] = asked(port, b"stmk" + (306).to_bytes(8, "big"))
        assert client.server_version()[:2] in ((3, 8), (3, 9))
    finally:
        client.stop()
        client.close()
    return answers


@pytest.fixture(scope="module", params=["leader", "follower"])
def both(
    request: pytest.FixtureRequest, ours: Servers, theirs: Servers
) -> tuple[dict[str, str], dict[str, str]]:
    """(ours, theirs), of a member in the same role."""
    return told(getattr(ours, request.param)), told(getattr(theirs, request.param))


Both = tuple[dict[str, str], dict[str, str]]


@pytest.mark.parametrize("word", ["ruok", "isro", "wchs", "wchc", "wchp", "srst", "crst", "stmk"])
def test_the_same_but_for_ids(both: Both, word: str) -> None:
    ours, theirs = (re.sub("0x[0-9a-f]+", "0xID", answers[word]) for answers in both)
    assert ours == theirs


@pytest.mark.parametrize("word", ["srvr", "stat", "cons", "conf", "dirs", "dump"])
def test_the_same_shape(both: Both, word: str) -> None:
    ours, theirs = (shape(word, answers[word]) for answers in both)
    assert ours == theirs


def test_the_same_environment_and_python(both: Both) -> None:
    ours, theirs = (re.findall(r"^([\w.]+)=", answers["envi"], re.M) for answers in both)
    assert ours == [*theirs, "python.version", "python.executable"]


SINCE_3_9 = {
    *("snapshot_error_count", "snapshot_rate_limited_count"),
    *("restore_error_count", "restore_rate_limited_count", "restore_time"),
}
OF_A_SAMPLE = {"ack_latency", "learner_handler_qp_size"}
"""ZooKeeper has them of one request in a thousand, and for learners that had some."""


def figures(mntr: str) -> dict[str, str]:
    """What is no figure of our own, by name; those of one member each by the name they share."""
    lines = re.findall(r"^zk_(\w+)\t(.*)$", mntr, re.M)
    told = {re.sub(r"^(avg|min|max|cnt|sum)_\d+_", r"\1_", name): value for name, value in lines}
    return {name: value for name, value in told.items() if not name.startswith("hikari_")}


def five(names: Iterable[str]) -> set[str]:
    return {f"{part}_{name}" for name in names for part in ("avg", "min", "max", "cnt", "sum")}


def test_mntr_begins_alike_and_no_name_is_made_up(both: Both) -> None:
    ours, theirs = (figures(answers["mntr"]) for answers in both)
    assert list(ours)[:3] == list(theirs)[:3]
    added = ours.keys() - theirs.keys() - SINCE_3_9 - five(SINCE_3_9 | OF_A_SAMPLE)
    assert added <= {"followers"}, "its name before 3.6, which tools still read"


def test_what_never_happens_here_never_happened_there(both: Both) -> None:
    ours, theirs = (figures(answers["mntr"]) for answers in both)
    for name in (*never.COUNTERS, *five(never.SUMMARIES)):
        assert float(ours[name]) == 0
        assert float(theirs.get(name, 0)) == 0, name
    assert len(set(ours) & set(theirs)) > 60


def test_three_members_of_a_zoo_cfg_serve(ours: Servers) -> None:
    hosts = ",".join(f"127.0.0.1:{port}" for port in ours.ports)
    client = KazooClient(hosts)
    client.start(SECONDS_MAX)
    try:
        assert client.server_version() == (3, 9, 5)
        client.create("/made", b"by zoo.cfg")
        assert client.get("/made")[0] == b"by zoo.cfg"
    finally:
        client.stop()
        client.close()


def test_one_member_with_all_its_ports(folder: Path) -> None:
    port = free_ports(3)
    text = CONFIG.replace("admin.enableServer=false", f"admin.serverPort={port + 1}")
    text += (
        "admin.serverAddress=127.0.0.1\n"
        "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider\n"
        f"metricsProvider.httpHost=127.0.0.1\nmetricsProvider.httpPort={port + 2}\n"
    )
    process = start(folder / "one", HIKARI, 1, text, port)
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while role(port) != "standalone":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert json.loads(page(port + 1, "commands/monitor"))["server_state"] == "standalone"
        assert json.loads(page(port + 1, "readyz"))["ready"]
        for http in (port + 1, port + 2):
            found = page(http, "metrics").decode()
            assert re.search(r"^znode_count \d", found, re.M)
            assert re.search(r"^fsynctime_count \d", found, re.M)
        said = (folder / "one" / "log").read_text()
        assert "zoo.cfg: without effect here: initLimit (" in said
        assert (folder / "one" / "data" / "hikari" / "journal").is_dir()
    finally:
        process.kill()
        process.wait()


def page(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
        body: bytes = answer.read()
        return body
