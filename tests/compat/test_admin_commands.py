"""The admin commands of the real ZooKeeper, with Jetty, which its jar does not look for, and of
Hikari: each tells the same keys, to any depth."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from compat.test_zoo_cfg import CONFIG, HIKARI, JAR, JAVA, SECONDS_MAX, page, start
from kazoo.client import KazooClient

from hikari_tools.bench.peers import role
from hikari_tools.bench.ports import free_ports

JARS = [
    JAR,
    *(Path(f"/usr/share/java/{name}.jar") for name in ("servlet-api", "jackson-databind")),
    *(Path(f"/usr/share/java/jackson-{name}.jar") for name in ("core", "annotations")),
    *(
        Path(f"/usr/share/java/jetty9-{name}.jar")
        for name in ("server", "servlet", "util", "http", "io", "security", "util-ajax")
    ),
]
WITH_JETTY = ["java", "-Xmx128m", "-cp", ":".join(map(str, JARS)), JAVA[-1]]
SINCE_3_9 = {"snapshot", "restore"}
OPEN = {"environment", "monitor", "system_properties"}
"""Their keys are compared elsewhere, by words that tell the same, or are the machine's."""
OF_THREE = {"leader"}
"""One alone has nothing to say to it, ZooKeeper; Hikari says that it leads."""
UNTOLD = {"fsync_threshold_exceed_count"}
"""How long syncs take is told by `fsynctime`."""


class Served:
    """One server alone: what its commands tell while a client has an ephemeral and a watch."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        port = free_ports(2)
        text = CONFIG.replace("admin.enableServer=false", f"admin.serverPort={port + 1}")
        process = start(folder, command, 1, text + "admin.serverAddress=127.0.0.1\n", port)
        try:
            deadline = time.monotonic() + SECONDS_MAX
            while role(port) != "standalone":
                assert time.monotonic() < deadline
                time.sleep(0.1)
            client = KazooClient(f"127.0.0.1:{port}")
            client.start(SECONDS_MAX)
            client.create("/e", b"x", ephemeral=True)
            client.exists("/e", watch=lambda event: None)
            listed = re.findall(r'commands/(\w+)"', page(port + 1, "commands").decode())
            self.names = set(listed)
            self.told = {
                name: json.loads(page(port + 1, f"commands/{name}"))
                for name in sorted(self.names - SINCE_3_9)
            }
            client.stop()
            client.close()
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Served, Served]:
    lacking = [str(jar) for jar in JARS if not jar.exists()]
    if lacking or not shutil.which("java"):
        pytest.skip(f"not installed: {lacking or 'java'}")
    folder = tmp_path_factory.mktemp("admin")
    return Served(folder / "hikari", HIKARI), Served(folder / "zookeeper", WITH_JETTY)


def keys(value: Any) -> Any:
    """What has the same shape has the same."""
    if isinstance(value, dict):
        return {
            re.sub(r"^(0x[0-9a-f]+|-?\d+|/.*)$", "*", key): keys(value[key])
            for key in value.keys() - UNTOLD
        }
    if isinstance(value, list):
        return [keys(one) for one in value[:1]]
    return type(value).__name__


def test_there_are_the_same_commands(both: tuple[Served, Served]) -> None:
    ours, theirs = both
    assert ours.names == theirs.names | SINCE_3_9


def test_each_tells_the_same_keys(both: tuple[Served, Served]) -> None:
    ours, theirs = both
    differing = {
        name: (keys(ours.told[name]), keys(theirs.told[name]))
        for name in theirs.told
        if name not in OPEN | OF_THREE and keys(ours.told[name]) != keys(theirs.told[name])
    }
    assert not differing, json.dumps(differing, indent=1)
