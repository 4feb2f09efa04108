"""Starts the two servers that are compared: Debian's ZooKeeper, and a member of ours or three."""

import shutil
import subprocess
import time
from pathlib import Path

import attrs
from ensemble.ensemble import Ensemble

from hikari.config import Config
from hikari_tools.bench.peers import role
from hikari_tools.bench.ports import free_ports

JAR = Path("/usr/share/java/zookeeper.jar")
TICK_MS = 500
SUPER = "super:secret"
SUPER_DIGEST = "super:lK75jTNcA+U9vtVEw5vB51mj/w4="
START_S_MAX = 60.0

ZOO_CFG = """\
tickTime={tick_ms}
dataDir={folder}/data
clientPort={port}
clientPortAddress=127.0.0.1
maxClientCnxns=0
minSessionTimeout=2000
maxSessionTimeout=40000
4lw.commands.whitelist=*
admin.enableServer=false
snapCount=1000000
"""
PROPERTIES = (
    "zookeeper.extendedTypesEnabled=true",
    "zookeeper.enforceQuota=true",
    f"zookeeper.DigestAuthenticationProvider.superDigest={SUPER_DIGEST}",
    "zookeeper.forceSync=no",
    "znode.container.checkIntervalMs=3600000",  # when nobody asks, nothing changes
)
OURS = """
[sessions]
timeout_min_ms = 2000
timeout_max_ms = 40000

[raft]
leader_lost_ms = 400
"""


TABLES = {
    "endings": "check_interval_ms = 3600000",
    "quotas": "enforce = true",
    "access": f'super_digest = "{SUPER_DIGEST}"',
}


def settings() -> str:
    """What a member's configuration needs besides its addresses."""
    known = {field.name for field in attrs.fields(Config)}
    return OURS + "".join([f"\n[{name}]\n{TABLES[name]}\n" for name in TABLES if name in known])


def missing() -> str | None:
    """Say what to install, or None if ZooKeeper is there."""
    if not JAR.exists():
        return "ZooKeeper is not installed: apt-get install zookeeper"
    return None if shutil.which("java") else "there is no java: apt-get install zookeeper"


class ZooKeeper:
    """One server of Debian's package, standalone."""

    def __init__(self, folder: Path, jar: str = str(JAR)) -> None:
        self.folder, self.jar = folder, jar
        self.port = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where clients call."""
        return [("127.0.0.1", self.port)]

    def start(self) -> None:
        """Start it and wait until it serves."""
        (self.folder / "data").mkdir(parents=True)
        config = self.folder / "zoo.cfg"
        config.write_text(ZOO_CFG.format(tick_ms=TICK_MS, folder=self.folder, port=self.port))
        (self.folder / "log4j.properties").write_text("log4j.rootLogger=OFF\n")
        command = [
            *("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *(f"-D{one}" for one in PROPERTIES),
            *("-cp", f"{self.folder}:{self.jar}"),
            *("org.apache.zookeeper.server.quorum.QuorumPeerMain", str(config)),
        ]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_S_MAX
        while not role(self.port):
            said = (self.folder / "log").read_text("utf-8", "replace")[-2000:]
            assert self.process.poll() is None, f"ZooKeeper ended: {said}"
            assert time.monotonic() < deadline, f"ZooKeeper does not serve: {said}"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Hikari:
    """A member, or three."""

    def __init__(self, folder: Path, members: int = 1) -> None:
        self.ensemble = Ensemble(folder, members, settings())

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where clients call."""
        return [("127.0.0.1", port) for port in self.ensemble.ports]

    def start(self) -> None:
        """Start all and wait until they serve."""
        self.ensemble.start()

    def stop(self) -> None:
        """End all, and read what they wrote."""
        self.ensemble.close()
        self.ensemble.demand_clean_logs()
